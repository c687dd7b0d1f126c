"""Pairs of leads that may be one person: what was found, and what people decided."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.store.bulk import Merge, Written, incoming_table, probing
from aicmo_dagster.store.database import rows

_PAIRS = Merge(
    table="lead_matches",
    key=["lead_id", "other_id"],
    columns={
        "campaign_id": "%(campaign)s",
        "lead_id": "i.lead_id",
        "other_id": "i.other_id",
        "probability": "i.probability",
        "weights": "i.weights::jsonb",
        "state": "i.state",
        "survivor_id": "i.survivor_id",
        "run_id": "%(run)s",
    },
    updates={
        "probability": "i.probability",
        "weights": "i.weights::jsonb",
        "state": "i.state",
        "survivor_id": "i.survivor_id",
    },
    compared=["probability", "weights", "state", "survivor_id"],
    also=", run_id = %(run)s",
)


def keep(
    cursor: Cursor[TupleRow], campaign_id: int, pairs: pd.DataFrame, stamps: dict[str, object]
) -> Written:
    """Keep pairs: `lead_id`, `other_id`, `probability`, `weights`, `state`, `survivor_id` (Int64)."""
    return _PAIRS.write(cursor, pairs, {**stamps, "campaign": campaign_id})


def states(cursor: Cursor[TupleRow], pairs: pd.DataFrame) -> pd.DataFrame:
    """What is known of `pairs` already: `lead_id`, `other_id`, `state`, of those that are."""
    if pairs.empty:
        return pd.DataFrame({"lead_id": [], "other_id": [], "state": []})
    incoming_table(cursor, "incoming_pairs", pairs[["lead_id", "other_id"]])
    with probing(cursor):
        cursor.execute(
            "SELECT m.lead_id, m.other_id, m.state FROM incoming_pairs i "
            "JOIN lead_matches m ON m.lead_id = i.lead_id AND m.other_id = i.other_id"
        )
        return pd.DataFrame(cursor.fetchall(), columns=["lead_id", "other_id", "state"])


def merged(cursor: Cursor[TupleRow], lead_ids: list[int]) -> pd.DataFrame:
    """`lead_id` and `other_id` of pairs with one of these leads that were merged."""
    cursor.execute(
        "SELECT lead_id, other_id FROM lead_matches WHERE state = 'merged' "
        "AND (lead_id = ANY(%(ids)s::bigint[]) OR other_id = ANY(%(ids)s::bigint[]))",
        {"ids": lead_ids},
    )
    return pd.DataFrame(cursor.fetchall(), columns=["lead_id", "other_id"], dtype="int64")


def apart(cursor: Cursor[TupleRow], campaign_id: int) -> pd.DataFrame:
    """`lead_id` and `other_id` of survivors that a person said, of them or of leads merged into them, are two."""
    cursor.execute(
        "SELECT coalesce(a.merged_into, a.id), coalesce(b.merged_into, b.id) FROM lead_matches m "
        "JOIN leads a ON a.id = m.lead_id JOIN leads b ON b.id = m.other_id "
        "WHERE m.campaign_id = %s AND m.state = 'apart'",
        [campaign_id],
    )
    return pd.DataFrame(cursor.fetchall(), columns=["lead_id", "other_id"], dtype="int64")


def forget_reviews(cursor: Cursor[TupleRow], lead_ids: list[int], still: pd.DataFrame) -> int:
    """Ask no more about pairs of these leads that are not among `still`: their facts changed."""
    incoming_table(cursor, "incoming_pairs", still[["lead_id", "other_id"]])
    cursor.execute(
        "DELETE FROM lead_matches m WHERE state = 'review' "
        "AND (lead_id = ANY(%(ids)s::bigint[]) OR other_id = ANY(%(ids)s::bigint[])) "
        "AND NOT EXISTS (SELECT FROM incoming_pairs i WHERE i.lead_id = m.lead_id AND i.other_id = m.other_id)",
        {"ids": lead_ids},
    )
    return cursor.rowcount


def settle(cursor: Cursor[TupleRow], lead_ids: list[int]) -> int:
    """Answer the questions about the merged leads `lead_ids` that their merge has answered."""
    cursor.execute(
        "UPDATE lead_matches m SET state = 'merged', survivor_id = coalesce(a.merged_into, a.id) "
        "FROM leads a, leads b WHERE m.state = 'review' AND a.id = m.lead_id AND b.id = m.other_id "
        "AND coalesce(a.merged_into, a.id) = coalesce(b.merged_into, b.id) "
        "AND (m.lead_id = ANY(%(ids)s::bigint[]) OR m.other_id = ANY(%(ids)s::bigint[]))",
        {"ids": lead_ids},
    )
    return cursor.rowcount


def decided(
    cursor: Cursor[TupleRow],
    number: int,
    state: str,
    survivor: int | None,
    actor: str,
    now: datetime,
    run_id: UUID,
) -> None:
    """Keep what a person said of a pair."""
    cursor.execute(
        "UPDATE lead_matches SET state = %s, survivor_id = %s, decided_by = %s, decided_at = %s, run_id = %s "
        "WHERE id = %s",
        [state, survivor, actor, now, run_id, number],
    )


def decided_with(cursor: Cursor[TupleRow], number: int, survivors: list[int]) -> list[int]:
    """The numbers of this pair and of those that were kept apart together with it, between these survivors."""
    cursor.execute(
        "SELECT m.id FROM lead_matches m JOIN lead_matches one ON one.id = %(number)s "
        "AND one.campaign_id = m.campaign_id AND one.decided_at = m.decided_at "
        "JOIN leads a ON a.id = m.lead_id JOIN leads b ON b.id = m.other_id WHERE m.state = 'apart' "
        "AND coalesce(a.merged_into, a.id) = ANY(%(survivors)s::bigint[]) "
        "AND coalesce(b.merged_into, b.id) = ANY(%(survivors)s::bigint[]) ORDER BY m.id",
        {"number": number, "survivors": survivors},
    )
    return [int(one) for (one,) in cursor.fetchall()]


_LISTED = """
SELECT m.id, m.state, m.probability, m.weights, m.survivor_id, m.decided_by, m.decided_at, m.created_at,
    to_jsonb(a) AS lead, to_jsonb(b) AS other
FROM lead_matches m JOIN leads a ON a.id = m.lead_id JOIN leads b ON b.id = m.other_id
WHERE m.campaign_id = %(campaign)s
"""


def listing(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    state: str | None = None,
    limit: int = 50,
    after: tuple[float, int] | None = None,
) -> list[dict[str, Any]]:
    """Pairs with both leads (`lead`, `other`: rows of `leads`), the most probable first.

    `after` is the probability and the number of the last one seen.
    """
    probability, number = after or (None, None)
    return rows(
        cursor,
        _LISTED + "AND (%(state)s::text IS NULL OR m.state = %(state)s) "
        "AND (%(probability)s::float8 IS NULL OR (-m.probability, m.id) > (-%(probability)s::float8, %(number)s)) "
        "ORDER BY m.probability DESC, m.id LIMIT %(limit)s",
        {
            "campaign": campaign_id,
            "state": state,
            "limit": limit,
            "probability": probability,
            "number": number,
        },
    )


def get(cursor: Cursor[TupleRow], campaign_id: int, number: int) -> dict[str, Any]:
    """One pair as `listing` has it. Raises LeadNotFoundError."""
    found = rows(cursor, _LISTED + "AND m.id = %(id)s", {"campaign": campaign_id, "id": number})
    if not found:
        raise LeadNotFoundError(f"there is no pair {number} in this campaign; see: aicmo matches list KEY")
    return found[0]
