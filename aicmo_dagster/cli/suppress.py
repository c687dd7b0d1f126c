"""`aicmo suppress`: who gets no mail from any campaign."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened, prepared
from aicmo_dagster.cli.output import console, counted, records, say, say_json

app = typer.Typer(
    name="suppress",
    no_args_is_help=True,
    help="Addresses and domains that get no mail from any campaign.",
    epilog="Example: aicmo suppress add @rival.com --reason competitor",
)

_SHOWN_REFUSED = 20
Who = Annotated[str, typer.Argument(metavar="ADDRESS|@DOMAIN", help="An address, or @ and a domain.")]


class Kind(StrEnum):
    address = "address"
    domain = "domain"
    hash = "hash"


@app.command(epilog="Examples: aicmo suppress add ann@example.com    aicmo suppress add @example.com")
def add(
    who: Who,
    reason: Annotated[str, typer.Option(help="Kept with the entry.")] = "asked by a person",
) -> None:
    """Send nothing more to an address, or to a domain and its subdomains."""
    from aicmo_dagster.store import suppressions

    kind = suppressions.kind_of(who)
    with opened() as cursor:
        new = suppressions.add(cursor, kind, who, reason, actor())
    whom = f"{who} and its subdomains" if kind == "domain" else who
    say(f"No campaign writes to {whom} any more." if new else f"{who} was suppressed already.")


@app.command(epilog="Examples: aicmo suppress remove ann@example.com    aicmo suppress remove @example.com")
def remove(
    who: Who,
    erased: Annotated[bool, typer.Option("--erased", help="Also where the person was erased.")] = False,
) -> None:
    """Take an address or a domain off the list; who unsubscribed or complained still gets no mail."""
    from aicmo_dagster.errors import ConfigurationError
    from aicmo_dagster.store import suppressions

    with opened() as cursor:
        reasons = suppressions.remove(cursor, who, actor(), erased=erased)
    if not reasons:
        raise ConfigurationError(f"{who} is not on the list; if the person was erased, add --erased")
    say(f"{who.strip().lstrip('@')} is off the list, where it was for: {', '.join(reasons)}")


@app.command("list", epilog="Example: aicmo suppress list --kind domain --search example")
def listing(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    kind: Annotated[Kind | None, typer.Option(help="Only these.")] = None,
    search: Annotated[str | None, typer.Option(help="Text in address or domain.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the suppression list."""
    from aicmo_dagster.store import suppressions

    with opened() as cursor:
        found = suppressions.listing(cursor, limit, kind.value if kind else None, search)
    if as_json:
        say_json(found)
        return
    columns = {"Kind": "kind", "Value": "value", "Reason": "reason", "By": "added_by", "Since": "created_at"}
    nothing = "Nothing on the suppression list fits." if kind or search else "The suppression list is empty."
    records(columns, found, nothing)


@app.command("import", epilog="Example: aicmo suppress import unsubscribed.csv --reason 'our old newsletter'")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="With or without named columns.")],
    reason: Annotated[str, typer.Option(help="Kept with entries that have none of their own.")] = "imported",
) -> None:
    """Suppress all addresses and domains of a file, each from now on; rows that are wrong stop no others."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from aicmo_dagster.operations import suppressions

    prepared()
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.completed:,} rows read"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console()) as progress:
        task = progress.add_task("", total=None)
        found = suppressions.import_file(file, actor(), reason, lambda count: progress.advance(task, count))
        progress.update(task, total=progress.tasks[0].completed)
    rows = found.new + found.known + found.refused
    say(
        f"{counted(rows, 'row')}: {found.new:,} new, {found.known:,} known already, {found.refused:,} not taken."
    )
    for one in found.listed[:_SHOWN_REFUSED]:
        say(f"line {one.line}, {one.field}: {one.reason}")
    if found.refused > _SHOWN_REFUSED:
        say(f"... and {found.refused - _SHOWN_REFUSED:,} more", "dim")
    if found.refused:
        raise typer.Exit(1)


@app.command(epilog="Example: aicmo suppress export suppressed.csv")
def export(file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="A new file.")]) -> None:
    """Write the whole list as CSV, as `aicmo suppress import` reads it."""
    from aicmo_dagster.operations import suppressions

    prepared()
    say(f"{counted(suppressions.export_file(file), 'entry', 'entries')} are in {file}")
