"""Taking back that two leads are one person."""

import json
from datetime import datetime
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.campaign.config import Matching
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.store import audit
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.merges import STAGES, follow, persons
from aicmo_dagster.store.replay import Merging, give_back, log


def undo(
    cursor: Cursor[TupleRow], campaign_id: int, lead_id: int, run_id: UUID, now: datetime, actor: str
) -> int:
    """Take a merged lead out of its survivor again; returns the survivor.

    The lead is as it was, with its place in the stages and its open sends; the survivor has no fact of it any
    more, unless somebody else said the same since. The two are never merged again by themselves. The caller
    holds the campaign's lock. Raises AicmoError when the lead is not merged.
    """
    survivor = persons(cursor, [lead_id]).get(lead_id)
    if survivor is None:
        raise AicmoError(f"lead {lead_id} is not merged; there is nothing to undo")
    cursor.execute("SELECT config -> 'matching' FROM campaigns WHERE id = %s", [campaign_id])
    (matching,) = cursor.fetchone() or ({},)
    merging = Merging(campaign_id, run_id, now, Matching.model_validate_json(json.dumps(matching)))
    touched = give_back(cursor, survivor, [lead_id], merging)
    _come_back(cursor, lead_id, survivor, merging)
    cursor.execute(
        "SELECT l.id FROM leads l WHERE merged_into = %s ORDER BY (SELECT max(h.id) FROM lead_changes h "
        "WHERE h.lead_id = l.id AND h.after ? 'merged_into') NULLS FIRST, l.id",
        [survivor],
    )
    others = [int(one) for (one,) in cursor.fetchall()]
    follow(cursor, others, merging, touched)
    _keep_apart(cursor, lead_id, [survivor, *others], merging, actor)
    audit.record(
        cursor, actor, "lead.unmerge", str(lead_id), {"merged_into": survivor}, {"merged_into": None}
    )
    return survivor


def _come_back(cursor: Cursor[TupleRow], lead_id: int, survivor: int, merging: Merging) -> None:
    """The lead itself, with what the stages said of it when it left."""
    found = rows(
        cursor,
        "SELECT before -> 'stages' AS stages FROM lead_changes WHERE lead_id = %(lead)s AND source = 'merge' "
        "AND before ? 'stages' AND id > coalesce((SELECT max(id) FROM lead_changes WHERE lead_id = %(lead)s "
        "AND source = 'undo' AND before ? 'merged_into'), 0) ORDER BY id DESC LIMIT 1",
        {"lead": lead_id},
    )
    for table, row in found[0]["stages"].items() if found else ():
        assert table in STAGES
        cursor.execute(
            f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s)".encode(),
            [Jsonb(row)],
        )
    cursor.execute(
        "UPDATE sends SET state = CASE WHEN started_at IS NULL AND attempts = 0 THEN 'planned' ELSE 'held' END, "
        "next_try_at = CASE WHEN started_at IS NULL AND attempts = 0 THEN NULL ELSE %(now)s::timestamptz END, "
        "reason = NULL, claimed_by = NULL, lease_until = NULL "
        "WHERE lead_id = %(lead)s AND state = 'skipped' AND reason LIKE 'merged into lead %%'",
        {"lead": lead_id, "now": merging.now},
    )
    cursor.execute("UPDATE leads SET merged_into = NULL WHERE id = %s", [lead_id])
    log(
        cursor,
        lead_id,
        f"from lead {survivor}",
        {"merged_into": survivor},
        {"merged_into": None},
        merging,
    )


def _keep_apart(
    cursor: Cursor[TupleRow], lead_id: int, others: list[int], merging: Merging, actor: str
) -> None:
    """A person says that the lead is none of `others`, the first of which is who it was taken for."""
    decided = {"by": actor, "now": merging.now, "lead": lead_id, "others": others}
    cursor.execute(
        "UPDATE lead_matches SET state = 'apart', survivor_id = NULL, decided_by = %(by)s, decided_at = %(now)s "
        "WHERE state <> 'apart' AND (lead_id = %(lead)s AND other_id = ANY(%(others)s::bigint[]) "
        "OR other_id = %(lead)s AND lead_id = ANY(%(others)s::bigint[]))",
        decided,
    )
    cursor.execute(
        "INSERT INTO lead_matches (campaign_id, lead_id, other_id, probability, weights, state, decided_by, "
        "decided_at, run_id) VALUES (%(campaign)s, %(one)s, %(other)s, 0, '{}', 'apart', %(by)s, %(now)s, %(run)s) "
        "ON CONFLICT (lead_id, other_id) DO NOTHING",
        {
            **decided,
            "campaign": merging.campaign_id,
            "run": merging.run_id,
            "one": min(lead_id, others[0]),
            "other": max(lead_id, others[0]),
        },
    )
