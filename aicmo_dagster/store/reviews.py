"""What reviewers decided on leads: an append-only list, where the latest on the present facts counts."""

from typing import Any, Literal

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

Decision = Literal["approve", "reject"]

_CURRENT = """
SELECT l.id, l.identity, l.email, l.first_name, l.last_name, l.title, l.company, l.revision,
    k.score, k.tier, v.verdict, v.reason, v.failed, r.decision, r.reason AS decision_reason, r.reviewer
FROM leads l LEFT JOIN lead_scores k ON k.lead_id = l.id LEFT JOIN lead_verdicts v ON v.lead_id = l.id
LEFT JOIN LATERAL (
    SELECT decision, reason, reviewer, lead_revision FROM reviews WHERE lead_id = l.id ORDER BY id DESC LIMIT 1
) r ON r.lead_revision = l.revision
"""


def waiting(cursor: Cursor[TupleRow], campaign_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Leads in manual review, best score first, with the decision that waits for the next run, if any."""
    return rows(
        cursor,
        _CURRENT + "WHERE l.campaign_id = %s AND v.verdict = 'manual_review' "
        "ORDER BY k.score DESC NULLS LAST, l.id LIMIT %s",
        [campaign_id, limit],
    )


def current(cursor: Cursor[TupleRow], lead_id: int) -> dict[str, Any]:
    """A lead with its verdict and the decision that counts now; the row of the lead is locked."""
    (row,) = rows(cursor, _CURRENT + "WHERE l.id = %s FOR UPDATE OF l", [lead_id])
    return row


def append(
    cursor: Cursor[TupleRow], lead_id: int, decision: Decision, reason: str | None, reviewer: str
) -> None:
    """Record a decision on the facts that the lead has now."""
    cursor.execute(
        "INSERT INTO reviews (lead_id, lead_revision, decision, reason, reviewer) "
        "SELECT id, revision, %s, %s, %s FROM leads WHERE id = %s",
        [decision, reason, reviewer, lead_id],
    )
    record(cursor, reviewer, f"review.{decision}", str(lead_id), None, {"reason": reason})
