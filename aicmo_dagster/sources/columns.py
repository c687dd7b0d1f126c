"""From columns of text to the chunks that every source of files yields."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aicmo_dagster.json_text import json_objects
from aicmo_dagster.sources import neutral
from aicmo_dagster.sources.headers import REJECTED_ID, HeaderMap
from aicmo_dagster.sources.source import Chunk


def with_fields(table: pa.Table, line: np.ndarray, mapped: HeaderMap) -> pa.Table:
    """Returns rows of text as `line`, the fields, and `extra`; the table's columns are the header's, in order.

    In a file of rejected rows that we exported the ids are a column too, and cells are as they were before.
    """
    columns: dict[str, pa.Array] = {"line": pa.array(line.astype(np.int64))}
    for field, index in mapped.fields.items():
        columns[field] = _cells(table, index, mapped)
    columns["extra"] = json_objects(
        {mapped.names[index]: _cells(table, index, mapped) for index in mapped.extra}, len(line)
    )
    if mapped.rejected_id is not None:
        columns[REJECTED_ID] = _numbers(table.column(mapped.rejected_id))
    return pa.table(columns)


def chunk_of(table: pa.Table, mapped: HeaderMap, rejected: pd.DataFrame) -> Chunk:
    """Returns the chunk of rows that `with_fields` made."""
    mends = None
    if REJECTED_ID in table.column_names:
        came_back = table.filter(pc.is_valid(table[REJECTED_ID]))
        mends = dict(zip(came_back["line"].to_pylist(), came_back[REJECTED_ID].to_pylist(), strict=True))
        table = table.drop_columns([REJECTED_ID])
    return Chunk(table.to_pandas(), rejected, header=tuple(mapped.names), mends=mends)


def _cells(table: pa.Table, index: int, mapped: HeaderMap) -> pa.ChunkedArray:
    column = table.column(index)
    return _trimmed(column if mapped.rejected_id is None else neutral.undone_column(column))


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return column
    # Telling that there is nothing to trim is cheaper than trimming.
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.sum(pc.binary_length(trimmed)).as_py() == pc.sum(pc.binary_length(column)).as_py():
        return column
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.large_string()), trimmed)


def _numbers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    digits = pc.match_substring_regex(column, r"^\s*[0-9]{1,18}\s*$")
    return pc.cast(pc.utf8_trim_whitespace(pc.if_else(digits, column, None)), pa.int64())
