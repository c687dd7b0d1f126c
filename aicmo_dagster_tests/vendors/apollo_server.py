"""Apollo as a real HTTP server on loopback: it takes what the documented contract takes and refuses the rest.

It keeps what it charged for whom. Faults are laid out for the requests to come, each for one request. The people
are invented.
"""

import json
import re
import socket
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "apollo-key-that-nobody-may-see"
SEARCH, BULK_MATCH = "/api/v1/mixed_people/api_search", "/api/v1/people/bulk_match"
TITLES = ("CEO", "VP Sales", "Sales Manager", "Office Clerk")

_FILTERS = {
    "person_titles[]",
    "include_similar_titles",
    "q_keywords",
    "person_locations[]",
    "person_seniorities[]",
    "organization_locations[]",
    "q_organization_domains_list[]",
    "contact_email_status[]",
    "organization_ids[]",
    "organization_num_employees_ranges[]",
    "revenue_range[min]",
    "revenue_range[max]",
    "currently_using_any_of_technology_uids[]",
    "q_organization_job_titles[]",
    "page",
    "per_page",
}
_SENIORITIES = set("owner founder c_suite partner vp head director manager senior entry intern".split())  # noqa: SIM905
_DETAILS = {
    "id",
    "email",
    "hashed_email",
    "name",
    "first_name",
    "last_name",
    "organization_name",
    "domain",
    "linkedin_url",
}
_MATCH_QUERY = {"reveal_personal_emails", "reveal_phone_number", "webhook_url", "run_waterfall_email"}

Person = dict[str, Any]
Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Fault = Callable[["Handler", Callable[[], Answer]], None]
"""Does something else with a request; the second argument carries it out and charges for it."""


def status(code: int, body: object = None, **headers: str) -> Fault:
    """The request is not carried out; `retry_after` becomes retry-after."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.send(Answer(code, {"message": "no"} if body is None else body, sent))


def carried_out_but(code: int) -> Fault:
    """The request is carried out and charged, and the answer says that it failed."""

    def fault(handler: "Handler", carry_out: Callable[[], Answer]) -> None:
        carry_out()
        handler.send(Answer(code, {"error": "internal"}))

    return fault


def slow(seconds: float) -> Fault:
    """The request is carried out, and the answer comes late."""

    def fault(handler: "Handler", carry_out: Callable[[], Answer]) -> None:
        answer = carry_out()
        time.sleep(seconds)
        handler.send(answer)

    return fault


def cut_before(handler: "Handler", carry_out: Callable[[], Answer]) -> None:
    """The connection breaks before the request is carried out."""
    handler.cut()


def cut_after(handler: "Handler", carry_out: Callable[[], Answer]) -> None:
    """The request is carried out, and the connection breaks before the answer."""
    carry_out()
    handler.cut()


def malformed(handler: "Handler", carry_out: Callable[[], Answer]) -> None:
    """The request is carried out, and the answer is half of it."""
    answer = carry_out()
    handler.send(Answer(200, answer.content[: len(answer.content) // 2]))


def person(number: int) -> Person:
    """The person of this number, always the same. Every tenth has no address, every seventh an unverified one."""
    title = TITLES[number % len(TITLES)]
    company = f"Example Works {number % 5}"
    return {
        "id": f"{number:024x}",
        "first_name": f"Given{number}",
        "last_name": f"Family{number}",
        "name": f"Given{number} Family{number}",
        "linkedin_url": f"http://www.linkedin.com/in/example-{number}",
        "title": title,
        "headline": f"{title} at {company}",
        "email": None if number % 10 == 9 else f"given{number}.family{number}@example.com",
        "email_status": "unavailable"
        if number % 10 == 9
        else "unverified"
        if number % 7 == 6
        else "verified",
        "seniority": {"CEO": "c_suite", "VP Sales": "vp", "Sales Manager": "manager"}.get(title, "entry"),
        "departments": ["sales"],
        "city": "Berlin",
        "state": (None, "Land Berlin")[number % 2],
        "country": "Germany",
        "organization_id": f"{number % 5:024x}",
        "organization": {
            "name": company,
            "website_url": f"http://works{number % 5}.example.com",
            "primary_domain": f"works{number % 5}.example.com",
            "industry": "machinery",
            "estimated_num_employees": (5, 40, 400, 4_000, 0)[number % 5],
            "annual_revenue": 1_000_000.0 * (number % 5),
            "technology_names": ["Example CRM", "Example Mail"],
            "latest_funding_stage": "Series A",
            "keywords": ["example machines", "example tools"],
            "founded_year": 1998,
            "organization_headcount_six_month_growth": 0.5,
            "organization_headcount_twelve_month_growth": -0.0213,
        },
        "employment_history": [
            {"title": title, "start_date": "2021-03-01", "end_date": None, "current": True},
            {"title": "Adviser", "start_date": "2020-01-01", "end_date": None, "current": True},
            {"title": title, "start_date": "2015-06-01", "end_date": "2021-03-01", "current": False},
        ],
    }


class ApolloServer(ThreadingHTTPServer):
    """Apollo, with `people` of its database; `url` is its base URL.

    `credits` counts the credits charged by person's id, `asked` the requests by path, `batches` whom each
    `bulk_match` that was carried out was about. `scopes` are the paths that the key may use.
    """

    daemon_threads = True

    def __init__(self, people: int = 120) -> None:
        self.people = [person(number) for number in range(people)]
        self.credits: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.batches: list[list[dict[str, str]]] = []
        self.queries: list[Query] = []
        self.scopes = {SEARCH, BULK_MATCH}
        self.minute_left = 1_000
        self._faults: dict[str, deque[Fault]] = {SEARCH: deque(), BULK_MATCH: deque()}
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/v1"

    def fail_next(self, *faults: Fault, path: str = BULK_MATCH) -> None:
        """The next requests of the path meet these, one each."""
        self._faults[path].extend(faults)

    def fault(self, path: str) -> Fault | None:
        with self._lock:
            self.asked[path] += 1
            faults = self._faults.get(path)
            return faults.popleft() if faults else None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up is no news."""

    def search(self, query: Query, body: bytes) -> Answer:
        if body or not query.keys() <= _FILTERS:
            return Answer(422, {"message": "the search takes query parameters of its own names, and no body"})
        page, per_page = (int(query.get(name, [default])[0]) for name, default in _PAGING)
        if not (1 <= page <= 500 and 1 <= per_page <= 100):
            return Answer(422, {"message": "at most 500 pages of 100 people"})
        ranges = query.get("organization_num_employees_ranges[]", [])
        if not all(re.fullmatch(r"\d+,\d+", one) for one in ranges):
            return Answer(422, {"message": "a range is two numbers with a comma between them"})
        if not set(query.get("person_seniorities[]", [])) <= _SENIORITIES:
            return Answer(422, {"message": "that is no seniority"})
        self.queries.append(query)
        found = [one for one in self.people if _fits(one, query)]
        shown = found[(page - 1) * per_page : page * per_page]
        return Answer(200, {"total_entries": len(found), "people": [_obfuscated(one) for one in shown]})

    def bulk_match(self, query: Query, body: bytes) -> Answer:
        if not query.keys() <= _MATCH_QUERY:
            return Answer(422, {"message": "details are in the body"})
        try:
            details = json.loads(body)["details"]
        except (ValueError, TypeError, KeyError):
            details = None
        if not isinstance(details, list) or not details:
            return Answer(400, {"error": "Give at least one person", "error_code": "INVALID_REQUEST"})
        if len(details) > 10:
            return Answer(400, {"error": "At most ten people", "error_code": "RECORD_LIMIT_EXCEEDED"})
        if not all(isinstance(one, dict) and one and one.keys() <= _DETAILS for one in details):
            return Answer(422, {"message": "a person is named by known attributes"})
        with self._lock:
            matches = [self._match(one) for one in details]
            ids = {one["id"] for one in matches if one is not None}
            self.batches.append(details)
            self.credits.update(ids)
        answer = {
            "status": "success",
            "error_code": None,
            "error_message": None,
            "total_requested_enrichments": len(details),
            "unique_enriched_records": len(ids),
            "missing_records": matches.count(None),
            "credits_consumed": float(len(ids)),
            "matches": matches,
            "request_id": -(10**18) - len(self.batches),
        }
        return Answer(200, answer)

    def _match(self, detail: Mapping[str, str]) -> Person | None:
        """By the first of what says enough."""
        for one in self.people:
            if "id" in detail:
                same = one["id"] == detail["id"]
            elif "email" in detail:
                same = one["email"] == detail["email"].lower()
            elif "linkedin_url" in detail:
                same = one["linkedin_url"].rpartition("/")[2] == detail["linkedin_url"].rpartition("/")[2]
            else:
                company = {one["organization"]["name"], one["organization"]["primary_domain"]}
                told = {detail.get("organization_name"), detail.get("domain")}
                name = (detail.get("first_name"), detail.get("last_name"))
                same = name == (one["first_name"], one["last_name"]) and bool(told & company)
            if same:
                return one
        return None


_PAGING = (("page", "1"), ("per_page", "10"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ApolloServer

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.fault(parts.path)
        endpoints = {SEARCH: self.server.search, BULK_MATCH: self.server.bulk_match}

        def carry_out() -> Answer:
            if self.headers.get("x-api-key") != KEY:
                return Answer(401, b"Invalid API key.", {"Content-Type": "text/plain"})
            if parts.path not in endpoints:
                return Answer(404, {"message": "not found"})
            if parts.path not in self.server.scopes:
                sentence = f"{parts.path} is not accessible with this api_key"
                return Answer(403, {"error": sentence, "error_code": "API_INACCESSIBLE"})
            if parts.path == BULK_MATCH and self.headers.get("Content-Type") != "application/json":
                return Answer(400, {"error": "Send JSON", "error_code": "INVALID_REQUEST"})
            return endpoints[parts.path](query, body)

        if fault is None:
            self.send(carry_out())
        else:
            fault(self, carry_out)

    def do_GET(self) -> None:
        self.send(Answer(404, {"message": "not found"}))

    def send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        headers = {
            "Content-Type": "application/json",
            "x-rate-limit-minute": "1000",
            "x-minute-requests-left": str(self.server.minute_left),
            "x-hourly-requests-left": "6000",
            "x-24-hour-requests-left": "50000",
            **answer.headers,
            "Content-Length": str(len(answer.content)),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    def cut(self) -> None:
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: pytest shows what matters."""


@contextmanager
def serving(people: int = 120) -> Iterator[ApolloServer]:
    """An Apollo that answers while the block lasts."""
    with ApolloServer(people) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def _fits(one: Person, query: Query) -> bool:
    company = one["organization"]
    places = {str(one[name]).lower() for name in ("city", "state", "country")}
    size, revenue = company["estimated_num_employees"], company["annual_revenue"]

    def any_of(name: str, matches: Callable[[str], bool]) -> bool:
        return name not in query or any(matches(value) for value in query[name])

    return (
        any_of("person_titles[]", lambda title: title.lower() in one["title"].lower())
        and any_of("person_seniorities[]", lambda level: level == one["seniority"])
        and any_of("person_locations[]", lambda place: place.lower() in places)
        and any_of("organization_locations[]", lambda place: place.lower() in places)
        and any_of("organization_num_employees_ranges[]", lambda text: _within(size, text))
        and any_of("q_organization_domains_list[]", lambda domain: domain == company["primary_domain"])
        and any_of("revenue_range[min]", lambda least: revenue >= int(least))
        and any_of("revenue_range[max]", lambda most: revenue <= int(most))
    )


def _within(size: int, text: str) -> bool:
    low, high = map(int, text.split(","))
    return low <= size <= high


def _obfuscated(one: Person) -> dict[str, object]:
    """What the free search tells."""
    return {
        "id": one["id"],
        "first_name": one["first_name"],
        "last_name_obfuscated": f"{one['last_name'][:2]}***{one['last_name'][-1]}",
        "title": one["title"],
        "last_refreshed_at": "2026-03-01T00:00:00.000+00:00",
        "has_email": one["email"] is not None,
        "has_city": True,
        "has_direct_phone": "Maybe: please request direct dial via people/bulk_match",
        "organization": {"name": one["organization"]["name"], "has_industry": True},
    }
