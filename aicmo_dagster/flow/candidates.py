"""The leads that vendors may be asked about, out of the tables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

import pandas as pd

from aicmo_dagster.store import database, enrichments
from aicmo_dagster.store.bulk import frames


def loaded(leads: Sequence[int]) -> pd.DataFrame:
    """The leads of these numbers as they are now (`enrichments.LEAD_DTYPES`), without merged ones."""
    with database.connect() as connection:
        return loaded_by(connection, leads)


def loaded_by(connection: database.Connection, leads: Sequence[int]) -> pd.DataFrame:
    """As `loaded`, in the transaction of the connection."""
    found = list(
        frames(connection, enrichments.BY_ID, {"ids": list(leads)}, enrichments.LEAD_DTYPES, len(leads) + 1)
    )
    if found:
        return found[0]
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in enrichments.LEAD_DTYPES.items()})


def scanned(
    statement: str, parameters: Mapping[str, object], dtypes: Mapping[str, str], chunk_rows: int
) -> Iterator[pd.DataFrame]:
    """Rows of a SELECT in chunks, over a connection of its own."""
    with (
        database.connect() as reader,
        closing(frames(reader, statement, parameters, dtypes, chunk_rows)) as read,
    ):
        yield from read
