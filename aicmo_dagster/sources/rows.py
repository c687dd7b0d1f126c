"""Splitting a delimited file into rows: fast where it is as it should be, with care where it is not.

A block of the file is checked as a whole in numpy: whether every quote opens or closes a cell as RFC 4180
has it, where records end, how many cells each has. Records that pass go to pyarrow's parser together; the
others go one by one through `sources.repair`. Both ways read a sound record alike, so what comes back does
not depend on where a block happens to end, and a record that swallows others costs only itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv

from aicmo_dagster.sources.encoding import Utf8Stream
from aicmo_dagster.sources.repair import (
    FIELD_LIMIT,
    LINE_END,
    RECORD_LIMIT,
    Accept,
    Problem,
    checked,
    repaired,
    strict_record,
)
from aicmo_dagster.sources.source import RAW_LIMIT

BLOCK_BYTES = 4 << 20
_NEWLINE, _RETURN, _QUOTE = b'\n\r"'
_CAREFUL = 16
"""Records read with care after one that broke a block; doubled while the faults go on."""


@dataclass(frozen=True)
class BadRow:
    """A row that is not taken; `cells` where it could be split, empty ones for those that are no text."""

    line: int
    problem: Problem
    raw: str
    cells: list[str] | None = None


@dataclass(frozen=True)
class Rows:
    """Consecutive rows: `table` of text columns c0, c1, ... (null = empty), `line` of each, and bad ones."""

    table: pa.Table
    line: np.ndarray
    bad: list[BadRow]


class RowReader:
    """Reads the rows below the header."""

    def __init__(
        self, delimiter: str, width: int, accept_short: Accept, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._delimiter = delimiter
        self._comma = delimiter.encode()
        self._width = width
        self._accept_short = accept_short
        self._block_bytes = block_bytes
        self._names = [f"c{index}" for index in range(width)]
        self._schema = pa.schema([(name, pa.large_string()) for name in self._names])
        self._may_surround = np.zeros(256, dtype=bool)
        self._may_surround[[_NEWLINE, _RETURN, _QUOTE, ord(delimiter)]] = True

    def read(self, stream: Utf8Stream, head: bytes, line: int) -> Iterator[Rows]:
        """Yields the rows of `head` and then `stream`, the first of which is on line number `line`."""
        buffer, at_end, skipping, careful = head, False, False, _CAREFUL
        while True:
            at = 0
            while at < len(buffer):
                if skipping:
                    end = LINE_END.search(buffer, at)
                    if end is None or (end.end() == len(buffer) and not at_end and buffer.endswith(b"\r")):
                        at = len(buffer) if not buffer.endswith(b"\r") else len(buffer) - 1
                        break
                    at, line, skipping = end.end(), line + 1, False
                    continue
                used, lines, rows, broken = self._sound(buffer, at, line, at_end)
                if rows is not None:
                    yield rows
                at, line = at + used, line + lines
                if not broken:
                    break
                careful = careful * 2 if used < 1 << 16 else _CAREFUL
                used, lines, rows, skipping = self._with_care(buffer, at, line, at_end, min(careful, 4096))
                yield rows
                if not used:
                    break
                at, line = at + used, line + lines
            if at_end:
                return
            block = stream.read(self._block_bytes)
            at_end = not block
            buffer = buffer[at:] + block

    def _sound(self, buffer: bytes, at: int, line: int, at_end: bool) -> tuple[int, int, Rows | None, bool]:
        """Reads the records up to the first that breaks the block.

        Returns the bytes and lines used, the rows, and whether a broken record follows (else: more is
        needed).
        """
        octets = np.frombuffer(buffer, dtype=np.uint8)[at:]
        is_end = octets == _NEWLINE
        if buffer.find(b"\r", at) >= 0:
            bare = octets == _RETURN
            bare[:-1] &= octets[1:] != _NEWLINE
            if not at_end:
                bare[-1] = False  # its line feed may be in the next block
            is_end |= bare
        line_ends = np.flatnonzero(is_end)
        if at_end and (not len(line_ends) or line_ends[-1] != len(octets) - 1):
            line_ends = np.append(line_ends, len(octets) - 1)
        elif not len(line_ends):
            return 0, 0, None, len(octets) > RECORD_LIMIT
        octets = octets[: line_ends[-1] + 1]
        is_comma = octets == ord(self._delimiter)
        is_quote = octets == _QUOTE
        quotes = np.flatnonzero(is_quote)
        record_ends, violation = line_ends, len(octets)
        if len(quotes):
            violation = self._violation(octets, quotes)
            inside = np.logical_xor.accumulate(is_quote)
            is_comma &= ~inside
            record_ends = line_ends[~inside[line_ends]]
        ends = record_ends[: np.searchsorted(record_ends, violation)] + 1
        broken = violation < len(octets)
        if not broken:
            tail = len(buffer) - at - (int(ends[-1]) if len(ends) else 0)
            broken = tail > RECORD_LIMIT or (at_end and tail > 0)
        if not len(ends):
            return 0, 0, None, broken
        starts = np.concatenate([[0], ends[:-1]])
        first_line = np.searchsorted(line_ends, starts)
        next_line = np.append(first_line[1:], np.searchsorted(line_ends, ends[-1]))
        commas = np.searchsorted(np.flatnonzero(is_comma), np.append(starts, ends[-1]))
        blank = np.isin(octets[starts], (_NEWLINE, _RETURN))
        odd = (np.diff(commas) != self._width - 1) & ~blank
        # A record of several lines with a wrong number of cells is rather an unclosed quote.
        breaks = np.flatnonzero((odd & (next_line - first_line > 1)) | (ends - starts > FIELD_LIMIT))
        if len(breaks):
            count, broken = int(breaks[0]), True
            if not count:
                return 0, 0, None, True
            starts, ends = starts[:count], ends[:count]
            first_line, next_line = first_line[:count], next_line[:count]
            blank, odd = blank[:count], odd[:count]
        used, lines = int(ends[-1]), int(next_line[-1])
        text = buffer[at : at + used]
        if b"\0" in text:
            odd[np.searchsorted(ends, np.flatnonzero(octets[:used] == 0), side="right")] = True
        if not text.isascii():
            self._mark_undecodable(text, starts, ends, odd)
        rows = self._parsed(text, starts, ends, line + first_line, blank, odd, bool(lines > len(starts)))
        return used, lines, rows, broken

    def _violation(self, octets: np.ndarray, quotes: np.ndarray) -> int:
        """Returns the position of the first quote that neither opens nor closes a cell, nor is doubled."""
        before = np.where(quotes > 0, octets[quotes - 1], _NEWLINE)
        behind = octets[np.minimum(quotes + 1, len(octets) - 1)]
        behind = np.where(quotes + 1 < len(octets), behind, _NEWLINE)
        sound = np.empty(len(quotes), dtype=bool)
        sound[0::2] = self._may_surround[before[0::2]]
        sound[1::2] = self._may_surround[behind[1::2]]
        first = int(np.argmin(sound))
        return len(octets) if sound[first] else int(quotes[first])

    @staticmethod
    def _mark_undecodable(text: bytes, starts: np.ndarray, ends: np.ndarray, odd: np.ndarray) -> None:
        try:
            text.decode()
        except UnicodeDecodeError:
            for index, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
                try:
                    text[start:end].decode()
                except UnicodeDecodeError:
                    odd[index] = True

    def _parsed(
        self,
        text: bytes,
        starts: np.ndarray,
        ends: np.ndarray,
        line: np.ndarray,
        blank: np.ndarray,
        odd: np.ndarray,
        over_lines: bool,
    ) -> Rows:
        good = ~odd & ~blank
        if not odd.any():
            sound = text
        else:
            edges = np.flatnonzero(np.diff(np.concatenate([[0], good.view(np.int8), [0]])))
            sound = b"".join(
                text[starts[first] : ends[last - 1]]
                for first, last in zip(edges[0::2].tolist(), edges[1::2].tolist(), strict=True)
            )
        table = self._schema.empty_table()
        if good.any():
            table = pa.csv.read_csv(
                pa.BufferReader(sound),
                # A record is at most FIELD_LIMIT here, and the parser wants two blocks to hold one.
                pa.csv.ReadOptions(column_names=self._names, block_size=2 * FIELD_LIMIT),
                pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=over_lines),
                pa.csv.ConvertOptions(
                    column_types=self._schema,
                    strings_can_be_null=True,
                    null_values=[""],
                    check_utf8=False,
                ),
            )
        careful = _Careful(self, line[good])
        for index in np.flatnonzero(odd).tolist():
            record = text[starts[index] : ends[index]]
            careful.add(record, int(line[index]))
        return careful.rows(table)

    def _with_care(
        self, buffer: bytes, at: int, line: int, at_end: bool, count: int
    ) -> tuple[int, int, Rows, bool]:
        """Reads up to `count` records; returns bytes and lines used, the rows, and whether a line goes on."""
        careful = _Careful(self, np.empty(0, dtype=np.int64))
        start, first = at, line
        skipping = False
        for _ in range(count):
            if at >= len(buffer) or skipping:
                break
            taken = careful.next(buffer, at, line, at_end)
            if taken is None:
                break
            at, lines, skipping = taken
            line += lines
        return at - start, line - first, careful.rows(self._schema.empty_table()), skipping


class _Careful:
    """Collects rows that are read one by one, to be put between the others by their lines."""

    def __init__(self, reader: RowReader, lines: np.ndarray) -> None:
        self._reader = reader
        self._sound_lines = lines
        self._cells: list[list[str]] = []
        self._lines: list[int] = []
        self._bad: list[BadRow] = []

    def next(self, buffer: bytes, at: int, line: int, at_end: bool) -> tuple[int, int, bool] | None:
        """Takes the record at `at`; returns the position behind it, its lines, and whether its line goes on.

        None: the buffer ends before the record.
        """
        reader = self._reader
        record = strict_record(buffer, at, reader._comma, at_end)
        if record == "more":
            return None
        if record != "broken" and not buffer[at : record[0]].strip(b"\r\n"):
            return record[0], 1, False
        if record != "broken":
            end, cells = record
            lines = max(len(LINE_END.findall(buffer, at, end)), 1)
            if lines == 1 and len(cells) != reader._width:
                self.add(buffer[at:end], line)
                return end, 1, False
            if len(cells) >= reader._width:
                taken = checked(cells, reader._width, reader._accept_short)
                if lines == 1 and isinstance(taken, Problem):
                    self.add(buffer[at:end], line)
                    return end, 1, False
                if not (isinstance(taken, Problem) and taken.column is None):
                    self._take(taken, line, buffer[at:end])
                    return end, lines, False
        found = LINE_END.search(buffer, at)
        if found is None and not at_end:
            if len(buffer) - at <= RECORD_LIMIT:
                return None
            self.add(buffer[at:], line)
            return len(buffer), 0, True
        if found is not None and found.end() == len(buffer) and buffer.endswith(b"\r") and not at_end:
            return None
        self.add(buffer[at : found.start() if found else None], line)
        return found.end() if found else len(buffer), 1, False

    def add(self, record: bytes, line: int) -> None:
        """Takes a record of one line."""
        reader = self._reader
        bare = record.rstrip(b"\r\n")
        if bare.strip() or reader._comma in bare:
            self._take(repaired(bare, reader._delimiter, reader._width, reader._accept_short), line, record)

    def _take(self, taken: list[str] | Problem, line: int, record: bytes) -> None:
        if isinstance(taken, Problem):
            raw = record[: 4 * RAW_LIMIT].rstrip(b"\r\n").decode("utf-8", "backslashreplace")
            self._bad.append(BadRow(line, taken, raw, self._split(record)))
        else:
            self._cells.append(taken)
            self._lines.append(line)

    def _split(self, record: bytes) -> list[str] | None:
        split = None if len(record) > 4 * RAW_LIMIT else strict_record(record, 0, self._reader._comma, True)
        if not isinstance(split, tuple) or split[0] != len(record):
            return None
        texts = [cell.decode("utf-8", "replace") for cell in split[1]]
        return ["" if "\ufffd" in text or "\0" in text else text for text in texts]

    def rows(self, table: pa.Table) -> Rows:
        """Returns the rows of `table`, which are on the lines given first, and those taken since, sorted."""
        line = self._sound_lines
        if self._cells:
            columns = [
                pa.array([cell or None for cell in column], pa.large_string())
                for column in zip(*self._cells, strict=True)
            ]
            table = pa.concat_tables([table, pa.table(columns, schema=self._reader._schema)])
            line = np.concatenate([line, np.array(self._lines, dtype=np.int64)])
            order = np.argsort(line, kind="stable")
            table, line = table.take(order), line[order]
        return Rows(table, line, self._bad)
