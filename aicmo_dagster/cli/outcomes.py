"""`aicmo outcomes`: how leads ended, from which the predictive model learns."""

from pathlib import Path
from typing import Annotated

import typer

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import counted, local, records, say, say_json

app = typer.Typer(
    name="outcomes",
    no_args_is_help=True,
    help="How leads ended: interested, meeting, converted or lost. The predictive model learns from it.",
    epilog="Example: aicmo outcomes record demo ann@example.com won",
)

_SHOWN = 20


@app.command(epilog="Example: aicmo outcomes record demo ann@example.com won --at 2026-03-31")
def record(
    key: Key,
    who: Annotated[str, typer.Argument(metavar="WHO", help="The lead's address or number.")],
    outcome: Annotated[
        str, typer.Argument(metavar="OUTCOME", help="interested, meeting, converted, lost, or the like.")
    ],
    at: Annotated[str | None, typer.Option(help="When it came, a day or a time; else now.")] = None,
    value: Annotated[str, typer.Option(metavar="AMOUNT", help="What it is worth, like 1200.50.")] = "",
) -> None:
    """Record how a lead ended; it gets no further mail."""
    from aicmo_dagster.operations import outcomes
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        meaning, when, new = outcomes.record(
            cursor, campaign, who, outcome, at, actor(), outcomes.worth(value)
        )
    said = f"{who}: {meaning}, {local(when, campaign.config.time_zone)}"
    say(f"Recorded {said}. No further mail goes to this lead." if new else f"Known already: {said}.")


@app.command(epilog="Example: aicmo outcomes withdraw demo ann@example.com won")
def withdraw(
    key: Key,
    who: Annotated[str, typer.Argument(metavar="WHO", help="The lead's address or number.")],
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="The one that was recorded by mistake.")],
) -> None:
    """Take back an outcome that was recorded by mistake; the lead may be written to again."""
    from aicmo_dagster.operations import outcomes
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        meaning = outcomes.withdraw(cursor, campaigns.get(cursor, key), who, outcome, actor())
    say(f"Withdrawn {who}: {meaning}. Mails that were skipped for it are not planned again.")


@app.command("import", epilog="Example: aicmo outcomes import demo crm-export.csv")
def import_(
    key: Key,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with address or lead number, outcome, date, value.")
    ],
    as_json: AsJson = False,
) -> None:
    """Record the outcomes of a file; rows that cannot be are told, the same file again changes nothing."""
    from dataclasses import asdict

    from aicmo_dagster.operations import outcomes
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        imported = outcomes.import_file(cursor, campaign, file, actor())
    if as_json:
        say_json(asdict(imported))
        return
    say(
        f"{counted(imported.rows, 'row')}: {imported.recorded:,} recorded, {imported.known:,} known already, "
        f"{len(imported.bad):,} not recorded."
    )
    for one in imported.bad[:_SHOWN]:
        say(f"  line {one.line}, {one.field}: {one.problem}", "yellow")
    if len(imported.bad) > _SHOWN:
        say(f"  and {len(imported.bad) - _SHOWN:,} more; all with --json", "yellow")


@app.command("list", epilog="Example: aicmo outcomes list demo --limit 20")
def listing(
    key: Key,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show recorded outcomes, the newest first, and who recorded them."""
    from aicmo_dagster.store import campaigns, outcomes

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        found = outcomes.listing(cursor, campaign.id, limit)
        counts = outcomes.counts(cursor, campaign.id)
    if as_json:
        say_json(found)
        return
    columns = {
        "Lead": "lead_id",
        "Address": "address",
        "Outcome": "outcome",
        "When": "happened_at",
        "Value": "value",
        "Recorded by": "recorded_by",
        "Recorded": "recorded_at",
    }
    records(columns, found, f"No outcome is recorded; say one: aicmo outcomes record {key} WHO OUTCOME")
    if counts:
        say("\nLeads: " + ", ".join(f"{kind} {leads:,}" for kind, leads in counts.items()), "dim")
