"""`aicmo campaigns`: apply a document, look at campaigns, change their state."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import console, local, say, say_json, table
from aicmo_dagster.cli.run import show as show_funnel

if TYPE_CHECKING:
    from aicmo_dagster.store.campaigns import Campaign

app = typer.Typer(
    name="campaigns",
    no_args_is_help=True,
    help="Who to reach and how: one document per campaign.",
    epilog="Example: aicmo campaigns apply campaign.yaml",
)

Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(epilog="Example: aicmo campaigns apply campaign.yaml")
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The campaign as YAML.")],
    backtest: Annotated[
        bool, typer.Option(help="Look first what a change of its decisions would have changed, and keep it.")
    ] = True,
) -> None:
    """Create a campaign, or give it a new version; the same document again changes nothing."""
    from aicmo_dagster.operations import campaigns

    campaign, outcome = campaigns.apply_file(file, actor(), backtested=backtest)
    told = {
        "created": "created",
        "changed": f"changed to version {campaign.version}",
        "unchanged": "unchanged",
    }
    say(f"Campaign '{campaign.key}' is {told[outcome]}.")
    for doubt in campaigns.doubts(campaign.config):
        say(f"Think it over: {doubt}", "yellow")
    if outcome == "changed":
        _tell_backtest(campaign)
    _register(campaign.key)
    if campaign.state == "active":
        say(f"Run it: aicmo run {campaign.key}")
    else:
        say(f"It is {campaign.state}; make it active with: aicmo campaigns resume {campaign.key}")


def _tell_backtest(campaign: "Campaign") -> None:
    from aicmo_dagster.cli.backtest import summary
    from aicmo_dagster.store import backtests

    with opened() as cursor:
        found = backtests.kept(cursor, campaign.id, campaign.version)
    for line in summary(found) if found else ():
        say(line)


def _register(key: str) -> None:
    """Make the campaign a partition at Dagster, where a project is in reach; else a sensor does it later."""
    from aicmo_dagster.errors import ConfigurationError
    from aicmo_dagster.operations import pipeline

    try:
        pipeline.project_folder()
    except ConfigurationError:
        return
    with pipeline.instance() as dagster:
        pipeline.register_partitions(dagster, [key])


@app.command("list", epilog="Example: aicmo campaigns list --json")
def listing(as_json: AsJson = False) -> None:
    """Show all campaigns."""
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        found = campaigns.listing(cursor)
    rows = [
        {
            "key": one.key,
            "name": one.config.name,
            "state": one.state,
            "mode": one.config.mode,
            "version": one.version,
            "why": one.state_reason,
        }
        for one in found
    ]
    if as_json:
        say_json(rows)
    elif rows:
        table(
            ["Key", "Name", "State", "Mode", "Version", "Why"],
            [list(row.values()) for row in rows],
            ["Version"],
        )
    else:
        say("There is no campaign yet; apply one with: aicmo campaigns apply FILE", "dim")


@app.command(epilog="Example: aicmo campaigns show demo")
def show(key: Key, as_json: AsJson = False) -> None:
    """Show a campaign: its state, its funnel, its next run, its document."""
    import yaml
    from rich.syntax import Syntax

    from aicmo_dagster.operations.funnel import funnel
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaign = campaigns.get(cursor, key)
        found = funnel(cursor, campaign, datetime.now(UTC))
    document = campaign.config.model_dump(mode="json", exclude_none=True)
    next_run = _next_run(campaign)
    if as_json:
        say_json(
            {
                "key": campaign.key,
                "state": campaign.state,
                "state_reason": campaign.state_reason,
                "version": campaign.version,
                "next_run": next_run,
                "funnel": {stage.name: stage.leads for stage in found.stages},
                "config": document,
            }
        )
        return
    say(f"{campaign.config.name} ({campaign.key})", "bold")
    say(f"{campaign.state}, version {campaign.version}, mode {campaign.config.mode}")
    if campaign.state_reason:
        say(f"Stopped by itself: {campaign.state_reason}", "bold red")
        say(f"When it is mended, go on with: aicmo campaigns resume {campaign.key}")
    say(f"Next run: {local(next_run, campaign.config.time_zone) if next_run else _no_run(campaign)}")
    show_funnel(found)
    say("")
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100).rstrip()
    if console().is_terminal:
        console().print(Syntax(text, "yaml", background_color="default", word_wrap=True))
    else:
        say(text)


def _next_run(campaign: "Campaign") -> datetime | None:
    """When the schedule starts it next, while `aicmo up` or a Dagster daemon runs."""
    from aicmo_dagster.schedules import latest_slot

    if campaign.state != "active" or not campaign.config.schedule.enabled:
        return None
    now = datetime.now(UTC)
    tomorrow = latest_slot(campaign.config, now + timedelta(days=1))
    return tomorrow if tomorrow > now else latest_slot(campaign.config, now + timedelta(days=2))


def _no_run(campaign: "Campaign") -> str:
    if campaign.state != "active":
        return f"none, because the campaign is {campaign.state}"
    return "none, because its schedule is switched off"


@app.command(epilog="Example: aicmo campaigns dimensions demo")
def dimensions(
    key: Annotated[
        str | None, typer.Argument(metavar="[CAMPAIGN]", help="With the weights that this campaign gives.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what leads are scored by: every dimension with its share of the score, its source and its rule."""
    from aicmo_dagster.stages import scoring
    from aicmo_dagster.store import campaigns

    config = None
    if key is not None:
        with opened() as cursor:
            config = campaigns.get(cursor, key).config
    model = scoring.MODELS[config.scoring.model if config else "standard"]
    weights = scoring.effective_weights(config) if config else scoring.own_weights(model)
    rows = [
        {
            "dimension": one.name,
            "group": one.group,
            "weight": weights[one.name],
            "asked": config is None or one.asked(config),
            "source": one.source,
            "rule": one.says,
        }
        for one in model.dimensions
    ]
    if as_json:
        say_json({"model": model.name, "version": model.version, "dimensions": rows})
        return
    say(f"Model {model.name}, version {model.version}; weights are shares of the score", "bold")
    table(
        ["Group", "Dimension", "Weight", "From", "Value"],
        [
            [
                str(one["group"]).replace("_", " "),
                str(one["dimension"]).replace("_", " "),
                f"{one['weight']:.3f}" if one["asked"] else "not asked",
                one["source"],
                one["rule"],
            ]
            for one in rows
        ],
        ["Weight"],
    )


@app.command(epilog="Example: aicmo campaigns pause demo")
def pause(key: Key) -> None:
    """Stop runs and mails of a campaign at once; resume goes on where it stopped."""
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaigns.set_state(cursor, key, "paused", actor())
    say(f"Campaign '{key}' is paused: no runs, no mails. Go on with: aicmo campaigns resume {key}")


@app.command(epilog="Example: aicmo campaigns resume demo")
def resume(key: Key) -> None:
    """Make a campaign active, whatever it was."""
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaigns.set_state(cursor, key, "active", actor())
    say(f"Campaign '{key}' is active. Run it now with: aicmo run {key}")


@app.command(epilog="Example: aicmo campaigns archive demo")
def archive(key: Key) -> None:
    """Put a campaign away; its leads and the ledger of its mails stay."""
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        campaigns.set_state(cursor, key, "archived", actor())
    say(f"Campaign '{key}' is archived. Bring it back with: aicmo campaigns resume {key}")
