"""`raw_leads`: the campaign's sources, asked in their order, into the table `leads`."""

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import Source as SourceConfig
from aicmo_dagster.flow.run import MANY_ROWS, Run, writing
from aicmo_dagster.flow.sources import opened
from aicmo_dagster.sources import chain
from aicmo_dagster.sources.source import Chunk, Source
from aicmo_dagster.store import database, leads, rejected_rows
from aicmo_dagster.store.leads import Origin


def harvest(
    run: Run, sources: Sequence[SourceConfig] | None = None, max_leads: int | None = None
) -> list[chain.Attempt]:
    """Bring at most `max_leads` new leads into the campaign; returns how each source answered.

    Without `sources` and `max_leads` the campaign's own. One transaction: a run that dies leaves nothing, and
    run again it gives the same. Raises NoSourceError when no source can be asked, or all that were failed.
    """
    config = run.campaign.config
    configured = config.sources if sources is None else sources
    with ExitStack() as stack, writing(run) as cursor:
        asked = [source for one in configured for source in opened(one, run, cursor, stack)]
        basis = {id(source): source.lawful_basis for source in asked}
        seen = SeenIdentities()

        def take(source: Source, chunk: Chunk, remaining: int) -> chain.Merged:
            origin = Origin(
                run.campaign.id,
                source.name,
                source.label,
                run.run_id,
                run.now,
                basis[id(source)],
                config.matching,
            )
            first = chunk.records[seen.add(chunk.records["identity"])]
            taken = leads.merge(cursor, first, origin, remaining)
            rejected_rows.keep(cursor, chunk.rejected, origin, chunk.header, chunk.mends)
            if chunk.mends and not taken.beyond:
                mended = [chunk.mends[line] for line in chunk.records["line"] if line in chunk.mends]
                rejected_rows.settle(cursor, mended, origin)
            run.progress(len(chunk.records))
            return chain.Merged(
                inserted=taken.inserted,
                updated=taken.updated,
                unchanged=len(first) - taken.inserted - taken.updated - taken.beyond,
                duplicates=len(chunk.records) - len(first),
                rejected=len(chunk.rejected),
            )

        attempts = chain.harvest(asked, config.max_leads if max_leads is None else max_leads, take)
        leads.keep_attempts(cursor, attempts, run.campaign.id, run.run_id)
    if sum(attempt.inserted for attempt in attempts) >= MANY_ROWS:
        # Now rather than when autovacuum comes, in the middle of the stages that read them.
        with database.connect(autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE) leads")
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
