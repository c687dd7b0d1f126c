from datetime import timedelta

import pytest

from aicmo_dagster.store import database
from aicmo_dagster_tests.api.cam.conftest import Clients
from aicmo_dagster_tests.outreach import NOW, add_campaign, add_lead, add_mails, add_send, config, states


def test_mails_are_listed_a_page_at_a_time_and_filtered(client: Clients) -> None:
    campaign = add_campaign()
    lead = add_lead(campaign.id)
    ids = [
        add_send(campaign.id, lead, step=1, state="sent", sent_at=NOW, started_at=NOW),
        add_send(campaign.id, lead, step=2, due_at=NOW + timedelta(days=2)),
        add_send(campaign.id, add_lead(campaign.id, "other@example.org"), sender="b@example.com"),
    ]
    viewer = client("viewer")

    def listed(**parameters: object) -> list[int]:
        answer = viewer.get("/campaigns/test/sends", params=parameters)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert listed() == ids[::-1]
    assert listed(state="sent") == ids[:1]
    assert listed(sender="B@example.com") == ids[2:]
    assert listed(lead=lead, step=2) == ids[1:2]
    assert listed(due_from=(NOW + timedelta(days=1)).isoformat()) == ids[1:2]
    assert listed(due_before=NOW.isoformat()) == []
    first = viewer.get("/campaigns/test/sends", params={"limit": 2}).json()
    last = viewer.get("/campaigns/test/sends", params={"limit": 2, "after": first["next"]}).json()
    assert [one["id"] for one in first["items"] + last["items"]] == ids[::-1]
    assert last["next"] is None
    for wrong in ({"state": "lost"}, {"lead": 0}, {"sender": "a\0b"}, {"due_from": "soon"}, {"limit": 501}):
        assert viewer.get("/campaigns/test/sends", params=wrong).status_code == 422


def test_a_mail_is_held_and_resumed(client: Clients) -> None:
    campaign = add_campaign()
    (send,) = add_mails(campaign.id, 1)
    operator = client("operator", [campaign.id])
    path = f"/campaigns/test/sends/{send}"
    held = operator.post(f"{path}/hold", json={"reason": "we talk to her"})
    assert held.status_code == 200
    assert held.json()["state"] == "held"
    assert held.json()["held_by_a_person"]
    assert held.json()["next_try_at"] is None
    assert held.json()["reason"].endswith(": we talk to her")
    assert operator.post(f"{path}/hold", json={}).json() == held.json()
    assert operator.get(path).json() == held.json()
    resumed = operator.post(f"{path}/resume").json()
    assert (resumed["state"], resumed["held_by_a_person"], resumed["reason"]) == ("planned", False, None)
    assert operator.post(f"{path}/resume").status_code == 409
    actors = {
        row["actor"] for row in database.fetch("SELECT actor FROM audit_log WHERE action LIKE 'send.%%'")
    }
    assert operator.key is not None
    assert actors == {f"key {operator.key.id} ({operator.key.name})"}


def test_an_uncertain_mail_is_resolved_and_no_other(client: Clients) -> None:
    campaign = add_campaign()
    send = add_send(campaign.id, add_lead(campaign.id), state="uncertain", started_at=NOW)
    operator = client("operator")
    path = f"/campaigns/{campaign.id}/sends/{send}/resolve"
    assert operator.post(path, json={"found": "planned"}).status_code == 422
    assert operator.post(path, json={"found": "sent"}).json()["state"] == "sent"
    again = operator.post(path, json={"found": "failed"})
    assert again.status_code == 409
    assert "is sent" in again.json()["detail"]
    assert states() == {send: "sent"}


def test_a_mail_that_has_left_cannot_be_held(client: Clients) -> None:
    campaign = add_campaign()
    send = add_send(campaign.id, add_lead(campaign.id), state="sent", started_at=NOW, sent_at=NOW)
    answer = client("operator").post(f"/campaigns/test/sends/{send}/hold", json={})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:aicmo:problem:conflict"


@pytest.mark.parametrize("what", ["hold", "resume", "resolve"])
def test_a_mail_is_reached_through_its_own_campaign_only(client: Clients, what: str) -> None:
    campaign, other = add_campaign(), add_campaign(config(key="other"))
    send = add_send(campaign.id, add_lead(campaign.id), state="uncertain", started_at=NOW)
    operator = client("operator", [other.id])
    body = {"found": "sent"} if what == "resolve" else {}
    for key in ("test", "other"):
        assert operator.post(f"/campaigns/{key}/sends/{send}/{what}", json=body).status_code == 404
        assert operator.get(f"/campaigns/{key}/sends/{send}").status_code == 404
    assert operator.get("/campaigns/test/sends").status_code == 404
    assert operator.get("/campaigns/other/sends").json()["items"] == []
    assert states() == {send: "uncertain"}


@pytest.mark.parametrize("what", ["hold", "resume", "resolve"])
@pytest.mark.parametrize("role", ["viewer", "reviewer"])
def test_who_does_not_run_campaigns_changes_no_mail(client: Clients, role: str, what: str) -> None:
    campaign = add_campaign()
    (send,) = add_mails(campaign.id, 1)
    answer = client(role).post(f"/campaigns/test/sends/{send}/{what}", json={})
    assert answer.status_code == 403
    assert states() == {send: "planned"}
