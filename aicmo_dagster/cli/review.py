"""`aicmo review`: decide on the leads that the rules leave to a person."""

from typing import TYPE_CHECKING, Annotated

import typer

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import counted, say, say_json, table

if TYPE_CHECKING:
    from aicmo_dagster.store.reviews import Decision

app = typer.Typer(
    name="review",
    no_args_is_help=True,
    help="Decide on leads that the rules leave to a person.",
    epilog="Example: aicmo review approve demo ann@example.com --reason 'met her at the fair'",
)

Who = Annotated[list[str], typer.Argument(metavar="WHO...", help="Addresses or numbers of leads.")]


@app.command("list", epilog="Example: aicmo review list demo")
def listing(
    key: Key,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, best score first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show who waits for a decision, and why."""
    from aicmo_dagster.stages.qualification import describe
    from aicmo_dagster.store import campaigns, reviews

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        found = reviews.waiting(cursor, campaign.id, limit)
    for one in found:
        one["why"] = "; ".join(describe(code, campaign.config) for code in one["failed"])
    if as_json:
        say_json(found)
        return
    if not found:
        say("Nobody waits for a review.", "dim")
        return
    decided = {"approve": "approved", "reject": "rejected", None: ""}
    table(
        ["Lead", "Address", "Name", "Title", "Company", "Score", "Why", "Decided"],
        [
            [
                one["id"],
                one["email"],
                " ".join(filter(None, [one["first_name"], one["last_name"]])),
                one["title"],
                one["company"],
                None if one["score"] is None else f"{one['score']:.2f}",
                one["why"],
                decided[one["decision"]],
            ]
            for one in found
        ],
        ["Lead", "Score"],
    )
    say(
        f"\nDecide with: aicmo review approve {key} WHO, or: aicmo review reject {key} WHO --reason TEXT",
        "dim",
    )


@app.command(epilog="Example: aicmo review approve demo ann@example.com 17 --reason 'met both at the fair'")
def approve(
    key: Key, who: Who, reason: Annotated[str | None, typer.Option(help="Kept with the decision.")] = None
) -> None:
    """Let leads pass, whatever the rules say of fit and intent."""
    _decide(key, who, "approve", reason)


@app.command(epilog="Example: aicmo review reject demo ann@example.com --reason 'is a student'")
def reject(key: Key, who: Who, reason: Annotated[str, typer.Option(help="Kept with the decision.")]) -> None:
    """Keep leads out, also those that the rules let pass."""
    _decide(key, who, "reject", reason)


def _decide(key: str, who: list[str], decision: "Decision", reason: str | None) -> None:
    from aicmo_dagster.operations import reviews
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        decided = reviews.decide(cursor, campaign, who, decision, reason, actor())
    say(f"{'Approved' if decision == 'approve' else 'Rejected'} {counted(len(decided), 'lead')}:")
    for lead in decided:
        say(f"  {lead['email'] or lead['identity']}")
    say(f"It takes effect with the next run: aicmo run {key}")
