from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster import settings
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError, LeadNotFoundError, MailError
from aicmo_dagster.mail import tokens
from aicmo_dagster.operations import mails
from aicmo_dagster.operations.mails import Preview, Wanted
from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests.mail.servers import smtp_server
from aicmo_dagster_tests.outreach import NOW, RUN, add_campaign, add_lead, config

MINE = {
    "days": 3,
    "steps": [
        {
            "day": 0,
            "subject": "Hello {{ first_name }}",
            "text": "I am {{ sender.name }}, **you** are {{ company }}",
            "variants": [{"name": "short", "subject": "Hi {{ first_name }}"}],
        },
        {"day": 1, "thread": True, "text": "Again"},
    ],
}


def document(**changes: Any) -> CampaignConfig:
    return config(sequences={"aggressive_close": MINE}, **changes)


def previewed(wanted: Wanted) -> Preview:
    with database.transaction() as cursor:
        return mails.preview(cursor, campaigns.get(cursor, "test"), wanted, NOW)


def test_a_lead_gets_what_the_preview_shows(store: URL) -> None:
    add_lead(add_campaign(document()).id, first_name="Test", last_name="Lead", company="Acme")
    found = previewed(Wanted("lead@example.org"))
    assert found.headers["To"] == "Test Lead <lead@example.org>"
    assert found.headers["Subject"] == "Hello Test"
    assert found.text.startswith("I am Test Sender, you are Acme\n")
    assert "<strong>you</strong> are Acme" in found.html


def test_without_a_lead_the_fallbacks_are_shown(store: URL) -> None:
    add_campaign(document())
    assert previewed(Wanted()).headers["Subject"] == "Hello there"


def test_a_follow_up_is_shown_as_answer(store: URL) -> None:
    add_campaign(document())
    assert previewed(Wanted(step=2)).headers["Subject"] == "Re: Hello there"


def test_a_variant_and_another_sequence_can_be_shown(store: URL) -> None:
    add_campaign(document())
    assert previewed(Wanted(variant="short")).headers["Subject"] == "Hi there"
    assert "right person" in previewed(Wanted(sequence="cold_outreach")).headers["Subject"]


def test_a_lead_that_is_enrolled_keeps_its_sequence_and_version(store: URL) -> None:
    campaign = add_campaign(document())
    lead = add_lead(campaign.id)
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, "
            "owner, owner_reason, rules_version, campaign_version, run_id, enrolled_at) "
            "VALUES (%s, 'HOT', 0.9, false, 'aggressive_close', 1, 'Owner', 'x', 1, 1, %s, %s)",
            [lead, RUN, NOW],
        )
    later = {"days": 1, "steps": [{"day": 0, "subject": "New", "text": "New"}]}
    add_campaign(config(sequences={"aggressive_close": later}))
    assert previewed(Wanted(str(lead))).headers["Subject"] == "Hello there"
    assert previewed(Wanted()).headers["Subject"] == "New"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(step=3), "sequence 'aggressive_close' has no step 3; it has 2 of them"),
        (Wanted(variant="long"), "step 1 has no variant 'long'; there are: short"),
        (
            Wanted(sequence="agressive_close"),
            "has no sequence 'agressive_close'; there are: aggressive_close",
        ),
        (Wanted(sender="x@example.com"), "has no sender 'x@example.com'; there are: sender@example.com"),
    ],
)
def test_what_is_not_there_is_named(store: URL, wanted: Wanted, message: str) -> None:
    add_campaign(document())
    with pytest.raises(ConfigurationError, match=message):
        previewed(wanted)


def test_an_unknown_lead_is_refused(store: URL) -> None:
    add_campaign(document())
    with pytest.raises(LeadNotFoundError):
        previewed(Wanted("nobody@example.org"))


def sent(to: str = "me@example.com") -> str:
    with database.transaction() as cursor:
        return mails.send_test(cursor, campaigns.get(cursor, "test"), Wanted("lead@example.org"), to, NOW)


def test_a_test_mail_of_a_simulation_is_in_the_outbox_and_nowhere_else(store: URL) -> None:
    campaign = add_campaign(document())
    lead = add_lead(campaign.id, first_name="Test")
    assert "simulated" in sent()
    (file,) = (Path(settings.home()) / "outbox" / "test").rglob("*.eml")
    content = file.read_bytes()
    message = message_from_bytes(content, policy=default)
    assert message["To"] == "Test <me@example.com>"
    assert database.fetch("SELECT 1 FROM sends") == []
    with database.transaction() as cursor:
        assert tokens.unsubscribe_token(tokens.secret(cursor), lead).encode() not in content


def test_a_test_mail_of_a_live_campaign_goes_over_its_server(store: URL) -> None:
    with smtp_server() as (port, received):
        sender = {
            "mailbox": "Test Sender <sender@example.com>",
            "postal_address": "1 Test Street, Testtown",
            "smtp": {"host": "localhost", "port": port, "security": "none"},
        }
        add_lead(add_campaign(document(mode="live", sending={"sender": sender})).id)
        assert sent().startswith("250")
        (envelope,) = received.mails
        assert envelope.rcpt_tos == ["me@example.com"]
    with pytest.raises(MailError, match="was not taken: cannot reach localhost"):
        sent()


def test_an_address_that_is_none_is_refused(store: URL) -> None:
    add_lead(add_campaign(document()).id)
    with pytest.raises(ConfigurationError, match="'me' is not an address"):
        sent("me")
