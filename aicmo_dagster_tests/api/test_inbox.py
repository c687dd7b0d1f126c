import http.client
import json
import logging
import select
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.api import inbox
from aicmo_dagster.api.app import app
from aicmo_dagster.flow.harvest import harvest
from aicmo_dagster.flow.run import start
from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests.outreach import add_campaign, config

TOKEN = "an-invented-token-of-this-test"
GOOD = {"email": "ann@example.org", "firstName": "Ann", "plan": {"tier": "gold"}}


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Of a real server on loopback."""
    server = uvicorn.Server(uvicorn.Config(app(), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def campaign(store: URL, monkeypatch: pytest.MonkeyPatch) -> campaigns.Campaign:
    monkeypatch.setenv("AICMO_INBOX_TOKEN", TOKEN)
    return add_campaign(config(sources=[{"type": "api", "columns": {"Kontakt": "email"}}]))


def send(
    port: int, body: bytes, key: str = "test", method: str = "POST", **headers: Any
) -> tuple[int, dict[str, Any]]:
    given: dict[str, str | None] = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        method, f"/campaigns/{key}/leads", body, {name: value for name, value in given.items() if value}
    )
    answer = connection.getresponse()
    said = json.loads(answer.read())
    assert answer.getheader("Content-Type") == "application/json"
    assert answer.getheader("Cache-Control") == "no-store"
    return answer.status, said


def push(port: int, value: object, key: str = "test", **headers: Any) -> tuple[int, dict[str, Any]]:
    return send(port, json.dumps(value).encode(), key, **headers)


def waiting() -> list[dict[str, str]]:
    return [row["record"] for row in database.fetch("SELECT record FROM queued_leads ORDER BY id")]


@pytest.mark.parametrize("wrapped", [GOOD, [GOOD], {"leads": [GOOD]}])
def test_a_lead_is_queued_by_the_names_of_its_fields(
    port: int, campaign: campaigns.Campaign, wrapped: object
) -> None:
    assert push(port, wrapped) == (202, {"accepted": 1, "rejected": []})
    (row,) = database.fetch("SELECT * FROM queued_leads")
    assert (row["campaign_id"], row["source"], row["delivery"]) == (campaign.id, "api", None)
    assert row["record"] == {
        "email": "ann@example.org",
        "first_name": "Ann",
        "extra": '{"plan.tier": "gold"}',
    }


def test_a_pushed_lead_is_harvested_once(port: int, campaign: campaigns.Campaign) -> None:
    push(port, [GOOD, {"email": "ANN@example.org", "lastName": "Lee"}, {"email": "bob@example.org"}])
    assert [harvest(start("test", uuid.uuid4()))[0].inserted for _ in range(2)] == [2, 0]
    found = database.fetch("SELECT email, first_name, source, extra FROM leads ORDER BY id")
    assert [lead["email"] for lead in found] == ["ann@example.org", "bob@example.org"]
    assert (found[0]["first_name"], found[0]["source"]) == ("Ann", "api")
    assert found[0]["extra"] == {"plan.tier": "gold"}


def test_columns_of_the_source_name_the_fields(port: int, campaign: campaigns.Campaign) -> None:
    assert push(port, {"kontakt": "ann@example.org"})[0] == 202
    assert waiting() == [{"email": "ann@example.org"}]


def test_a_lead_that_cannot_be_taken_costs_only_itself(port: int, campaign: campaigns.Campaign) -> None:
    leads = [
        {"title": "CEO"},
        {"email": "ann@example.org"},
        "ann@example.org",
        {},
        {"email": "ann@@example.org"},
        {"email": "bob@example.org", "company": "x" * 501},
        {f"v{number}": number for number in range(300)},
        {"email": "eve@example.org"},
    ]
    status, said = push(port, leads)
    assert (status, said["accepted"]) == (202, 2)
    assert [(one["index"], one["field"]) for one in said["rejected"]] == [
        (0, "email"),
        (2, None),
        (3, "email"),
        (4, "email"),
        (5, "company"),
        (6, None),
    ]
    assert "no LinkedIn profile" in said["rejected"][0]["reason"]
    assert "longer than 500" in said["rejected"][4]["reason"]
    assert [record["email"] for record in waiting()] == ["ann@example.org", "eve@example.org"]


def test_a_delivery_that_is_repeated_is_queued_once_and_answered_alike(
    port: int, campaign: campaigns.Campaign
) -> None:
    answers = [push(port, [GOOD, {}, GOOD], Idempotency_Key="d-1") for _ in range(3)]
    assert answers[0][1]["accepted"] == 2
    assert answers == [answers[0]] * 3
    assert len(waiting()) == 2
    push(port, [GOOD], Idempotency_Key="d-2")
    assert len(waiting()) == 3


def test_without_a_key_a_repeat_is_a_repeat(port: int, campaign: campaigns.Campaign) -> None:
    for _ in range(2):
        push(port, GOOD)
    assert len(waiting()) == 2


def test_other_leads_under_the_key_of_a_delivery_are_not_lost_in_silence(
    port: int, campaign: campaigns.Campaign
) -> None:
    push(port, GOOD, Idempotency_Key="d-1")
    status, said = push(port, {"email": "bob@example.org"}, Idempotency_Key="d-1")
    assert status == 422
    assert "give each delivery its own" in said["error"]
    assert len(waiting()) == 1


def test_without_a_token_nothing_is_told(port: int, campaign: campaigns.Campaign) -> None:
    for shown in (None, "Basic abc", "Bearer ", TOKEN):
        assert push(port, GOOD, Authorization=shown)[0] == 401
    assert waiting() == []


def test_whatever_is_wrong_with_key_or_token_the_answer_is_the_same(
    port: int, campaign: campaigns.Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_campaign(config(key="closed", sources=[{"type": "manual"}]))
    add_campaign(config(key="unset", sources=[{"type": "api", "token_env": "AICMO_NOT_SET"}]))
    add_campaign(config(key="empty", sources=[{"type": "api", "token_env": "AICMO_EMPTY"}]))
    monkeypatch.setenv("AICMO_EMPTY", "")
    answers = [
        push(port, GOOD, Authorization="Bearer wrong"),
        push(port, GOOD, Authorization="Bearer Ünsinn"),
    ]
    answers += [push(port, GOOD, key=key) for key in ("closed", "unset", "empty", "nobody", "A%00B", "..")]
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "archived", "test")
    answers.append(push(port, GOOD))
    assert answers == [(403, {"error": "this token opens no inbox of such a campaign"})] * len(answers)
    assert waiting() == []


def test_each_of_two_inboxes_of_a_campaign_has_its_token_and_columns(
    port: int, campaign: campaigns.Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_SECOND", "second")
    second = {"type": "api", "token_env": "AICMO_SECOND", "columns": {"wer": "email"}}
    add_campaign(config(sources=[{"type": "api"}, second]))
    assert push(port, {"wer": "ann@example.org"}, Authorization="Bearer second")[1]["accepted"] == 1
    assert push(port, {"wer": "ann@example.org"})[1]["accepted"] == 0


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "not JSON"),
        (b'{"email": "ann@example.org"', 400, "line 1, column 28"),
        (b'{"employees": NaN}', 400, "a number of it is none"),
        (b'{"employees": ' + b"9" * 5000 + b"}", 400, "a number of it is none"),
        (b"[" * 100_000, 400, "nested too deep"),
        (b'{"email": "\xe4@example.org"}', 400, "not UTF-8"),
        (b"[" + b"{}," * 1000 + b"{}]", 413, "more than 1,000 leads"),
        (b'"' + b"x" * inbox.MOST_BYTES + b'"', 413, "longer than 1,048,576 bytes"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else None,
)
def test_a_body_that_is_no_delivery_is_refused(
    port: int, campaign: campaigns.Campaign, body: bytes, status: int, error: str
) -> None:
    answer, said = send(port, body)
    assert (answer, error in said["error"]) == (status, True), said
    assert waiting() == []


def test_a_body_of_undeclared_length_is_read_only_to_the_limit(
    port: int, campaign: campaigns.Campaign
) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 16
            yield b" " * (1 << 16)

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with pytest.raises((ConnectionError, TimeoutError)):
        connection.request(
            "POST",
            "/campaigns/test/leads",
            endless(),
            {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
            encode_chunked=True,
        )
    assert sent < 64 << 20
    assert push(port, GOOD)[0] == 202


@pytest.mark.parametrize(
    "headers",
    [{"Content_Type": "text/plain"}, {"Content_Type": None}, {"Content_Encoding": "gzip"}],
    ids=["text", "unsaid", "gzip"],
)
def test_only_plain_json_is_read(port: int, campaign: campaigns.Campaign, headers: dict[str, Any]) -> None:
    assert push(port, GOOD, **headers)[0] == 415


@pytest.mark.parametrize("key", ["", "x" * 256, "\xfc"])
def test_a_key_that_is_none_is_refused(port: int, campaign: campaigns.Campaign, key: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": key}
    connection.request("POST", "/campaigns/test/leads", json.dumps(GOOD), headers)
    assert connection.getresponse().status == 400
    assert waiting() == []


def test_other_methods_are_refused_in_json_too(port: int, campaign: campaigns.Campaign) -> None:
    assert send(port, b"", method="GET")[0] == 405


def begin(port: int) -> http.client.HTTPConnection:
    """A delivery of which the last byte is still to come."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest("POST", "/campaigns/test/leads")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "2")
    connection.endheaders(b"[")
    return connection


def test_too_many_deliveries_at_once_are_told_to_come_again(port: int, campaign: campaigns.Campaign) -> None:
    begun = {connection.sock: connection for connection in [begin(port) for _ in range(9)]}
    answered, _, _ = select.select(list(begun), [], [], 30)
    (one,) = answered
    answer = begun.pop(one).getresponse()
    assert (answer.status, answer.getheader("Retry-After")) == (429, "1")
    for connection in begun.values():
        connection.send(b"]")
        assert connection.getresponse().status == 202
    assert push(port, GOOD)[0] == 202


def test_a_sender_that_hangs_up_leaves_its_place_to_others(port: int, campaign: campaigns.Campaign) -> None:
    for _ in range(20):
        begin(port).close()
    deadline = time.monotonic() + 20
    while push(port, GOOD)[0] != 202:
        assert time.monotonic() < deadline


def test_without_a_database_the_sender_is_told_to_come_again(
    port: int, campaign: campaigns.Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AICMO_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert push(port, GOOD) == (503, {"error": "cannot take leads just now; send again"})


def test_no_log_tells_an_address_or_a_token(
    port: int, campaign: campaigns.Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    with database.transaction() as cursor:
        cursor.execute("ALTER TABLE queued_leads ADD CONSTRAINT odd CHECK (NOT record ? 'first_name')")
    with caplog.at_level(logging.DEBUG):
        assert push(port, GOOD) == (500, {"error": "failed; the log of the server says why"})
    assert "odd" in caplog.text
    for secret in ("ann", "example.org", TOKEN):
        assert secret not in caplog.text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)
LEADS = st.dictionaries(
    st.sampled_from(["email", "firstName", "company", "employees", "x", ""]), VALUES, max_size=4
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LEADS | VALUES, max_size=5))
def test_every_lead_of_any_json_is_taken_or_rejected(
    port: int, campaign: campaigns.Campaign, leads: list[object]
) -> None:
    before = len(waiting())
    status, said = push(port, leads)
    assert status == 202
    assert said["accepted"] + len(said["rejected"]) == len(leads)
    assert len(waiting()) - before == said["accepted"]
