import json

from sqlalchemy.engine import URL

from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_send, states

_LONG = "a.recipient.with.a.very.long.address.indeed@a-company-with-a-long-name.example.org"


def test_the_list_shows_whole_addresses_and_can_be_narrowed(store: URL) -> None:
    campaign = add_campaign()
    add_send(campaign.id, add_lead(campaign.id, _LONG))
    add_send(campaign.id, add_lead(campaign.id), state="held", next_try_at=NOW, reason="the mailbox is full")
    assert _LONG in aicmo("sends", "list")
    held = aicmo("sends", "list", "test", "--state", "held")
    assert "the mailbox is full" in held
    assert _LONG not in held
    assert [row["email"] for row in json.loads(aicmo("sends", "list", "--state", "planned", "--json"))] == [
        _LONG
    ]
    assert "no such mails" in aicmo("sends", "list", "--state", "failed")


def test_an_uncertain_mail_is_resolved_and_no_other(store: URL) -> None:
    campaign = add_campaign()
    uncertain = add_send(campaign.id, add_lead(campaign.id), state="uncertain", started_at=NOW)
    assert "recorded as sent" in aicmo("sends", "resolve", str(uncertain), "sent")
    assert states()[uncertain] == "sent"
    assert "no uncertain send" in aicmo("sends", "resolve", str(uncertain), "failed", code=1)


def test_a_mail_is_held_and_resumed(store: URL) -> None:
    campaign = add_campaign()
    send = str(add_send(campaign.id, add_lead(campaign.id)))
    assert "is held" in aicmo("sends", "hold", "test", send, "--reason", "we talk to her")
    assert "held already" in aicmo("sends", "hold", "test", send)
    listed = aicmo("sends", "list", "test")
    assert "we talk to her" in listed
    assert "9999" not in listed
    shown = aicmo("campaigns", "show", "test")
    assert "9999" not in shown
    assert "goes on" in aicmo("sends", "resume", "test", send)
    assert "nothing to resume" in aicmo("sends", "resume", "test", send, code=1)
