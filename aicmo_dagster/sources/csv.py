"""Leads from a delimited file.

1. The encoding is found and the file read as UTF-8 (`encoding`).
2. Delimiter and header row are found in its beginning (`dialect`), columns become fields (`headers`).
3. Blocks are split into rows; one that cannot be taken is kept with line and reason (`rows`, `repair`).
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import kind
from aicmo_dagster.sources.columns import chunk_of, with_fields
from aicmo_dagster.sources.dialect import detect_dialect
from aicmo_dagster.sources.encoding import Utf8Stream, open_utf8
from aicmo_dagster.sources.headers import HeaderMap, map_headers
from aicmo_dagster.sources.kind import telling
from aicmo_dagster.sources.local_file import LocalFile
from aicmo_dagster.sources.rows import BadRow, RowReader
from aicmo_dagster.sources.source import RAW_LIMIT, Chunk, rejected_frame, storable

_SAMPLE_BYTES = 1 << 20


class CsvFile(LocalFile):
    """A file with a header row, in any usual encoding and delimiter, gzip or not."""

    name = "csv"

    def __init__(
        self,
        path: str | Path,
        delimiter: str | None = None,
        encoding: str | None = None,
        columns: Mapping[str, str] | None = None,
        chunk_rows: int = 100_000,
        label: str | None = None,
    ) -> None:
        super().__init__(path, columns, chunk_rows, label)
        self._delimiter = delimiter
        self._encoding = encoding

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002 - rows known already do not count
        """Yields the rows in chunks of `chunk_rows`, with every bad row beside them.

        Raises SourceError when the file cannot be read at all: not there, empty, no column that says who a
        lead is, a delimiter that does not fit. A file of headers only yields nothing.
        """
        stream = self._open()
        try:
            yield from self._chunks(stream)
        except OSError as error:
            raise SourceError(f"{self.label} cannot be read to its end: {error}.") from error
        finally:
            stream.close()

    def _open(self) -> Utf8Stream:
        if self._delimiter is not None and (not self._delimiter.isascii() or self._delimiter in '"\r\n\0'):
            raise SourceError(
                f"{self.label}: {self._delimiter!r} cannot be a delimiter; leave `delimiter` out to have it "
                "found."
            )
        with telling(self.path, self.label):
            kind.check(self.path, "csv", self.label)
            stream, encoding = open_utf8(self.path, self._encoding, self.label)
        self.notes.clear()
        if self._encoding is None and not encoding.startswith("utf"):
            # Nothing in such a file says so: another code page would give other letters.
            self.notes.append(
                f"It was read as {encoding}, by its letters; if names look wrong, say encoding: NAME in the source."
            )
        return stream

    def _chunks(self, stream: Utf8Stream) -> Iterator[Chunk]:
        sample = b""
        while len(sample) < _SAMPLE_BYTES and (block := stream.read(_SAMPLE_BYTES)):
            sample += block
        whole = len(sample) < _SAMPLE_BYTES
        dialect = detect_dialect(sample, whole, self._delimiter, self.label)
        mapped = map_headers(dialect.header, self._columns, self.label)
        self.notes += mapped.notes()
        reader = RowReader(dialect.delimiter, len(mapped.names), mapped.identifies)
        waiting: list[pa.Table] = []
        bad: list[BadRow] = []
        rows_waiting = 0
        for rows in reader.read(stream, sample[dialect.end :], dialect.lines + 1):
            waiting.append(with_fields(rows.table, rows.line, mapped))
            bad += rows.bad
            rows_waiting += len(rows.line)
            while rows_waiting >= self._chunk_rows:
                table = pa.concat_tables(waiting)
                yield chunk_of(table.slice(0, self._chunk_rows), mapped, _rejected(bad, mapped))
                waiting, bad = [table.slice(self._chunk_rows)], []
                rows_waiting -= self._chunk_rows
            if len(bad) >= self._chunk_rows:
                yield chunk_of(pa.concat_tables(waiting), mapped, _rejected(bad, mapped))
                waiting, bad, rows_waiting = [], [], 0
        if rows_waiting or bad:
            yield chunk_of(pa.concat_tables(waiting), mapped, _rejected(bad, mapped))


def _rejected(bad: list[BadRow], mapped: HeaderMap) -> pd.DataFrame:
    return rejected_frame(
        ((row.line, mapped.label(row.problem.column), _sentence(row, mapped), row.raw) for row in bad),
        (_cells(row, mapped) for row in bad),
    )


def _cells(row: BadRow, mapped: HeaderMap) -> str | None:
    if row.cells is None or len(row.cells) > len(mapped.names) or sum(map(len, row.cells)) > RAW_LIMIT:
        return None
    cells = {name: storable(cell) for name, cell in zip(mapped.names, row.cells, strict=False) if cell}
    return json.dumps(cells, ensure_ascii=False)


def _sentence(row: BadRow, mapped: HeaderMap) -> str:
    column = row.problem.column
    subject = (
        "The row" if column is None or column >= len(mapped.names) else f"Column {mapped.names[column]!r}"
    )
    return f"{subject} {row.problem.reason}"
