"""`aicmo senders`: the mailboxes that mails come from."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import say, say_json, table

if TYPE_CHECKING:
    from aicmo_dagster.operations.senders import SenderState

app = typer.Typer(
    name="senders",
    no_args_is_help=True,
    help="The mailboxes that mails come from: whether they may send, and how much.",
    epilog="Example: aicmo senders check eu-saas",
)

Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list", epilog="Example: aicmo senders list eu-saas")
def listing(key: Key, as_json: AsJson = False) -> None:
    """Show each mailbox: its domain, today's mails, its ramp, its next mail, what holds it."""
    found = _states(key)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    if not found:
        say("The campaign has no mailbox yet; give it sending.senders.", "dim")
        return
    table(
        ["Mailbox", "Domain", "Today", "May", "Ramp", "Next mail", "Bounced", "Held until", "Why"],
        [
            [
                one.address,
                _short(one),
                one.today,
                one.allowance,
                "" if one.ramp_day is None else f"day {one.ramp_day}",
                one.next_at,
                f"{one.week.bounced:,} of {one.week.mails:,}",
                one.held_until,
                one.refused or one.held_reason,
            ]
            for one in found
        ],
        ["Today", "May"],
    )


def _short(one: "SenderState") -> str:
    return " ".join(f"{check} {finding.outcome}" for check, finding in one.findings.items()) or "not checked"


@app.command(epilog="Example: aicmo senders check eu-saas")
def check(key: Key, as_json: AsJson = False) -> None:
    """Ask DNS now what receivers will find: MX, SPF, DKIM, DMARC, each with its remedy."""
    from aicmo_dagster.flow import sending_domains
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        senders = campaigns.get(cursor, key).config.sending.senders
    sending_domains.check(senders, datetime.now(UTC), again=True)
    found = _states(key)
    if as_json:
        say_json([asdict(one) for one in found])
    else:
        table(
            ["Mailbox", "Check", "Is", "Found", "Remedy"],
            [
                [one.address, check, finding.outcome, finding.says, finding.remedy]
                for one in found
                for check, finding in one.findings.items()
            ],
        )
        for one in found:
            if one.refused:
                say(f"{one.address} may not send: {one.refused}", "bold red")
    if any(one.refused for one in found):
        raise typer.Exit(1)


@app.command(epilog="Example: aicmo senders release eu-saas ann@example.com")
def release(
    key: Key, address: Annotated[str, typer.Argument(metavar="MAILBOX", help="Its address.")]
) -> None:
    """Let a held mailbox send again; its bounces are counted anew from now."""
    from aicmo_dagster.operations import health
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        released = health.release(cursor, campaigns.get(cursor, key), address, actor())
    say(f"{address.lower()} may send again." if released else f"{address.lower()} was not held.")


def _states(key: str) -> "list[SenderState]":
    from aicmo_dagster.operations import senders
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        return senders.states(cursor, campaigns.get(cursor, key), datetime.now(UTC))
