"""`aicmo suppress`: who gets no mail from any campaign."""

from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import records, say, say_json

app = typer.Typer(
    name="suppress",
    no_args_is_help=True,
    help="Addresses and domains that get no mail from any campaign.",
    epilog="Example: aicmo suppress add @rival.com --reason competitor",
)


@app.command(epilog="Examples: aicmo suppress add ann@example.com    aicmo suppress add @example.com")
def add(
    who: Annotated[str, typer.Argument(metavar="ADDRESS|@DOMAIN", help="An address, or @ and a domain.")],
    reason: Annotated[str, typer.Option(help="Kept with the entry.")] = "asked by a person",
) -> None:
    """Send nothing more to an address, or to a domain and its subdomains."""
    from aicmo_dagster.store import suppressions

    kind: suppressions.Kind = "address" if "@" in who.strip().lstrip("@") else "domain"
    with opened() as cursor:
        new = suppressions.add(cursor, kind, who, reason, actor())
    whom = f"{who} and its subdomains" if kind == "domain" else who
    say(f"No campaign writes to {whom} any more." if new else f"{who} was suppressed already.")


@app.command("list", epilog="Example: aicmo suppress list --limit 20")
def listing(
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the suppression list."""
    from aicmo_dagster.store import suppressions

    with opened() as cursor:
        found = suppressions.listing(cursor, limit)
    if as_json:
        say_json(found)
        return
    columns = {"Kind": "kind", "Value": "value", "Reason": "reason", "By": "added_by", "Since": "created_at"}
    records(columns, found, "The suppression list is empty.")
