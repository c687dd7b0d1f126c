"""Decide on leads as a reviewer."""

from collections.abc import Sequence
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import AicmoError
from aicmo_dagster.stages.qualification import NOT_APPROVABLE, describe
from aicmo_dagster.store import leads, reviews
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.reviews import Decision


def decide(
    cursor: Cursor[TupleRow],
    campaign: Campaign,
    who: Sequence[str],
    decision: Decision,
    reason: str | None,
    reviewer: str,
) -> list[dict[str, Any]]:
    """Record the decision on each lead (number or address); returns the leads as they were.

    All or none: raises LeadNotFoundError for an unknown lead, AicmoError where the decision cannot take
    effect or changes nothing. It takes effect when the campaign is qualified next, and holds until the
    lead's facts change.
    """
    decided: list[dict[str, Any]] = []
    for one in dict.fromkeys(leads.find(cursor, campaign.id, text) for text in who):
        lead = reviews.current(cursor, one)
        obstacle = _obstacle(lead, decision, campaign)
        if obstacle:
            raise AicmoError(f"{lead['email'] or lead['identity']} {obstacle}; nothing was recorded")
        reviews.append(cursor, one, decision, reason, reviewer)
        decided.append(lead)
    return decided


def _obstacle(lead: dict[str, Any], decision: Decision, campaign: Campaign) -> str | None:
    """Why the decision would be void, or None."""
    if lead["verdict"] is None:
        return f"has no verdict yet; run the campaign first: aicmo run {campaign.key}"
    if lead["decision"] == decision:
        return f"was {'approved' if decision == 'approve' else 'rejected'} already, by {lead['reviewer']}"
    if decision == "reject":
        if lead["verdict"] == "rejected" and lead["decision"] is None:
            return f"is rejected already: it {describe(lead['reason'], campaign.config)}"
        return None
    if lead["verdict"] == "qualified" and lead["decision"] is None:
        return "is qualified already; there is nothing to approve"
    forbidding = [code for code in lead["failed"] if code in NOT_APPROVABLE]
    if forbidding:
        return f"cannot be approved, because it {describe(forbidding[0], campaign.config)}"
    return None
