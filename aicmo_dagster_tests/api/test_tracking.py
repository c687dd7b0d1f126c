import http.client
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
import uvicorn
from sqlalchemy.engine import URL

from aicmo_dagster.api import tracking as api
from aicmo_dagster.errors import StoreError
from aicmo_dagster.mail import tokens
from aicmo_dagster.mail.tracking import Click, click_token, open_token
from aicmo_dagster.store import database
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TARGET = "https://example.org/a?b=1&c=%20d#e"


@pytest.fixture
def port(store: URL) -> Iterator[int]:
    """Of a real server on loopback, whose clock ticks a second with each hit, ten minutes after the mail."""
    ticks = iter(range(1_000_000))

    def now() -> object:
        return NOW + timedelta(minutes=10, seconds=next(ticks))

    server = uvicorn.Server(uvicorn.Config(api.app(now), port=0, log_level="warning"))  # type: ignore[arg-type]
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def sent(store: URL) -> int:
    """A mail that was sent at `NOW`."""
    campaign = add_campaign()
    return add_send(
        campaign.id,
        add_lead(campaign.id),
        state="sent",
        started_at=NOW,
        sent_at=NOW,
        message_id="<1@example.com>",
    )


def key() -> bytes:
    with database.transaction() as cursor:
        return tokens.secret(cursor)


def ask(
    port: int, path: str, method: str = "GET", agent: str = FIREFOX
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, headers={"User-Agent": agent})
    response = connection.getresponse()
    return response, response.read()


def events(number: int) -> list[tuple[str, float]]:
    """The events in their order, once there are so many; they are written behind the answer."""
    for _ in range(500):
        found = database.fetch("SELECT kind, human FROM engagement_events ORDER BY happened_at, kind")
        if len(found) >= number:
            break
        time.sleep(0.02)
    return [(row["kind"], round(row["human"], 3)) for row in found]


def test_a_link_leads_on_and_the_click_is_noted(port: int, sent: int) -> None:
    response, _ = ask(port, f"/c/{click_token(key(), Click(sent, 0, TARGET))}")
    assert (response.status, response.getheader("Location")) == (302, TARGET)
    assert response.getheader("Cache-Control") == "no-store"
    assert response.getheader("Referrer-Policy") == "no-referrer"
    assert events(1) == [("clicked", 0.9)]


def test_the_picture_is_a_gif_and_the_opening_is_noted(port: int, sent: int) -> None:
    response, body = ask(port, f"/o/{open_token(key(), sent)}", agent="Mozilla/5.0")
    assert (response.status, response.getheader("Content-Type")) == (200, "image/gif")
    assert body.startswith(b"GIF89a")
    assert events(1) == [("opened", 0.1)]


def test_a_scanner_that_follows_all_links_is_none_by_the_last_of_them(port: int, sent: int) -> None:
    for link in range(4):
        ask(port, f"/c/{click_token(key(), Click(sent, link, TARGET))}")
        found = events(link + 1)
    assert [kind for kind, _ in found] == ["clicked"] * 4
    assert max(human for _, human in found) < 0.1


def test_asking_for_headers_leads_on_and_is_no_persons_click(port: int, sent: int) -> None:
    response, _ = ask(port, f"/c/{click_token(key(), Click(sent, 0, TARGET))}", "HEAD")
    assert (response.status, response.getheader("Location")) == (302, TARGET)
    assert events(1) == [("clicked", 0.01)]


@pytest.mark.parametrize("path", ["/c/AAAA", "/o/AAAA", "/c/https:%2F%2Fexample.net%2F"])
def test_what_nobody_signed_leads_nowhere(port: int, path: str) -> None:
    response, _ = ask(port, path)
    assert (response.status, response.getheader("Location")) == (404, None)


def test_a_link_of_a_mail_that_was_erased_leads_on_and_notes_nothing(port: int, sent: int) -> None:
    token = click_token(key(), Click(sent, 0, TARGET))
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM sends")
    response, _ = ask(port, f"/c/{token}")
    assert response.status == 302
    assert events(0) == []


def test_a_link_leads_on_while_the_database_is_away(
    port: int, sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = click_token(key(), Click(sent, 0, TARGET))
    assert ask(port, f"/c/{token}")[0].status == 302
    events(1)

    def away(**_: object) -> psycopg.Connection:
        raise StoreError("away")

    with monkeypatch.context() as context:
        context.setattr(database, "connect", away)
        response, _ = ask(port, f"/c/{token}")
        assert (response.status, response.getheader("Location")) == (302, TARGET)


def test_hits_at_the_same_time_are_judged_together(port: int, sent: int) -> None:
    secret = key()
    ask(port, f"/o/{open_token(secret, sent)}")
    with ThreadPoolExecutor(6) as pool:
        paths = [f"/c/{click_token(secret, Click(sent, link, TARGET))}" for link in range(6)]
        assert {response.status for response, _ in pool.map(lambda path: ask(port, path), paths)} == {302}
    found = [human for kind, human in events(7) if kind == "clicked"]
    assert len(found) == 6
    assert max(found) < 0.1
