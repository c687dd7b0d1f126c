"""A vendor that knows people, as a real HTTP server on loopback, and the client that the pipeline asks it with.

`POST /find {"people": [subject, ...]}` answers 200 with a record or null for each, or 202 with an id where it
takes its time; `GET /found/ID` answers 202 until it is ready. 402, 503 and a cut connection as it is told.
"""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pandas as pd

from aicmo_dagster.campaign.config import Budget
from aicmo_dagster.errors import VendorRefusedError, VendorUnavailableError, VendorUncertainError
from aicmo_dagster.flow.asked import Asked
from aicmo_dagster.vendors.vendor import Answers, Record, Submitted


@dataclass
class Directory:
    """The server's side: whom it knows, how it behaves, and what it was asked."""

    people: dict[str, Mapping[str, str]] = field(default_factory=dict)
    late: bool = False
    """Answers take time: nothing is ready before `late` is put out."""
    behaves: str = "well"
    """Or `refuses`, `is down`, `hangs up` (after it has charged)."""
    asked: list[list[str]] = field(default_factory=list)
    polled: int = 0
    address: str = ""

    def answer(self, subjects: list[str]) -> list[Mapping[str, str] | None]:
        return [self.people.get(subject) for subject in subjects]


@contextmanager
def serving(**given: Any) -> Iterator[Directory]:
    """A directory that answers while the block lasts."""
    directory = Directory(**given)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if directory.behaves == "refuses":
                self._reply(402, {"detail": "no credits left"})
                return
            if directory.behaves == "is down":
                self._reply(503, {})
                return
            directory.asked.append(body["people"])
            if directory.behaves == "hangs up":
                self.connection.close()
            elif directory.late:
                self._reply(202, {"id": str(len(directory.asked) - 1)})
            else:
                self._reply(200, directory.answer(body["people"]))

        def do_GET(self) -> None:
            directory.polled += 1
            if directory.late:
                self._reply(202, {})
            else:
                self._reply(200, directory.answer(directory.asked[int(self.path.rpartition("/")[2])]))

        def _reply(self, status: int, content: Any) -> None:
            raw = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        directory.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield directory
        server.shutdown()


@dataclass
class Client:
    """The vendor as the pipeline sees it; asks about people by what `by` says."""

    address: str
    name: str = "directory"
    type: str = "http"
    operation: str = "find"
    batch: int = 2
    credits_each: float = 1.0
    gives: frozenset[str] = frozenset({"email", "phone", "verification"})
    by: str = "linkedin_url"
    has_key: bool = True

    def is_configured(self) -> bool:
        return self.has_key

    def subjects(self, leads: pd.DataFrame) -> "pd.Series[str]":
        return leads[self.by]

    def ask(self, leads: pd.DataFrame) -> Answers | Submitted:
        assert 0 < len(leads) <= self.batch
        return self._read("/find", json.dumps({"people": self.subjects(leads).tolist()}).encode())

    def collect(self, vendor_request_id: str, count: int, subjects: Sequence[str]) -> Answers | Submitted:
        reply = self._read(f"/found/{vendor_request_id}")
        assert count == len(subjects)
        return reply

    def _read(self, path: str, body: bytes | None = None) -> Answers | Submitted:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", body, timeout=10) as reply:
                content = json.load(reply)
                if reply.status == 202:
                    return Submitted(content.get("id") or path.rpartition("/")[2], 0.1)
        except urllib.error.HTTPError as error:
            if error.code == 503:
                raise VendorUnavailableError(f"{self.name} is down") from None
            raise VendorRefusedError(f"{self.name}: no credits left") from None
        except (OSError, HTTPException):
            raise VendorUncertainError(f"{self.name} hung up") from None
        records: list[Record | None] = content
        return Answers(records, self.credits_each * sum(record is not None for record in records))


def asked(directory: Directory, budget: Budget | None = None, **given: Any) -> Asked:
    """The directory as a vendor of a campaign."""
    return Asked(Client(directory.address, **given), budget or Budget(), "legitimate_interests")
