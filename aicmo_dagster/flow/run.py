"""What every stage of a run needs to know, and how a stage's rows get from the tables to the tables."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store import campaigns, database, migrate
from aicmo_dagster.store.bulk import CHUNK_ROWS, Merge, Written, frames, prefetched
from aicmo_dagster.store.campaigns import Campaign

Progress = Callable[[int], None]
"""Called with the number of leads that a chunk brought."""

MANY_ROWS = 20_000
"""New rows of a table that change how it is best read."""


def silent(_: int) -> None:
    """Progress that nobody follows."""


@dataclass(frozen=True)
class Run:
    """One run of one campaign."""

    campaign: Campaign
    run_id: UUID
    now: datetime
    progress: Progress = silent
    chunk_rows: int = CHUNK_ROWS

    def stamps(self) -> dict[str, object]:
        """Parameters that every merge takes."""
        return {"run": self.run_id, "now": self.now, "campaign_version": self.campaign.version}


@dataclass(frozen=True)
class Streamed:
    """How many leads went through a stage and what of it was written."""

    leads: int = 0
    written: Written = field(default_factory=Written)


def utc_now() -> datetime:
    """The present moment, aware."""
    return datetime.now(UTC)


def start(key: str, run_id: UUID, progress: Progress = silent) -> Run:
    """A run of the campaign with that key. Raises where there is none or its state forbids it."""
    migrate.ensure_current()
    with database.transaction() as cursor:
        return Run(campaigns.runnable(cursor, key), run_id, utc_now(), progress)


@contextmanager
def writing(run: Run) -> Iterator[Cursor[TupleRow]]:
    """The one transaction in which a stage writes, after other runs of the campaign have finished theirs.

    On a connection of its own: the buffers can be set only before a session's first temporary table.
    """
    with database.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET LOCAL temp_buffers = '64MB'")
        campaigns.lock(cursor, run.campaign.id)
        yield cursor


@contextmanager
def _reader() -> Iterator[database.Connection]:
    """A connection that reads a stage's leads in the order of an index.

    So the first come at once, without a sort of them all; and a second worker of the server's would take the
    processor from whoever works on them.
    """
    with database.connect() as connection:
        connection.execute("SET enable_bitmapscan = off; SET max_parallel_workers_per_gather = 0")
        yield connection


def stream(
    run: Run,
    cursor: Cursor[TupleRow],
    select: str,
    dtypes: Mapping[str, str],
    decide: Callable[[pd.DataFrame], pd.DataFrame],
    merge: Merge,
    parameters: Mapping[str, object],
    selecting: Mapping[str, object] | None = None,
) -> Streamed:
    """Read the campaign's rows, decide on them and merge the decisions, chunk by chunk.

    `select` takes the parameter %(campaign)s and those of `selecting`. Reading and deciding run
    in threads of their own, on a connection of their own, a few chunks ahead of the merge.
    """
    leads = 0
    written = Written()
    chosen = {"campaign": run.campaign.id, **(selecting or {})}
    # The COPY has to be closed before its connection, also when deciding or merging failed halfway.
    with (
        _reader() as reader,
        closing(frames(reader, select, chosen, dtypes, run.chunk_rows)) as read,
        closing(prefetched(read)) as ahead,
    ):
        for chunk in prefetched((len(frame), decide(frame)) for frame in ahead):
            count, decided = chunk
            written += merge.write(cursor, decided, {**run.stamps(), **parameters})
            leads += count
            run.progress(count)
    if written.inserted >= MANY_ROWS:
        # Autovacuum comes when the next stage has long chosen its plan.
        cursor.execute(f"ANALYZE {merge.table}".encode())
    return Streamed(leads, written)
