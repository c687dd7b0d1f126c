"""Leads from an Apache Parquet file."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import kind
from aicmo_dagster.sources.columns import chunk_of, with_fields
from aicmo_dagster.sources.headers import map_headers
from aicmo_dagster.sources.local_file import LocalFile
from aicmo_dagster.sources.source import Chunk, rejected_frame
from aicmo_dagster.vendors import json_paths

_TEXT = pa.large_string()


class ParquetFile(LocalFile):
    """A file with named columns of any types; nested ones are named with dots."""

    name = "parquet"

    def __init__(
        self,
        path: str | Path,
        columns: Mapping[str, str] | None = None,
        chunk_rows: int = 100_000,
        label: str | None = None,
    ) -> None:
        super().__init__(path, columns, chunk_rows, label)

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002 - rows known already do not count
        """Yields the rows in chunks, every value as text; `line` counts them from 1.

        Raises SourceError when the file cannot be read, or no column says who a lead is.
        """
        with kind.telling(self.path, self.label):
            kind.check(self.path, "parquet", self.label)
        try:
            with pq.ParquetFile(self.path) as file:
                mapped = map_headers(
                    _flat(file.schema_arrow.empty_table()).column_names, self._columns, self.label
                )
                self.notes[:] = mapped.notes()
                line = 1
                for batch in file.iter_batches(self._chunk_rows):
                    table = _flat(pa.Table.from_batches([batch]))
                    texts = pa.table([_text(column) for column in table.columns], mapped.names)
                    lines = np.arange(line, line + len(texts))
                    line += len(texts)
                    yield chunk_of(with_fields(texts, lines, mapped), mapped, rejected_frame([]))
        except (pa.ArrowException, OSError) as error:
            raise SourceError(f"{self.label} cannot be read as Parquet ({error}); write it again.") from error


def _flat(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(kind_.type) for kind_ in table.schema):
        table = table.flatten()
    return table


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, None)
        whole = pc.if_else(pc.less(pc.abs(column), 1e15), pc.equal(pc.round(column), column), False)
        if pc.all(whole).as_py():
            column = column.cast(pa.int64())
    try:
        text = column.cast(_TEXT)
    except pa.ArrowException:
        return pa.chunked_array([pa.array([_said(value.as_py()) for value in column], _TEXT)])
    if pa.types.is_timestamp(column.type):
        return pc.replace_substring_regex(text, r"[ T]00:00:00(\.0+)?Z?$", "")
    if pa.types.is_decimal(column.type):
        return pc.replace_substring_regex(text, r"\.0+$", "")
    return text


def _said(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list | dict):
        return json_paths.text(value) or json.dumps(value, default=str, ensure_ascii=False)
    return str(value)
