"""Hunter's contract for the e-mail verifier: refuses what Hunter refuses, and answers as it answers."""

from collections import Counter

from aicmo_dagster_tests.vendors.vendor_server import Request, VendorServer


class HunterServer(VendorServer):
    """Says `statuses` of addresses (else `invalid`); is at work on an address for as many answers as `running`
    says. `charged` are the addresses that it counted; it counts each once."""

    def __init__(self) -> None:
        super().__init__()
        self.key = "hunter-test-key"
        self.statuses: dict[str, str] = {}
        self.running: Counter[str] = Counter()
        self.removed: set[str] = set()
        self.charged: set[str] = set()

    def answer(self, request: Request) -> tuple[int, object]:
        if request.method != "GET" or request.path != "/email-verifier":
            return 404, _error(404, "not_found", "there is nothing at this address")
        if request.headers.get("x-api-key") != self.key:
            return 401, _error(401, "authentication_failed", "no user found for the API key supplied")
        address = request.parameters.get("email", "")
        if "@" not in address:
            return 400, _error(400, "wrong_params", "the email parameter is missing or invalid")
        if address in self.removed:
            return 451, _error(451, "claimed_email", "the person asked us not to process their data")
        if self.running[address] > 0:
            self.running[address] -= 1
            return 202, {"data": {"status": None}, "meta": {"params": {"email": address}}}
        status = self.statuses.get(address, "invalid")
        if status not in ("unknown", "disposable"):
            self.charged.add(address)
        return 200, {"data": {"status": status, "score": 0, "email": address}, "meta": {}}


def _error(code: int, name: str, details: str) -> dict[str, object]:
    return {"errors": [{"id": name, "code": code, "details": details}]}
