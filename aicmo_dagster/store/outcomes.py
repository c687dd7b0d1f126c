"""How leads ended, as people recorded it: events of the kinds `campaign.scoring.OUTCOMES`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.scoring import OUTCOMES, Outcome
from aicmo_dagster.store import search_table
from aicmo_dagster.store.database import rows


def resolve(cursor: Cursor[TupleRow], campaign_id: int, who: Sequence[str]) -> dict[str, int]:
    """Each of `who` (number or address, in any spelling) that is a lead of the campaign -> its id.

    Of a lead that was merged, the one that it was merged into.
    """
    found = rows(
        cursor,
        """
        SELECT DISTINCT ON (w.who) w.who, coalesce(l.merged_into, l.id) AS id
        FROM unnest(%(who)s::text[]) AS w(who) CROSS JOIN LATERAL (
            SELECT id, merged_into, 1 AS place FROM leads
            WHERE campaign_id = %(campaign)s AND identity = lower(w.who)
            UNION ALL SELECT id, merged_into, 2 FROM leads
            WHERE campaign_id = %(campaign)s AND identity = mailbox(lower(w.who))
            UNION ALL SELECT id, merged_into, 3 FROM leads
            WHERE campaign_id = %(campaign)s AND id = CASE WHEN w.who ~ '^[0-9]{1,18}$' THEN w.who::bigint END
        ) l ORDER BY w.who, l.place, l.id
        """,
        {"campaign": campaign_id, "who": list(who)},
    )
    return {one["who"]: one["id"] for one in found}


def append(
    cursor: Cursor[TupleRow], outcomes: Sequence[tuple[int, Outcome, datetime]], actor: str, source: str
) -> int:
    """Record outcomes of leads, each with who said it; returns how many were new.

    The same outcome of a lead at the same time is one. `source` is where it came from: a file, or a command.
    """
    cursor.execute(
        """
        WITH recorded AS (
            INSERT INTO engagement_events (lead_id, kind, happened_at)
            SELECT * FROM unnest(%(leads)s::bigint[], %(kinds)s::text[], %(times)s::timestamptz[])
            ON CONFLICT DO NOTHING RETURNING lead_id, kind, happened_at
        )
        INSERT INTO audit_log (actor, action, subject, before, after)
        SELECT %(actor)s, 'outcome.record', lead_id::text, NULL,
            jsonb_build_object('outcome', kind, 'at', happened_at, 'source', %(source)s::text)
        FROM recorded
        """,
        {
            "leads": [lead for lead, _, _ in outcomes],
            "kinds": [outcome for _, outcome, _ in outcomes],
            "times": [at for _, _, at in outcomes],
            "actor": actor,
            "source": source,
        },
    )
    new = cursor.rowcount
    search_table.refresh(cursor, [lead for lead, _, _ in outcomes])
    return new


def withdraw(cursor: Cursor[TupleRow], lead_id: int, outcome: Outcome, actor: str) -> int:
    """Take back that the lead, or one merged into it, ended so; returns how many records of it there were.

    What was recorded stays in the audit log, with who took it back.
    """
    cursor.execute(
        """
        WITH withdrawn AS (
            DELETE FROM engagement_events e USING leads l
            WHERE l.id = e.lead_id AND coalesce(l.merged_into, l.id) = %(lead)s AND e.kind = %(outcome)s
            RETURNING e.lead_id, e.kind, e.happened_at
        )
        INSERT INTO audit_log (actor, action, subject, before, after)
        SELECT %(actor)s, 'outcome.withdraw', lead_id::text,
            jsonb_build_object('outcome', kind, 'at', happened_at), NULL
        FROM withdrawn
        """,
        {"lead": lead_id, "outcome": outcome, "actor": actor},
    )
    withdrawn = cursor.rowcount
    search_table.refresh(cursor, [lead_id])
    return withdrawn


def listing(cursor: Cursor[TupleRow], campaign_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """The newest outcomes: lead_id, address, outcome, happened_at, recorded_at, recorded_by (NULL = the program)."""
    return rows(
        cursor,
        """
        SELECT l.id AS lead_id, coalesce(l.email, l.identity) AS address, e.kind AS outcome, e.happened_at,
            e.created_at AS recorded_at, a.actor AS recorded_by
        FROM engagement_events e JOIN leads l ON l.id = e.lead_id LEFT JOIN (
            SELECT DISTINCT ON (subject, after->>'outcome', (after->>'at')::timestamptz)
                subject, after->>'outcome' AS kind, (after->>'at')::timestamptz AS happened_at, actor
            FROM audit_log WHERE action = 'outcome.record'
        ) a ON a.subject = e.lead_id::text AND a.kind = e.kind AND a.happened_at = e.happened_at
        WHERE l.campaign_id = %s AND e.kind = ANY(%s) ORDER BY e.happened_at DESC, e.id DESC LIMIT %s
        """,
        [campaign_id, list(OUTCOMES), limit],
    )


def counts(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Outcome -> how many leads of the campaign have it."""
    found = rows(
        cursor,
        "SELECT e.kind, count(DISTINCT coalesce(l.merged_into, l.id)) AS leads FROM engagement_events e "
        "JOIN leads l ON l.id = e.lead_id WHERE l.campaign_id = %s AND e.kind = ANY(%s) GROUP BY e.kind",
        [campaign_id, list(OUTCOMES)],
    )
    by_kind = {one["kind"]: one["leads"] for one in found}
    return {kind: by_kind[kind] for kind in OUTCOMES if kind in by_kind}
