import json
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.mail.providers import PROVIDERS, RULES_VERSION, Piece, recording
from aicmo_dagster.store import database
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.mail.providers.deliveries import MESSAGE, WHO, sendgrid_event
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send


@pytest.fixture
def lead(store: URL) -> int:
    """Of a mail with the Message-ID of the examples."""
    campaign = add_campaign().id
    number = add_lead(campaign, WHO)
    sent: dict[str, Any] = {"state": "sent", "started_at": NOW, "sent_at": NOW, "mode": "live"}
    add_send(campaign, number, recipient=WHO, message_id=MESSAGE, **sent)
    return number


def take(*events: dict[str, Any]) -> None:
    recording.take("sendgrid", [Piece(event["sg_event_id"], event) for event in events], NOW)


def by_older_rules(kind: str | None) -> None:
    """Have all events taken for something else, by rules of before."""
    with database.transaction() as cursor:
        cursor.execute("UPDATE provider_events SET kind = %s, rules_version = %s", [kind, RULES_VERSION - 1])


def happened() -> list[str]:
    return [row["kind"] for row in database.fetch("SELECT kind FROM engagement_events ORDER BY id")]


def test_what_was_reported_is_listed_without_what_is_not_ours(lead: int) -> None:
    take(sendgrid_event("delivered"), sendgrid_event("open", "<of.another@example.com>"))
    (event,) = json.loads(aicmo("events", "list", "--json"))
    assert (event["provider"], event["kind"], event["campaign"], event["lead_id"]) == (
        "sendgrid",
        "delivered",
        "test",
        lead,
    )
    assert WHO not in aicmo("events", "list", "--all")
    assert len(json.loads(aicmo("events", "list", "--all", "--json"))) == 2
    assert json.loads(aicmo("events", "list", "--provider", "ses", "--json")) == []


def test_what_newer_rules_find_has_its_effect(lead: int) -> None:
    take(sendgrid_event("spamreport"))
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM engagement_events")
        cursor.execute("DELETE FROM suppressions")
    by_older_rules(None)
    assert "1 event read again." in aicmo("events", "replay")
    assert happened() == ["complained"]
    assert [row["kind"] for row in database.fetch("SELECT kind FROM provider_events")] == ["complained"]
    assert "0 events read again." in aicmo("events", "replay")


def test_what_older_rules_did_is_listed_and_stays(lead: int) -> None:
    take(sendgrid_event("bounce", type="bounce", reason="550 5.1.1 no such user", status="5.1.1"))
    with database.transaction() as cursor:
        cursor.execute('UPDATE provider_events SET body = body || \'{"type": "blocked"}\'')
        cursor.execute("UPDATE provider_events SET rules_version = rules_version - 1")
    shown = aicmo("events", "replay")
    assert "bounced" in shown
    assert "refused" in shown
    assert "that stays" in shown
    assert happened() == ["bounced"]
    assert len(database.fetch("SELECT FROM suppressions")) == 1


def test_an_event_that_is_what_it_was_has_no_effect_again(lead: int) -> None:
    take(sendgrid_event("unsubscribe"))
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM engagement_events")
    by_older_rules("unsubscribed")
    assert json.loads(aicmo("events", "replay", "--json")) == {"read": 1, "changed": []}
    assert happened() == []


def test_only_a_provider_and_a_time_are_read_again(lead: int) -> None:
    take(sendgrid_event("delivered"))
    by_older_rules("delivered")
    assert json.loads(aicmo("events", "replay", "--provider", "ses", "--json"))["read"] == 0
    assert json.loads(aicmo("events", "replay", "--since", "2999-01-01", "--json"))["read"] == 0
    assert json.loads(aicmo("events", "replay", "--since", "2026-01-01", "--json"))["read"] == 1


def test_many_events_are_read_in_parts(lead: int) -> None:
    take(*(sendgrid_event("processed") for _ in range(2_100)))
    by_older_rules(None)
    assert json.loads(aicmo("events", "replay", "--json")) == {"read": 2_100, "changed": []}
    versions = database.fetch("SELECT DISTINCT rules_version FROM provider_events")
    assert versions == [{"rules_version": RULES_VERSION}]


def test_the_providers_of_the_option_are_those_there_are() -> None:
    from aicmo_dagster.cli.events import Name

    assert {name.value for name in Name} == set(PROVIDERS)
