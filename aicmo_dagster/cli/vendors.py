"""`aicmo vendors`: what vendors were asked, what they found, what it cost."""

from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import counted, records, say, say_json, table

app = typer.Typer(
    name="vendors",
    no_args_is_help=True,
    help="Vendors of addresses and facts: what they found and what it cost.",
    epilog="Example: aicmo vendors spending eu-saas",
)

_Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: aicmo vendors spending eu-saas")
def spending(key: _Key, as_json: _Json = False) -> None:
    """Show per vendor and field how many people were asked about and found, and what each cost."""
    from aicmo_dagster.store import campaigns, ledger

    with opened() as cursor:
        found = ledger.spending(cursor, campaigns.get(cursor, key).id)
    if as_json:
        say_json(found)
        return
    if not found:
        say("No vendor was asked yet.", "dim")
        return
    numbers = ["Requests", "People", "Found", "Yield", "Credits", "Each"]
    lines: list[list[object]] = []
    for row in found:
        people, credits = row["people"], row["credits"]
        lines.append(
            [row["vendor"], row["operation"], "", row["requests"], *_found(people, row["found"], credits)]
        )
        lines += [
            ["", "", field, "", *_found(people, count, credits)]
            for field, count in row["fields"].items()
            if field != "extra"
        ]
    table(["Vendor", "Asked for", "Field", *numbers], lines, right=numbers)


def _found(people: int, found: int, credits: float) -> list[object]:
    """Number of people asked about and found, the share of these, credits in all and for each one found."""
    return [
        people,
        found,
        f"{found / people:.0%}" if people else "",
        f"{credits:,g}",
        f"{credits / found:,.3g}" if found else "",
    ]


@app.command(epilog="Example: aicmo vendors uncertain eu-saas")
def uncertain(key: _Key, as_json: _Json = False) -> None:
    """Show requests of which nobody knows whether they were carried out; their people are not asked about again."""
    from aicmo_dagster.store import campaigns, ledger

    with opened() as cursor:
        found = ledger.uncertain(cursor, campaigns.get(cursor, key).id)
    if as_json:
        say_json(found)
        return
    columns = {
        "Number": "id",
        "Vendor": "vendor",
        "Asked for": "operation",
        "People": "people",
        "Credits": "credits",
        "Made": "created_at",
        "Why": "error",
    }
    records(columns, found, "No request is uncertain.")


@app.command(epilog="Example: aicmo vendors release eu-saas 42")
def release(
    key: _Key,
    number: Annotated[int, typer.Argument(metavar="REQUEST", help="Its number in `vendors uncertain`.")],
) -> None:
    """Let the people of an uncertain request be asked about again; that may cost a second time."""
    from aicmo_dagster.store import campaigns, ledger

    with opened() as cursor:
        people = ledger.release(cursor, campaigns.get(cursor, key).id, number, actor())
    say(
        f"Request {number} is released: the next run may ask about {counted(people, 'person', 'people')} again."
    )
