"""`aicmo keys`: who may use the REST API."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import say, say_json, table

app = typer.Typer(
    name="keys",
    no_args_is_help=True,
    help="Keys of the REST API: who may use it, and for what.",
    epilog="Example: aicmo keys create dashboards --role viewer",
)


class _Role(StrEnum):
    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@app.command(epilog="Example: aicmo keys create dashboards --role viewer --campaign demo --days 90")
def create(
    name: Annotated[str, typer.Argument(help="What it is for, or whose it is.")],
    role: Annotated[
        _Role,
        typer.Option(help="viewer reads; reviewer decides on leads; operator runs campaigns; admin all."),
    ] = _Role.VIEWER,
    campaign: Annotated[
        list[str] | None, typer.Option(help="Only for this campaign; may be given again. Without: for all.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Until when. Without: until revoked.")
    ] = None,
    per_minute: Annotated[int, typer.Option(min=1, max=1_000_000, help="Requests a minute.")] = 600,
) -> None:
    """Make a key and print it, this one time."""
    from aicmo_dagster.store import api_keys, campaigns

    with opened() as cursor:
        only = None if not campaign else [campaigns.get(cursor, one).id for one in campaign]
        _, text = api_keys.create(
            cursor,
            name,
            role.value,
            actor(),
            campaign_ids=only,
            expires_at=None if days is None else datetime.now(UTC) + timedelta(days=days),
            requests_per_minute=per_minute,
        )
    say(text, "bold")
    say("Keep it: it is not shown again. Send it as: Authorization: Bearer KEY", "dim")


@app.command("list", epilog="Example: aicmo keys list --json")
def listing(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show all keys, without themselves."""
    from dataclasses import asdict

    from aicmo_dagster.store import api_keys, campaigns

    with opened() as cursor:
        found = api_keys.listing(cursor)
        names = {one.id: one.key for one in campaigns.listing(cursor)}
    if as_json:
        say_json([asdict(one) for one in found])
        return
    if not found:
        say("There is no key yet; make one with: aicmo keys create NAME", "dim")
        return
    table(
        ["Number", "Key", "Name", "Role", "Campaigns", "Last used", "State"],
        [
            [
                one.id,
                f"{one.shown}…",
                one.name,
                one.role,
                "all"
                if one.campaign_ids is None
                else ", ".join(names.get(n, str(n)) for n in one.campaign_ids),
                f"{one.last_used_at:%Y-%m-%d %H:%M} UTC" if one.last_used_at else "never",
                _state(one, datetime.now(UTC)),
            ]
            for one in found
        ],
        ["Number"],
    )


def _state(key: "object", now: datetime) -> str:
    from aicmo_dagster.store.api_keys import ApiKey

    assert isinstance(key, ApiKey)
    if key.revoked_at is not None:
        return f"revoked {key.revoked_at:%Y-%m-%d}"
    if key.expires_at is None:
        return "valid"
    return f"{'valid until' if key.expires_at > now else 'over since'} {key.expires_at:%Y-%m-%d}"


@app.command(epilog="Example: aicmo keys revoke 3")
def revoke(number: Annotated[int, typer.Argument(help="As aicmo keys list shows it.")]) -> None:
    """Take a key's rights, from its next request on."""
    from aicmo_dagster.store import api_keys

    with opened() as cursor:
        key = api_keys.revoke(cursor, number, actor())
    say(f"Key {key.id} ({key.name}) is revoked.")
