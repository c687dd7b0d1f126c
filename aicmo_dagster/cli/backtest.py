"""`aicmo backtest`: what a changed configuration would have changed, before it is applied."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from aicmo_dagster.cli.campaigns import AsJson, Key
from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import console, counted, local, say, say_json, table
from aicmo_dagster.errors import ConfigurationError

if TYPE_CHECKING:
    from aicmo_dagster.operations.backtest import Report
    from aicmo_dagster.stages.backtest.comparison import Comparison, Example, Side


def backtest(
    key: Key,
    new: Annotated[Path, typer.Option("--with", metavar="NEW.yaml", help="The changed campaign.")],
    days: Annotated[int, typer.Option(min=1, max=365, help="Look so many days back.")] = 30,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Judge at most so many leads, drawn at random.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(metavar="FILE.png", help="Draw tiers and verdicts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a changed campaign with the present one over the leads as they were known; changes nothing."""
    from aicmo_dagster.operations import backtest as operation
    from aicmo_dagster.operations import campaigns

    if plot is not None and plot.suffix.lower() != ".png":
        raise ConfigurationError(f"the picture is a PNG; name it {plot.with_suffix('.png')}")
    changed = campaigns.read(new)
    shown = console(stderr=True)
    columns = (TextColumn("Judging leads"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True) as progress:
        task = progress.add_task("", total=None)
        report = operation.backtest(
            key, changed, days, sample, lambda done, of: progress.update(task, completed=done, total=of)
        )
    if plot is not None:
        _draw(report, plot)
    if as_json:
        say_json(report.as_json())
        return
    _show(report)
    if plot is not None:
        say(f"The picture is in {plot}", "dim")


def summary(found: dict[str, Any]) -> list[str]:
    """A stored back-test in two lines, or why there is none."""
    if "error" in found:
        return [f"Its back-test failed, which changes nothing else: {found['error']}"]
    compared = found["comparison"]
    leads = f"{compared['changed']:,} of {counted(compared['leads'], 'lead')}"
    drawn = "" if found["seed"] is None else f", drawn from {found['of_leads']:,}"
    qualified = [compared[side]["verdicts"].get("qualified", 0) for side in ("before", "after")]
    mails = [sum(compared[side]["mails_due"].values()) for side in ("before", "after")]
    return [
        f"Back-test over {found['days']} days: {leads}{drawn} would have another tier, verdict or route.",
        f"Qualified {qualified[0]:,} before, {qualified[1]:,} after; mails {mails[0]:,} before, {mails[1]:,} after.",
    ]


def _show(report: "Report") -> None:
    found = report.comparison
    drawn = "" if report.seed is None else f" (drawn from {report.of_leads:,}, seed {report.seed})"
    say(f"'{report.campaign}' version {report.version} beside the changed campaign", "bold")
    say(
        f"{counted(found.leads, 'lead')}{drawn} at {counted(report.points, 'moment')} "
        f"from {local(report.start, 'UTC')} to {local(report.end, 'UTC')}"
    )
    say(
        f"{found.changed:,} would end with another tier, verdict or route; "
        f"{found.ever_changed:,} differed at some time."
    )
    _beside(found)
    _flips(found)
    if found.examples:
        say("")
        say("Examples", "bold")
        names = _names([one.lead_id for one in found.examples])
        table(
            ["Lead", "Name", "Change", "Why"],
            [
                [one.lead_id, names.get(one.lead_id, ""), _change(one), "; ".join(one.why)]
                for one in found.examples
            ],
        )


def _beside(found: "Comparison") -> None:
    lines: list[list[object]] = []
    for heading, attribute in (
        ("Tiers", "tiers"),
        ("Verdicts", "verdicts"),
        ("Reasons", "reasons"),
        ("Sequences", "sequences"),
        ("Owners", "owners"),
    ):
        before, after = getattr(found.before, attribute), getattr(found.after, attribute)
        for place, name in enumerate(dict.fromkeys([*before, *after])):
            one, two = before.get(name, 0), after.get(name, 0)
            lines.append(
                [heading if place == 0 else "", name, one, two, f"{two - one:+,}" if one != two else ""]
            )
    due = [sum(side.mails_due.values()) for side in (found.before, found.after)]
    capped = [found.before.mails_within_cap, found.after.mails_within_cap]
    for heading, name, (one, two) in (("Mails", "due", due), ("", "within the cap per day", capped)):
        lines.append([heading, name, one, two, f"{two - one:+,}" if one != two else ""])
    lines += _ended(found.before, found.after)
    say("")
    table(["", "", "Before", "After", "Change"], lines, ["Before", "After", "Change"])


def _ended(before: "Side", after: "Side") -> list[list[object]]:
    if before.outcomes is None or after.outcomes is None:
        return [["Outcomes", "none is known yet", "", "", ""]]
    lines: list[list[object]] = []
    for name in ("auc", "brier"):
        one, two = getattr(before.outcomes, name), getattr(after.outcomes, name)
        change = "" if one is None or two is None else f"{two - one:+.3f}"
        lines.append(["", name.upper() if name == "auc" else "Brier", _decimal(one), _decimal(two), change])
    tiers = dict.fromkeys([*before.outcomes.tiers, *after.outcomes.tiers])
    for tier in tiers:
        cells = [
            f"{found.positive:,} of {found.leads:,} ({found.positive / found.leads:.0%})" if found else ""
            for found in (before.outcomes.tiers.get(tier), after.outcomes.tiers.get(tier))
        ]
        lines.append(["", f"won of {tier}", *cells, ""])
    lines[0][0] = "Outcomes"
    return lines


def _decimal(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"


def _flips(found: "Comparison") -> None:
    if not found.flips:
        return
    say("")
    table(
        ["Flips", "Before", "After", "Leads"],
        [[one.kind, one.before, one.after, one.leads] for one in found.flips[:40]],
        ["Leads"],
    )
    if found.causes:
        say("")
        table(
            ["Tiers flip because of", "Leads"],
            [[name, count] for name, count in found.causes.items()],
            ["Leads"],
        )


def _change(one: "Example") -> str:
    return ", ".join(f"{kind} {before} to {after}" for kind, (before, after) in one.flips.items())


def _names(leads: list[int]) -> dict[int, str]:
    """What the leads of the examples are called: for the person at the keyboard, it is stored nowhere."""
    with opened() as cursor:
        cursor.execute(
            "SELECT id, coalesce(nullif(concat_ws(' ', first_name, last_name), ''), company, '') FROM leads "
            "WHERE id = ANY(%s::bigint[])",
            [leads],
        )
        return {int(lead): str(name) for lead, name in cursor.fetchall()}


def _draw(report: "Report", file: Path) -> None:
    from aicmo_dagster import pictures
    from aicmo_dagster.campaign.tiers import TIERS

    before, after = report.comparison.before, report.comparison.after
    verdicts = ("qualified", "manual_review", "rejected")
    due = [sum(side.mails_due.values()) for side in (before, after)]
    picture = pictures.beside(
        f"{report.campaign}: version {report.version} and the changed campaign, {report.days} days",
        {
            "Leads by tier": {name: (before.tiers[name], after.tiers[name]) for name in TIERS},
            "Leads by verdict": {
                name: (before.verdicts.get(name, 0), after.verdicts.get(name, 0)) for name in verdicts
            },
            "Mails": {"due in the window": (due[0], due[1])},
        },
    )
    try:
        file.write_bytes(picture)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None
