"""Salesforce's contract for Leads, users and sessions: refuses what Salesforce refuses, and answers as it answers."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from aicmo_dagster_tests.vendors.vendor_server import Request, VendorServer, loaded

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[a-z]+")
_USERS = re.compile(r"SELECT Id, Email FROM User WHERE IsActive = true AND Email IN \((.*)\)")
_TEXTS = re.compile(r"'((?:[^'\\]|\\.)*)'")


class SalesforceServer(VendorServer):
    """Keeps `leads` by external id; `users` are address -> ids. A session ends after `session_requests` requests, and
    the org's requests of the day with `requests_left`. The Leads of `converted` cannot be changed any more."""

    def __init__(self) -> None:
        super().__init__()
        self.client_id, self.client_secret = "3MVG-test-consumer-key", "test-consumer-secret-0001"
        self.external_id = "Aicmo_Key__c"
        self.leads: dict[str, dict[str, Any]] = {}
        self.users: dict[str, list[str]] = {}
        self.converted: set[str] = set()
        self.sessions: list[str] = []
        self.session_requests = 1_000_000
        self.requests_left = 1_000_000
        self.fields = {
            "FirstName": 40, "LastName": 80, "Email": 80, "Title": 128, "Company": 255, "Website": 255, "Phone": 40,
            "NumberOfEmployees": 0, "Street": 255, "PostalCode": 20, "City": 40, "Country": 80, "Status": 255,
            "OwnerId": 18, "HasOptedOutOfEmail": 0, self.external_id: 255,
        }  # fmt: skip
        self._used = 0

    def upserts(self) -> list[list[dict[str, Any]]]:
        """The records of every batch that came in."""
        return [loaded(request)["records"] for request in self.requests if request.method == "PATCH"]

    def answer(self, request: Request) -> tuple[int, object]:
        if request.path == "/services/oauth2/token":
            return self._token(request)
        self._used += 1
        current = f"Bearer {self.sessions[-1]}" if self.sessions else None
        if request.headers.get("authorization") != current or self._used > self.session_requests:
            return 401, _error("INVALID_SESSION_ID", "Session expired or invalid")
        self.requests_left -= 1
        if self.requests_left < 0:
            return 403, _error("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if request.method == "GET" and request.path == "/services/data/v62.0/query":
            return self._query(request.parameters.get("q", ""))
        if request.method == "PATCH" and request.path == (
            f"/services/data/v62.0/composite/sobjects/Lead/{self.external_id}"
        ):
            return self._upsert(loaded(request))
        return 404, _error("NOT_FOUND", "The requested resource does not exist")

    def _token(self, request: Request) -> tuple[int, object]:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.headers.get("content-type") != "application/x-www-form-urlencoded" or request.parameters:
            return 400, {"error": "invalid_request", "error_description": "not a form"}
        if form.get("grant_type") != "client_credentials":
            return 400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return 400, {"error": "invalid_client", "error_description": "invalid client credentials"}
        self.sessions.append(f"00D-session-{len(self.sessions)}")
        self._used = 0
        return 200, {"access_token": self.sessions[-1], "instance_url": self.url, "token_type": "Bearer"}

    def _query(self, query: str) -> tuple[int, object]:
        found = _USERS.fullmatch(query)
        if found is None:
            return 400, _error("MALFORMED_QUERY", "unexpected token")
        wanted = [re.sub(r"\\(.)", r"\1", text) for text in _TEXTS.findall(found[1])]
        records = [{"Id": number, "Email": email} for email in wanted for number in self.users.get(email, [])]
        return 200, {"totalSize": len(records), "done": True, "records": records}

    def _upsert(self, body: Any) -> tuple[int, object]:
        records = body.get("records") if isinstance(body, dict) else None
        if not isinstance(records, list) or not records:
            return 400, _error("JSON_PARSER_ERROR", "records is missing")
        if len(records) > 200:
            return 400, _error(
                "EXCEEDED_MAX_SIZE_REQUEST", "record limit reached. cannot submit more than 200"
            )
        for record in records:
            if record.get("attributes", {}).get("type") != "Lead":
                return 400, _error("INVALID_INPUT", "attributes must have the type of the request")
            for name in record:
                if name.lower() == "id":
                    return 400, _error("INVALID_INPUT", "id must not be given")
                if name not in self.fields and name != "attributes":
                    return 400, _error("INVALID_FIELD", f"No such column '{name}' on sobject of type Lead")
        seen = Counter(str(record.get(self.external_id)).lower() for record in records)
        return 200, [self._take(record, seen) for record in records]

    def _take(self, record: Mapping[str, Any], seen: Counter[str]) -> dict[str, Any]:
        key = str(record.get(self.external_id) or "").lower()
        new = key not in self.leads
        values = {name: value for name, value in record.items() if name != "attributes"}
        if not key:
            return _refused("MISSING_ARGUMENT", "external id not specified", self.external_id)
        if seen[key] > 1:
            return _refused("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", self.external_id)
        if key in self.converted:
            return _refused("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
        lacking = [name for name in ("LastName", "Company") if new and not values.get(name)]
        if lacking:
            return _refused("REQUIRED_FIELD_MISSING", "Required fields are missing", *lacking)
        for name, value in values.items():
            if isinstance(value, str) and len(value) > self.fields[name]:
                return _refused("STRING_TOO_LONG", f"{name}: data value too large: {value}", name)
        if not _ADDRESS.fullmatch(values.get("Email", "a@example.com")):
            return _refused("INVALID_EMAIL_ADDRESS", f"invalid email address: {values['Email']}", "Email")
        owner = values.get("OwnerId")
        if owner is not None and owner not in [number for some in self.users.values() for number in some]:
            return _refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "OwnerId")
        lead = self.leads.setdefault(key, {"Id": f"00Q{len(self.leads):015}"})
        lead.update(values)
        return {"id": lead["Id"], "success": True, "created": new, "errors": []}


def _refused(code: str, message: str, *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def _error(code: str, message: str) -> list[dict[str, object]]:
    return [{"message": message, "errorCode": code}]
