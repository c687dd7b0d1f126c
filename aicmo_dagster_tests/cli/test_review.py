import json

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.store import database
from aicmo_dagster_tests.cli.command_line import aicmo
from aicmo_dagster_tests.outreach import add_campaign, add_lead


@pytest.fixture
def doubtful(store: URL) -> int:
    """A lead in manual review for its low intent."""
    return _lead("doubtful@example.org", "manual_review", ["low_intent"])


def _lead(email: str, verdict: str, failed: list[str]) -> int:
    campaign = add_campaign()
    lead_id = add_lead(campaign.id, email)
    with database.transaction() as cursor:
        cursor.execute(
            "UPDATE lead_verdicts SET verdict = %s, reason = %s, failed = %s WHERE lead_id = %s",
            [verdict, failed[0] if failed else verdict, failed, lead_id],
        )
    return lead_id


def _decisions() -> list[tuple[int, str]]:
    found = database.fetch("SELECT lead_id, decision FROM reviews ORDER BY id")
    return [(row["lead_id"], row["decision"]) for row in found]


def test_the_list_says_who_waits_and_why(doubtful: int) -> None:
    output = aicmo("review", "list", "test")
    assert "doubtful@example.org" in output
    assert "shows an intent below 0.20" in output
    (row,) = json.loads(aicmo("review", "list", "test", "--json"))
    assert row["id"] == doubtful


def test_several_are_approved_at_once_by_address_and_number(doubtful: int) -> None:
    other = _lead("other@example.org", "manual_review", ["low_intent"])
    output = aicmo("review", "approve", "test", "Doubtful@example.org", str(other), "--reason", "known")
    assert "Approved 2 leads" in output
    assert "next run" in output
    assert _decisions() == [(doubtful, "approve"), (other, "approve")]
    assert len(database.fetch("SELECT 1 FROM audit_log WHERE action = 'review.approve'")) == 2
    assert "approved" in aicmo("review", "list", "test")


def test_one_that_cannot_be_approved_keeps_the_others_from_it_too(doubtful: int) -> None:
    _lead("banned@example.org", "rejected", ["policy"])
    output = aicmo("review", "approve", "test", str(doubtful), "banned@example.org", code=1)
    assert "banned@example.org cannot be approved, because it lives in a country" in output
    assert _decisions() == []


def test_a_rejected_lead_is_approved_and_a_qualified_one_rejected(store: URL) -> None:
    low = _lead("low@example.org", "rejected", ["low_icp_fit"])
    good = _lead("good@example.org", "qualified", [])
    aicmo("review", "approve", "test", "low@example.org")
    aicmo("review", "reject", "test", "good@example.org", "--reason", "a student")
    assert _decisions() == [(low, "approve"), (good, "reject")]


def test_a_decision_can_be_turned_round_but_not_repeated(doubtful: int) -> None:
    aicmo("review", "approve", "test", str(doubtful))
    assert "was approved already" in aicmo("review", "approve", "test", str(doubtful), code=1)
    aicmo("review", "reject", "test", str(doubtful), "--reason", "on second thoughts")
    assert [decision for _, decision in _decisions()] == ["approve", "reject"]


def test_what_would_change_nothing_is_refused(store: URL) -> None:
    _lead("low@example.org", "rejected", ["low_icp_fit"])
    _lead("good@example.org", "qualified", [])
    assert "is qualified already" in aicmo("review", "approve", "test", "good@example.org", code=1)
    refused = aicmo("review", "reject", "test", "low@example.org", "--reason", "no", code=1)
    assert "is rejected already: it fits the ideal customer profile below 0.70" in refused
    assert "no lead 'nobody@example.org'" in aicmo("review", "approve", "test", "nobody@example.org", code=1)


def test_a_changed_lead_can_be_decided_on_anew(doubtful: int) -> None:
    aicmo("review", "approve", "test", str(doubtful))
    with database.transaction() as cursor:
        cursor.execute("UPDATE leads SET revision = revision + 1")
    aicmo("review", "approve", "test", str(doubtful))
    assert len(_decisions()) == 2


def test_a_lead_without_a_verdict_has_to_be_judged_first(doubtful: int) -> None:
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM lead_verdicts")
    assert "aicmo run test" in aicmo("review", "approve", "test", str(doubtful), code=1)
