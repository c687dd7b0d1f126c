"""`aicmo mail`: look at a mail before anybody gets it."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import say, say_json

app = typer.Typer(
    name="mail",
    no_args_is_help=True,
    help="Mails as a lead would get them, to look at or to send to oneself.",
    epilog="Example: aicmo mail preview demo --sequence cold_outreach --step 2",
)

Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]
SequenceName = Annotated[
    str | None, typer.Option("--sequence", help="Default: that of the lead, else of HOT leads.")
]
Step = Annotated[int, typer.Option(min=1, help="Number of the mail in its sequence.")]
Variant = Annotated[str | None, typer.Option(help="A variant of that step; default its own text.")]
SenderAddress = Annotated[
    str | None, typer.Option("--sender", help="Address of a mailbox; default the campaign's first.")
]


@app.command(epilog="Example: aicmo mail preview demo elena.fixture@placeholder-cloud.example.net --step 2")
def preview(
    key: Key,
    who: Annotated[
        str | None,
        typer.Argument(
            metavar="[LEAD]",
            help="The lead's address or number; default: somebody unknown but for the address.",
        ),
    ] = None,
    sequence: SequenceName = None,
    step: Step = 1,
    variant: Variant = None,
    sender: SenderAddress = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the HTML there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show the mail that a lead would get: headers, text and, in a file, HTML."""
    from aicmo_dagster.operations import mails
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        wanted = mails.Wanted(who, sequence, step, variant, sender)
        found = mails.preview(cursor, campaigns.get(cursor, key), wanted, datetime.now(UTC))
    if html is not None:
        html.write_text(found.html, encoding="utf-8")
    if as_json:
        say_json(asdict(found))
        return
    for name, value in found.headers.items():
        say(f"{name}: {value}", "bold" if name == "Subject" else None)
    say(f"\n{found.text}")
    if html is not None:
        say(f"The HTML is in {html}.", "dim")


@app.command("test", epilog="Example: aicmo mail test demo ann@example.com --step 2")
def send_test(
    key: Key,
    to: Annotated[str, typer.Argument(metavar="TO", help="Your own address.")],
    lead: Annotated[str | None, typer.Option(help="Address or number of the lead it is written for.")] = None,
    sequence: SequenceName = None,
    step: Step = 1,
    variant: Variant = None,
    sender: SenderAddress = None,
) -> None:
    """Send one mail to yourself; a simulation puts it into the outbox. The ledger and its caps stay as they are."""
    from aicmo_dagster.operations import mails
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        wanted = mails.Wanted(lead, sequence, step, variant, sender)
        reply = mails.send_test(cursor, campaigns.get(cursor, key), wanted, to, datetime.now(UTC))
    say(f"Sent to {to}: {reply}")
