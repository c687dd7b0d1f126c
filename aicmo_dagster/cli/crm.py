"""`aicmo crm`: what CRMs were told of a campaign's leads, and telling them now."""

from typing import Annotated

import typer

from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import console, counted, records, say, say_json, table

app = typer.Typer(
    name="crm",
    no_args_is_help=True,
    help="HubSpot and Salesforce: what they were told of leads, and what they refused.",
    epilog="Example: aicmo crm status eu-saas",
)

_Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: aicmo crm status eu-saas")
def status(key: _Key, as_json: _Json = False) -> None:
    """Show per CRM how many leads it knows, refused and has not been told yet, with every kind of error."""
    from dataclasses import asdict

    from aicmo_dagster.flow.run import utc_now
    from aicmo_dagster.operations import crm
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        found = crm.standings(cursor, campaigns.get(cursor, key), utc_now())
    if as_json:
        say_json([asdict(one) for one in found])
        return
    numbers = ["Known there", "Refused", "To push"]
    lines = [[one.crm, one.synced, one.failed, one.waiting, one.pushed_at, one.next_try_at] for one in found]
    table(["CRM", *numbers, "Last pushed", "Next retry"], lines, numbers)
    for one in found:
        if one.skipped:
            say(f"{one.crm}: nothing is pushed: {one.skipped}", "yellow")
        if one.missing:
            say(f"{one.crm}: {' and '.join(one.missing)} is not set here", "yellow")
    if any(one.errors for one in found):
        say("")
        columns = {"CRM": "crm", "Error": "error", "Leads": "leads", "One of them": "example"}
        records(columns, [{"crm": one.crm, **error} for one in found for error in one.errors], "")


@app.command(epilog="Example: aicmo crm failed eu-saas --most 20")
def failed(
    key: _Key,
    most: Annotated[int, typer.Option("--most", min=1, help="Leads per CRM.")] = 100,
    as_json: _Json = False,
) -> None:
    """List leads that a CRM refused, by their numbers, with the error and when they are tried again."""
    from aicmo_dagster.operations import crm
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        found = crm.failed(cursor, campaigns.get(cursor, key), most)
    if as_json:
        say_json(found)
        return
    columns = {
        "CRM": "crm",
        "Lead": "lead",
        "Error": "error",
        "Attempts": "attempts",
        "Next try": "next_try_at",
    }
    records(columns, found, "Nothing was refused.")


@app.command(epilog="Example: aicmo crm push eu-saas --retry")
def push(
    key: _Key,
    retry: Annotated[
        bool, typer.Option("--retry", help="Also what was refused and would be tried later.")
    ] = False,
) -> None:
    """Push what changed now; otherwise it is pushed every quarter of an hour."""
    from aicmo_dagster.operations import crm, pipeline
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        crm.configured(campaign)
        again = crm.retry(cursor, campaign) if retry else 0
    if again:
        say(f"{counted(again, 'lead')} that {'was' if again == 1 else 'were'} refused: tried again.")
    with console(stderr=True).status("Pushing …"):
        pipeline.execute(campaign.key, "crm")
    status(campaign.key)
