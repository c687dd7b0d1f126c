from aicmo_dagster.store import database
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.outreach import add_campaign, config


def hold() -> None:
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO mailboxes (address, held_until, held_reason) "
            "VALUES ('simulation sender@example.com', now() + interval '1 day', 'too many bounces')"
        )


def test_each_mailbox_is_shown_with_what_it_may_send(client: Clients) -> None:
    campaign = add_campaign(config(sending={"cap_per_day": 7}))
    answer = client("viewer", [campaign.id]).get("/campaigns/test/senders")
    (one,) = answer.json()
    assert (one["address"], one["today"], one["left"], one["held_until"]) == (
        "sender@example.com",
        0,
        7,
        None,
    )
    assert one["allowance"] == 1_000_000
    assert one["week"] == {"mails": 0, "bounced": 0, "complained": 0}
    assert "password" not in answer.text


def test_a_check_says_what_dns_does_not_know(client: Clients) -> None:
    add_campaign()
    assert client("viewer").post("/campaigns/test/senders/check").status_code == 403
    (one,) = client("operator").post("/campaigns/test/senders/check").json()
    assert one["checked_at"] is not None
    assert any("reserved for examples" in finding["says"] for finding in one["findings"].values())


def test_a_held_mailbox_is_released(client: Clients) -> None:
    add_campaign()
    hold()
    operator = client("operator")
    (held,) = operator.get("/campaigns/test/senders").json()
    assert (held["held_reason"], held["left"]) == ("too many bounces", 0)
    for _ in range(2):
        released = operator.post("/campaigns/test/senders/Sender@example.com/release")
        assert released.status_code == 200
        assert released.json()["held_until"] is None
    entries = database.fetch("SELECT actor, subject FROM audit_log WHERE action = 'mailbox.release'")
    assert operator.key is not None
    assert entries == [
        {"actor": f"key {operator.key.id} ({operator.key.name})", "subject": "sender@example.com"}
    ]


def test_a_mailbox_of_another_campaign_is_not_released(client: Clients) -> None:
    add_campaign()
    other = {"mailbox": "Other <other@example.com>", "postal_address": "1 Test Street, Testtown"}
    campaign = add_campaign(config(key="other", sending={"sender": other}))
    hold()
    operator = client("operator", [campaign.id])
    answer = operator.post("/campaigns/other/senders/sender@example.com/release")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:aicmo:problem:sender-not-found"
    assert operator.post("/campaigns/test/senders/sender@example.com/release").status_code == 404
    (held,) = client("viewer").get("/campaigns/test/senders").json()
    assert held["held_until"] is not None


def test_a_mailbox_that_unseen_campaigns_send_from_is_not_released(client: Clients) -> None:
    add_campaign()
    campaign = add_campaign(config(key="other"))
    hold()
    refused = client("operator", [campaign.id]).post("/campaigns/other/senders/sender@example.com/release")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:aicmo:problem:campaigns-limited")
    (held,) = client("viewer").get("/campaigns/test/senders").json()
    assert held["held_until"] is not None


def test_a_viewer_releases_nothing(client: Clients) -> None:
    add_campaign()
    hold()
    assert client("reviewer").post("/campaigns/test/senders/sender@example.com/release").status_code == 403
    (held,) = client("viewer").get("/campaigns/test/senders").json()
    assert held["held_until"] is not None
