"""Leads from a delimited file.

1. The encoding is found and the file read as UTF-8 (`encoding`).
2. Delimiter and header row are found in its beginning (`dialect`), columns become fields (`headers`).
3. Blocks are split into rows; one that cannot be taken is kept with line and reason (`rows`, `repair`).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aicmo_dagster.errors import SourceError
from aicmo_dagster.json_text import json_objects
from aicmo_dagster.sources.dialect import detect_dialect
from aicmo_dagster.sources.encoding import Utf8Stream, open_utf8
from aicmo_dagster.sources.headers import HeaderMap, map_headers
from aicmo_dagster.sources.rows import BadRow, RowReader, Rows
from aicmo_dagster.sources.source import Chunk, rejected_frame

_SAMPLE_BYTES = 1 << 20


class CsvFile:
    """A file with a header row, in any usual encoding and delimiter, gzip or not."""

    name = "csv"

    def __init__(
        self,
        path: str | Path,
        delimiter: str | None = None,
        encoding: str | None = None,
        columns: Mapping[str, str] | None = None,
        chunk_rows: int = 100_000,
    ) -> None:
        self.path = Path(path)
        self.label = self.path.name or str(path)
        self._delimiter = delimiter
        self._encoding = encoding
        self._columns = dict(columns or {})
        self._chunk_rows = chunk_rows

    def is_configured(self) -> bool:
        """Always: the campaign names a path. That it leads nowhere is a failure worth telling."""
        return True

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002 - rows known already do not count
        """Yields the rows in chunks of `chunk_rows`, with every bad row beside them.

        Raises SourceError when the file cannot be read at all: not there, empty, no column that says who a
        lead is, a delimiter that does not fit. A file of headers only yields nothing.
        """
        stream = self._open()
        try:
            yield from self._chunks(stream)
        except OSError as error:
            raise SourceError(f"{self.path} cannot be read to its end: {error}.") from error
        finally:
            stream.close()

    def _open(self) -> Utf8Stream:
        if self._delimiter is not None and (not self._delimiter.isascii() or self._delimiter in '"\r\n\0'):
            raise SourceError(
                f"{self.label}: {self._delimiter!r} cannot be a delimiter; leave `delimiter` out to have it "
                "found."
            )
        try:
            return open_utf8(self.path, self._encoding)[0]
        except FileNotFoundError as error:
            raise SourceError(
                f"{self.label} is not there: looked for {self.path.absolute()}; correct the `path` of the "
                "source (relative paths start at the folder of the campaign file)."
            ) from error
        except IsADirectoryError as error:
            raise SourceError(f"{self.path} is a directory; name a file in it as `path`.") from error
        except PermissionError as error:
            raise SourceError(
                f"{self.path} may not be read by this user; change its permissions or its owner."
            ) from error
        except (OSError, ValueError) as error:
            raise SourceError(f"{self.path} cannot be opened: {error}.") from error

    def _chunks(self, stream: Utf8Stream) -> Iterator[Chunk]:
        sample = b""
        while len(sample) < _SAMPLE_BYTES and (block := stream.read(_SAMPLE_BYTES)):
            sample += block
        whole = len(sample) < _SAMPLE_BYTES
        dialect = detect_dialect(sample, whole, self._delimiter, self.label)
        mapped = map_headers(dialect.header, self._columns, self.label)
        reader = RowReader(dialect.delimiter, len(mapped.names), mapped.identifies)
        waiting: list[pa.Table] = []
        bad: list[BadRow] = []
        rows_waiting = 0
        for rows in reader.read(stream, sample[dialect.end :], dialect.lines + 1):
            waiting.append(_with_fields(rows, mapped))
            bad += rows.bad
            rows_waiting += len(rows.line)
            while rows_waiting >= self._chunk_rows:
                table = pa.concat_tables(waiting)
                yield Chunk(_frame(table.slice(0, self._chunk_rows)), _rejected(bad, mapped))
                waiting, bad = [table.slice(self._chunk_rows)], []
                rows_waiting -= self._chunk_rows
            if len(bad) >= self._chunk_rows:
                yield Chunk(_frame(pa.concat_tables(waiting)), _rejected(bad, mapped))
                waiting, bad, rows_waiting = [], [], 0
        if rows_waiting or bad:
            yield Chunk(_frame(pa.concat_tables(waiting)), _rejected(bad, mapped))


def _with_fields(rows: Rows, mapped: HeaderMap) -> pa.Table:
    """Returns the rows with the column `line`, the fields, and `extra`."""
    columns: dict[str, pa.Array] = {"line": pa.array(rows.line.astype(np.int64))}
    for field, index in mapped.fields.items():
        columns[field] = _trimmed(rows.table.column(index))
    columns["extra"] = json_objects(
        {mapped.names[index]: _trimmed(rows.table.column(index)) for index in mapped.extra}, len(rows.line)
    )
    return pa.table(columns)


def _trimmed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if column.null_count == len(column):
        return column
    # Telling that there is nothing to trim is cheaper than trimming.
    trimmed = pc.utf8_trim_whitespace(column)
    if pc.sum(pc.binary_length(trimmed)).as_py() == pc.sum(pc.binary_length(column)).as_py():
        return column
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.large_string()), trimmed)


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _rejected(bad: list[BadRow], mapped: HeaderMap) -> pd.DataFrame:
    return rejected_frame(
        (row.line, mapped.label(row.problem.column), _sentence(row, mapped), row.raw) for row in bad
    )


def _sentence(row: BadRow, mapped: HeaderMap) -> str:
    column = row.problem.column
    subject = (
        "The row" if column is None or column >= len(mapped.names) else f"Column {mapped.names[column]!r}"
    )
    return f"{subject} {row.problem.reason}"
