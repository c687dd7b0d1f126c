"""HubSpot: contacts, created or changed by their address (https://developers.hubspot.com/docs/api-reference/crm).

Every input of a batch bears a trace id, so that the answer says of each what became of it (HTTP 207). Where it refuses
a whole batch all the same, the batch is halved until the input is found that it refuses.
"""

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from aicmo_dagster.campaign.crm import HubSpotAccount
from aicmo_dagster.errors import VendorRefusedError
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors.client import Client
from aicmo_dagster.vendors.crm import NO_ANSWER, Entry, Taken, worded

# 190 requests in ten seconds in all.
_UPSERT_LIMIT = (Limit(180, 10.0),)
_OWNERS_LIMIT = (Limit(10, 10.0),)
_MOST_HALVED = 100
"""Requests a run that may be spent on finding out which inputs of a batch are refused."""

_CODES = re.compile(r'"(?:error|code)"\s*:\s*"([A-Z][A-Z0-9_]*)"')
_NAMES = re.compile(r'"(?:name|propertyName)"\s*:\s*"([A-Za-z][A-Za-z0-9_]*)"')
"""Of the JSON that HubSpot puts into the message of an error."""

_NO_PROPERTY = "PROPERTY_DOESNT_EXIST"


class HubSpot:
    """An account at HubSpot that contacts are pushed to."""

    batch = 100

    def __init__(self, account: HubSpotAccount, limits: RateLimits) -> None:
        self._account = account
        self._limits = limits
        self._halved = 0

    def close(self) -> None:
        self._client.close()

    def owners(self, addresses: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for address in addresses:
            reply = self._client.free(
                "GET",
                "crm/v3/owners",
                operation="owners",
                limit=_OWNERS_LIMIT,
                parameters={"email": address, "limit": "2"},
            )
            ids = [
                str(one["id"])
                for one in _objects(reply.body, "results")
                if "id" in one and str(one.get("email")).lower() == address
            ]
            if len(ids) == 1:
                found[address] = ids[0]
        return found

    def upsert(self, entries: Sequence[Entry]) -> Sequence[Taken]:
        reply = self._client.free(
            "POST",
            "crm/v3/objects/contacts/batch/upsert",
            operation="upsert",
            limit=_UPSERT_LIMIT,
            body={"inputs": [_input(entry) for entry in entries]},
            expected=frozenset({200, 201, 207, 400, 409}),
        )
        body = reply.body if isinstance(reply.body, dict) else {}
        if reply.status < 400:
            return self._read(body, entries)
        error = self._worded(body, entries)
        if len(entries) == 1 or self._halved >= _MOST_HALVED:
            return [Taken(error=error)] * len(entries)
        self._halved += 2
        middle = len(entries) // 2
        return [*self.upsert(entries[:middle]), *self.upsert(entries[middle:])]

    @cached_property
    def _client(self) -> Client:
        token = os.environ.get(self._account.token_env, "")
        return Client(
            "hubspot",
            self._account.base_url,
            {"Authorization": f"Bearer {token}"},
            self._limits,
            timeout_s=self._account.timeout_s,
            key_name=self._account.token_env,
        )

    def _read(self, body: Mapping[str, Any], entries: Sequence[Entry]) -> list[Taken]:
        # One result that does not bear its trace id may still be known by its address.
        by_address = {entry.email: str(entry.lead_id) for entry in entries}
        taken: dict[str, Taken] = {}
        for error in _objects(body, "errors"):
            worded_error = self._worded(error, entries)
            for trace in _traces(error, by_address):
                taken[trace] = Taken(error=worded_error)
        for result in _objects(body, "results"):
            properties = result.get("properties")
            address = str(properties.get("email")).lower() if isinstance(properties, dict) else ""
            trace = str(result.get("objectWriteTraceId") or by_address.get(address, ""))
            if result.get("id"):
                taken[trace] = Taken(str(result["id"]), created=result.get("new") is True)
        return [taken.get(str(entry.lead_id), Taken(error=NO_ANSWER)) for entry in entries]

    def _worded(self, error: Mapping[str, Any], entries: Sequence[Entry]) -> str:
        """The error in codes. Raises VendorRefusedError where it is about a property that there is not."""
        message = str(error.get("message") or "")
        inside = [one for one in _objects(error, "errors") if one is not error]
        codes = [error.get("category"), *_CODES.findall(message), *(one.get("code") for one in inside)]
        names = _NAMES.findall(message)
        known = {"email", *(name for entry in entries for name in _properties(entry))}
        if _NO_PROPERTY in codes:
            named = ", ".join(sorted({*names} & known)) or "one of them"
            raise VendorRefusedError(
                f"hubspot: contacts have no property {named}; create it there, or take it out of crm.hubspot"
            )
        return worded(codes, names, known)


def _input(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.email,
        "idProperty": "email",
        "objectWriteTraceId": str(entry.lead_id),
        "properties": _properties(entry),
    }


def _properties(entry: Entry) -> dict[str, str]:
    """HubSpot takes texts only."""
    properties = {name: _text(value) for name, value in entry.fields.items()}
    return properties if entry.owner_id is None else {**properties, "hubspot_owner_id": entry.owner_id}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _objects(body: object, name: str) -> list[dict[str, Any]]:
    found = body.get(name) if isinstance(body, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _traces(error: Mapping[str, Any], by_address: Mapping[str, str]) -> list[str]:
    """The trace ids of the inputs that an error is about."""
    context = error.get("context")
    context = context if isinstance(context, dict) else {}
    said = context.get("objectWriteTraceId") or context.get("ids") or context.get("id") or []
    values = said if isinstance(said, list) else [said]
    return [by_address.get(str(one).lower(), str(one)) for one in values]
