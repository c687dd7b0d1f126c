"""HubSpot's contract for contacts and owners: refuses what HubSpot refuses, and answers as it answers."""

import json
import re
from collections.abc import Mapping
from typing import Any

from aicmo_dagster_tests.vendors.vendor_server import Request, VendorServer, loaded

UPSERT = "/crm/v3/objects/contacts/batch/upsert"
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")


class HubSpotServer(VendorServer):
    """Keeps `contacts` by address; `owners` are its users. Refuses values of `hs_lead_status` that are no option.

    With `strict` a batch with an input that it does not like is refused as a whole, as it is without trace ids. It
    takes no address of `refused`, and answers `quota` requests.
    """

    def __init__(self) -> None:
        super().__init__()
        self.token = "pat-test-token-0001"
        self.contacts: dict[str, dict[str, str]] = {}
        self.ids: dict[str, str] = {}
        self.owners: dict[str, str] = {}
        self.refused: set[str] = set()
        self.strict = False
        self.properties = {
            "email", "firstname", "lastname", "jobtitle", "company", "website", "industry", "phone", "address", "zip",
            "city", "state", "country", "hs_lead_status", "lifecyclestage", "hubspot_owner_id", "aicmo_tier",
        }  # fmt: skip
        self.statuses = {
            "NEW", "OPEN", "IN_PROGRESS", "OPEN_DEAL", "UNQUALIFIED", "ATTEMPTED_TO_CONTACT", "CONNECTED", "BAD_TIMING",
        }  # fmt: skip

    def upserts(self) -> list[list[dict[str, Any]]]:
        """The inputs of every batch that came in."""
        return [loaded(request)["inputs"] for request in self.requests if request.path == UPSERT]

    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return 401, _error("INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if request.method == "GET" and request.path == "/crm/v3/owners":
            address = request.parameters.get("email", "")
            found = [
                {"id": number, "email": email} for email, number in self.owners.items() if email == address
            ]
            return 200, {"results": found}
        if request.method == "POST" and request.path == UPSERT:
            return self._upsert(loaded(request))
        return 404, _error("OBJECT_NOT_FOUND", "there is nothing at this address")

    def _upsert(self, body: Any) -> tuple[int, object]:
        inputs = body.get("inputs") if isinstance(body, dict) else None
        if not isinstance(inputs, list) or not inputs:
            return 400, _error("VALIDATION_ERROR", "inputs is missing")
        if len(inputs) > 100:
            return 400, _error("VALIDATION_ERROR", "The maximum number of inputs is 100")
        ids = [str(one.get("id")).lower() for one in inputs]
        if len(set(ids)) < len(ids):
            return 400, _error("VALIDATION_ERROR", "Duplicate IDs found in batch input")
        if any(one.get("idProperty") != "email" for one in inputs):
            return 400, _error("VALIDATION_ERROR", "Unable to perform upsert by non-unique property")
        faults = [self._fault(one) for one in inputs]
        traced = all(one.get("objectWriteTraceId") for one in inputs)
        if any(faults) and (self.strict or not traced):
            return 400, next(fault for fault in faults if fault)
        errors = [
            {**fault, "context": {"objectWriteTraceId": [one["objectWriteTraceId"]]}}
            for one, fault in zip(inputs, faults, strict=True)
            if fault
        ]
        results = [self._take(one) for one, fault in zip(inputs, faults, strict=True) if not fault]
        results.reverse()  # their order is not said to be that of the inputs
        answer: dict[str, object] = {"status": "COMPLETE", "results": results}
        if errors:
            answer |= {"numErrors": len(errors), "errors": errors}
        return 207 if errors else 200, answer

    def _fault(self, one: Mapping[str, Any]) -> dict[str, object] | None:
        properties, address = one.get("properties") or {}, str(one["id"])
        if not all(isinstance(value, str) for value in properties.values()):
            return _error("VALIDATION_ERROR", "Invalid input JSON: a property is not a text")
        for name in properties:
            if name not in self.properties:
                return _invalid("PROPERTY_DOESNT_EXIST", name, f'Property "{name}" does not exist')
        if not _ADDRESS.fullmatch(address) or address in self.refused:
            return _invalid("INVALID_EMAIL", "email", f"Email address {address} is invalid")
        status = properties.get("hs_lead_status")
        if status is not None and status not in self.statuses:
            return _invalid(
                "INVALID_OPTION", "hs_lead_status", f"{status} was not one of the allowed options"
            )
        owner = properties.get("hubspot_owner_id")
        if owner is not None and owner not in self.owners.values():
            return _invalid("INVALID_OWNER_ID", "hubspot_owner_id", f"Owner {owner} does not exist")
        return None

    def _take(self, one: Mapping[str, Any]) -> dict[str, object]:
        address = str(one["id"]).lower()
        new = address not in self.contacts
        self.ids.setdefault(address, str(1000 + len(self.ids)))
        self.contacts.setdefault(address, {"email": address}).update(one["properties"])
        return {
            "id": self.ids[address],
            "new": new,
            "properties": dict(self.contacts[address]),
            "objectWriteTraceId": one.get("objectWriteTraceId"),
        }


def _invalid(code: str, name: str, message: str) -> dict[str, object]:
    """An error as HubSpot words it: the details are JSON in the sentence."""
    details = json.dumps([{"isValid": False, "message": message, "error": code, "name": name}])
    return _error("VALIDATION_ERROR", f"Property values were not valid: {details}")


def _error(category: str, message: str) -> dict[str, object]:
    return {"status": "error", "category": category, "message": message, "correlationId": "0-0"}
