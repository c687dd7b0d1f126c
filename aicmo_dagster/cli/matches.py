"""`aicmo matches`: leads that may be one person, and who decides."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import local, say, say_json, table

app = typer.Typer(
    name="matches",
    no_args_is_help=True,
    help="Leads that may be one person: look at them, merge them, keep them apart.",
    epilog="Example: aicmo matches list demo --state review",
)


class State(StrEnum):
    review = "review"
    merged = "merged"
    apart = "apart"


Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The pair's number, as `list` shows it.")]


@app.command("list", epilog="Example: aicmo matches list demo --state review")
def listing(
    key: Key,
    state: Annotated[
        State | None, typer.Option(help="Only those that wait, are merged or kept apart.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the most probable first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show pairs of leads that may be one person, and why."""
    from aicmo_dagster.operations.matches import reasons
    from aicmo_dagster.store import campaigns, match_pairs

    with opened() as cursor:
        found = match_pairs.listing(cursor, campaigns.get(cursor, key).id, state, limit)
    if as_json:
        say_json(found)
        return
    if not found:
        say("There are no such pairs.", "dim")
        return
    table(
        ["Pair", "State", "Probability", "Lead", "Other", "Why"],
        [
            [
                str(one["id"]),
                one["state"],
                f"{one['probability']:.1%}",
                _person(one["lead"]),
                _person(one["other"]),
                reasons(one["weights"]),
            ]
            for one in found
        ],
        ["Pair", "Probability"],
    )
    say(
        f"\nMore of one: aicmo matches show {key} NUMBER. One person: aicmo matches merge {key} NUMBER", "dim"
    )


def _person(lead: Mapping[str, Any]) -> str:
    name = " ".join(filter(None, [lead["first_name"], lead["last_name"]]))
    return f"{lead['id']}: " + ", ".join(filter(None, [name, lead["title"], lead["company"], lead["email"]]))


@app.command(epilog="Example: aicmo matches show demo 3")
def show(key: Key, number: Number, as_json: AsJson = False) -> None:
    """Show both leads side by side, with what each comparison weighs."""
    from aicmo_dagster.operations.matches import COMPARED
    from aicmo_dagster.store import campaigns, match_pairs

    with opened() as cursor:
        pair = match_pairs.get(cursor, campaigns.get(cursor, key).id, number)
    if as_json:
        say_json(pair)
        return
    one, other = pair["lead"], pair["other"]
    say(f"Pair {number}: {pair['probability']:.2%} one person, {_standing(pair)}", "bold")
    table(
        ["", f"Lead {one['id']}", f"Lead {other['id']}"],
        [
            [name.replace("_", " "), one[name], other[name]]
            for name in COMPARED
            if not one[name] is other[name] is None
        ],
    )
    if pair["weights"]:
        say("\nWeights, in bits: each doubles the odds that they are one person, or halves them", "bold")
        table(
            ["", "Bits"],
            [
                *([name.replace("_", " "), f"{bits:+.2f}"] for name, bits in pair["weights"].items()),
                ["together", f"{sum(pair['weights'].values()):+.2f}"],
            ],
            ["Bits"],
        )


def _standing(pair: Mapping[str, Any]) -> str:
    standing = {
        "review": "waits for a decision",
        "merged": f"merged, lead {pair['survivor_id']} stayed",
        "apart": "kept apart",
    }[pair["state"]]
    return standing + (
        f", by {pair['decided_by']} on {local(pair['decided_at'])}" if pair["decided_by"] else ""
    )


@app.command(epilog="Example: aicmo matches merge demo 3")
def merge(key: Key, number: Number) -> None:
    """Say that both are one person: one lead stays, with the better facts of both."""
    from aicmo_dagster.operations import matches
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        survivor, loser = matches.same(cursor, campaigns.get(cursor, key), number, actor())
    say(f"Lead {loser} is merged into lead {survivor}. To take it back: aicmo matches apart {key} {number}")


@app.command(epilog="Example: aicmo matches apart demo 3")
def apart(key: Key, number: Number) -> None:
    """Say that they are two persons: they are kept apart for good, and a merge is undone."""
    from aicmo_dagster.operations import matches
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        back = matches.apart(cursor, campaigns.get(cursor, key), number, actor())
    if back is None:
        say(f"The leads of pair {number} are kept apart.")
    else:
        say(f"Lead {back} is a lead of its own again; it goes on with the next run: aicmo run {key}")
