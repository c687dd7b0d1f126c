import json
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.store import database, received
from aicmo_dagster.store.received import Received
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send


def add_reply(category: str | None, confidence: float | None, kind: received.Kind = "reply") -> int:
    """The number of what a lead of its own has answered."""
    with database.transaction() as cursor:
        cursor.execute("SELECT count(*) FROM leads")
        (count,) = cursor.fetchone() or (0,)
    campaign = add_campaign()
    lead = add_lead(campaign.id, f"lead{count}@example.org", first_name="Test", company="Example Ltd")
    send = add_send(campaign.id, lead, state="sent", started_at=NOW, sent_at=NOW)
    with database.transaction() as cursor:
        added = received.add(
            cursor,
            Received(
                mailbox="sender@example.com",
                message_id=f"<{send}@example.org>",
                kind=kind,
                lead_id=lead,
                send_id=send,
                received_at=NOW,
                rules_version=0,
                category=category,
                confidence=confidence,
                words="Could you call me [again]?",
            ),
        )
        assert added
        cursor.execute("SELECT max(id) FROM received_messages")
        (number,) = cursor.fetchone() or (0,)
    return int(number)


def test_only_replies_that_are_not_clear_wait_for_a_person(store: URL) -> None:
    unclear, unread = add_reply("question", 0.4), add_reply(None, None)
    sure, bounce = add_reply("interested", 0.9), add_reply(None, None, "bounce")
    waiting = json.loads(aicmo("inbox", "list", "test", "--json"))
    assert [row["id"] for row in waiting] == [unclear, unread]
    everything = json.loads(aicmo("inbox", "list", "--all", "--json"))
    assert {row["id"] for row in everything} == {unclear, unread, sure, bounce}
    assert "question (40%)" in aicmo("inbox", "list")


def test_a_message_is_shown_with_its_words(store: URL) -> None:
    shown = aicmo("inbox", "show", str(add_reply("question", 0.4)))
    assert "Could you call me [again]?" in shown
    assert "lead0@example.org" in shown
    assert "aggressive_close step 1" in shown


def test_a_decision_is_kept_with_who_made_it_and_the_reply_waits_no_more(store: URL) -> None:
    number = add_reply("question", 0.4)
    assert "recorded as referral" in aicmo("inbox", "decide", str(number), "referral")
    assert "No reply waits" in aicmo("inbox", "list")
    (row,) = database.fetch("SELECT category, reviewed_by, reviewed_at FROM received_messages")
    assert row["category"] == "referral"
    assert row["reviewed_by"]
    assert row["reviewed_at"] is not None
    assert database.fetch("SELECT action FROM audit_log WHERE action = 'reply.decide'") != []


def test_who_is_interested_gets_that_outcome_once(store: URL) -> None:
    number = str(add_reply("question", 0.4))
    aicmo("inbox", "decide", number, "interested")
    aicmo("inbox", "decide", number, "interested")
    found = database.fetch("SELECT kind, happened_at FROM engagement_events")
    assert found == [{"kind": "interested", "happened_at": NOW}]


def test_who_wants_no_more_mails_is_suppressed(store: URL) -> None:
    aicmo("inbox", "decide", str(add_reply("other", 0.3)), "unsubscribe")
    assert database.fetch("SELECT value FROM suppressions") == [{"value": "lead0@example.org"}]


def test_only_a_reply_can_be_decided_on(store: URL) -> None:
    bounce = add_reply(None, None, "bounce")
    assert "only a reply" in aicmo("inbox", "decide", str(bounce), "other", code=1)
    assert "no message 99" in aicmo("inbox", "decide", "99", "other", code=1)


def test_newer_rules_judge_anew_what_no_person_has(store: URL) -> None:
    decided, open_one = add_reply("question", 0.4), add_reply("unsubscribe", 0.2)
    aicmo("inbox", "decide", str(decided), "not_now")
    assert aicmo("inbox", "replay").startswith("1 reply judged again, ")
    assert aicmo("inbox", "replay").startswith("0 replies judged again")
    (row,) = database.fetch("SELECT category FROM received_messages WHERE id = %s", [decided])
    assert row == {"category": "not_now"}
    (row,) = database.fetch("SELECT rules_version FROM received_messages WHERE id = %s", [open_one])
    assert row["rules_version"] > 0


def test_reading_without_a_mailbox_says_so_much(project: Path) -> None:
    add_campaign()
    assert aicmo("inbox", "read").startswith("0 new messages")


def test_a_mailbox_that_cannot_be_read_is_an_error(store: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    from aicmo_dagster_tests.outreach import config

    monkeypatch.delenv("AICMO_IMAP_PASSWORD", raising=False)
    sender = {
        "mailbox": "sender@example.com",
        "postal_address": "1 Test Street, Testtown",
        "smtp": {"host": "127.0.0.1"},
        "imap": {"host": "127.0.0.1"},
    }
    add_campaign(config(mode="live", sending={"sender": sender}))
    assert "AICMO_IMAP_PASSWORD" in aicmo("inbox", "read", "test", code=1)
