"""`aicmo run`, and how a run is shown while it works and when it is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from aicmo_dagster.cli.opened import opened
from aicmo_dagster.cli.output import console, say, table

if TYPE_CHECKING:
    from aicmo_dagster.operations.funnel import Funnel


class StageName(StrEnum):
    harvest = "harvest"
    enrich = "enrich"
    score = "score"
    qualify = "qualify"
    route = "route"
    nurture = "nurture"


def run(
    key: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="The campaign's key.")],
    stage: Annotated[StageName | None, typer.Option(help="Only this stage.")] = None,
) -> None:
    """Run a campaign now, all stages or one, in this process."""
    execute(key, stage)
    show(funnel_of(key))


def execute(key: str, stage: StageName | None = None) -> None:
    """Run with a progress display. Raises AicmoError with the run's own sentence."""
    with console().status("Starting…"):
        from aicmo_dagster.store import campaigns

        with opened() as cursor:
            campaigns.runnable(cursor, key)
        from aicmo_dagster.jobs import PIPELINE, STAGES
        from aicmo_dagster.operations import pipeline

    stages = {STAGES[stage]: str(stage)} if stage else {asset: name for name, asset in STAGES.items()}
    notes: list[str] = []
    with _progress(stages) as told:
        pipeline.execute(key, stage or PIPELINE, told, notes.append)
    for note in notes:
        say(note, "yellow")


class _Stages:
    """The listener of a run: the stage that reports is at work, those before it are done."""

    def __init__(self, progress: Progress, stages: dict[str, str]) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {
            asset: progress.add_task(f"{name:<8}", total=None, start=False, leads="")
            for asset, name in stages.items()
        }
        self._counts = dict.fromkeys(stages, 0)
        self._at_work: str | None = None

    def __call__(self, asset: str, leads: int) -> None:
        if asset not in self._tasks:
            return
        if asset != self._at_work:
            self._finish_before(asset)
            self._at_work = asset
            self._progress.start_task(self._tasks[asset])
        self._counts[asset] += leads
        self._progress.update(self._tasks[asset], leads=f"{self._counts[asset]:,} leads")

    def finish(self) -> None:
        """The run has succeeded: everything is done."""
        self._finish_before(None)

    def _finish_before(self, asset: str | None) -> None:
        for earlier, task in self._tasks.items():
            if earlier == asset:
                return
            self._progress.start_task(task)
            shown = f"{self._counts[earlier]:,} leads"
            self._progress.update(task, total=1, completed=1, leads=shown)


@contextmanager
def _progress(stages: dict[str, str]) -> Iterator[_Stages]:
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        TextColumn("{task.fields[leads]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console()) as progress:
        listener = _Stages(progress, stages)
        yield listener
        listener.finish()


def funnel_of(key: str) -> "Funnel":
    """Where the campaign's leads are now."""
    from aicmo_dagster.operations.funnel import funnel
    from aicmo_dagster.store import campaigns

    with opened() as cursor:
        return funnel(cursor, campaigns.get(cursor, key), datetime.now(UTC))


def show(found: "Funnel") -> None:
    """Print the funnel with the reason of every drop, and what became of the mails."""
    say("")
    lines: list[list[object]] = []
    for stage in found.stages:
        first, *more = stage.notes or [""]
        lines.append([stage.name, stage.leads, first])
        lines += [["", "", note] for note in more]
    table(["Stage", "Leads", "What became of them"], lines, right=["Leads"])
    if found.mails:
        say("")
        table(
            ["Mails", "State", "Why"],
            [[count, state, why] for count, state, why in found.mails],
            right=["Mails"],
        )
