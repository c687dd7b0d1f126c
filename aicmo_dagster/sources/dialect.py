"""How a delimited file is written: its delimiter, and the line its header is on."""

from collections import Counter
from dataclasses import dataclass

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources.headers import PREAMBLE, recognised
from aicmo_dagster.sources.repair import DELIMITERS, LINE_END, strict_record

_RECORDS = 100


@dataclass(frozen=True)
class Dialect:
    """`header`: the cells of the header row. `end`: the byte behind it. `lines`: the lines up to there."""

    delimiter: str
    header: list[str]
    end: int
    lines: int


@dataclass(frozen=True)
class _Reading:
    """The sample as one delimiter reads it; a greater `fit` is a likelier delimiter."""

    dialect: Dialect
    fit: tuple[int, int, int]


def detect_dialect(sample: bytes, whole: bool, delimiter: str | None, label: str) -> Dialect:
    """Returns the dialect of the UTF-8 text that begins with `sample` (all of it if `whole`).

    The delimiter is the one under which a row names most fields of a lead, then the one under which most rows
    have equally many columns. Raises SourceError where a configured delimiter does not fit and another one
    does, and where there is no text at all.
    """
    if not sample.strip():
        raise SourceError(
            f"{label} is empty; give a file with a header row and a lead in each line below it."
        )
    readings = [_read(sample, whole, candidate) for candidate in DELIMITERS]
    best = max(readings, key=lambda reading: reading.fit)
    if delimiter is None:
        return best.dialect
    configured = _read(sample, whole, delimiter)
    if len(configured.dialect.header) == 1 < len(best.dialect.header) and best.fit > configured.fit:
        raise SourceError(
            f"{label} is not delimited by {delimiter!r}: its header would be one column. "
            f"{best.dialect.delimiter!r} gives {len(best.dialect.header)}; write "
            f"`delimiter: {best.dialect.delimiter!r}`, or leave it out to have it found."
        )
    return configured.dialect


def _read(sample: bytes, whole: bool, delimiter: str) -> _Reading:
    rows: list[tuple[int, list[str]]] = []
    at = 0
    while at < len(sample) and len(rows) < _RECORDS:
        record = strict_record(sample, at, delimiter.encode(), whole)
        if record == "more":
            break
        if record == "broken":
            line = LINE_END.search(sample, at)
            cells = sample[at : line.start() if line else None].split(delimiter.encode())
            at = line.end() if line else len(sample)
        else:
            at, cells = record
        texts = [cell.decode("utf-8", "replace") for cell in cells]
        if any(text.strip("\ufeff \t\r\n") for text in texts):
            rows.append((at, texts))
    if not rows:  # one line longer than the sample
        rows = [(len(sample), sample.decode("utf-8", "replace").split(delimiter))]
    names = [recognised(cells) for _, cells in rows[:PREAMBLE]]
    widths = Counter(len(cells) for _, cells in rows if len(cells) > 1)
    width, agreeing = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    if max(names):
        index = names.index(max(names))
    else:
        index = next((i for i, (_, cells) in enumerate(rows[:PREAMBLE]) if len(cells) == width), 0)
    end, header = rows[index]
    lines = len(LINE_END.findall(sample, 0, end))
    return _Reading(Dialect(delimiter, header, end, lines), (names[index], agreeing, width))
