"""`aicmo variants`: which words of a step bring more replies."""

from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Annotated

import typer

from aicmo_dagster.cli.opened import actor, opened
from aicmo_dagster.cli.output import local, say, say_json, table

if TYPE_CHECKING:
    from aicmo_dagster.operations.variants import Compared, Trial

app = typer.Typer(
    name="variants",
    no_args_is_help=True,
    help="Which words of a step bring more replies.",
    epilog="Example: aicmo variants show eu-saas",
)

Key = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")]


@app.command(epilog="Example: aicmo variants show eu-saas")
def show(key: Key, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Compare the variants of each step: replies, intervals, significance, how many mails it takes."""
    from aicmo_dagster.operations import variants
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        found = variants.trials(cursor, campaigns.get(cursor, key), datetime.now(UTC))
    if as_json:
        say_json([trial.document() for trial in found])
        return
    if not found:
        say("No step of the campaign has variants.", "dim")
    for trial in found:
        _show(trial)


def _show(trial: "Trial") -> None:
    from aicmo_dagster.operations.variants import LIFT, TIME_TO_ANSWER
    from aicmo_dagster.stages.comparison import wilson

    sequence, version, step = trial.step
    say(f"{sequence} version {version}, step {step}", "bold")
    lines = []
    for one in trial.variants:
        by, (low, high) = one.comparison, wilson(one.tally)
        lines.append(
            [
                one.name,
                one.counted.mails,
                one.counted.replies,
                one.counted.positive,
                f"{100 * one.tally.rate:.1f} % ({100 * low:.1f} to {100 * high:.1f})",
                ""
                if by is None or by.lift is None
                else f"{_times(by.lift)} ({_times(by.lift_interval[0])} to {_times(by.lift_interval[1])})",
                "" if by is None else f"{by.p:.3f}",
                _verdict(one),
            ]
        )
    table(
        ["Variant", "Mails", "Replies", "Positive", "Rate (95 %)", "Times the base (95 %)", "p", ""],
        lines,
        ["Mails", "Replies", "Positive", "p"],
    )
    young = sum(one.counted.young for one in trial.variants)
    if young:
        say(f"{young:,} mails are younger than {TIME_TO_ANSWER.days} days and do not count yet.", "dim")
    needed = max((trial.mails_needed(one) or 0 for one in trial.variants), default=0)
    if trial.chosen is not None:
        say(
            f"New leads get '{trial.chosen.variant}', by {trial.chosen.chosen_by}, {local(trial.chosen.chosen_at)}."
        )
    elif trial.winner is not None:
        say(
            f"'{trial.winner}' has won; give it to new leads with: aicmo variants choose CAMPAIGN {sequence} {step} "
            f"{trial.winner}"
            if not trial.automatic
            else f"'{trial.winner}' has won; the next run chooses it."
        )
    elif needed:
        say(
            f"Open. To see {LIFT - 1:.0%} more replies it takes about {ceil(needed / 100) * 100:,} mails "
            "of the base and a variant together.",
            "dim",
        )
    say("")


def _times(value: float) -> str:
    return "∞" if value == float("inf") else f"{value:.2f}"


def _verdict(one: "Compared") -> str:
    by = one.comparison
    if by is None:
        return "the step's own text"
    if not by.by_lot:
        return "not sent as its weight says: proves nothing"
    return "better" if by.better else "worse" if by.worse else ""


@app.command(epilog="Example: aicmo variants choose eu-saas cold_outreach 1 short")
def choose(
    key: Key,
    sequence: Annotated[str, typer.Argument(metavar="SEQUENCE", help="Its name.")],
    step: Annotated[int, typer.Argument(metavar="STEP", help="Its number, from 1.")],
    variant: Annotated[
        str | None, typer.Argument(metavar="[VARIANT]", help="Its name; base is the step's own text.")
    ] = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="Give new leads all variants again.")] = False,
) -> None:
    """Give new leads one variant of a step only; those that have one keep it."""
    from aicmo_dagster.operations import variants
    from aicmo_dagster.store import campaigns

    if (variant is None) != reopen:
        raise typer.BadParameter("give VARIANT, or --reopen")
    with opened() as cursor:
        _, version, _ = variants.choose(cursor, campaigns.get(cursor, key), sequence, step, variant, actor())
    got = "all variants" if variant is None else f"'{variant}'"
    say(f"New leads get {got} of step {step} of {sequence} version {version}.")
