"""How leads ended, as people recorded it: events of the kinds `campaign.scoring.OUTCOMES`."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
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
    cursor: Cursor[TupleRow],
    outcomes: Sequence[tuple[int, Outcome, datetime]],
    actor: str,
    source: str,
    values: Sequence[Decimal | None] | None = None,
) -> int:
    """Record outcomes of leads, each with who said it; returns how many were new, or are worth something else now.

    The same outcome of a lead at the same time is one. `source` is where it came from: a file, or a command; `values`
    are what they are worth.
    """
    cursor.execute(
        """
        WITH recorded AS (
            INSERT INTO engagement_events AS e (lead_id, kind, happened_at, value)
            SELECT DISTINCT ON (1, 2, 3) lead, kind, at, value FROM unnest(%(leads)s::bigint[], %(kinds)s::text[],
                %(times)s::timestamptz[], %(values)s::numeric[]) n (lead, kind, at, value)
            ORDER BY 1, 2, 3, value DESC NULLS LAST
            ON CONFLICT (lead_id, kind, happened_at) DO UPDATE SET value = excluded.value
            WHERE excluded.value <> coalesce(e.value, -1) RETURNING lead_id, kind, happened_at, value
        )
        INSERT INTO audit_log (actor, action, subject, before, after)
        SELECT %(actor)s, 'outcome.record', lead_id::text, NULL,
            jsonb_strip_nulls(jsonb_build_object(
                'outcome', kind, 'at', happened_at, 'source', %(source)s::text, 'value', value))
        FROM recorded
        """,
        {
            "leads": [lead for lead, _, _ in outcomes],
            "kinds": [outcome for _, outcome, _ in outcomes],
            "times": [at for _, _, at in outcomes],
            "values": [None] * len(outcomes) if values is None else list(values),
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
            RETURNING e.lead_id, e.kind, e.happened_at, e.value
        )
        INSERT INTO audit_log (actor, action, subject, before, after)
        SELECT %(actor)s, 'outcome.withdraw', lead_id::text,
            jsonb_strip_nulls(jsonb_build_object('outcome', kind, 'at', happened_at, 'value', value)), NULL
        FROM withdrawn
        """,
        {"lead": lead_id, "outcome": outcome, "actor": actor},
    )
    withdrawn = cursor.rowcount
    search_table.refresh(cursor, [lead_id])
    return withdrawn


def listing(
    cursor: Cursor[TupleRow], campaign_id: int, limit: int = 50, after: tuple[datetime, int] | None = None
) -> list[dict[str, Any]]:
    """The newest outcomes: id, lead_id, address, outcome, happened_at, value, recorded_at, recorded_by.

    `recorded_by` is None where the program recorded it. `after` is `happened_at` and the id of the last one seen.
    """
    at, number = after or (None, None)
    return rows(
        cursor,
        """
        SELECT e.id, l.id AS lead_id, coalesce(l.email, l.identity) AS address, e.kind AS outcome, e.happened_at,
            e.value::float8, e.created_at AS recorded_at, a.actor AS recorded_by
        FROM engagement_events e JOIN leads l ON l.id = e.lead_id LEFT JOIN (
            SELECT DISTINCT ON (subject, after->>'outcome', (after->>'at')::timestamptz)
                subject, after->>'outcome' AS kind, (after->>'at')::timestamptz AS happened_at, actor
            FROM audit_log WHERE action = 'outcome.record'
            ORDER BY subject, after->>'outcome', (after->>'at')::timestamptz, id DESC
        ) a ON a.subject = e.lead_id::text AND a.kind = e.kind AND a.happened_at = e.happened_at
        WHERE l.campaign_id = %(campaign)s AND e.kind = ANY(%(kinds)s)
        AND (%(at)s::timestamptz IS NULL OR (e.happened_at, e.id) < (%(at)s, %(number)s::bigint))
        ORDER BY e.happened_at DESC, e.id DESC LIMIT %(limit)s
        """,
        {"campaign": campaign_id, "kinds": list(OUTCOMES), "limit": limit, "at": at, "number": number},
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


def values(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, float]:
    """Outcome -> what the campaign's leads with it are worth together, of those that are worth something."""
    cursor.execute(
        "SELECT e.kind, sum(e.value)::float8 FROM engagement_events e JOIN leads l ON l.id = e.lead_id "
        "WHERE l.campaign_id = %s AND e.value IS NOT NULL GROUP BY e.kind",
        [campaign_id],
    )
    by_kind = {str(kind): value for kind, value in cursor.fetchall()}
    return {kind: by_kind[kind] for kind in OUTCOMES if kind in by_kind}
