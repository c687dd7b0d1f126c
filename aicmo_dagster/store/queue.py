"""Leads added by hand, waiting to be harvested; each is taken once."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

_BATCH = 10_000


def add(
    cursor: Cursor[TupleRow], campaign_id: int, records: Sequence[Mapping[str, str]], added_by: str
) -> int:
    """Queue leads, given as `lead.SOURCE_FIELDS` in text; returns how many."""
    cursor.executemany(
        "INSERT INTO queued_leads (campaign_id, record, added_by) VALUES (%s, %s, %s)",
        [[campaign_id, Jsonb(dict(record)), added_by] for record in records],
    )
    return len(records)


def take(
    cursor: Cursor[TupleRow], campaign_id: int, run_id: UUID, limit: int
) -> Iterator[list[tuple[int, dict[str, str]]]]:
    """Batches of (number, record), oldest first, at most `limit` in all.

    They are marked as taken in the caller's transaction: with it they are harvested, or wait on.
    """
    while limit > 0:
        cursor.execute(
            "UPDATE queued_leads SET taken_run_id = %(run)s WHERE id IN ("
            "  SELECT id FROM queued_leads WHERE campaign_id = %(campaign)s AND taken_run_id IS NULL"
            "  ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING id, record",
            {"run": run_id, "campaign": campaign_id, "limit": min(limit, _BATCH)},
        )
        batch = sorted(cursor.fetchall())
        if not batch:
            return
        limit -= len(batch)
        yield [(int(number), record) for number, record in batch]
