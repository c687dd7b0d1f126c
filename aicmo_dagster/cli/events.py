"""`aicmo events`: what providers have reported of the mails, and reading it again."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import console, counted, records, say, say_json

app = typer.Typer(
    name="events",
    no_args_is_help=True,
    help="What SendGrid, Amazon SES, Postmark, Mailgun and Resend have reported of the mails.",
    epilog="Example: aicmo events list --provider sendgrid",
)


class Name(StrEnum):
    sendgrid = "sendgrid"
    ses = "ses"
    postmark = "postmark"
    mailgun = "mailgun"
    resend = "resend"


Only = Annotated[Name | None, typer.Option("--provider", help="Only this provider's.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list", epilog="Example: aicmo events list --provider ses --all")
def listing(
    provider: Only = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those about mails that are not ours.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the newest events, and what each was taken for."""
    from aicmo_dagster.store import provider_events

    with opened() as cursor:
        found = provider_events.listing(
            cursor, provider.value if provider else None, only_ours=not everything, limit=limit
        )
    if as_json:
        say_json(found)
        return
    for row in found:
        row["taken_for"] = row["kind"] or ("nothing" if row["processed_at"] else "not processed yet")
    columns = {
        "Number": "id",
        "Provider": "provider",
        "Taken for": "taken_for",
        "Campaign": "campaign",
        "Lead": "lead_id",
        "Mail": "send_id",
        "Came": "created_at",
    }
    which = "" if everything else " of our mails; --all shows the others"
    records(columns, found, f"No provider has reported anything{which}.")


@app.command(epilog="Example: aicmo events replay --provider mailgun --since 2026-03-01")
def replay(
    provider: Only = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="Came since then, UTC.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read by today's rules the events that older rules have read, and have the effects of what is new in them.

    What older rules have done stays; where newer ones would not have done it, it is listed. Events whose effects a
    crash or a fault has prevented have them now.
    """
    from dataclasses import asdict

    from aicmo_dagster.mail.providers import recording

    with opened():
        pass
    columns = (SpinnerColumn(), TextColumn("{task.completed:,} events read"), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None)
        done, changed = recording.replay(
            datetime.now(UTC),
            provider=provider.value if provider else None,
            since=since.replace(tzinfo=UTC) if since else None,
            told=lambda count: progress.update(task, completed=count),
        )
    found = [asdict(one) for one in changed]
    if as_json:
        say_json({"read": done, "changed": found})
        return
    say(f"{counted(done, 'event')} read again.")
    if found:
        for row in found:
            row["now"] = row["now"] or "nothing"
        records(
            {"Number": "id", "Provider": "provider", "Was": "before", "Is": "now", "Mail": "send_id"},
            found,
            "",
        )
        say(
            "What they were taken for before has had its effect, and that stays: look whether it should.",
            "yellow",
        )
