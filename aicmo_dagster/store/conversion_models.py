"""The predictive models of a campaign: what was learnt, from which leads, how good it is, and whether it is used.

The one in use is the newest that has learnt something and has no `problem`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.store.database import rows

_COLUMNS = "number, trained_at, algorithm, leads, conversions, metrics, content, problem"

TRIALS = """
WITH ended AS (
    SELECT coalesce(l.merged_into, l.id) AS lead_id, min(e.happened_at) AS earliest,
        min(e.happened_at) FILTER (WHERE e.kind = ANY(%(positive)s)) AS won, bool_or(e.kind = 'lost') AS lost
    FROM engagement_events e JOIN leads l ON l.id = e.lead_id
    WHERE l.campaign_id = %(campaign)s AND e.kind = ANY(%(outcomes)s) GROUP BY 1
), mailed AS (
    SELECT lead_id, min(started_at) AS first_at FROM sends
    WHERE campaign_id = %(campaign)s AND started_at IS NOT NULL GROUP BY lead_id
), tried AS (
    SELECT l.id AS lead_id, e.earliest, e.won, e.lost, coalesce(
        m.first_at, CASE WHEN k.scored_at < e.earliest THEN k.scored_at END, l.harvested_at
    ) AS as_of
    FROM leads l LEFT JOIN mailed m ON m.lead_id = l.id LEFT JOIN ended e ON e.lead_id = l.id
    LEFT JOIN lead_scores k ON k.lead_id = l.id
    WHERE l.campaign_id = %(campaign)s AND l.merged_into IS NULL
        AND (m.lead_id IS NOT NULL OR e.lead_id IS NOT NULL)
)
SELECT lead_id, as_of, CASE WHEN earliest > as_of OR earliest IS NULL
    THEN coalesce(won <= as_of + %(horizon)s, false) END AS converted
FROM tried
WHERE earliest IS NOT NULL AND (earliest <= as_of OR lost OR won <= as_of + %(horizon)s)
    OR as_of + %(horizon)s <= %(now)s
ORDER BY as_of DESC, lead_id DESC LIMIT %(most)s
"""
"""Leads whose outcome is known: when they were first written to (else first scored, else brought), and whether
a positive outcome came within the horizon. `converted` is NULL where the outcome was there before that: what is
known of such a lead may be known because of it.

Takes %(campaign)s, %(outcomes)s, %(positive)s (kinds of events), %(horizon)s (interval), %(now)s and %(most)s.
"""
TRIAL_COLUMNS = {"lead_id": "int64", "as_of": "datetime64[us, UTC]", "converted": "boolean"}


@dataclass(frozen=True)
class StoredModel:
    """A row of `conversion_models`; `content` is None where there was too little to learn from."""

    number: int
    trained_at: datetime
    algorithm: str | None
    leads: int
    conversions: int
    metrics: dict[str, Any]
    content: dict[str, Any] | None
    problem: str | None


def in_use(cursor: Cursor[TupleRow], campaign_id: int) -> StoredModel | None:
    """The model that the campaign uses, if any."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} FROM conversion_models WHERE campaign_id = %s AND content IS NOT NULL "
        "AND problem IS NULL ORDER BY number DESC LIMIT 1",
        [campaign_id],
    )
    return StoredModel(**found[0]) if found else None


def listing(
    cursor: Cursor[TupleRow], campaign_id: int, limit: int = 20, before: int | None = None
) -> list[StoredModel]:
    """The campaign's models, the newest first; `before` is the number of the last one seen."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} FROM conversion_models WHERE campaign_id = %(campaign)s "
        "AND (%(before)s::bigint IS NULL OR number < %(before)s) ORDER BY number DESC LIMIT %(limit)s",
        {"campaign": campaign_id, "before": before, "limit": limit},
    )
    return [StoredModel(**one) for one in found]


def numbered(cursor: Cursor[TupleRow], campaign_id: int, number: int) -> StoredModel | None:
    """The model with that number, whether it is in use or not."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} FROM conversion_models WHERE campaign_id = %s AND number = %s",
        [campaign_id, number],
    )
    return StoredModel(**found[0]) if found else None


def append(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    campaign_version: int,
    run_id: UUID,
    model: StoredModel,
) -> None:
    """Keep a model, whatever became of it, by the number it has (see `next_number`)."""
    cursor.execute(
        "INSERT INTO conversion_models (campaign_id, number, trained_at, algorithm, leads, conversions, metrics, "
        "content, problem, campaign_version, run_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            campaign_id,
            model.number,
            model.trained_at,
            model.algorithm,
            model.leads,
            model.conversions,
            Jsonb(model.metrics),
            None if model.content is None else Jsonb(model.content),
            model.problem,
            campaign_version,
            run_id,
        ],
    )


def next_number(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """The number of the campaign's next model; for the holder of the campaign's lock."""
    cursor.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM conversion_models WHERE campaign_id = %s", [campaign_id]
    )
    (number,) = cursor.fetchone() or (1,)
    return int(number)


def put_out_of_use(cursor: Cursor[TupleRow], campaign_id: int, number: int, problem: str) -> None:
    """Say why a model is not used any more."""
    cursor.execute(
        "UPDATE conversion_models SET problem = %s WHERE campaign_id = %s AND number = %s",
        [problem, campaign_id, number],
    )
