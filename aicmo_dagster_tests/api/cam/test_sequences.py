from typing import Any

import pytest

from aicmo_dagster import settings
from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.store import database, suppressions
from aicmo_dagster_tests.api.cam.conftest import Client, Clients
from aicmo_dagster_tests.mail.servers import smtp_server
from aicmo_dagster_tests.outreach import add_campaign, add_lead, config

STEPS = [
    {
        "day": 0,
        "subject": "Hello {{ first_name }}",
        "text": "I am {{ sender.name }}, **you** are {{ company }}",
        "variants": [{"name": "short", "subject": "Hi {{ first_name }}"}],
    },
    {"day": 1, "thread": True, "text": "Again"},
]
MINE = {"days": 3, "steps": STEPS}


def document(text: str | None = None, **changes: Any) -> CampaignConfig:
    steps = STEPS if text is None else [{**STEPS[0], "text": text}]
    return config(sequences={"aggressive_close": {"days": 3, "steps": steps}}, **changes)


def checked(client: Client, sequence: object, **more: object) -> dict[str, Any]:
    answer = client.post("/campaigns/test/templates/validate", json={"sequence": sequence, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_sequences_are_shown_with_their_versions(client: Clients) -> None:
    add_campaign(document("One"))
    campaign = add_campaign(document("Two"))
    viewer = client("viewer", [campaign.id])
    shown = {one["name"]: one for one in viewer.get("/campaigns/test/sequences").json()}
    assert {"aggressive_close", "cold_outreach"} <= {*shown}
    mine = shown["aggressive_close"]
    assert (mine["version"], mine["versions"], mine["tiers"]) == (2, [1, 2], ["HOT"])
    assert mine["sequence"]["steps"][0]["text"] == "Two"
    path = "/campaigns/test/sequences/aggressive_close"
    assert viewer.get(path).json() == mine
    before = viewer.get(path, params={"version": 1}).json()
    assert (before["version"], before["sequence"]["steps"][0]["text"]) == (1, "One")
    assert viewer.get(path, params={"version": 3}).status_code == 404
    assert viewer.get("/campaigns/test/sequences/nothing").status_code == 404


def test_a_sound_sequence_has_no_problems_and_an_odd_one_doubts(client: Clients) -> None:
    add_campaign()
    viewer = client("viewer")
    assert checked(viewer, MINE) == {"problems": [], "doubts": []}
    loud = {"days": 1, "steps": [{"day": 0, "subject": "BUY THIS NOW", "text": "Now!!!"}]}
    found = checked(viewer, loud)
    assert found["problems"] == []
    assert any("capitals" in one for one in found["doubts"])


def test_what_is_wrong_comes_with_line_and_remedy(client: Clients) -> None:
    add_campaign()
    text = "Hello {{ first_name }},\n\nyou live in {{ city }}."
    found = checked(
        client("viewer"), {"days": 1, "steps": [{"day": 0, "subject": "A", "text": text}]}, name="mine"
    )
    (problem,) = found["problems"]
    assert "'mine' step 1, text line 3" in problem
    assert "default" in problem


@pytest.mark.parametrize(
    ("sequence", "said"),
    [
        ({}, "sequences.draft.days is missing"),
        ({"days": 1, "steps": []}, "steps"),
        ({"days": 1, "stepps": [], "steps": STEPS}, "did you mean steps?"),
        ({"days": 9, "steps": [{"day": 0, "text": "No subject"}]}, "has no subject"),
    ],
)
def test_what_is_no_sequence_is_told_as_it_would_be_in_a_campaign(
    client: Clients, sequence: object, said: str
) -> None:
    add_campaign()
    found = checked(client("viewer"), sequence)
    assert any(said in one for one in found["problems"]), found
    assert found["doubts"] == []


def test_checking_changes_nothing(client: Clients) -> None:
    add_campaign()
    viewer = client("viewer")
    before = viewer.get("/campaigns/test").json(), viewer.get("/campaigns/test/sequences").json()
    checked(viewer, MINE, name="cold_outreach")
    assert (viewer.get("/campaigns/test").json(), viewer.get("/campaigns/test/sequences").json()) == before


def test_a_preview_is_the_mail_of_the_lead(client: Clients) -> None:
    campaign = add_campaign(document())
    lead = add_lead(campaign.id, first_name="Test", last_name="Lead", company="Acme")
    viewer = client("viewer")
    for who in ("lead@example.org", str(lead)):
        shown = viewer.post("/campaigns/test/preview", json={"lead": who}).json()
        assert shown["subject"] == "Hello Test"
        assert shown["headers"]["To"] == "Test Lead <lead@example.org>"
        assert shown["text"].startswith("I am Test Sender, you are Acme")
        assert "<strong>you</strong>" in shown["html"]
    other = viewer.post("/campaigns/test/preview", json={"variant": "short"}).json()
    assert other["subject"] == "Hi there"


def test_a_draft_is_seen_before_the_campaign_has_it(client: Clients) -> None:
    add_campaign(document())
    draft = {
        "days": 9,
        "steps": [{"day": 0, "subject": "A draft", "text": "Hi"}, {"day": 2, "thread": True, "text": "And?"}],
    }
    shown = client("viewer").post("/campaigns/test/preview", json={"draft": draft, "step": 2}).json()
    assert shown["subject"] == "Re: A draft"
    assert shown["text"].startswith("And?")


@pytest.mark.parametrize(
    ("wanted", "status"),
    [
        ({"lead": "nobody@example.org"}, 404),
        ({"step": 3}, 422),
        ({"step": 0}, 422),
        ({"variant": "none"}, 422),
        ({"sequence": "none"}, 422),
        ({"sender": "other@example.com"}, 422),
        ({"draft": {"days": 1}}, 422),
        ({"draft": {"days": 1, "steps": [{"day": 0, "subject": "A", "text": "{% if %}"}]}}, 422),
        ({"lead": "a\u0000b"}, 422),
    ],
)
def test_a_mail_that_there_is_not_cannot_be_seen(client: Clients, wanted: object, status: int) -> None:
    add_campaign(document())
    answer = client("viewer").post("/campaigns/test/preview", json=wanted)
    assert answer.status_code == status, answer.text


def test_a_test_mail_of_a_live_campaign_goes_over_its_server(
    client: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(settings.PUBLIC_URL, "https://mail.example.com")
    with smtp_server() as (port, received):
        sender = {
            "mailbox": "Test Sender <sender@example.com>",
            "postal_address": "1 Test Street, Testtown",
            "smtp": {"host": "localhost", "port": port, "security": "none"},
        }
        add_campaign(document(mode="live", sending={"sender": sender}))
        answer = client("operator").post("/campaigns/test/test-mail", json={"to": "me@example.net"})
        assert answer.status_code == 200, answer.text
        assert [one.rcpt_tos for one in received.mails] == [["me@example.net"]]
    (entry,) = database.fetch("SELECT subject, after FROM audit_log WHERE action = 'mail.test'")
    assert entry == {"subject": "test", "after": {"sequence": None, "step": 1, "sender": None}}
    assert database.fetch("SELECT FROM sends") == []


def test_a_test_mail_of_a_simulation_goes_into_the_outbox(client: Clients) -> None:
    add_campaign(document())
    answer = client("operator").post("/campaigns/test/test-mail", json={"to": "me@example.net"})
    assert answer.status_code == 200
    assert len(list((settings.home() / "outbox").rglob("*.eml"))) == 1


def test_a_test_mail_goes_to_nobody_who_wants_none(client: Clients) -> None:
    add_campaign(document())
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", "ann@example.net", "asked", "test")
        suppressions.add(cursor, "domain", "example.org", "asked", "test")
    operator = client("operator")
    for to in ("Ann@example.net", "bob@mail.example.org"):
        answer = operator.post("/campaigns/test/test-mail", json={"to": to})
        assert answer.status_code == 422
        assert "suppression list" in answer.json()["detail"]
    assert operator.post("/campaigns/test/test-mail", json={"to": "nobody"}).status_code == 422
    assert not (settings.home() / "outbox").exists()


def test_a_viewer_sends_no_test_mail(client: Clients) -> None:
    add_campaign(document())
    for role in ("viewer", "reviewer"):
        answer = client(role).post("/campaigns/test/test-mail", json={"to": "me@example.net"})
        assert answer.status_code == 403
    assert not (settings.home() / "outbox").exists()
