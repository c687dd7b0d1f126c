"""`aicmo chaos`: what is left when senders, database and mail server are broken."""

import json
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

app = typer.Typer(help="Break things on purpose, and count what is left.", no_args_is_help=True)

_Told = Callable[[int], None]


class Part(StrEnum):
    """What is broken."""

    KILLS = "kills"
    PLACES = "places"
    WISHES = "wishes"
    DATABASE = "database"
    SERVER = "server"


_TITLES = {
    Part.KILLS: "Senders killed at random moments",
    Part.PLACES: "Senders killed at named places",
    Part.WISHES: "People who unsubscribe while mails leave",
    Part.DATABASE: "The database restarted while mails leave",
    Part.SERVER: "A mail server that misbehaves",
}


@app.callback()
def _group() -> None:
    """Keeps `send` a command of its own."""


@app.command("send", epilog="Example: aicmo chaos send --mails 2000 --kills 50 --rounds 2 --wishes 500")
def send(
    part: Annotated[list[Part] | None, typer.Option(help="Only this; may be given several times.")] = None,
    mails: Annotated[int, typer.Option(min=100, help="Mails to send while senders are killed.")] = 80_000,
    kills: Annotated[int, typer.Option(min=1, help="Senders killed at random moments.")] = 1_000,
    senders: Annotated[int, typer.Option(min=1, help="Senders at once.")] = 2,
    connections: Annotated[
        int,
        typer.Option(min=1, max=64, help="Of each sender that is killed; each may leave one mail in doubt."),
    ] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Deaths at each named place of a mail's life.")] = 50,
    wishes: Annotated[int, typer.Option(min=10, help="People who unsubscribe while mails leave.")] = 10_000,
    restarts: Annotated[int, typer.Option(min=1, help="Times the database goes away.")] = 20,
    faults: Annotated[int, typer.Option(min=1, help="Times the mail server misbehaves.")] = 3_000,
    timeout_s: Annotated[
        float, typer.Option(min=0.1, help="How long a stalling server is waited for.")
    ] = 1.0,
    seed: Annotated[
        int, typer.Option(help="What happens at random; the same again with the same number.")
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same figures as JSON.")] = False,
) -> None:
    """Break senders, database and mail server over a real ledger; exits with 1 where a mail was doubled or lost."""
    from aicmo_dagster.benchmarks.chaos import wrong
    from aicmo_dagster.benchmarks.chaos.kills import EXPECTED, failpoints
    from aicmo_dagster.benchmarks.chaos.kills import kills as kill
    from aicmo_dagster.benchmarks.chaos.restarts import restarts as restart
    from aicmo_dagster.benchmarks.chaos.rudeness import misbehaviour
    from aicmo_dagster.benchmarks.chaos.wishes import interleavings

    runs: dict[Part, tuple[int, Callable[[_Told], dict[str, Any]]]] = {
        Part.KILLS: (kills, lambda told: kill(mails, kills, senders, told, seed, connections)),
        Part.PLACES: (rounds * len(EXPECTED), lambda told: failpoints(rounds, told)),
        Part.WISHES: (wishes, lambda told: interleavings(wishes, told, seed)),
        Part.DATABASE: (restarts, lambda told: restart(2_000 * restarts, restarts, senders, told, seed)),
        Part.SERVER: (faults, lambda told: misbehaviour(faults, timeout_s, told, seed)),
    }
    found: dict[str, dict[str, Any]] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for one in part or list(Part):
            steps, run = runs[one]
            task = progress.add_task(_TITLES[one], total=steps)
            found[one.value] = run(partial(_tell, progress, task))
            if not as_json:
                _show(one, found[one.value])
    bad = sum(wrong(figures) for figures in found.values())
    if as_json:
        print(json.dumps({**found, "wrong": bad}))
    raise typer.Exit(int(bad > 0))


def _tell(progress: Progress, task: TaskID, done: int) -> None:
    progress.update(task, completed=done)


def _show(part: Part, found: dict[str, Any]) -> None:
    console = Console()
    table = Table("", "", title=_TITLES[part], show_header=False)
    for name, value in found.items():
        if isinstance(value, list):
            console.print(_listed(value))
        elif isinstance(value, dict):
            table.add_row(
                name.replace("_", " "), ", ".join(f"{key} {n:,}" for key, n in value.items()) or "0"
            )
        else:
            table.add_row(name.replace("_", " "), f"{value:,}")
    if "kills" in found:
        table.add_row("uncertain per kill", f"{found['uncertain'] / max(1, found['kills']):.2f}")
    console.print(table)


def _listed(rows: list[dict[str, Any]]) -> Table:
    table = Table(*(name.replace("_", " ") for name in rows[0]))
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table
