"""Imports: what each brought, and taking one back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.store import audit, campaigns, leads, matches, rejected_rows, survivorship
from aicmo_dagster.store.database import rows


@dataclass(frozen=True)
class Undone:
    """What taking an import back did; `kept` are leads that it brought and that have been written to."""

    deleted: int
    kept: int
    restored: int


def listing(
    cursor: Cursor[TupleRow], campaign_id: int, limit: int = 50, before: int | None = None
) -> list[dict[str, Any]]:
    """The imports that changed something, newest first; `before` is the number of the last one seen."""
    return rows(
        cursor,
        """
        SELECT a.id, a.created_at, a.source, a.source_label, a.discovered, a.inserted, a.updated, a.rejected
        FROM source_attempts a WHERE a.campaign_id = %(campaign)s AND a.inserted + a.updated + a.rejected > 0
        AND (%(before)s::bigint IS NULL OR a.id < %(before)s) ORDER BY a.id DESC LIMIT %(limit)s
        """,
        {"campaign": campaign_id, "limit": limit, "before": before},
    )


def undo(
    cursor: Cursor[TupleRow], campaign_id: int, number: int, run_id: UUID, now: datetime, actor: str
) -> Undone:
    """Take the import with that number back: delete the leads that it brought, and undo what it changed in others.

    Leads that a mail has been sent to stay: the ledger must know them, or they would be written to again. A fact
    is restored where it still is what the import made of it. Raises LeadNotFoundError for an unknown number.
    """
    campaigns.lock(cursor, campaign_id)
    found = rows(
        cursor,
        "SELECT run_id, source, source_label FROM source_attempts WHERE id = %s AND campaign_id = %s",
        [number, campaign_id],
    )
    if not found:
        raise LeadNotFoundError(f"no import {number} in this campaign; see: aicmo leads imports KEY")
    label = f"import {number}"
    chosen = {
        "campaign": campaign_id,
        **found[0],
        "import_run": found[0]["run_id"],
        "run": run_id,
        "now": now,
    }
    mine = (
        "l.campaign_id = %(campaign)s AND l.first_run_id = %(import_run)s AND l.source = %(source)s "
        "AND l.source_label = %(source_label)s"
    )
    # Nobody sends one of these mails from here on; what is being sent has begun before the next look.
    cursor.execute(
        f"SELECT FROM sends s JOIN leads l ON l.id = s.lead_id WHERE {mine} FOR UPDATE OF s".encode(), chosen
    )
    cursor.execute(
        f"SELECT id FROM leads l WHERE {mine} AND merged_into IS NOT NULL AND NOT {leads.WRITTEN_TO}".encode(),
        chosen,
    )
    for (loser,) in cursor.fetchall():
        matches.undo(cursor, campaign_id, loser, run_id, now, actor)
    going = f"FROM leads l WHERE {mine} AND NOT {leads.WRITTEN_TO}"
    former = f"DELETE FROM leads o WHERE o.merged_into IN (SELECT id {going}) AND {leads.IS_FORMER}"
    cursor.execute(former.encode(), chosen)
    cursor.execute(f"DELETE {going}".encode(), chosen)
    deleted = cursor.rowcount
    cursor.execute(f"SELECT count(*) FROM leads l WHERE {mine}".encode(), chosen)
    (kept,) = cursor.fetchone() or (0,)
    cursor.execute(
        survivorship.revert_statement(
            "h.campaign_id = %(campaign)s AND h.run_id = %(import_run)s AND h.source = %(source)s "
            "AND h.source_label = %(source_label)s"
        ).encode(),
        {**chosen, "label": label},
    )
    undone = Undone(deleted, kept, cursor.rowcount)
    cursor.execute(
        "DELETE FROM rejected_rows WHERE campaign_id = %(campaign)s AND run_id = %(import_run)s "
        "AND source = %(source)s AND source_label = %(source_label)s",
        chosen,
    )
    rejected_rows.reopen(cursor, campaign_id, found[0]["run_id"])
    audit.record(cursor, actor, "import.undo", f"campaign {campaign_id}, {label}", None, undone.__dict__)
    return undone
