"""Dropcontact's contract: refuses what Dropcontact refuses, and answers as it answers."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from aicmo_dagster_tests.vendors.vendor_server import Request, VendorServer, loaded

Person = Mapping[str, Any]

_FRENCH = {"nominative": "nominatif", "generic": "generique", "invalid": "invalide", "disposable": "jetable"}
_IDENTIFIERS = ("email", "linkedin", "company", "website", "company_linkedin", "num_siren")


class DropcontactServer(VendorServer):
    """Knows what `knows` says of a record; a result is ready after `not_ready` answers that it is not."""

    def __init__(
        self, knows: Callable[[Person], Person] = lambda _: {}, path: str = "/v1/enrich/all"
    ) -> None:
        super().__init__()
        self.knows = knows
        self.path = path
        self.key = "dropcontact-test-key"
        self.credits = 1_000
        self.not_ready = 0
        self.batches: dict[str, list[Person]] = {}
        self.language = ""

    def answer(self, request: Request) -> tuple[int, object]:
        if request.headers.get("x-access-token") != self.key:
            return 401, _no("the access token is missing or wrong")
        if request.method == "POST" and request.path == self.path:
            return self._post(request)
        folder, _, number = request.path.rpartition("/")
        if request.method == "GET" and folder == self.path:
            return self._get(unquote(number))
        return 404, {"detail": "Not Found"}

    def _post(self, request: Request) -> tuple[int, object]:
        body = loaded(request)
        records = body.get("data") if isinstance(body, dict) else None
        fault = None
        if request.headers.get("content-type") != "application/json":
            fault = "the body is not application/json"
        elif not isinstance(records, list) or not records:
            fault = "there are no data"
        elif len(records) > 250:
            fault = "there are more than 250 records"
        elif any(len(json.dumps(record)) > 15_000 for record in records):
            fault = "a record is longer than 15 kB"
        elif not all(any(record.get(name) for name in _IDENTIFIERS) for record in records):
            fault = "a record needs an email, a linkedin or a company"
        if fault or records is None:
            return 400, _no(fault or "")
        if len(records) > self.credits:
            return 403, _no("not enough credits")
        self.language = body.get("language", "fr")
        number = f"request={len(self.batches)}/"
        self.batches[number] = records
        return 200, {
            "request_id": number, "credits_left": self.credits, "error": False, "success": True,
        }  # fmt: skip

    def _get(self, number: str) -> tuple[int, object]:
        if number not in self.batches or self.not_ready > 0:
            self.not_ready -= 1
            return 200, {"error": False, "success": False, "reason": "Request not ready yet"}
        people = [self.knows(record) for record in self.batches[number]]
        self.credits -= sum(bool(person.get("email")) for person in people)
        answer = {"data": people, "error": False, "success": True, "credits_left": self.credits}
        return 200, answer if self.language == "en" else _in_french(answer)


def _in_french(answer: object) -> object:
    text = json.dumps(answer)
    for english, french in _FRENCH.items():
        text = text.replace(english, french)
    return json.loads(text)


def _no(reason: str) -> dict[str, object]:
    return {"error": True, "success": False, "reason": reason}
