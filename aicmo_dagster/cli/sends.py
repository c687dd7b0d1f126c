"""`aicmo sends`: the ledger of mails."""

from enum import StrEnum
from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import records, say, say_json

app = typer.Typer(
    name="sends",
    no_args_is_help=True,
    help="The ledger of mails: planned, sent, held back.",
    epilog="Example: aicmo sends list demo --state held",
)


Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The mail's number in `sends list`.")]


class SendState(StrEnum):
    planned = "planned"
    claimed = "claimed"
    sending = "sending"
    sent = "sent"
    held = "held"
    failed = "failed"
    uncertain = "uncertain"
    skipped = "skipped"


class Found(StrEnum):
    sent = "sent"
    failed = "failed"


@app.command("list", epilog="Example: aicmo sends list demo --state uncertain")
def listing(
    key: Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="Only this campaign's.")] = None,
    state: Annotated[SendState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show mails, the newest first."""
    from aicmo_dagster.store import campaigns, sends

    with opened() as cursor:
        campaign = campaigns.get(cursor, key).id if key else None
        found = sends.listing(cursor, campaign, state, limit)
    if as_json:
        say_json(found)
        return
    columns = {
        "Number": "id",
        "Campaign": "campaign",
        "To": "email",
        "Sequence": "sequence",
        "Step": "step",
        "State": "state",
        "Due": "due_at",
        "Sent": "sent_at",
        "Next try": "next_try_at",
        "Why": "reason",
    }
    records(columns, found, "There are no such mails.")


@app.command(epilog="Example: aicmo sends resolve 42 sent")
def resolve(
    number: Number,
    found: Annotated[Found, typer.Argument(help="What the server's log or the recipient says.")],
) -> None:
    """Say what became of a mail that a crash left uncertain."""
    from aicmo_dagster.store import sends

    with opened() as cursor:
        sends.resolve(cursor, number, "sent" if found is Found.sent else "failed", actor())
    say(f"Mail {number} is recorded as {found}.")


@app.command(epilog="Example: aicmo sends hold eu-saas 42 --reason 'we are talking to her'")
def hold(key: Key, number: Number, reason: Annotated[str | None, typer.Option(help="Why.")] = None) -> None:
    """Keep a mail back, and those that follow it, until it is resumed."""
    from aicmo_dagster.store import campaigns, sends

    with opened() as cursor:
        held = sends.hold(cursor, campaigns.get(cursor, key).id, number, actor(), reason)
    say(f"Mail {number} is held." if held else f"Mail {number} was held already.")


@app.command(epilog="Example: aicmo sends resume eu-saas 42")
def resume(key: Key, number: Number) -> None:
    """Let a mail go on that a person holds."""
    from aicmo_dagster.store import campaigns, sends

    with opened() as cursor:
        sends.resume(cursor, campaigns.get(cursor, key).id, number, actor())
    say(f"Mail {number} goes on.")
