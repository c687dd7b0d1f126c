import logging
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.responses import StreamingResponse

from aicmo_dagster.api.cam import sends
from aicmo_dagster.api.cam.application import PATH
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.outreach import add_campaign


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Everything that anybody logs, as it would be written."""
    found: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    handler = Handler()
    loggers = [logging.getLogger(name) for name in (None, "uvicorn", "uvicorn.error")]
    for one in loggers:
        one.addHandler(handler)
    yield found
    for one in loggers:
        one.removeHandler(handler)


def fail(*_: Any, **__: Any) -> None:
    who = "ann@example.com"
    raise ValueError(f"{who} is not what was expected")


def test_a_failure_is_a_problem_and_its_log_a_sentence_without_persons(
    client: Clients, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    add_campaign()
    monkeypatch.setattr("aicmo_dagster.store.sends.page", fail)
    answer = client("viewer").get("/campaigns/test/sends")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:aicmo:problem:failed"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "ann@" not in answer.text
    said = "\n".join(logged)
    assert "a request failed: ValueError: <address> is not what was expected" in said
    assert "ann@" not in said
    assert "Traceback" not in said


def test_an_answer_that_had_begun_is_cut_off_and_as_little_is_logged(
    client: Clients, monkeypatch: pytest.MonkeyPatch, logged: list[str]
) -> None:
    def part() -> Iterator[bytes]:
        yield b"x" * 100_000
        fail()

    monkeypatch.setattr(sends, "_shown", lambda *_: StreamingResponse(part()))
    add_campaign()
    viewer = client("viewer")
    with pytest.raises(Exception, match=r"(?i)broken|premature|ended"):
        viewer.get("/campaigns/test/sends/1")
    said = "\n".join(logged)
    assert "a request failed: ValueError" in said
    assert "ann@" not in said


def test_a_caller_who_leaves_while_sending_a_file_is_no_failure(client: Clients, logged: list[str]) -> None:
    operator = client("operator")
    where = urlsplit(operator.address)
    with socket.create_connection((where.hostname, where.port), 10) as leaving:
        leaving.sendall(
            f"POST {PATH}/suppressions/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {operator.text}\r\n"
            "Content-Length: 1000\r\n\r\nemail\n".encode()
        )
        time.sleep(0.3)
    assert operator.get("/suppressions").json()["items"] == []
    assert [one for one in logged if "fail" in one or "Traceback" in one] == []
