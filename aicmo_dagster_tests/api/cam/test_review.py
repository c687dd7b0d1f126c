from datetime import timedelta

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.store import database
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.api.cam.conftest import Client, Clients

REVIEW = "/campaigns/test/review"


@pytest.fixture
def waiting(store: URL) -> list[int]:
    """Leads that wait for a person."""
    campaign = outreach.add_campaign()
    leads = [outreach.add_lead(campaign.id, f"lead{number}@example.org") for number in range(3)]
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE lead_verdicts SET verdict = 'manual_review', reason = 'low_intent', failed = '{low_intent}'"
        )
    return leads


@pytest.fixture
def reviewer(client: Clients) -> Client:
    return client("reviewer")


def test_who_waits_is_listed_with_the_reason_a_page_at_a_time(reviewer: Client, waiting: list[int]) -> None:
    first = reviewer.get(REVIEW, params={"limit": 2}).json()
    second = reviewer.get(REVIEW, params={"limit": 2, "after": first["next"]}).json()
    assert [one["lead_id"] for one in first["items"] + second["items"]] == waiting
    assert second["next"] is None
    assert first["items"][0]["why"][0]["code"] == "low_intent"
    assert first["queue"]["waiting"] == 3
    assert reviewer.get(REVIEW, params={"reason": "no_email"}).json()["items"] == []


def test_a_decision_holds_at_once_and_names_the_key(reviewer: Client, waiting: list[int]) -> None:
    decided = reviewer.post(
        f"{REVIEW}/decisions", json={"decision": "reject", "lead_ids": waiting[:1], "reason": "no"}
    )
    assert decided.status_code == 200, decided.text
    (row,) = database.fetch("SELECT lead_id, decision, reason, reviewer FROM reviews")
    assert (row["lead_id"], row["decision"], row["reason"]) == (waiting[0], "reject", "no")
    assert row["reviewer"].startswith("key ")


def test_all_that_wait_are_decided_on_together(reviewer: Client, waiting: list[int]) -> None:
    until = (utc_now() + timedelta(days=2)).isoformat()
    snoozed = reviewer.post(
        f"{REVIEW}/decisions", json={"decision": "snooze", "until": until, "of_reason": "low_intent"}
    )
    assert {one["lead_id"] for one in snoozed.json()["leads"]} == set(waiting)
    assert reviewer.get(REVIEW).json()["queue"]["snoozed"] == 3


def test_what_does_not_go_together_is_refused(reviewer: Client, waiting: list[int]) -> None:
    for wrong in (
        {"decision": "snooze"},
        {"decision": "approve", "until": "2999-01-01T00:00:00Z"},
        {"decision": "snooze", "until": "2020-01-01T00:00:00Z"},
        {"decision": "reject", "lead_ids": waiting, "of_reason": "x"},
        {"decision": "reject", "lead_ids": []},
    ):
        assert reviewer.post(f"{REVIEW}/decisions", json=wrong).status_code == 422, wrong
    assert (
        reviewer.post(f"{REVIEW}/decisions", json={"decision": "reject", "lead_ids": [10**9]}).status_code
        == 404
    )


def test_another_reviewers_decision_is_turned_round_only_on_purpose(
    client: Clients, reviewer: Client, waiting: list[int]
) -> None:
    wanted = {"decision": "reject", "lead_ids": waiting[:1]}
    reviewer.post(f"{REVIEW}/decisions", json=wanted)
    other = client("reviewer")
    refused = other.post(f"{REVIEW}/decisions", json=wanted | {"decision": "approve"})
    assert (refused.status_code, "overrule" in refused.json()["detail"]) == (409, True)
