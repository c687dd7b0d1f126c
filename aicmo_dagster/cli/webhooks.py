"""`aicmo webhooks`: who is told of what happens, and what became of each message."""

from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened, prepared
from aicmo_dagster.cli.output import counted, records, say, say_json

app = typer.Typer(
    name="webhooks",
    no_args_is_help=True,
    help="Receivers of webhooks: who is told of replies, failed runs and more, and what became of it.",
    epilog="Example: aicmo webhooks add https://example.com/hooks/aicmo --event lead.replied",
)

_Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As aicmo webhooks list shows it.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_EVENTS = "lead.qualified, lead.routed, lead.replied, lead.unsubscribed, run.failed or campaign.held"


@app.command(epilog="Example: aicmo webhooks add https://example.com/hooks/aicmo --event lead.replied")
def add(
    url: Annotated[str, typer.Argument(help="https, at a public address.")],
    event: Annotated[list[str], typer.Option(help=f"{_EVENTS}; may be given again.")],
    campaign: Annotated[str | None, typer.Option(help="Only of this campaign. Without: of all.")] = None,
) -> None:
    """Add a receiver, and print what its messages are signed with, this one time."""
    from aicmo_dagster.operations import webhooks

    with opened() as cursor:
        made, secret = webhooks.add(cursor, url, event, campaign, actor())
    say(secret, "bold")
    say(f"Webhook {made.id} is signed with this secret. Keep it: it is not shown again.", "dim")
    say(f"Try it with: aicmo webhooks test {made.id}", "dim")


@app.command("list", epilog="Example: aicmo webhooks list --json")
def listing(as_json: _Json = False) -> None:
    """Show all receivers."""
    from dataclasses import asdict
    from urllib.parse import urlsplit

    from aicmo_dagster.store import webhooks

    with opened() as cursor:
        found = webhooks.listing(cursor)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    columns = {
        "Number": "id",
        "Host": "host",
        "Events": "events",
        "Campaign": "campaign",
        "State": "state",
        "Failures": "failures",
    }
    lines = [
        {
            **vars(one),
            "host": urlsplit(one.url).hostname,
            "events": ", ".join(one.events),
            "campaign": one.campaign or "all",
            "state": "on" if one.enabled else one.disabled_reason or "off",
        }
        for one in found
    ]
    records(columns, lines, "There is no webhook yet; add one with: aicmo webhooks add URL --event EVENT")


@app.command(epilog="Example: aicmo webhooks change 1 --event lead.replied --event run.failed")
def change(
    number: _Number,
    url: Annotated[str | None, typer.Option(help="Where it is now.")] = None,
    event: Annotated[list[str] | None, typer.Option(help=f"Instead of those before: {_EVENTS}.")] = None,
    enabled: Annotated[
        bool | None, typer.Option("--on/--off", help="Whether it is told of anything.")
    ] = None,
) -> None:
    """Change a receiver; one that was switched off by itself is switched on again with --on."""
    from aicmo_dagster.operations import webhooks

    with opened() as cursor:
        changed = webhooks.change(cursor, number, actor(), url=url, events=event or None, enabled=enabled)
    say(f"Webhook {number} is {'on' if changed.enabled else 'off'} for {', '.join(changed.events)}.")


@app.command(epilog="Example: aicmo webhooks remove 1")
def remove(number: _Number) -> None:
    """Forget a receiver, and what it is still to be told."""
    from aicmo_dagster.store import webhooks

    with opened() as cursor:
        webhooks.delete(cursor, number, actor())
    say(f"Webhook {number} is removed.")


@app.command(epilog="Example: aicmo webhooks rotate 1")
def rotate(number: _Number) -> None:
    """Sign with a new secret and print it; for a day messages are signed with the old one, too."""
    from aicmo_dagster.operations import webhooks as operations
    from aicmo_dagster.store import webhooks

    with opened() as cursor:
        secret = webhooks.rotate(cursor, number, actor())
    say(operations.shown(secret), "bold")
    say("Keep it: it is not shown again. The old one is valid for another day.", "dim")


@app.command(epilog="Example: aicmo webhooks test 1")
def test(number: _Number) -> None:
    """Send a message of the type webhook.test now; exits with 1 unless the receiver takes it."""
    from aicmo_dagster.operations import webhooks

    prepared()
    sent = webhooks.send_test(number)
    if sent.state != "delivered":
        say(f"Webhook {number} did not take it: {sent.error}", "red")
        raise typer.Exit(1)
    say(f"Webhook {number} took it and answered {sent.status}.", "green")


@app.command(epilog="Example: aicmo webhooks deliveries 1 --state dead")
def deliveries(
    number: _Number,
    state: Annotated[str | None, typer.Option(help="waiting, delivered or dead. Without: all.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="So many, the newest.")] = 50,
    as_json: _Json = False,
) -> None:
    """List what a receiver was told and is to be told."""
    from dataclasses import asdict
    from typing import cast, get_args

    from aicmo_dagster.store import webhooks
    from aicmo_dagster.store.webhooks import DeliveryState

    if state is not None and state not in get_args(DeliveryState):
        raise typer.BadParameter(
            f"{state!r} is none of {', '.join(get_args(DeliveryState))}", param_hint="--state"
        )
    with opened() as cursor:
        found = webhooks.deliveries(
            cursor, number, state=cast("DeliveryState | None", state), before=None, limit=most
        )
    if as_json:
        say_json([asdict(one) for one in found])
        return
    columns = {
        "Delivery": "id",
        "Event": "event",
        "At": "created_at",
        "State": "state",
        "Tries": "attempts",
        "Answer": "status",
        "Error": "error",
        "Next try": "next",
    }
    lines = [{**vars(one), "next": one.next_try_at if one.state == "waiting" else None} for one in found]
    records(columns, lines, "There is none.")


@app.command(epilog="Example: aicmo webhooks resend 1")
def resend(
    number: _Number,
    delivery: Annotated[int | None, typer.Option(help="This one alone, whatever became of it.")] = None,
) -> None:
    """Have what was given up tried for another day."""
    from aicmo_dagster.store import webhooks

    with opened() as cursor:
        again = webhooks.resend(cursor, number, actor(), delivery)
    say(f"{counted(again, 'message')} will be tried again.")


@app.command(epilog="Example: aicmo webhooks deliver")
def deliver() -> None:
    """Deliver what is due now; where Dagster's daemon works, it does so by itself within seconds."""
    from aicmo_dagster.operations import webhooks

    prepared()
    outcome = webhooks.deliver()
    say(
        f"{counted(outcome.delivered, 'message')} delivered; {counted(outcome.failed, 'try', 'tries')} failed."
    )
