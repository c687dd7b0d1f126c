"""Leads from JSON: one object a line, or an array of objects."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import kind
from aicmo_dagster.sources.encoding import Utf8Stream, open_utf8
from aicmo_dagster.sources.headers import map_headers, normal
from aicmo_dagster.sources.local_file import LocalFile
from aicmo_dagster.sources.objects import ObjectReader
from aicmo_dagster.sources.source import RAW_LIMIT, Chunk, rejected_frame, storable
from aicmo_dagster.vendors import json_paths

_BLOCK = 1 << 20
_LONGEST = 16 << 20
"""Characters of one object; more are rather a fault of the file."""
_FIRST = 100
"""Objects whose names say whether the file lists leads at all."""
_Found = tuple[int, object, str]
"""Line, value and text of what is in the file; the value is a ValueError where the text is not sound."""


class JsonLines(LocalFile):
    """A file of JSON objects, gzip or not; nested values are named with dots, such as `company.name`."""

    name = "jsonl"

    def __init__(
        self,
        path: str | Path,
        columns: Mapping[str, str] | None = None,
        chunk_rows: int = 100_000,
        label: str | None = None,
    ) -> None:
        super().__init__(path, columns, chunk_rows, label)

    def fetch(self, limit: int) -> Iterator[Chunk]:  # noqa: ARG002 - rows known already do not count
        """Yields the objects in chunks; `line` is the line on which each begins.

        A line that is no object is rejected by itself. Raises SourceError when the file cannot be read, when
        an array is not sound (what follows cannot be told then), and when nothing says who a lead is.
        """
        with kind.telling(self.path, self.label):
            kind.check(self.path, "jsonl", self.label)
            stream = open_utf8(self.path, None, self.label)[0]
        try:
            yield from self._chunks(_Reader(stream, self.label).read())
        except OSError as error:
            raise SourceError(f"{self.label} cannot be read to its end: {error}.") from error
        finally:
            stream.close()

    def _chunks(self, found: Iterator[_Found]) -> Iterator[Chunk]:
        reader = ObjectReader({}, self._columns, self.label)
        records: list[dict[str, str]] = []
        lines: list[int] = []
        bad: list[tuple[int, str | None, str, str]] = []
        names: dict[str, None] = {}
        known = False
        for line, value, raw in found:
            try:
                if isinstance(value, ValueError):
                    raise value
                records.append(reader.read(value))
                lines.append(line)
                if not known and len(records) <= _FIRST and isinstance(value, Mapping):
                    names |= dict.fromkeys(json_paths.flat(value))
            except ValueError as error:
                bad.append((line, None, str(error), raw))
            if len(records) + len(bad) >= self._chunk_rows:
                known = known or self._know(names, bad)
                yield _chunk(lines, records, bad)
                records, lines, bad = [], [], []
        if records or bad:
            if not known:
                self._know(names, bad)
            yield _chunk(lines, records, bad)

    def _know(self, names: Mapping[str, None], bad: list[tuple[int, str | None, str, str]]) -> bool:
        """Notes what the names of the first objects say. Raises SourceError where they list no leads."""
        if not names:
            raise SourceError(
                f"{self.label} has no object with values; line {bad[0][0] if bad else 1}: "
                f"{bad[0][2] if bad else 'it is empty.'}"
            )
        keys = {normal(name) for name in names}
        columns = {name: field for name, field in self._columns.items() if normal(name) in keys}
        self.notes[:] = map_headers(list(names), columns, self.label).notes()
        return True


def _chunk(
    lines: list[int], records: list[dict[str, str]], bad: list[tuple[int, str | None, str, str]]
) -> Chunk:
    frame = pd.DataFrame(records, index=range(len(lines)), dtype="str")  # also where nobody says anything
    frame.insert(0, "line", pd.Series(lines, dtype="int64"))
    return Chunk(frame, rejected_frame(bad))


class _Reader:
    """Finds the values in a stream of JSON."""

    def __init__(self, stream: Utf8Stream, label: str) -> None:
        self._stream = stream
        self._label = label

    def read(self) -> Iterator[_Found]:
        """Yields line, value and text of each value."""
        head = b""
        while not head.strip() and (block := self._stream.read(_BLOCK)):
            head += block
        is_array = head.lstrip()[:1] == b"["
        return self._of_array(head) if is_array else self._of_lines(head)

    def _of_lines(self, buffer: bytes) -> Iterator[_Found]:
        line = 0
        skipping = False
        while True:
            *whole, buffer = buffer.split(b"\n")
            for text in whole:
                line += 1
                if not skipping and text.strip():
                    yield _parsed(line, text)
                skipping = False
            if len(buffer) > _LONGEST and not skipping:
                yield _too_long(line + 1, buffer)
                skipping = True
            if skipping:
                buffer = b""
            block = self._stream.read(_BLOCK)
            if not block:
                break
            buffer += block
        if buffer.strip() and not skipping:
            yield _parsed(line + 1, buffer)

    def _of_array(self, head: bytes) -> Iterator[_Found]:
        decoder = json.JSONDecoder()
        # An incomplete character at a block's end is kept as bytes until the next block.
        rest, buffer, line = _decoded(head)[1], _decoded(head)[0], 1
        at = buffer.index("[") + 1
        line += buffer.count("\n", 0, at)
        at_end = False
        while True:
            start = at
            while at < len(buffer) and buffer[at] in " \t\r\n,":
                at += 1
            line += buffer.count("\n", start, at)
            if at < len(buffer) and buffer[at] == "]":
                return
            try:
                value, end = decoder.raw_decode(buffer, at)
                # A number may go on in the next block; an object has its own end.
                complete = isinstance(value, dict | list) or end < len(buffer)
            except (ValueError, RecursionError):
                complete = False
            if complete:
                yield line, value, buffer[at:end][:RAW_LIMIT]
                line += buffer.count("\n", at, end)
                at = end
                continue
            if at_end or len(buffer) - at > _LONGEST:
                raise SourceError(
                    f"{self._label} is no sound JSON from line {line} on; export it again, or write one object "
                    "a line."
                )
            block = self._stream.read(_BLOCK)
            at_end = not block
            text, rest = _decoded(rest + block)
            buffer, at = buffer[at:] + text, 0


def _decoded(octets: bytes) -> tuple[str, bytes]:
    """Returns the text, and the bytes of a last character that is not complete."""
    for cut in range(4):
        whole = octets[: len(octets) - cut]
        try:
            return whole.decode(), octets[len(whole) :]
        except UnicodeDecodeError as error:
            if error.end < len(whole):
                break
    return octets.decode("utf-8", "replace"), b""


def _parsed(line: int, text: bytes) -> _Found:
    raw = storable(text[: 4 * RAW_LIMIT].decode("utf-8", "backslashreplace").rstrip("\r"))
    try:
        return line, json.loads(text.decode()), raw
    except UnicodeDecodeError as error:
        reason = f"The line cannot be decoded from its byte {error.start + 1} on; save the file as UTF-8."
    except ValueError as error:
        reason = (
            f"The line is no JSON object: {str(error).split(': line')[0]}; write one object in each line."
        )
    except RecursionError:
        reason = "The line is nested too deep; give it flatter."
    return line, ValueError(reason), raw


def _too_long(line: int, text: bytes) -> _Found:
    raw = storable(text[: 4 * RAW_LIMIT].decode("utf-8", "backslashreplace"))
    return line, ValueError(f"The line is longer than {_LONGEST:,} bytes; split it."), raw
