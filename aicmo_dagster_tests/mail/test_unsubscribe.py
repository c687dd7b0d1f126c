import http.client
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from sqlalchemy.engine import URL

from aicmo_dagster.mail import effects, tokens, unsubscribe
from aicmo_dagster.store import database
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead


@pytest.fixture
def port(store: URL) -> Iterator[int]:
    """Of a real server on loopback."""
    server = uvicorn.Server(uvicorn.Config(unsubscribe.app(lambda: NOW), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def ask(
    port: int, method: str, token: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded"
) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, f"/u/{token}", body, {"Content-Type": kind})
    response = connection.getresponse()
    return response, response.read().decode()


def lead_and_token() -> tuple[int, str]:
    lead = add_lead(add_campaign().id)
    with database.transaction() as cursor:
        return lead, tokens.unsubscribe_token(tokens.secret(cursor), lead)


def suppressed() -> list[dict[str, str]]:
    return database.fetch("SELECT kind, value, reason FROM suppressions")


def test_opening_the_link_shows_a_button_and_changes_nothing(port: int) -> None:
    _, token = lead_and_token()
    for method in ("GET", "HEAD"):
        response, page = ask(port, method, token)
        assert response.status == 200
        assert response.getheader("Set-Cookie") is None
        assert method == "HEAD" or '<form method="post">' in page
    assert suppressed() == []
    assert database.fetch("SELECT * FROM engagement_events") == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
        ),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"\xff\xfe"),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click&n=%C3%A4\xc3\xbc"),
    ],
)
def test_a_post_unsubscribes_at_once_without_cookie_or_redirect(port: int, kind: str, body: bytes) -> None:
    lead, token = lead_and_token()
    response, page = ask(port, "POST", token, body, kind)
    assert response.status == 200
    assert response.getheader("Set-Cookie") is None
    assert "You are unsubscribed" in page
    assert suppressed() == [{"kind": "address", "value": "lead@example.org", "reason": "unsubscribed"}]
    assert database.fetch("SELECT status FROM lead_status WHERE lead_id = %s", [lead]) == [
        {"status": "unsubscribed"}
    ]


def test_a_second_post_changes_nothing_more(port: int) -> None:
    _, token = lead_and_token()
    pages = [ask(port, "POST", token)[1] for _ in range(2)]
    assert pages[0] == pages[1]
    assert len(suppressed()) == 1
    assert database.fetch("SELECT kind, happened_at FROM engagement_events") == [
        {"kind": "unsubscribed", "happened_at": NOW}
    ]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_we_did_not_make_is_unknown(port: int, method: str) -> None:
    _, token = lead_and_token()
    for forged in (token[:-1], token[::-1], "x", "%00", "A" * 32, "%3Cscript%3E"):
        response, page = ask(port, method, forged)
        assert response.status == 404
        assert "script" not in page
    assert suppressed() == []


def test_a_lead_that_was_erased_gets_the_same_answer(port: int) -> None:
    lead, token = lead_and_token()
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM leads WHERE id = %s", [lead])
    assert ask(port, "POST", token)[0].status == 200
    assert suppressed() == []


def test_a_person_may_leave_this_campaign_alone(port: int) -> None:
    _, token = lead_and_token()
    _, page = ask(port, "POST", token, b"scope=campaign")
    assert "on this subject" in page
    assert suppressed() == []
    assert database.fetch("SELECT mailbox FROM opt_outs") == [{"mailbox": "lead@example.org"}]
    ask(port, "POST", token, b"List-Unsubscribe=One-Click")
    assert len(suppressed()) == 1


def test_a_mistake_is_taken_back_by_its_button(port: int) -> None:
    lead, token = lead_and_token()
    _, page = ask(port, "POST", token, b"List-Unsubscribe=One-Click")
    assert '<button name="back" value="all">' in page
    assert "no longer unsubscribed from mails from us" in ask(port, "POST", token, b"back=all")[1]
    assert suppressed() == []
    assert database.fetch("SELECT status FROM lead_status WHERE lead_id = %s", [lead]) != [
        {"status": "unsubscribed"}
    ]
    assert "nothing to take back" in ask(port, "POST", token, b"back=all")[1]
    ask(port, "POST", token)
    assert len(suppressed()) == 1


def test_taking_back_concerns_only_what_its_page_was_about(port: int) -> None:
    _, token = lead_and_token()
    ask(port, "POST", token, b"scope=all")
    _, page = ask(port, "POST", token, b"scope=campaign")
    assert '<button name="back" value="campaign">' in page
    ask(port, "POST", token, b"back=campaign")
    assert len(suppressed()) == 1
    assert database.fetch("SELECT * FROM opt_outs") == []


@pytest.mark.parametrize(
    "body", [b"", b"List-Unsubscribe=One-Click", b"back=everything", b"back=", b"x" * 20_000]
)
def test_nothing_but_its_button_takes_back(port: int, body: bytes) -> None:
    _, token = lead_and_token()
    ask(port, "POST", token)
    for method in ("GET", "HEAD"):
        for path in (token, f"{token}?back=all", f"{token}?scope=all&back=all"):
            assert ask(port, method, path)[0].status == 200
    ask(port, "POST", f"{token}?back=all", body)
    assert len(suppressed()) == 1


def test_a_complaint_is_not_taken_back_by_the_button(port: int) -> None:
    lead, token = lead_and_token()
    with database.transaction() as cursor:
        effects.complained(cursor, lead, None, NOW, "test")
    ask(port, "POST", token)
    assert "nothing to take back" in ask(port, "POST", token, b"back=all")[1]
    assert [row["reason"] for row in suppressed()] == ["complained"]


def test_a_forged_link_takes_nothing_back(port: int) -> None:
    _, token = lead_and_token()
    ask(port, "POST", token)
    assert ask(port, "POST", "A" * 32, b"back=all")[0].status == 404
    assert len(suppressed()) == 1
