"""Rows of files that could not be imported: kept with line and reason, settled when they come back mended."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.bulk import incoming_table
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.leads import Origin


def keep(
    cursor: Cursor[TupleRow],
    rejected: pd.DataFrame,
    origin: Origin,
    header: Sequence[str] | None = None,
    came_back: Mapping[int, int] | None = None,
) -> int:
    """Keep rejected rows (see `sources.source.Chunk`), once however often the file is read; returns the new ones.

    `header` are the file's columns, `came_back` the rejected row that a line was before. One that came back
    and is rejected anew takes the place of what it was, with its present reason; one that came back as it was
    changes nothing.
    """
    if rejected.empty:
        return 0
    frame = rejected[["line", "field", "reason", "raw"]].copy()
    frame["cells"] = (rejected["cells"] if "cells" in rejected else pd.Series(index=rejected.index)).astype(
        "str"
    )
    frame["rejected_id"] = frame["line"].map(came_back or {}).astype("Int64")
    incoming_table(cursor, "incoming_rejected", frame)
    parameters = {**origin.parameters(), "header": None if header is None else list(header)}
    if came_back:
        cursor.execute(
            "DELETE FROM incoming_rejected i USING rejected_rows o WHERE o.id = i.rejected_id "
            "AND o.campaign_id = %(campaign)s AND (i.raw = '{}' OR (o.reason = i.reason AND o.raw = i.raw))",
            parameters,
        )
    cursor.execute(
        "INSERT INTO rejected_rows "
        "(campaign_id, source, source_label, line, field, reason, raw, run_id, header, cells) "
        "SELECT %(campaign)s, %(source)s, %(label)s, line, field, reason, raw, %(run)s, %(header)s::text[], "
        "cells::jsonb FROM incoming_rejected "
        "ON CONFLICT DO NOTHING",
        parameters,
    )
    new = cursor.rowcount
    if came_back:
        cursor.execute(
            "UPDATE rejected_rows o SET mended_at = %(now)s, mended_run_id = %(run)s FROM incoming_rejected i "
            "WHERE o.id = i.rejected_id AND o.campaign_id = %(campaign)s AND o.mended_at IS NULL",
            parameters,
        )
    return new


def settle(cursor: Cursor[TupleRow], ids: Sequence[int], origin: Origin) -> None:
    """Note that these rejected rows came back and were taken."""
    cursor.execute(
        "UPDATE rejected_rows SET mended_at = %(now)s, mended_run_id = %(run)s "
        "WHERE id = ANY(%(ids)s) AND campaign_id = %(campaign)s AND mended_at IS NULL",
        {**origin.parameters(), "ids": list(ids)},
    )


def reopen(cursor: Cursor[TupleRow], campaign_id: int, run_id: UUID) -> None:
    """Undo what a run settled: the leads that it took are gone again."""
    cursor.execute(
        "UPDATE rejected_rows SET mended_at = NULL, mended_run_id = NULL "
        "WHERE campaign_id = %s AND mended_run_id = %s",
        [campaign_id, run_id],
    )


def listing(
    cursor: Cursor[TupleRow], campaign_id: int, limit: int | None = 50, label: str | None = None
) -> list[dict[str, Any]]:
    """Rows that could not be imported and are not mended, by file and line; with `label` those of that file."""
    return rows(
        cursor,
        "SELECT id, source_label AS file, line, field, reason, raw, created_at, header, cells "
        "FROM rejected_rows WHERE campaign_id = %(campaign)s AND mended_at IS NULL "
        "AND (%(label)s::text IS NULL OR source_label = %(label)s) "
        "ORDER BY source_label, line, id LIMIT %(limit)s",
        {"campaign": campaign_id, "label": label, "limit": limit},
    )
