"""What brings the leads of each source that a campaign lists."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign import config
from aicmo_dagster.flow.run import Run
from aicmo_dagster.sources.files import open_files
from aicmo_dagster.sources.source import Chunk, Source, rejected_frame
from aicmo_dagster.stages import scoring
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import queue
from aicmo_dagster.store.bulk import prefetched


@dataclass
class Opened:
    """A source whose chunks come typed; with `ahead`, prepared while the one before is being written.

    Not where reading on costs something or takes something away.
    """

    source: Source
    lawful_basis: config.LawfulBasis
    ahead: bool

    def __post_init__(self) -> None:
        self.name, self.label = self.source.name, self.source.label
        self.notes = self.source.notes

    def is_configured(self) -> bool:
        return self.source.is_configured()

    def fetch(self, limit: int) -> Iterator[Chunk]:
        chunks = map(_typed, self.source.fetch(limit))
        return prefetched(chunks) if self.ahead else chunks


def opened(source: config.Source, run: Run, cursor: Cursor[TupleRow], stack: ExitStack) -> list[Opened]:
    """The sources behind one entry of the campaign: several where a glob finds several files.

    `cursor` is of the run's own transaction; what else has to be kept open is closed with `stack`.
    """
    ahead = isinstance(source, (*config.FILE_SOURCES, config.HttpSource))
    return [Opened(one, source.lawful_basis, ahead) for one in _runtime(source, run, cursor, stack)]


def _runtime(source: config.Source, run: Run, cursor: Cursor[TupleRow], stack: ExitStack) -> list[Source]:
    if isinstance(source, config.FILE_SOURCES):
        return open_files(source, run.campaign.base_folder, run.chunk_rows)
    if isinstance(source, config.ManualSource | config.ApiSource):
        return [_Queue(source, cursor, run)]
    # Imported where it is used: most runs ask nobody over HTTP.
    from aicmo_dagster.store.rate_limits import RateLimits

    limits = stack.enter_context(RateLimits())
    if isinstance(source, config.HttpSource):
        from aicmo_dagster.sources.http import JsonApi

        return [JsonApi(source, limits)]
    from aicmo_dagster.sources.apollo import ApolloPeopleSource
    from aicmo_dagster.store.ledger import Ledger

    ledger = stack.enter_context(
        Ledger(run.campaign, run.run_id, "apollo", "bulk_match", source.budget, source.max_age_days)
    )
    return [ApolloPeopleSource(source, run.campaign.config, limits, ledger, lambda found: _fit(found, run))]


def _fit(records: pd.DataFrame, run: Run) -> "pd.Series[float]":
    """How well people fit the campaign by what their records say, 0-1, in their order."""
    numbered = records.assign(line=np.arange(len(records), dtype="int64"))
    # Who cannot be told from others yet is compared all the same: the search hides addresses and last names.
    numbered["email"] = "candidate" + numbered["line"].astype("str") + "@example.com"
    leads = clean(numbered).leads.rename(columns={"line": "lead_id"})
    fit = scoring.score_alone(leads, run.campaign.config, run.now).set_index("lead_id")["score"]
    return fit.reindex(range(len(records)), fill_value=0.0)


def _typed(chunk: Chunk) -> Chunk:
    cleaned = clean(chunk.records)
    rejected = pd.concat([chunk.rejected, cleaned.rejected], ignore_index=True)
    return replace(chunk, records=cleaned.leads, rejected=rejected)


class _Queue:
    """Leads that wait to be taken; on the run's own transaction, so they are taken if and only if it commits."""

    def __init__(
        self, source: config.ManualSource | config.ApiSource, cursor: Cursor[TupleRow], run: Run
    ) -> None:
        self.name: str = source.type
        self._source = source.type
        self.label = {"manual": "queue", "api": "inbox"}[source.type]
        self.notes: list[str] = []
        self._cursor = cursor
        self._run = run

    def is_configured(self) -> bool:
        return True

    def fetch(self, limit: int) -> Iterator[Chunk]:
        for batch in queue.take(self._cursor, self._run.campaign.id, self._run.run_id, limit, self._source):
            records = pd.DataFrame([record for _, record in batch], dtype="str")
            records.insert(0, "line", np.array([number for number, _ in batch], dtype="int64"))
            yield Chunk(records, rejected_frame([]))
