"""The suppression list from a file and into one."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from aicmo_dagster.errors import ConfigurationError, SourceError
from aicmo_dagster.sources import kind as kinds
from aicmo_dagster.sources.encoding import Utf8Stream, open_utf8
from aicmo_dagster.sources.headers import normal
from aicmo_dagster.sources.kind import telling
from aicmo_dagster.sources.neutral import undone_column
from aicmo_dagster.sources.repair import DELIMITERS, LINE_END, strict_record
from aicmo_dagster.sources.rows import RowReader, Rows
from aicmo_dagster.stages.addresses import read_addresses
from aicmo_dagster.store import audit, database, suppressions

_VALUE = ("value", "email", "emailaddress", "address", "mail", "recipient", "domain", "hash")
_REASON = ("reason", "suppressionreason")
"""What files call the columns, see `sources.headers.normal`."""
_HASH = "^[0-9a-f]{64}$"
_PLAIN_DOMAIN = r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
_EVERYBODY = f"^[{re.escape(''.join(suppressions.EVERYBODY))}]@"
_SAMPLE_BYTES = 1 << 20
_LISTED = 1_000


@dataclass(frozen=True)
class Refused:
    """A row that was not taken, by its column, and what is wrong with it."""

    line: int
    field: str
    reason: str


@dataclass
class Imported:
    """What became of the rows: `new` on the list, `known` (there already, or twice in the file), `refused`.

    `listed` has the first of those that were refused.
    """

    new: int = 0
    known: int = 0
    refused: int = 0
    listed: list[Refused] = field(default_factory=list)

    def refuse(self, line: int, of: str, reason: str) -> None:
        """Count a row that is not taken."""
        self.refused += 1
        if len(self.listed) < _LISTED:
            self.listed.append(Refused(line, of, reason))


@dataclass(frozen=True)
class _Columns:
    """Where they are in the file; `is_hash`: the values of rows that do not say their kind are hashes."""

    value: int
    kind: int | None
    reason: int | None
    is_hash: bool


def import_file(
    path: Path, by: str, reason: str = "imported", progress: Callable[[int], None] = lambda _: None
) -> Imported:
    """Suppress the addresses, domains and hashes of a CSV file, which may be brought again.

    They are in the column `value`, `email`, `address`, `domain` or `hash`. A row says what it is by its column
    `kind`; without one, what has an @ inside is an address, and all else a domain. A hash counts only as such: it
    is the `mailbox_hash` of this installation, as `export_file` writes it. `reason` is for rows that give none.
    `progress` is told of rows read.

    Every portion of the file counts from its commit on, and a row that cannot be taken stops no other. Raises
    SourceError where the file cannot be read, or names no such column.
    """
    found = Imported()
    with telling(path, path.name):
        kinds.check(path, "csv", path.name)
        stream, _ = open_utf8(path, None, path.name)
    try:
        with database.connect() as connection, connection.cursor() as cursor:
            for entries, read in _portions(stream, path.name, found):
                if not entries.empty:
                    entries["reason"] = entries["reason"].replace("", pd.NA).fillna(reason)
                    new = suppressions.add_all(cursor, entries, by)
                    connection.commit()
                    found.new += new
                    found.known += len(entries) - new
                progress(read)
            counts = {"new": found.new, "known": found.known, "refused": found.refused}
            audit.record(cursor, by, "suppression.import", path.name, after=counts)
            cursor.execute("ANALYZE suppressions")
    except OSError as error:
        raise SourceError(f"{path.name} cannot be read to its end: {error}.") from error
    finally:
        stream.close()
    return found


def export_file(to: Path) -> int:
    """Write the whole list as CSV, for the eyes of its owner alone; returns how many entries.

    Raises ConfigurationError where the file is there already or cannot be written.
    """
    try:
        with _new(to) as file, database.transaction() as cursor:
            return suppressions.copy_out(cursor, file)
    except FileExistsError as error:
        raise ConfigurationError(f"{to} is there already; name a new file, or remove it") from error
    except OSError as error:
        raise ConfigurationError(f"{to} cannot be written: {error.strerror}") from error


def _new(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _portions(stream: Utf8Stream, label: str, found: Imported) -> Iterator[tuple[pd.DataFrame, int]]:
    """The entries that can be taken, portion by portion, and how many rows were read for them."""
    sample = b""
    while len(sample) < _SAMPLE_BYTES and (block := stream.read(_SAMPLE_BYTES)):
        sample += block
    delimiter, header, end = _header(sample, len(sample) < _SAMPLE_BYTES)
    names = [normal(name) for name in header]
    value = next((names.index(name) for name in _VALUE if name in names), None)
    if value is None:
        raise SourceError(
            f"{label} does not say what its columns are. Name the column value, email, domain or hash in a first line."
        )
    columns = _Columns(
        value,
        names.index("kind") if "kind" in names else None,
        next((names.index(name) for name in _REASON if name in names), None),
        names[value] == "hash",
    )
    reader = RowReader(delimiter, len(header), lambda cells: len(cells) > value)
    for rows in reader.read(stream, sample[end:], len(LINE_END.findall(sample, 0, end)) + 1):
        for bad in rows.bad:
            found.refuse(bad.line, "row", f"it {bad.problem.reason}")
        yield _entries(rows, columns, found), len(rows.line) + len(rows.bad)


def _header(sample: bytes, whole: bool) -> tuple[str, list[str], int]:
    """Delimiter, the cells of the first line, and where the next one begins: as it names most columns."""
    best: tuple[int, str, list[str], int] = (-1, ",", [], 0)
    for delimiter in DELIMITERS:
        record = strict_record(sample, 0, delimiter.encode(), whole)
        if not isinstance(record, str):
            header = [cell.decode("utf-8", "replace") for cell in record[1]]
            named = sum(normal(name) in (*_VALUE, *_REASON, "kind") for name in header)
            best = max(best, (named, delimiter, header, record[0]), key=lambda one: (one[0], len(one[2])))
    return best[1:]


def _entries(rows: Rows, columns: _Columns, found: Imported) -> pd.DataFrame:
    """`kind`, `value` and `reason` of the rows that can be taken."""

    def text(place: int | None) -> pa.Array:
        if place is None:
            return pa.nulls(len(rows.line), pa.large_string())
        return pc.utf8_trim_whitespace(undone_column(rows.table.column(place)).combine_chunks())

    written = text(columns.value)
    has_at = pc.greater(pc.fill_null(pc.find_substring(written, "@"), -1), 0)
    kind = pc.utf8_lower(text(columns.kind))
    unsaid = pc.fill_null(pc.equal(kind, ""), True)
    kind = pc.if_else(unsaid, "hash" if columns.is_hash else pc.if_else(has_at, "address", "domain"), kind)
    value, problem = _read(written, kind)
    wrong = pc.invert(pc.is_in(kind, pa.array(suppressions.KINDS, kind.type)))
    problem = pc.if_else(wrong, "write address, domain or hash, or leave it empty", problem)
    bad = pc.is_valid(problem)
    for line, is_kind, why in zip(
        rows.line[bad.to_numpy(zero_copy_only=False)].tolist(),
        pc.filter(wrong, bad).to_pylist(),
        pc.filter(problem, bad).to_pylist(),
        strict=True,
    ):
        found.refuse(line, "kind" if is_kind else "value", why)
    entries = pa.table({"kind": kind, "value": value, "reason": text(columns.reason)})
    frame: pd.DataFrame = entries.filter(pc.invert(bad)).to_pandas()
    return frame


def _read(written: pa.Array, kind: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The values as they are kept, and what is wrong with those that are not of their kind."""
    nothing = pa.nulls(len(written), pa.large_string())
    lower = pc.utf8_lower(written)
    is_address, is_domain = pc.equal(kind, "address"), pc.equal(kind, "domain")
    addresses = read_addresses(pc.if_else(is_address, written, nothing))
    everybody = pc.fill_null(pc.match_substring_regex(addresses.email, _EVERYBODY), False)
    valid = pc.and_(is_address, pc.and_not(pc.equal(addresses.status, "valid"), everybody))
    plain = pc.and_(
        pc.and_(is_domain, pc.match_substring_regex(lower, _PLAIN_DOMAIN)),
        pc.invert(pc.match_substring(lower, "--")),
    )
    hashed = pc.and_(pc.equal(kind, "hash"), pc.match_substring_regex(lower, _HASH))
    sound = pc.fill_null(pc.or_(pc.or_(valid, plain), hashed), False)
    value = pc.if_else(valid, addresses.email, lower)
    if pc.all(sound).as_py():
        return value, nothing
    odd = pc.invert(sound)
    read = [
        _with_care(one or "", of)
        for one, of in zip(pc.filter(written, odd).to_pylist(), pc.filter(kind, odd).to_pylist(), strict=True)
    ]
    value = pc.replace_with_mask(value, odd, pa.array([one for one, _ in read], pa.large_string()))
    return value, pc.replace_with_mask(nothing, odd, pa.array([why for _, why in read], pa.large_string()))


def _with_care(text: str, kind: str) -> tuple[str | None, str | None]:
    """The value as it is kept, or why not."""
    if not text:
        return None, "it is empty"
    if kind == "hash" or re.fullmatch(_HASH, text.lower()):
        return None, "a hash has 64 hex digits, the kind `hash`, and was written by this installation"
    try:
        return (suppressions.read_address if kind == "address" else suppressions.read_domain)(text), None
    except ConfigurationError as error:
        return None, str(error)
