"""Reading one record of a delimited file with care: what RFC 4180 allows, and what people get wrong.

`strict_record` reads a record as RFC 4180 writes it, over several lines if it is quoted. Where that fails,
the record is its first line, and `repaired` reads that line with the usual faults in mind. Both work on UTF-8
bytes, since record ends must not depend on bytes that cannot be decoded.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

FIELD_LIMIT = 1 << 20
"""Bytes of one cell; longer ones are no field of a lead but a sign of damage."""
RECORD_LIMIT = 16 << 20
"""Bytes of one record: what is held in memory in search of its end."""
DELIMITERS = ",;\t|^"

LINE_END = re.compile(rb"\r\n|\n|\r")
Accept = Callable[[list[str]], bool]


@dataclass(frozen=True)
class Problem:
    """Why a record is not taken: the column it is about, if any, and a sentence."""

    column: int | None
    reason: str


def strict_record(
    buffer: bytes, start: int, delimiter: bytes, at_end: bool
) -> tuple[int, list[bytes]] | Literal["more", "broken"]:
    """Returns the position behind the record that begins at `start`, and its cells.

    "more": the buffer ends before the record does, and `at_end` is False. "broken": it is not RFC 4180 (a
    quote inside a bare cell, text behind a closing quote, no closing quote) or longer than RECORD_LIMIT.
    """
    line = LINE_END.search(buffer, start)
    if line is None and not at_end:
        return "more" if len(buffer) - start <= RECORD_LIMIT else "broken"
    end = line.start() if line else len(buffer)
    behind = line.end() if line else end
    if buffer.find(b'"', start, end) < 0:
        if behind - start > RECORD_LIMIT:
            return "broken"
        return _closed(buffer, behind, buffer[start:end].split(delimiter), at_end)
    cells: list[bytes] = []
    at = start
    while True:
        if buffer[at : at + 1] == b'"':
            close = at + 1
            while (close := buffer.find(b'"', close)) >= 0 and buffer[close + 1 : close + 2] == b'"':
                close += 2
            if close < 0 or (close + 1 == len(buffer) and not at_end):
                return "more" if not at_end and len(buffer) - start <= RECORD_LIMIT else "broken"
            cells.append(buffer[at + 1 : close].replace(b'""', b'"'))
            at = close + 1
        else:
            if at > end:
                line = LINE_END.search(buffer, at)
                end = line.start() if line else len(buffer)
            stop = buffer.find(delimiter, at, end)
            stop = end if stop < 0 else stop
            if buffer.find(b'"', at, stop) >= 0:
                return "broken"
            if stop == len(buffer) and not at_end:
                return "more" if len(buffer) - start <= RECORD_LIMIT else "broken"
            cells.append(buffer[at:stop])
            at = stop
        if at - start > RECORD_LIMIT:
            return "broken"
        follows = buffer[at : at + 1]
        if follows == delimiter:
            at += 1
        elif follows in (b"\r", b"\n", b""):
            line = LINE_END.match(buffer, at)
            return _closed(buffer, line.end() if line else at, cells, at_end)
        else:
            return "broken"


def _closed(
    buffer: bytes, behind: int, cells: list[bytes], at_end: bool
) -> tuple[int, list[bytes]] | Literal["more"]:
    # The line feed of a CRLF may be in the next block.
    if not at_end and behind == len(buffer) and buffer[behind - 1 : behind] == b"\r":
        return "more"
    return behind, cells


def checked(cells: list[bytes], width: int, accept_short: Accept) -> list[str] | Problem:
    """Returns the cells as text, exactly `width` of them, or why they are not taken.

    Empty cells beyond the width are dropped. A short row is filled up if `accept_short` says that its cells
    are enough.
    """
    text: list[str] = []
    for column, cell in enumerate(cells):
        if len(cell) > FIELD_LIMIT:
            return Problem(
                column, f"is {len(cell):,} bytes long, and at most {FIELD_LIMIT:,} are taken; shorten it."
            )
        if b"\0" in cell:
            return Problem(column, "holds a NUL byte, which no text has; export the file again or remove it.")
        try:
            text.append(cell.decode())
        except UnicodeDecodeError as error:
            return Problem(
                column,
                f"cannot be decoded from its byte {error.start + 1} on; save the file as UTF-8, or name its "
                "`encoding` in the campaign's source.",
            )
    if len(text) > width:
        if any(cell.strip() for cell in text[width:]):
            return Problem(
                None,
                f"has {len(text)} columns where the header has {width}; put quotes around a cell that holds "
                "the delimiter.",
            )
        return text[:width]
    if len(text) < width:
        if not accept_short(text):
            return Problem(
                None,
                f"has {len(text)} of {width} columns, and they do not say who the lead is; complete the row.",
            )
        text += [""] * (width - len(text))
    return text


def repaired(line: bytes, delimiter: str, width: int, accept_short: Accept) -> list[str] | Problem:
    """Returns the cells of a line (without its end) that is not sound, or why they are not taken.

    Repairs quotes that are not doubled inside a quoted cell, spaces around quotes, and a row that uses
    another delimiter than the file; then as `checked`.
    """
    if len(line) > RECORD_LIMIT:
        return Problem(None, f"is longer than {RECORD_LIMIT:,} bytes without a line end; split it.")
    cells, unclosed = _lenient(line, delimiter.encode())
    if len(cells) < width and unclosed is None:
        others = [_lenient(line, other.encode()) for other in DELIMITERS if other != delimiter]
        fitting = [other for other, open_at in others if len(other) == width and open_at is None]
        if len(fitting) == 1:
            cells = fitting[0]
    if unclosed is not None:
        reason = "opens a quote that is never closed; close it, or remove it."
        return Problem(unclosed if unclosed < width else None, reason)
    return checked(cells, width, accept_short)


def _lenient(line: bytes, delimiter: bytes) -> tuple[list[bytes], int | None]:
    """Returns the cells, and the column of a quote that is opened but not closed."""
    if b'"' not in line:
        return line.split(delimiter), None
    cells: list[bytes] = []
    at = 0
    while True:
        begin = at
        while line[begin : begin + 1] == b" ":
            begin += 1
        if line[begin : begin + 1] == b'"':
            close = _closing(line, begin + 1, delimiter)
            if close is None:
                return cells, len(cells)
            cells.append(line[begin + 1 : close].replace(b'""', b'"'))
            at = line.find(delimiter, close)
        else:
            stop = line.find(delimiter, at)
            cells.append(line[at:] if stop < 0 else line[at:stop])
            at = stop
        if at < 0:
            return cells, None
        at += 1


def _closing(line: bytes, at: int, delimiter: bytes) -> int | None:
    """Returns where a quoted cell closes: at the first single quote before a delimiter or the end."""
    while (at := line.find(b'"', at)) >= 0:
        if line[at + 1 : at + 2] == b'"':
            at += 2
            continue
        rest = at + 1
        while line[rest : rest + 1] == b" ":
            rest += 1
        if rest == len(line) or line[rest : rest + 1] == delimiter:
            return at
        at += 1
    return None
