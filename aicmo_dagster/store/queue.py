"""Leads added by hand or pushed to the inbox, waiting to be harvested; each is taken once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.errors import DeliveryError

QueueSource = Literal["manual", "api"]
_BATCH = 10_000


def add(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    records: Sequence[Mapping[str, str]],
    added_by: str,
    source: QueueSource = "manual",
    deliveries: Sequence[str] | None = None,
) -> int:
    """Queue leads, given as `lead.SOURCE_FIELDS` in text; returns how many were not queued before.

    `deliveries` names each of them: what has been queued under its name is not queued again. Raises
    DeliveryError where something else has been queued under it; the caller's transaction is to be given up.
    """
    if not records:
        return 0
    incoming = {
        "campaign": campaign_id,
        "source": source,
        "by": added_by,
        "records": [Jsonb(dict(record)) for record in records],
        "deliveries": [None] * len(records) if deliveries is None else list(deliveries),
    }
    cursor.execute(
        "INSERT INTO queued_leads (campaign_id, source, record, added_by, delivery) "
        "SELECT %(campaign)s, %(source)s, record, %(by)s, delivery "
        "FROM unnest(%(records)s::jsonb[], %(deliveries)s::text[]) WITH ORDINALITY AS n(record, delivery, place) "
        "ORDER BY place ON CONFLICT (campaign_id, source, delivery) DO NOTHING",
        incoming,
    )
    new = cursor.rowcount
    if new < len(records):
        cursor.execute(
            "SELECT count(*) FROM unnest(%(records)s::jsonb[], %(deliveries)s::text[]) AS n(record, delivery) "
            "JOIN queued_leads q ON q.campaign_id = %(campaign)s AND q.source = %(source)s "
            "AND q.delivery = n.delivery AND q.record = n.record",
            incoming,
        )
        (same,) = cursor.fetchone() or (0,)
        if same < len(records):
            raise DeliveryError(
                "other leads were delivered under this key before; give each delivery its own"
            )
    return new


def take(
    cursor: Cursor[TupleRow], campaign_id: int, run_id: UUID, limit: int, source: QueueSource = "manual"
) -> Iterator[list[tuple[int, dict[str, str]]]]:
    """Batches of (number, record) of one source, oldest first, at most `limit` in all.

    They are marked as taken in the caller's transaction: with it they are harvested, or wait on.
    """
    while limit > 0:
        cursor.execute(
            "UPDATE queued_leads SET taken_run_id = %(run)s WHERE id IN ("
            "  SELECT id FROM queued_leads WHERE campaign_id = %(campaign)s AND source = %(source)s"
            "  AND taken_run_id IS NULL"
            "  ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING id, record",
            {"run": run_id, "campaign": campaign_id, "source": source, "limit": min(limit, _BATCH)},
        )
        batch = sorted(cursor.fetchall())
        if not batch:
            return
        limit -= len(batch)
        yield [(int(number), record) for number, record in batch]
