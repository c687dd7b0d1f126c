"""`aicmo person`: what is kept of a person, and erasing it."""

from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import counted, say

app = typer.Typer(
    name="person",
    no_args_is_help=True,
    help="Erase a person, and prove that nothing holds the address.",
    epilog="Example: aicmo person check ann@example.com",
)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="In any spelling of the mailbox.")]


@app.command(epilog="Example: aicmo person check ann@example.com")
def check(address: Address) -> None:
    """Search every column of the database for the address; exit code 1 where it is found."""
    from aicmo_dagster.store import persons

    with opened() as cursor:
        _, boxes = persons.mailboxes(cursor, address)
        places = sorted(
            {f"{schema}.{table}.{column}" for schema, table, column, *_ in persons.holding(cursor, boxes)}
        )
    for place in places:
        say(place)
    if places:
        raise typer.Exit(1)
    say("No table holds the address.")


@app.command(epilog="Example: aicmo person erase ann@example.com --yes")
def erase(
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase the person from the database; only a keyed hash stays, so that nobody writes to the address again."""
    from aicmo_dagster.store import persons

    if not yes:
        typer.confirm("This cannot be undone. Erase the person?", abort=True)
    with opened() as cursor:
        erased = persons.erase(cursor, address, actor())
    say(f"{counted(erased, 'lead')} erased; the address is suppressed by its hash.")
