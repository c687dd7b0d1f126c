"""What every source of leads looks like to the rest of the pipeline."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

RAW_LIMIT = 10_000
"""Characters of a rejected row that are kept."""


@dataclass(frozen=True)
class Chunk:
    """Some of a source's leads, in the source's order.

    `records` has the column `line` (int64: the 1-based physical line on which the record starts, or a running
    number where there is no file) and any of `lead.SOURCE_FIELDS` as text (dtype `str`, missing = NA), plus
    `extra`: a JSON object of the non-empty columns that no field stands for, NA where there are none.
    `rejected` has `line`, `field` (may be NA), `reason` (a sentence with the remedy) and `raw` (the row's
    text); where the row could be split all the same, `cells` is a JSON object of its cells by header.
    `header` are the names of the file's columns. `mends` says which row of `rejected_rows` came back on
    which line: id by line. `credits` is what the vendor charged.
    """

    records: pd.DataFrame
    rejected: pd.DataFrame
    credits: float = 0.0
    header: tuple[str, ...] | None = None
    mends: Mapping[int, int] | None = None


class Source(Protocol):
    """Something that can be asked for leads.

    `notes` are sentences for a person about what was read, filled while it is fetched, such as a column that
    looks like a misspelt one.
    """

    name: str
    label: str
    notes: list[str]

    def is_configured(self) -> bool:
        """Whether it has what it needs (a path, a key) to be asked at all."""
        ...

    def fetch(self, limit: int) -> Iterator[Chunk]:
        """Yields leads; `limit`, the number still wanted, is a hint. Raises SourceError when it cannot."""
        ...


def rejected_frame(
    rows: Iterable[tuple[int, str | None, str, str]], cells: Iterable[str | None] | None = None
) -> pd.DataFrame:
    """Returns the frame `Chunk.rejected` of (line, field, reason, raw) tuples, raw cut and free of NUL.

    `cells` are the rows' cells as JSON objects, as many as there are rows.
    """
    columns = list(
        zip(*((line, field, reason, storable(raw)) for line, field, reason, raw in rows), strict=True)
    )
    lines, fields, reasons, raws = columns or ((), (), (), ())
    return pd.DataFrame(
        {
            "line": pd.Series(lines, dtype="int64"),
            "field": pd.Series(fields, dtype="str"),
            "reason": pd.Series(reasons, dtype="str"),
            "raw": pd.Series(raws, dtype="str"),
            "cells": pd.Series([None] * len(lines) if cells is None else list(cells), dtype="str"),
        }
    )


def storable(text: str) -> str:
    """Returns the text as PostgreSQL can hold it: NUL written as \\x00, cut at RAW_LIMIT characters."""
    return text[:RAW_LIMIT].replace("\0", "\\x00")[:RAW_LIMIT]
