"""`aicmo inbox`: what came back to the mailboxes, and what people decide on it."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import counted, local, records, say, say_json

if TYPE_CHECKING:
    from aicmo_dagster.mail.inbox.reading import Reading

app = typer.Typer(
    name="inbox",
    no_args_is_help=True,
    help="What came back to the mailboxes: replies to decide on, bounces, wishes.",
    epilog="Example: aicmo inbox list",
)

Number = Annotated[int, typer.Argument(metavar="NUMBER", help="The message's number in `inbox list`.")]


class Category(StrEnum):
    interested = "interested"
    not_now = "not_now"
    not_interested = "not_interested"
    question = "question"
    referral = "referral"
    unsubscribe = "unsubscribe"
    other = "other"


@app.command(epilog="Example: aicmo inbox read eu-saas")
def read(
    key: Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="Only this campaign's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read the mailboxes now, as Dagster does every few minutes."""
    from dataclasses import asdict

    from aicmo_dagster.flow import mailboxes
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        chosen = [campaigns.get(cursor, key)] if key else None
    reading = mailboxes.read_those_of(chosen) if chosen else mailboxes.read_all()
    if as_json:
        say_json(asdict(reading))
    else:
        _tell(reading)
    if reading.problems:
        raise typer.Exit(1)


def _tell(reading: "Reading") -> None:
    kinds = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in sorted(reading.kinds.items()))
    say(f"{counted(reading.messages, 'new message')}; about our mails: {kinds or 'none'}.")
    if reading.settled:
        say(f"{counted(reading.settled, 'uncertain mail')} proved to be sent.")
    for mailbox in reading.busy:
        say(f"{mailbox} is being read by somebody else.", "dim")
    for fault in reading.faults:
        say(f"Could not be read wholly: {fault}", "yellow")
    for problem in reading.problems:
        say(problem, "bold red")


@app.command("list", epilog="Example: aicmo inbox list eu-saas --all")
def listing(
    key: Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="Only this campaign's.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what waits for nobody.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the replies whose meaning a person has to say, the oldest first."""
    from aicmo_dagster.store import campaigns, received

    with opened() as cursor:
        campaign = campaigns.get(cursor, key).id if key else None
        found = received.listing(cursor, campaign, waiting=not everything, limit=limit)
    if as_json:
        say_json(found)
        return
    for row in found:
        row["seems"] = _seems(row["category"], row["confidence"], row["reviewed_by"])
    columns = {
        "Number": "id",
        "Campaign": "campaign",
        "From": "email",
        "To": "mailbox",
        "What": "kind",
        "Seems": "seems",
        "Came": "received_at",
        "Decided by": "reviewed_by",
    }
    records(columns, found, "Nothing came back." if everything else "No reply waits for a decision.")
    if found and not everything:
        say("\nRead with: aicmo inbox show NUMBER; decide with: aicmo inbox decide NUMBER CATEGORY", "dim")


def _seems(category: str | None, confidence: float | None, decided_by: str | None) -> str:
    if category is None or decided_by is not None or confidence is None:
        return category or ""
    return f"{category} ({confidence:.0%})"


@app.command(epilog="Example: aicmo inbox show 42")
def show(
    number: Number,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a message: who wrote, to which mail of ours, and the words."""
    from aicmo_dagster.store import received

    with opened() as cursor:
        found = received.one(cursor, number)
    if as_json:
        say_json(found)
        return
    name = " ".join(filter(None, [found["first_name"], found["last_name"]]))
    say(f"{found['kind'].replace('_', ' ')} of {local(found['received_at'])}", "bold")
    say(f"From     {' '.join(filter(None, [name, found['email'] or '(erased)', found['company']]))}")
    say(f"Campaign {found['campaign']}, lead {found['lead_id']}, mailbox {found['mailbox']}")
    if found["sequence"] is not None:
        say(f"Answers  {found['sequence']} step {found['step']}")
    if seems := _seems(found["category"], found["confidence"], found["reviewed_by"]):
        say(f"Seems    {seems}")
    if found["reviewed_by"] is not None:
        say(f"Decided  by {found['reviewed_by']}, {local(found['reviewed_at'])}")
    if found["detail"]:
        say(f"Detail   {found['detail']}")
    if found["return_on"]:
        say(f"Back on  {found['return_on']:%a %d %b %Y}")
    if found["words"]:
        say(f"\n{found['words']}")


@app.command(epilog="Example: aicmo inbox decide 42 interested")
def decide(
    number: Number,
    category: Annotated[Category, typer.Argument(help="What the reply means.")],
) -> None:
    """Say what a reply means: interested becomes an outcome, unsubscribe stops all mails to the person."""
    from aicmo_dagster.mail.inbox import judgement

    with opened() as cursor:
        judgement.decide(cursor, number, category.value, actor(), datetime.now(UTC))
    say(f"Message {number} is recorded as {category.value}.")


@app.command(epilog="Example: aicmo inbox replay")
def replay() -> None:
    """Judge by today's rules the replies that older rules have judged and no person has."""
    from aicmo_dagster.mail.inbox import judgement

    with opened() as cursor:
        done = judgement.replay(cursor)
    say(f"{counted(done['replies'], 'reply', 'replies')} judged again, {done['changed']:,} differently.")
