"""Tables, JSON and times, as every command prints them."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 1000
"""Columns when the output is a pipe or a file: whoever reads it wants whole lines and whole addresses."""


def console(*, stderr: bool = False) -> Console:
    """Where to print: as wide as the terminal, or wide enough for anything."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else _WIDE)


def say(text: str, style: str | None = None) -> None:
    """Print plain text; brackets in it mean nothing."""
    console().print(Text(text, style=style or ""))


def complain(text: str) -> None:
    """Print an error."""
    console(stderr=True).print(Text(text, style="bold red"))


def say_json(value: Any) -> None:
    """Print JSON: times in ISO 8601, in UTC; whatever else JSON has no form for as text."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def table(columns: Sequence[str], lines: Iterable[Sequence[object]], right: Iterable[str] = ()) -> None:
    """Print a table. Long cells are folded, never cut; `right` names the columns of numbers."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    numbers = set(right)
    for column in columns:
        made.add_column(column, overflow="fold", justify="right" if column in numbers else "left")
    for line in lines:
        made.add_row(*(cell if isinstance(cell, Text) else Text(_cell(cell)) for cell in line))
    console().print(made)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return local(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def records(columns: Mapping[str, str], found: Sequence[Mapping[str, Any]], nothing: str) -> None:
    """Print rows of the store: column of the table -> key of the row; `nothing` when there are none."""
    if not found:
        say(nothing, "dim")
        return
    table(list(columns), [[row[key] for key in columns.values()] for row in found])


def local(at: datetime, zone: str | None = None) -> str:
    """A moment as people read it, with its zone: the given one, else this machine's."""
    moved = at.astimezone(ZoneInfo(zone) if zone else None)
    return f"{moved:%a %d %b %Y %H:%M} {zone or moved.tzname()}"


def counted(number: int, one: str, more: str | None = None) -> str:
    """`1 lead`, `1,200 leads`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
