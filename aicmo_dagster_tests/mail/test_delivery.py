import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail.delivery import Delivered, send_due
from aicmo_dagster.mail.outbox import Outbox
from aicmo_dagster.mail.outcome import Letter, Outcome, Transport
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster.store import campaigns, claims, database, suppressions
from aicmo_dagster_tests.mail.servers import ScriptedServer, smtp_server
from aicmo_dagster_tests.outreach import (
    NOW,
    SENDER,
    add_campaign,
    add_lead,
    add_mails,
    add_send,
    config,
    states,
)

pytestmark = pytest.mark.usefixtures("store")


def live(port: int, **sending: Any) -> campaigns.Campaign:
    smtp = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_s": 10}
    return add_campaign(config(mode="live", sending={"sender": {**SENDER, "smtp": smtp}, **sending}))


def run(
    campaign: campaigns.Campaign, transport: Transport | None = None, at: datetime = NOW, **changes: Any
) -> Delivered:
    def connect(sender: Sender) -> Transport:
        if transport is not None:
            return transport
        assert sender.smtp is not None
        return SmtpTransport(sender.smtp)

    arguments: dict[str, Any] = {"now": lambda: at, "pause": no_pause, **changes}
    return send_due(database.connect, campaign, connect, **arguments)


def no_pause(seconds: float) -> None:
    raise AssertionError(f"waits for {seconds} s")


def counts(delivered: Delivered) -> dict[str, int]:
    names = ("sent", "held", "failed", "uncertain", "skipped", "not_started")
    return {name: getattr(delivered, name) for name in names if getattr(delivered, name)}


def test_every_due_mail_arrives_once_and_the_next_run_sends_nothing() -> None:
    with smtp_server() as (port, received):
        campaign = live(port)
        ids = add_mails(campaign.id, 20)
        assert counts(run(campaign)) == {"sent": 20}
        assert counts(run(campaign)) == {}
    recipients = Counter(mail.rcpt_tos[0] for mail in received.mails)
    assert recipients == Counter(f"lead{one}@example.org" for one in range(20))
    assert states() == dict.fromkeys(ids, "sent")


def test_the_mail_is_the_leads_step_in_its_words_and_the_ledger_knows_its_message_id() -> None:
    with smtp_server() as (port, received):
        campaign = live(port)
        lead = add_lead(
            campaign.id, first_name="Test", last_name="Lead", company="Example Ltd", title="Tester"
        )
        add_send(campaign.id, lead, step=1)
        run(campaign)
    message = message_from_bytes(received.mails[0].original_content or b"", policy=default)
    assert (message["Subject"], message["To"]) == (
        "A question for Example Ltd",
        "Test Lead <lead@example.org>",
    )
    body = message.get_body(("plain",))
    assert body is not None
    text = str(body.get_content())
    assert text.startswith("Hello Test,")
    assert "your work as Tester at Example Ltd" in text
    assert "1 Test Street" in text
    (row,) = database.fetch(
        "SELECT mode, sender, recipient, message_id, reply, started_at, sent_at FROM sends"
    )
    assert row == {
        "mode": "live",
        "sender": "sender@example.com",
        "recipient": "lead@example.org",
        "message_id": message["Message-ID"],
        "reply": "250 2.0.0 queued",
        "started_at": NOW,
        "sent_at": NOW,
    }


def test_a_follow_up_answers_the_subject_that_was_sent_whatever_is_known_of_the_lead_by_now() -> None:
    with smtp_server() as (port, received):
        campaign = live(port)
        lead = add_lead(campaign.id, company="Example Ltd")
        add_send(campaign.id, lead, step=1)
        run(campaign)
        with database.transaction() as cursor:
            cursor.execute("UPDATE leads SET company = 'Other Ltd'")
        add_send(campaign.id, lead, step=2)
        run(campaign)
    first, second = (
        message_from_bytes(mail.original_content or b"", policy=default) for mail in received.mails
    )
    assert (first["Subject"], second["Subject"]) == (
        "A question for Example Ltd",
        "Re: A question for Example Ltd",
    )


def test_what_pauses_the_campaign_is_asked_every_minute() -> None:
    minutes = itertools.count()

    def watch() -> None:
        with database.transaction() as cursor:
            campaigns.set_state(cursor, "test", "paused", "test")

    with smtp_server() as (port, received):
        campaign = live(port)
        add_mails(campaign.id, 20)
        delivered = run(campaign, now=lambda: NOW + timedelta(seconds=10 * next(minutes)), watch=watch)
    assert 0 < delivered.sent == len(received.mails) < 20
    assert Counter(states().values()) == {"sent": delivered.sent, "planned": 20 - delivered.sent}


def test_a_simulation_writes_the_mails_to_files(tmp_path: Path) -> None:
    campaign = add_campaign()
    add_mails(campaign.id, 3)
    assert counts(run(campaign, Outbox(tmp_path, campaign.key))) == {"sent": 3}
    assert len(list(tmp_path.glob("outbox/test/2026-03-02/*.eml"))) == 3


def test_the_cap_of_the_day_is_kept_over_runs_and_the_next_day_goes_on(tmp_path: Path) -> None:
    window = {"start": "00:00", "end": "23:59"}
    campaign = add_campaign(
        config(sending={"cap_per_day": 4, "window": window}, time_zone="America/New_York")
    )
    add_mails(campaign.id, 10)
    outbox = Outbox(tmp_path, campaign.key)
    assert run(campaign, outbox, limit=3).sent == 3
    assert run(campaign, outbox).sent == 1
    late = NOW.replace(hour=23) + timedelta(hours=5)
    assert run(campaign, outbox, at=late).sent == 0, "in New York it is still the same day"
    assert run(campaign, outbox, at=late + timedelta(hours=1)).sent == 4


def test_two_deliveries_at_once_send_every_mail_once() -> None:
    with smtp_server() as (port, received):
        campaign = live(port, cap_per_day=250)
        add_mails(campaign.id, 260)
        with ThreadPoolExecutor(2) as pool:
            parts = list(pool.map(lambda _: run(campaign), range(2)))
    assert max(Counter(mail.rcpt_tos[0] for mail in received.mails).values()) == 1
    assert sum(part.sent for part in parts) == len(received.mails) <= 250


def test_a_window_that_closes_while_mails_leave_keeps_the_rest_back(tmp_path: Path) -> None:
    campaign = add_campaign(config(sending={"window": {"start": "09:00", "end": "10:00:10"}}))
    add_mails(campaign.id, 10)
    seconds = iter(range(1000))
    delivered = run(campaign, Outbox(tmp_path, "test"), now=lambda: NOW + timedelta(seconds=next(seconds)))
    assert 0 < delivered.sent < 10
    (last,) = database.fetch("SELECT max(started_at) AS at FROM sends")
    assert last["at"] < NOW + timedelta(seconds=10)
    assert list(states().values()) == ["sent"] * delivered.sent + ["planned"] * (10 - delivered.sent)


def test_an_unknown_mailbox_fails_bounces_and_is_suppressed() -> None:
    with ScriptedServer({"RCPT lead0@example.org": "550 5.1.1 <lead0@example.org> unknown"}) as server:
        campaign = live(server.port)
        first, second = add_mails(campaign.id, 2)
        delivered = run(campaign)
    assert counts(delivered) == {"failed": 1, "sent": 1}
    assert delivered.reasons == {"550 5.1.1 <address> unknown": 1}
    assert states() == {first: "failed", second: "sent"}
    assert database.fetch("SELECT value, reason FROM suppressions") == [
        {"value": "lead0@example.org", "reason": "bounced"}
    ]
    assert database.fetch("SELECT send_id, kind FROM engagement_events") == [
        {"send_id": first, "kind": "bounced"}
    ]


def test_a_refusal_that_is_about_us_never_suppresses_and_three_in_a_row_stop_the_batch() -> None:
    with ScriptedServer({"RCPT": "550 5.7.1 rejected by policy"}) as server:
        campaign = live(server.port)
        ids = add_mails(campaign.id, 5)
        delivered = run(campaign)
    assert counts(delivered) == {"held": 3}
    assert delivered.stopped == "the sender was refused: 550 5.7.1 rejected by policy"
    assert list(states().values()) == ["held"] * 3 + ["planned"] * 2
    assert len(ids) == 5
    assert database.fetch("SELECT * FROM suppressions") == []


def test_a_refused_sender_stops_the_batch_at_once_and_no_lead_is_blamed() -> None:
    with ScriptedServer({"MAIL": "530 5.7.0 authentication required"}) as server:
        campaign = live(server.port)
        add_mails(campaign.id, 5)
        delivered = run(campaign)
    assert counts(delivered) == {"held": 1}
    assert delivered.stopped is not None
    assert list(states().values()) == ["held"] + ["planned"] * 4
    assert database.fetch("SELECT DISTINCT attempts FROM sends") == [{"attempts": 0}]


def test_five_lost_connections_in_a_row_stop_the_batch() -> None:
    with ScriptedServer({"RCPT": ""}) as server:
        campaign = live(server.port)
        add_mails(campaign.id, 8)
        delivered = run(campaign)
    assert counts(delivered) == {"held": 5}
    assert delivered.stopped is not None
    assert "5 connections failed in a row" in delivered.stopped
    assert list(states().values()) == ["held"] * 5 + ["planned"] * 3


def test_a_busy_mailbox_is_held_and_tried_again_later() -> None:
    with ScriptedServer({"RCPT lead0@example.org": "450 4.2.1 busy"}) as server:
        campaign = live(server.port)
        first, _ = add_mails(campaign.id, 2)
        assert counts(run(campaign)) == {"held": 1, "sent": 1}
        assert counts(run(campaign)) == {}
        assert counts(run(campaign, at=NOW + timedelta(minutes=15))) == {"held": 1}
    (row,) = database.fetch("SELECT reason, attempts FROM sends WHERE id = %s", [first])
    assert row == {"reason": "450 4.2.1 busy", "attempts": 2}


def test_a_lost_answer_is_uncertain_and_never_sent_again() -> None:
    with ScriptedServer({"body": ""}) as server:
        campaign = live(server.port)
        (only,) = add_mails(campaign.id, 1)
        assert counts(run(campaign)) == {"uncertain": 1}
        assert counts(run(campaign, at=NOW + timedelta(days=1))) == {}
        assert len(server.bodies) == 1
    assert states() == {only: "uncertain"}


def test_a_lead_whose_mail_cannot_be_composed_holds_up_nobody_else(tmp_path: Path) -> None:
    step = {"day": 0, "subject": "{{ company }}", "text": "x"}
    campaign = add_campaign(config(sequences={"mine": {"days": 1, "steps": [step]}}))
    bad = add_lead(campaign.id, "bad@example.org", company="x" * 400)
    first = add_send(campaign.id, bad, sequence="mine")
    missing = add_send(campaign.id, add_lead(campaign.id, "b@example.org"), sequence="mine", step=2)
    good = add_send(campaign.id, add_lead(campaign.id, "c@example.org"), sequence="mine")
    assert counts(run(campaign, Outbox(tmp_path, "test"))) == {"held": 2, "sent": 1}
    assert states() == {first: "held", missing: "held", good: "sent"}
    reasons = {row["id"]: row["reason"] for row in database.fetch("SELECT id, reason FROM sends")}
    assert "subject has 400 characters" in reasons[first]
    assert "'mine' has no step 2" in reasons[missing]


def test_a_lead_keeps_the_version_of_the_sequence_it_is_in(tmp_path: Path) -> None:
    def document(subject: str) -> Any:
        return config(sequences={"mine": {"days": 1, "steps": [{"day": 0, "subject": subject, "text": "x"}]}})

    add_campaign(document("Old"))
    campaign = add_campaign(document("New"))
    for version, name in ((1, "a"), (2, "b")):
        lead = add_lead(campaign.id, f"{name}@example.org")
        add_send(campaign.id, lead, sequence="mine", sequence_version=version)
    run(campaign, Outbox(tmp_path, "test"))
    mails = [message_from_bytes(path.read_bytes(), policy=default) for path in tmp_path.rglob("*.eml")]
    assert {mail["To"]: mail["Subject"] for mail in mails} == {"a@example.org": "Old", "b@example.org": "New"}


class Interrupted(Transport):
    """A transport that lets something happen between the claim and the server's 354."""

    def __init__(self, happen: Callable[[], None]) -> None:
        self._happen = happen
        self.sent: list[str] = []

    def exchange(
        self, started: Letter | None, following: Letter | None
    ) -> tuple[Outcome | None, Outcome | None]:
        ended = self.send(started) if started else None
        if following:
            self._happen()
        return ended, None

    def send(self, letter: Letter) -> Outcome:
        self.sent.append(letter.recipient)
        return Outcome("sent", "250 ok")

    def abandon(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_who_is_suppressed_while_the_mail_is_on_its_way_gets_none() -> None:
    campaign = add_campaign()
    first, second = add_mails(campaign.id, 2)

    def suppress() -> None:
        with database.transaction() as cursor:
            suppressions.add(cursor, "address", "lead0@example.org", "asked", "test")

    transport = Interrupted(suppress)
    delivered = run(campaign, transport)
    assert transport.sent == ["lead1@example.org"]
    assert (counts(delivered), delivered.reasons) == ({"sent": 1, "skipped": 1}, {"suppressed": 1})
    assert states() == {first: "skipped", second: "sent"}


def test_a_pause_stops_the_batch_and_gives_the_rest_back() -> None:
    campaign = add_campaign()
    add_mails(campaign.id, 3)

    def pause() -> None:
        with database.transaction() as cursor:
            campaigns.set_state(cursor, "test", "paused", "test")

    transport = Interrupted(pause)
    delivered = run(campaign, transport)
    assert (transport.sent, delivered.stopped) == ([], "the campaign is paused")
    assert set(states().values()) == {"planned"}


def test_a_mail_that_an_interruption_cut_off_is_uncertain_at_once() -> None:
    campaign = add_campaign()
    first, second = add_mails(campaign.id, 2)

    class Cut(Interrupted):
        def send(self, letter: Letter) -> Outcome:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(campaign, Cut(lambda: None))
    assert states() == {first: "uncertain", second: "planned"}


def test_an_address_that_changes_while_the_mail_is_on_its_way_waits_for_the_next_run() -> None:
    campaign = add_campaign()
    (only,) = add_mails(campaign.id, 1)

    def change() -> None:
        with database.transaction() as cursor:
            cursor.execute("UPDATE leads SET email = 'new@example.org'")

    delivered = run(campaign, Interrupted(change))
    assert counts(delivered) == {"held": 1}
    assert delivered.reasons == {"the lead was changed while its mail was written": 1}
    assert states() == {only: "held"}


def test_a_crash_leaves_nothing_claimed_for_the_next_run_and_loses_nothing() -> None:
    campaign = add_campaign()
    ids = add_mails(campaign.id, 3)

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        run(campaign, Interrupted(kill))
    with database.transaction() as cursor:
        claims.orphans(cursor, campaign.id, NOW)
    transport = Interrupted(lambda: None)
    run(campaign, transport)
    assert len(transport.sent) == 3
    assert states() == dict.fromkeys(ids, "sent")


def test_a_run_outlives_the_end_of_all_its_sessions_with_the_database() -> None:
    campaign = add_campaign()
    ids = add_mails(campaign.id, 3)
    passed = itertools.count()

    def end_sessions() -> None:
        if next(passed) == 0:
            with database.transaction() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )

    transport = Interrupted(end_sessions)
    run(campaign, transport)
    assert sorted(transport.sent) == ["lead0@example.org", "lead1@example.org", "lead2@example.org"]
    assert states() == dict.fromkeys(ids, "sent")


def test_mails_that_another_worker_gave_back_are_neither_held_nor_lost() -> None:
    campaign = add_campaign()
    ids = add_mails(campaign.id, 3)
    passed = itertools.count()

    def give_back() -> None:
        if next(passed) == 0:
            with database.transaction() as cursor:
                cursor.execute("UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL")

    transport = Interrupted(give_back)
    assert counts(run(campaign, transport)) == {"sent": 3, "not_started": 3}
    assert states() == dict.fromkeys(ids, "sent")


def test_failed_connections_of_an_earlier_run_are_forgotten_when_mails_leave_again() -> None:
    with ScriptedServer({"RCPT": ""}) as gone, smtp_server() as (well, _):
        campaign = live(gone.port)
        add_mails(campaign.id, 4)
        assert counts(run(campaign)) == {"held": 4}
        campaign = live(well)
        assert counts(run(campaign, at=NOW + timedelta(minutes=20))) == {"sent": 4}
        campaign = live(gone.port)
        add_send(campaign.id, add_lead(campaign.id, "late@example.org"))
        assert run(campaign, at=NOW + timedelta(minutes=30)).stopped is None


def test_a_campaign_without_sender_says_what_is_missing(store: URL, tmp_path: Path) -> None:
    campaign = add_campaign(config(sending={"sender": None}))
    with pytest.raises(ConfigurationError, match=r"give sending\.sender"):
        run(campaign, Outbox(tmp_path, "test"))
