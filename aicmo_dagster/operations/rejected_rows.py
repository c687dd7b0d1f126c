"""Rejected rows as a file that a person mends and imports again."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import FILE_SOURCES, CampaignConfig
from aicmo_dagster.errors import ConfigurationError, LeadNotFoundError
from aicmo_dagster.lead import SOURCE_FIELDS
from aicmo_dagster.sources.headers import OWN_COLUMNS, matched, normal
from aicmo_dagster.sources.neutral import neutral
from aicmo_dagster.store import rejected_rows
from aicmo_dagster.store.campaigns import Campaign

_Column = tuple[str | None, str]
"""The field that a column is, None for an extra one; and its header."""


def columns_of(config: CampaignConfig) -> dict[str, str]:
    """The header names that the campaign's file sources give to fields, all together."""
    columns: dict[str, str] = {}
    for source in config.sources:
        if isinstance(source, FILE_SOURCES):
            columns |= source.columns
    return columns


def export(cursor: Cursor[TupleRow], campaign: Campaign, path: Path, label: str | None = None) -> int:
    """Write the rejected rows, or those of one file, as CSV with the columns of their files; returns how many.

    A column of one field is one column, whatever its files call it. Cells that a spreadsheet would run are
    neutralised (see `sources.neutral`); importing the file undoes it. Raises ConfigurationError where the file
    is there already, LeadNotFoundError where there is nothing to write.
    """
    found = rejected_rows.listing(cursor, campaign.id, None, label)
    if not found:
        of = f" of {label!r}" if label else ""
        raise LeadNotFoundError(f"there are no rejected rows{of} in campaign '{campaign.key}'")
    columns = columns_of(campaign.config)
    given = [_values(row, columns) for row in found]
    header = _header([*_file_columns(found, columns), *(column for row in given for column in row)], columns)
    try:
        # With a mark, without which Excel takes UTF-8 for something else.
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            *front, raw = OWN_COLUMNS
            writer.writerow([*front, *map(neutral, header.values()), raw])
            for row, values in zip(found, given, strict=True):
                named = {_key(column): text for column, text in values.items()}
                cells = [named.get(key, "") for key in header]
                said = row["raw"] if _record(row) is None else ""
                own = [str(row["id"]), row["file"], str(row["line"]), row["reason"]]
                writer.writerow([neutral(cell) for cell in [*own, *cells, said]])
    except FileExistsError as error:
        raise ConfigurationError(f"{path} is there already; name a new file, or remove it") from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
    return len(found)


def _key(column: _Column) -> tuple[str, str]:
    field, name = column
    return ("extra", name) if field is None else ("field", field)


def _fields(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Which field each of a file's columns is, by name."""
    mapped = matched(header, _present(columns, header), "rejected rows")
    return {mapped.names[index]: field for field, index in mapped.fields.items()}


def _present(columns: Mapping[str, str], header: Iterable[str]) -> dict[str, str]:
    keys = {normal(name) for name in header}
    chosen: dict[str, str] = {}
    for name, field in columns.items():
        if normal(name) in keys and field not in chosen.values():
            chosen[name] = field
    return chosen


def _file_columns(found: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> list[_Column]:
    files = dict.fromkeys(tuple(row["header"]) for row in found if row["header"])
    listed: list[_Column] = []
    for header in files:
        fields = _fields(header, columns)
        listed += [(fields.get(name), name) for name in header if name not in OWN_COLUMNS]
    return listed


def _values(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[_Column, str]:
    """What is known of a row, by column."""
    if row["cells"]:
        fields = _fields(row["header"] or [], columns)
        return {
            (fields.get(name), name): text for name, text in row["cells"].items() if name not in OWN_COLUMNS
        }
    # A lead's fields are called by their own names there, and come before others of such a name.
    named = {field: name for name, field in _fields(row["header"] or [], columns).items()}
    values: dict[_Column, str] = {}
    for name, text in _record(row) or ():
        column: _Column = (name, named.get(name, name)) if name in SOURCE_FIELDS else (None, name)
        values[(None, name) if column in values else column] = text
    return values


def _record(row: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """What was read from a row, where `raw` is that and not the row itself."""
    try:
        said = json.loads(row["raw"], object_pairs_hook=list) if row["raw"].startswith("{") else None
    except ValueError:
        return None
    return None if said is None or any(not isinstance(text, str) for _, text in said) else said


def _header(found: Iterable[_Column], columns: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """The name of each column of the export: its own where all files agree and it will be read as it was."""
    called: dict[tuple[str, str], dict[str, None]] = {}
    for column in found:
        called.setdefault(_key(column), {})[column[1]] = None
    header = {key: next(iter(names)) if len(names) == 1 else key[1] for key, names in called.items()}
    if not _read_as(header, columns):
        # Fields under their own names, which count most in our exports, and in front of others of that name.
        ordered = sorted(called, key=lambda key: key[0] == "extra")
        header = {key: key[1] for key in ordered}
    return header


def _read_as(header: Mapping[tuple[str, str], str], columns: Mapping[str, str]) -> bool:
    names = [OWN_COLUMNS[0], *header.values()]
    if len(set(names)) < len(names):
        return False
    mapped = matched(names, columns, "rejected rows")
    read = {mapped.names[index]: field for field, index in mapped.fields.items()}
    return all(read.get(name) == (key[1] if key[0] == "field" else None) for key, name in header.items())
