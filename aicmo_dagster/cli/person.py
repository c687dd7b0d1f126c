"""`aicmo person`: what is kept of a person, and erasing it."""

from pathlib import Path
from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, prepared
from aicmo_dagster.cli.output import counted, say, say_json

app = typer.Typer(
    name="person",
    no_args_is_help=True,
    help="Export or erase a person, and prove that nothing holds the address.",
    epilog="Example: aicmo person export ann@example.com --to ann.json",
)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="In any spelling of the mailbox.")]


@app.command(epilog="Example: aicmo person export ann@example.com --to ann.json")
def export(
    address: Address,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write it here, for your eyes alone.")
    ] = None,
) -> None:
    """Everything that is kept of the person, as JSON: every row of every table that is about them."""
    import json

    from aicmo_dagster.operations import persons

    prepared()
    found = persons.export(address)
    if to is None:
        say_json(found)
        return
    try:
        to.touch(0o600)
        to.write_text(json.dumps(found, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    except OSError as error:
        from aicmo_dagster.errors import ConfigurationError

        raise ConfigurationError(f"{to} cannot be written: {error.strerror}") from None
    rows = sum(map(len, found["tables"].values()))
    say(f"{counted(rows, 'row')} of {counted(len(found['tables']), 'table')} are in {to}")


@app.command(epilog="Example: aicmo person check ann@example.com")
def check(address: Address) -> None:
    """Search every column of the database and every simulated mail for the address; exit code 1 where it is."""
    from aicmo_dagster.operations import persons

    prepared()
    places = persons.places(address)
    for place in places:
        say(place)
    if places:
        raise typer.Exit(1)
    say("Nothing holds the address.")


@app.command(epilog="Example: aicmo person erase ann@example.com --yes")
def erase(
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase the person from tables and files; only a keyed hash stays, so that nobody writes to the address again."""
    from aicmo_dagster.operations import persons

    prepared()
    if not yes:
        typer.confirm("This cannot be undone. Erase the person?", abort=True)
    erased = persons.erase(address, actor())
    files = f" and {counted(erased.files, 'simulated mail')}" if erased.files else ""
    say(f"{counted(erased.leads, 'lead')}{files} erased; the address is suppressed by its hash.")
