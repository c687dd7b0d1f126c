import json

from sqlalchemy.engine import URL

from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import add_campaign


def test_each_mailbox_is_shown_with_what_it_may_send(store: URL) -> None:
    add_campaign()
    assert "sender@example.com" in aicmo("senders", "list", "test")
    (one,) = json.loads(aicmo("senders", "list", "test", "--json"))
    assert (one["address"], one["today"], one["held_until"]) == ("sender@example.com", 0, None)
    assert one["allowance"] > 0


def test_a_check_says_what_dns_does_not_know(store: URL) -> None:
    add_campaign()
    assert "reserved for examples" in aicmo("senders", "check", "test")


def test_a_held_mailbox_is_released_once(store: URL) -> None:
    add_campaign()
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO mailboxes (address, held_until, held_reason) "
            "VALUES ('simulation sender@example.com', now() + interval '1 day', 'too many bounces')"
        )
    assert "too many bounces" in aicmo("senders", "list", "test")
    assert "may send again" in aicmo("senders", "release", "test", "Sender@example.com")
    assert "was not held" in aicmo("senders", "release", "test", "sender@example.com")
    assert "has no mailbox" in aicmo("senders", "release", "test", "other@example.com", code=1)


def test_a_campaign_that_was_stopped_says_why(store: URL) -> None:
    add_campaign()
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "aicmo", "too many bounces")
    assert "too many bounces" in aicmo("campaigns", "list")
    assert "Stopped by itself: too many bounces" in aicmo("campaigns", "show", "test")
