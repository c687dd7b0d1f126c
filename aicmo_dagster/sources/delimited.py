"""A delimited file that is no list of leads, as a person gives it: text, and how it is to be split."""

from dataclasses import dataclass
from pathlib import Path

from aicmo_dagster.errors import SourceError
from aicmo_dagster.sources import kind
from aicmo_dagster.sources.dialect import detect_dialect
from aicmo_dagster.sources.encoding import open_utf8
from aicmo_dagster.sources.kind import telling

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Delimited:
    """`header`: the columns' names. `text`: what stands below it. `lines`: the lines up to there."""

    header: list[str]
    delimiter: str
    text: str
    lines: int


def read_delimited(path: Path) -> Delimited:
    """The file, in any usual encoding, delimiter and compression by gzip. Raises SourceError where it is none."""
    label = path.name
    with telling(path, label):
        kind.check(path, "csv", label)
        stream, _ = open_utf8(path, None, label)
    try:
        content = b"".join(iter(lambda: stream.read(_BLOCK), b""))
    except OSError as error:
        raise SourceError(f"{label} cannot be read to its end: {error}.") from error
    finally:
        stream.close()
    dialect = detect_dialect(content[:_BLOCK], len(content) <= _BLOCK, None, label)
    header = [name.strip("\ufeff \t\r\n") for name in dialect.header]
    repeated = {name for name in header if header.count(name) > 1}
    if repeated:
        named = ", ".join(map(repr, sorted(repeated)))
        raise SourceError(f"{label} has several columns {named}; give each column a name of its own.")
    return Delimited(header, dialect.delimiter, content[dialect.end :].decode(), dialect.lines)
