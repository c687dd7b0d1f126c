import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from uuid import UUID, uuid4

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL
from standardwebhooks.webhooks import Webhook as Receiver
from standardwebhooks.webhooks import WebhookVerificationError

from aicmo_dagster.errors import CampaignNotFoundError, ConfigurationError, WebhookNotFoundError
from aicmo_dagster.flow import qualify, run
from aicmo_dagster.mail import effects
from aicmo_dagster.operations import pipeline, webhooks
from aicmo_dagster.retention import retention
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store import webhooks as table
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.hook_server import HookServer, serving
from aicmo_dagster_tests.mail.peers import until

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[HookServer]:
    monkeypatch.setenv(webhooks.LOCAL, "1")
    with serving() as server:
        yield server


def add(hooks: HookServer, *events: str, campaign: str | None = None) -> tuple[int, Receiver]:
    with database.transaction() as cursor:
        made, secret = webhooks.add(cursor, hooks.url + "/hook", events or webhooks.EVENTS, campaign, "test")
    return made.id, Receiver(secret)


def tell(key: str = "1", campaign: int | None = None) -> None:
    with database.transaction() as cursor:
        table.tell(cursor, "run.failed", campaign, f"run.failed/{key}", NOW, {"run": {"id": key}})


def states(number: int) -> list[tuple[str, int | None, int]]:
    with database.transaction() as cursor:
        return [(one.state, one.status, one.attempts) for one in table.deliveries(cursor, number)]


def make_due() -> None:
    with database.transaction() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET next_try_at = now() WHERE state = 'waiting'")
        cursor.execute("UPDATE webhooks SET not_before = NULL")


def test_a_message_is_proved_by_its_signature_and_by_no_other(store: URL, hooks: HookServer) -> None:
    number, receiver = add(hooks)
    tell()
    assert webhooks.deliver() == webhooks.Outcome(delivered=1)
    (message,) = hooks.received
    assert message.path == "/hook"
    assert message.headers["content-type"] == "application/json"
    assert UUID(message.headers["webhook-id"])
    told = receiver.verify(message.body, message.headers)
    assert told == {
        "type": "run.failed",
        "timestamp": "2026-03-02T10:00:00+00:00",
        "data": {"campaign": None, "run": {"id": "1"}},
    }
    with pytest.raises(WebhookVerificationError):
        receiver.verify(message.body + b" ", message.headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(b"another").verify(message.body, message.headers)
    assert states(number) == [("delivered", 204, 1)]
    assert webhooks.deliver() == webhooks.Outcome()


def test_the_same_happening_is_told_once_and_one_that_is_rolled_back_never(
    store: URL, hooks: HookServer
) -> None:
    add(hooks)
    tell("1")
    tell("1")
    with database.transaction() as cursor:
        table.tell(cursor, "run.failed", None, "run.failed/2", NOW, {})
        cursor.connection.rollback()
    assert webhooks.deliver().delivered == 1


def test_receivers_are_told_of_their_events_and_their_campaign_alone(
    project: Path, hooks: HookServer
) -> None:
    pipelines.apply(project, pipelines.config())
    pipelines.apply(project, pipelines.config(key="other"))
    with database.transaction() as cursor:
        mine, other = (campaigns.get(cursor, key).id for key in ("test", "other"))
    all_of_it, _ = add(hooks)
    another_event, _ = add(hooks, "lead.replied")
    ours, _ = add(hooks, "run.failed", campaign="test")
    off, _ = add(hooks)
    with database.transaction() as cursor:
        webhooks.change(cursor, off, "test", enabled=False)
    tell("1", mine)
    tell("2", other)
    assert [len(states(one)) for one in (all_of_it, another_event, ours, off)] == [2, 0, 1, 0]
    webhooks.deliver()
    assert {json.loads(one.body)["data"]["campaign"]["key"] for one in hooks.received} == {"test", "other"}


def test_what_fails_comes_again_with_the_same_id_and_a_new_time(store: URL, hooks: HookServer) -> None:
    number, receiver = add(hooks)
    hooks.replies.extend([(500, {}), (302, {"Location": f"{hooks.url}/elsewhere"})])
    tell()
    assert webhooks.deliver() == webhooks.Outcome(failed=1)
    assert states(number) == [("waiting", 500, 1)]
    assert webhooks.deliver() == webhooks.Outcome()
    make_due()
    assert webhooks.deliver() == webhooks.Outcome(failed=1)
    make_due()
    assert webhooks.deliver() == webhooks.Outcome(delivered=1)
    assert len({one.headers["webhook-id"] for one in hooks.received}) == 1
    assert {one.path for one in hooks.received} == {"/hook"}
    assert all(receiver.verify(one.body, one.headers) for one in hooks.received)
    with database.transaction() as cursor:
        assert table.get(cursor, number).failures == 0


def test_after_a_day_a_message_is_dead_and_can_be_sent_again(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    hooks.usual = (503, {})
    tell()
    with database.transaction() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET since = now() - interval '25 hours'")
    webhooks.deliver()
    assert states(number) == [("dead", 503, 1)]
    hooks.usual = (204, {})
    with database.transaction() as cursor:
        assert table.resend(cursor, number, "test") == 1
        assert table.resend(cursor, number, "test") == 0
    assert webhooks.deliver().delivered == 1
    with database.transaction() as cursor:
        (one,) = table.deliveries(cursor, number)
        assert table.resend(cursor, number, "test", one.id) == 1
    assert webhooks.deliver().delivered == 1


def test_what_waits_for_a_receiver_that_is_spared_is_given_up_after_its_day(
    store: URL, hooks: HookServer
) -> None:
    number, _ = add(hooks)
    tell()
    with database.transaction() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET since = now() - interval '25 hours'")
        cursor.execute("UPDATE webhooks SET failures = 9, not_before = now() + interval '1 hour'")
    assert webhooks.deliver() == webhooks.Outcome()
    assert states(number) == [("dead", None, 0)]
    assert hooks.received == []


def test_a_receiver_that_is_gone_is_told_nothing_more(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    hooks.usual = (410, {})
    tell("1")
    webhooks.deliver()
    tell("2")
    assert states(number) == [("dead", 410, 1)]
    with database.transaction() as cursor:
        gone = table.get(cursor, number)
        assert not gone.enabled
        assert "410" in (gone.disabled_reason or "")
        back = webhooks.change(cursor, number, "test", enabled=True)
    assert (back.enabled, back.disabled_reason) == (True, None)


def test_what_a_dead_worker_was_at_is_tried_again_when_its_lease_is_over(
    store: URL, hooks: HookServer
) -> None:
    number, _ = add(hooks)
    tell()
    now = datetime.now(UTC)
    with database.transaction() as cursor:
        assert table.take(cursor, now) is not None
    with database.transaction() as cursor:
        assert table.take(cursor, now) is None
        again = table.take(cursor, now + table.LEASE)
    assert again is not None
    assert again.attempts == 2
    assert states(number) == [("waiting", None, 2)]


def test_an_end_that_comes_late_does_not_undo_a_delivery(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    tell()
    now = datetime.now(UTC)
    with database.transaction() as cursor:
        slow = table.take(cursor, now)
        quick = table.take(cursor, now + table.LEASE)
        assert slow is not None
        assert quick is not None
        table.delivered(cursor, quick, 204, now)
        table.failed(cursor, slow, 500, "late", None, now, now)
    assert states(number) == [("delivered", 204, 2)]


def test_many_workers_deliver_each_message_once(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    for one in range(30):
        tell(str(one))
    assert webhooks.deliver() == webhooks.Outcome(delivered=30)
    assert len(hooks.received) == 30
    assert len({one.headers["webhook-id"] for one in hooks.received}) == 30
    assert set(states(number)) == {("delivered", 204, 1)}


def test_a_receiver_that_is_slow_holds_up_no_other(store: URL, hooks: HookServer) -> None:
    release = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        release.wait(10)
        handler.send_response(204)
        handler.end_headers()

    with serving() as other:
        hooks.usual = slow
        for server in (hooks, other):
            add(server)
        for one in range(20):
            tell(str(one))
        worker = threading.Thread(target=webhooks.deliver)
        worker.start()
        try:
            for _ in range(500):
                if len(other.received) == 20:
                    break
                time.sleep(0.02)
            assert len(other.received) == 20
            assert len(hooks.received) <= 4
        finally:
            release.set()
            worker.join()
    assert len(hooks.received) == 20


def test_two_receivers_that_are_slow_hold_up_no_third(store: URL, hooks: HookServer) -> None:
    release = threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        release.wait(10)
        handler.send_response(204)
        handler.end_headers()

    with serving() as second, serving() as third:
        for server in (hooks, second):
            server.usual = slow
            add(server)
        for one in range(20):
            tell(str(one))
        worker = threading.Thread(target=webhooks.deliver)
        worker.start()
        try:
            until(lambda: (hooks.received and second.received) or None)
            add(third)
            for one in range(20, 40):
                tell(str(one))
            until(lambda: len(third.received) == 20 or None)
            assert len(hooks.received) + len(second.received) < 8
        finally:
            release.set()
            worker.join()
    assert len(hooks.received) == len(second.received) == 40


def test_a_receiver_that_asks_for_a_pause_gets_it_from_all_messages(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    hooks.usual = (429, {"Retry-After": "1800"})
    before = datetime.now(UTC)
    tell("1")
    webhooks.deliver()
    tell("2")
    assert webhooks.deliver() == webhooks.Outcome()
    with database.transaction() as cursor:
        spared = table.get(cursor, number).not_before
        assert spared is not None
        assert before + timedelta(minutes=30) <= spared <= datetime.now(UTC) + timedelta(minutes=30)
    hooks.usual = (503, {"Retry-After": "86400"})
    make_due()
    webhooks.deliver()
    with database.transaction() as cursor:
        spared = table.get(cursor, number).not_before
        assert spared is not None
        assert spared <= datetime.now(UTC) + timedelta(hours=1)


def test_the_farewell_of_an_old_address_is_not_that_of_the_new(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    tell()
    hooks.usual = (410, {})
    with database.transaction() as cursor:
        taken = table.take(cursor, datetime.now(UTC))
        assert taken is not None
        webhooks.change(cursor, number, "test", url=f"{hooks.url}/new")
    assert not webhooks.attempt(taken)
    with database.transaction() as cursor:
        moved = table.get(cursor, number)
    assert (moved.enabled, moved.failures, moved.not_before) == (True, 0, None)
    assert states(number) == [("waiting", 410, 1)]
    hooks.usual = (204, {})
    make_due()
    assert webhooks.deliver().delivered == 1
    assert [one.path for one in hooks.received] == ["/hook", "/new"]


def test_for_a_day_messages_are_signed_with_the_old_secret_too(store: URL, hooks: HookServer) -> None:
    number, old = add(hooks)
    with database.transaction() as cursor:
        new = Receiver(table.rotate(cursor, number, "test"))
    tell("1")
    webhooks.deliver()
    assert old.verify(hooks.received[0].body, hooks.received[0].headers)
    assert new.verify(hooks.received[0].body, hooks.received[0].headers)
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE webhook_secrets SET expires_at = now() - interval '1 s' WHERE expires_at IS NOT NULL"
        )
    tell("2")
    webhooks.deliver()
    assert new.verify(hooks.received[1].body, hooks.received[1].headers)
    with pytest.raises(WebhookVerificationError):
        old.verify(hooks.received[1].body, hooks.received[1].headers)


def test_a_test_message_says_at_once_what_came_of_it(store: URL, hooks: HookServer) -> None:
    number, receiver = add(hooks, "lead.replied")
    sent = webhooks.send_test(number)
    assert (sent.state, sent.status, sent.event) == ("delivered", 204, "webhook.test")
    assert receiver.verify(hooks.received[0].body, hooks.received[0].headers)["type"] == "webhook.test"
    hooks.usual = (404, {})
    assert (webhooks.send_test(number).state, webhooks.send_test(number).status) == ("waiting", 404)
    with pytest.raises(WebhookNotFoundError):
        webhooks.send_test(99)


@pytest.mark.parametrize("url", ["http://example.com/", "https://127.0.0.1/", "https://10.0.0.1/"])
def test_a_url_that_may_not_be_called_is_refused(store: URL, url: str) -> None:
    with database.transaction() as cursor, pytest.raises(ConfigurationError):
        webhooks.add(cursor, url, ["run.failed"], None, "test")


def test_unknown_events_and_campaigns_are_refused(store: URL) -> None:
    with database.transaction() as cursor:
        with pytest.raises(ConfigurationError, match="no event"):
            webhooks.add(cursor, "https://example.com/", ["lead.lost"], None, "test")
        with pytest.raises(ConfigurationError, match="at least one"):
            webhooks.add(cursor, "https://example.com/", [], None, "test")
        with pytest.raises(CampaignNotFoundError):
            webhooks.add(cursor, "https://example.com/", ["run.failed"], "none", "test")


def test_neither_the_url_nor_the_secret_is_in_the_audit_log(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    with database.transaction() as cursor:
        webhooks.change(cursor, number, "test", url="http://127.0.0.1:9999/hidden-token", enabled=False)
        table.rotate(cursor, number, "test")
        table.delete(cursor, number, "test")
    entries = database.fetch("SELECT action, before::text, after::text FROM audit_log ORDER BY id")
    assert [one["action"] for one in entries] == [
        "webhook.create",
        "webhook.change",
        "webhook.rotate",
        "webhook.delete",
    ]
    assert not any("hidden" in str(one) or "whsec" in str(one) or "/hook" in str(one) for one in entries)


def test_qualified_and_routed_leads_are_told_of_when_they_become_so(project: Path, hooks: HookServer) -> None:
    pipelines.apply(project, pipelines.config())
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(4)))
    add(hooks, "lead.qualified", "lead.routed", campaign="test")
    for stage in ("harvest", "score", "qualify", "route"):
        pipeline.execute("test", stage)
    webhooks.deliver()
    told = [json.loads(one.body) for one in hooks.received]
    for event, where in (
        ("lead.qualified", "lead_verdicts WHERE verdict = 'qualified'"),
        ("lead.routed", "lead_routes"),
    ):
        expected = {row["lead_id"] for row in database.fetch(f"SELECT lead_id FROM {where}")}
        assert expected
        assert sorted(one["data"]["lead"]["id"] for one in told if one["type"] == event) == sorted(expected)
    assert all(one["data"]["lead"]["email"] and one["data"]["campaign"]["key"] == "test" for one in told)
    hooks.received.clear()
    # Decided anew with the same verdict: nothing has happened.
    started = run.start("test", uuid4())
    database.fetch("UPDATE lead_verdicts SET intent = 0.01 RETURNING 1")
    qualify.qualify(started)
    assert webhooks.deliver() == webhooks.Outcome()


def test_replies_wishes_and_complaints_are_told_of_once(project: Path, hooks: HookServer) -> None:
    pipelines.apply(project, pipelines.config())
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(4)))
    pipeline.execute("test", "harvest")
    add(hooks)
    (first, second, third, *_) = pipelines.values("SELECT id FROM leads ORDER BY id")
    for _ in range(2):
        with database.transaction() as cursor:
            effects.replied(cursor, first, None, NOW)
            effects.unsubscribed(cursor, second, NOW, "test")
            effects.complained(cursor, third, None, NOW, "test")
            effects.opened(cursor, third, None, NOW)
    webhooks.deliver()
    told = [json.loads(one.body) for one in hooks.received]
    assert sorted((one["type"], one["data"]["lead"]["id"], one["data"]["reason"]) for one in told) == [
        ("lead.replied", first, "replied"),
        ("lead.unsubscribed", second, "unsubscribed"),
        ("lead.unsubscribed", third, "complained"),
    ]


def test_a_campaign_that_is_paused_by_itself_is_told_of(project: Path, hooks: HookServer) -> None:
    pipelines.apply(project, pipelines.config())
    add(hooks)
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "somebody")
        campaigns.set_state(cursor, "test", "active", "somebody")
        campaigns.set_state(cursor, "test", "paused", "aicmo", "too many bounced")
    webhooks.deliver()
    (told,) = [json.loads(one.body) for one in hooks.received]
    assert (told["type"], told["data"]["reason"]) == ("campaign.held", "too many bounced")


def test_a_deleted_lead_takes_its_messages_with_it(project: Path, hooks: HookServer) -> None:
    pipelines.apply(project, pipelines.config())
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(4)))
    pipeline.execute("test", "harvest")
    number, _ = add(hooks)
    (first, *_) = pipelines.values("SELECT id FROM leads ORDER BY id")
    with database.transaction() as cursor:
        effects.replied(cursor, first, None, NOW)
        cursor.execute("DELETE FROM leads WHERE id = %s", [first])
    assert states(number) == []


@given(st.integers(0, 24 * 3600 - 1), st.one_of(st.none(), st.text(max_size=30), st.integers().map(str)))
def test_the_next_try_is_later_and_within_the_day(passed_s: int, retry_after: str | None) -> None:
    now = NOW + timedelta(seconds=passed_s)
    then = webhooks.next_try(NOW, now, retry_after)
    assert then is not None
    assert now < then <= NOW + timedelta(hours=24)


def test_a_receivers_retry_after_is_kept(store: URL) -> None:
    assert webhooks.next_try(NOW, NOW, "7200") == NOW + timedelta(hours=2)
    assert webhooks.next_try(NOW, NOW, "Mon, 02 Mar 2026 13:00:00 GMT") == NOW + timedelta(hours=3)
    assert webhooks.next_try(NOW, NOW + timedelta(hours=24), "5") is None


def test_old_messages_are_forgotten_but_for_those_that_are_sent_again(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    tell("1")
    webhooks.deliver()
    tell("2")
    with database.transaction() as cursor:
        webhooks.change(cursor, number, "test", enabled=False)
        cursor.execute("UPDATE webhook_messages SET created_at = now() - interval '31 days'")
    assert retention.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
    assert [state for state, *_ in states(number)] == ["waiting"]
    with database.transaction() as cursor:
        cursor.execute("UPDATE webhook_deliveries SET since = now() - interval '31 days'")
    assert retention.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
    assert states(number) == []


def test_what_waits_for_a_receiver_that_is_switched_off_is_given_up(store: URL, hooks: HookServer) -> None:
    number, _ = add(hooks)
    tell()
    with database.transaction() as cursor:
        webhooks.change(cursor, number, "test", enabled=False)
        cursor.execute("UPDATE webhook_deliveries SET since = now() - interval '25 hours'")
    assert retention.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
    assert states(number) == [("dead", None, 0)]
