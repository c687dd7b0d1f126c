"""`raw_leads`: the campaign's sources, asked in their order, into the table `leads`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CsvSource
from aicmo_dagster.campaign.config import Source as SourceConfig
from aicmo_dagster.flow.run import Run, writing
from aicmo_dagster.sources import chain
from aicmo_dagster.sources.csv import CsvFile
from aicmo_dagster.sources.source import Chunk, Source, rejected_frame
from aicmo_dagster.stages.harvest import clean
from aicmo_dagster.store import leads, queue
from aicmo_dagster.store.bulk import prefetched
from aicmo_dagster.store.leads import Origin


def harvest(
    run: Run, sources: Sequence[SourceConfig] | None = None, max_leads: int | None = None
) -> list[chain.Attempt]:
    """Bring at most `max_leads` new leads into the campaign; returns how each source answered.

    Without `sources` and `max_leads` the campaign's own. One transaction: a run that dies leaves nothing, and
    run again it gives the same. Raises NoSourceError when no source can be asked, or all that were failed.
    """
    config = run.campaign.config
    with writing(run) as cursor:
        seen = SeenIdentities()

        def take(source: Source, chunk: Chunk, remaining: int) -> chain.Merged:
            origin = Origin(run.campaign.id, source.name, source.label, run.run_id, run.now)
            first = chunk.records[seen.add(chunk.records["identity"])]
            taken = leads.merge(cursor, first, origin, remaining)
            leads.keep_rejected(cursor, chunk.rejected, origin)
            run.progress(len(chunk.records))
            return chain.Merged(
                inserted=taken.inserted,
                updated=taken.updated,
                unchanged=len(first) - taken.inserted - taken.updated - taken.beyond,
                duplicates=len(chunk.records) - len(first),
                rejected=len(chunk.rejected),
            )

        asked = [_source(one, run, cursor) for one in (config.sources if sources is None else sources)]
        attempts = chain.harvest(asked, config.max_leads if max_leads is None else max_leads, take)
        leads.keep_attempts(cursor, attempts, run.campaign.id, run.run_id)
    return attempts


class SeenIdentities:
    """Which identities a run has met: of several rows with one identity, the first one counts.

    Kept as 128-bit hashes, 16 bytes each, so that ten million take 160 MB; two different identities share
    one with a probability of about 1e-25.
    """

    def __init__(self) -> None:
        self._first = np.empty(0, dtype=np.uint64)
        self._second = np.empty(0, dtype=np.uint64)

    def add(self, identities: pd.Series) -> np.ndarray:
        """A mask of the identities that are met for the first time."""
        first = pd.util.hash_array(identities.to_numpy(dtype=object), hash_key="0123456789123456")
        second = pd.util.hash_array(identities.to_numpy(dtype=object), hash_key="6543219876543210")
        place = np.searchsorted(self._first, first)
        inside = np.minimum(place, max(len(self._first) - 1, 0))
        known = np.zeros(len(first), dtype=bool)
        if len(self._first):
            known = (self._first[inside] == first) & (self._second[inside] == second)
        fresh = ~(known | identities.duplicated().to_numpy())
        self._first = np.concatenate([self._first, first[fresh]])
        self._second = np.concatenate([self._second, second[fresh]])
        order = np.argsort(self._first, kind="stable")
        self._first, self._second = self._first[order], self._second[order]
        return fresh


@dataclass
class _Cleaned:
    """A source whose chunks come typed, prepared while the one before is being written."""

    source: Source

    def __post_init__(self) -> None:
        self.name, self.label = self.source.name, self.source.label

    def is_configured(self) -> bool:
        return self.source.is_configured()

    def fetch(self, limit: int) -> Iterator[Chunk]:
        return prefetched(map(_typed, self.source.fetch(limit)))


def _typed(chunk: Chunk) -> Chunk:
    cleaned = clean(chunk.records)
    rejected = pd.concat([chunk.rejected, cleaned.rejected], ignore_index=True)
    return Chunk(cleaned.leads, rejected, chunk.credits)


class _ManualQueue:
    """Leads added by hand; on the run's own transaction, so they are taken if and only if it commits."""

    name = "manual"
    label = "queue"

    def __init__(self, cursor: Cursor[TupleRow], run: Run) -> None:
        self._cursor = cursor
        self._run = run

    def is_configured(self) -> bool:
        return True

    def fetch(self, limit: int) -> Iterator[Chunk]:
        for batch in queue.take(self._cursor, self._run.campaign.id, self._run.run_id, limit):
            records = pd.DataFrame([record for _, record in batch], dtype="str")
            records.insert(0, "line", np.array([number for number, _ in batch], dtype="int64"))
            yield _typed(Chunk(records, rejected_frame([])))


def _source(config: SourceConfig, run: Run, cursor: Cursor[TupleRow]) -> Source:
    if isinstance(config, CsvSource):
        path = run.campaign.base_folder / config.path
        return _Cleaned(
            CsvFile(path, config.delimiter, config.encoding, config.columns, chunk_rows=run.chunk_rows)
        )
    return _ManualQueue(cursor, run)
