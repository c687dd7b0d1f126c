"""Salesforce: Leads, created or changed by an external id (developer.salesforce.com/docs/platform/api-rest).

The external id is the address in lower case, so a person is one Lead, whatever campaigns they are in.
"""

import os
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from aicmo_dagster.campaign.crm import SalesforceAccount
from aicmo_dagster.errors import VendorRefusedError, VendorUnavailableError
from aicmo_dagster.store.rate_limits import Limit, RateLimits
from aicmo_dagster.vendors.client import Client, Reply
from aicmo_dagster.vendors.crm import NO_ANSWER, Entry, Taken, worded

_NOT_KNOWN = "[not provided]"
"""Salesforce's own word for the two fields that a Lead cannot be without."""

_REQUIRED = ("LastName", "Company")
_LONGEST = {
    "FirstName": 40,
    "LastName": 80,
    "Title": 128,
    "Company": 255,
    "Website": 255,
    "Phone": 40,
    "Street": 255,
    "PostalCode": 20,
    "City": 40,
    "State": 80,
    "Country": 80,
}
"""Characters of standard fields; a Lead with a longer value would be refused."""

_QUOTED = re.compile(r"'([A-Za-z]\w*)'")
_MOST_USERS = 100
_DAY_S = 86_400.0


class Salesforce:
    """An org whose Leads are pushed to, as the user of a connected app with client credentials."""

    batch = 200

    def __init__(self, account: SalesforceAccount, limits: RateLimits) -> None:
        self._account = account
        self._limits = limits
        self._limit = (Limit(account.requests_per_day, _DAY_S),)
        self._session: Client | None = None

    def close(self) -> None:
        self._door.close()
        if self._session is not None:
            self._session.close()

    def owners(self, addresses: Sequence[str]) -> Mapping[str, str]:
        ids: dict[str, set[str]] = {}
        for start in range(0, len(addresses), _MOST_USERS):
            listed = ", ".join(map(_quoted, addresses[start : start + _MOST_USERS]))
            query = f"SELECT Id, Email FROM User WHERE IsActive = true AND Email IN ({listed})"
            reply = self._ask("GET", "query", "users", parameters={"q": query})
            found = reply.body.get("records") if isinstance(reply.body, dict) else None
            for user in found if isinstance(found, list) else []:
                ids.setdefault(str(user["Email"]).lower(), set()).add(str(user["Id"]))
        return {address: next(iter(some)) for address, some in ids.items() if len(some) == 1}

    def upsert(self, entries: Sequence[Entry]) -> Sequence[Taken]:
        records = [self._record(entry) for entry in entries]
        reply = self._ask(
            "PATCH",
            f"composite/sobjects/Lead/{self._account.external_id_field}",
            "upsert",
            body={"allOrNone": False, "records": records},
        )
        if not isinstance(reply.body, list) or len(reply.body) != len(entries):
            return [Taken(error=NO_ANSWER)] * len(entries)
        return [_taken(result, record) for result, record in zip(reply.body, records, strict=True)]

    def _record(self, entry: Entry) -> dict[str, Any]:
        fields = {name: _fitting(name, value) for name, value in entry.fields.items()}
        if entry.new:
            fields = {**dict.fromkeys(_REQUIRED, _NOT_KNOWN), **fields}
        if entry.owner_id is not None:
            fields["OwnerId"] = entry.owner_id
        return {"attributes": {"type": "Lead"}, self._account.external_id_field: entry.email, **fields}

    def _ask(
        self, method: str, path: str, operation: str, *, parameters: Any = None, body: Any = None
    ) -> Reply:
        """A request with a session; once more with another one where it has ended."""
        for _ in range(2):
            if self._session is None:
                self._session = self._opened()
            reply = self._session.free(
                method,
                f"services/data/v{self._account.api_version}/{path}",
                operation=operation,
                limit=self._limit,
                parameters=parameters,
                body=body,
                expected=frozenset({200, 400, 401, 403}),
            )
            if reply.status != 401:
                break
            self._session.close()
            self._session = None
        if reply.status == 200:
            return reply
        known = {name for record in (body or {}).get("records", []) for name in record}
        said = worded(*_codes_and_fields(reply.body), known)
        if "REQUEST_LIMIT_EXCEEDED" in said:
            raise VendorUnavailableError(
                f"salesforce: {operation}: the org has used up its requests of the day ({said}); "
                "run it again later, and see crm.salesforce.requests_per_day"
            )
        remedy = {
            400: f"check the fields of crm.salesforce, and that Lead has {self._account.external_id_field} as "
            "External ID",
            401: f"check the app of {self._account.client_id_env} and its user",
        }.get(reply.status, "check what the app's user may do")
        raise VendorRefusedError(f"salesforce: {operation}: HTTP {reply.status} ({said}); {remedy}")

    def _opened(self) -> Client:
        """A client with a new session (OAuth 2.0 client credentials, RFC 6749, 4.4)."""
        account = self._account
        reply = self._door.free(
            "POST",
            "services/oauth2/token",
            operation="token",
            form={
                "grant_type": "client_credentials",
                "client_id": os.environ.get(account.client_id_env, ""),
                "client_secret": os.environ.get(account.client_secret_env, ""),
            },
            expected=frozenset({200, 400, 401}),
        )
        token = reply.body.get("access_token") if isinstance(reply.body, dict) else None
        if reply.status != 200 or not isinstance(token, str):
            raise VendorRefusedError(
                f"salesforce: HTTP {reply.status}: no session; check {account.client_id_env} and "
                f"{account.client_secret_env}, and that the app allows client credentials"
            )
        return Client(
            "salesforce",
            account.base_url,
            {"Authorization": f"Bearer {token}"},
            self._limits,
            timeout_s=account.timeout_s,
            key_name=account.client_secret_env,
        )

    @cached_property
    def _door(self) -> Client:
        account = self._account
        return Client("salesforce", account.base_url, {}, self._limits, timeout_s=account.timeout_s)


def _taken(result: object, record: Mapping[str, Any]) -> Taken:
    if not isinstance(result, dict):
        return Taken(error=NO_ANSWER)
    number = str(result["id"]) if result.get("id") else None
    if result.get("success") is True:
        return Taken(number, created=result.get("created") is True)
    return Taken(number, worded(*_codes_and_fields(result.get("errors")), record))


def _codes_and_fields(errors: object) -> tuple[list[object], list[object]]:
    """What Salesforce lists of errors: `statusCode` in results, `errorCode` in refusals."""
    listed = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    codes: list[object] = [one.get("statusCode") or one.get("errorCode") for one in listed]
    # A field that there is not is named in the sentence only.
    named = [field for one in listed for field in _QUOTED.findall(str(one.get("message")))]
    return codes, [*named, *(field for one in listed for field in one.get("fields") or [])]


def _fitting(name: str, value: object) -> object:
    return value[: _LONGEST[name]] if isinstance(value, str) and name in _LONGEST else value


def _quoted(text: str) -> str:
    """A text of SOQL."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
