"""`aicmo chaos`: what is left when senders are killed."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

app = typer.Typer(help="Break things on purpose, and count what is left.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `send` a command of its own."""


@app.command("send", epilog="Example: aicmo chaos send --mails 2000 --kills 50 --rounds 2 --wishes 500")
def send(
    mails: Annotated[int, typer.Option(min=100, help="Mails to send while senders are killed.")] = 60_000,
    kills: Annotated[int, typer.Option(min=1, help="Senders killed at random moments.")] = 1_000,
    senders: Annotated[int, typer.Option(min=1, help="Senders at once.")] = 2,
    rounds: Annotated[int, typer.Option(min=1, help="Deaths at each named place of a mail's life.")] = 50,
    wishes: Annotated[int, typer.Option(min=10, help="People who unsubscribe while mails leave.")] = 10_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the same figures as JSON.")] = False,
) -> None:
    """Kill senders over a real ledger and a counting SMTP server; exits with 1 where a mail was doubled or lost."""
    from aicmo_dagster.benchmarks import chaos

    with Progress(console=Console(stderr=True), transient=True) as progress:
        parts = [
            progress.add_task("kills at random", total=kills),
            progress.add_task("deaths at named places", total=rounds * len(chaos.EXPECTED)),
            progress.add_task("unsubscribed while mails leave", total=wishes),
        ]
        killed = chaos.kills(mails, kills, senders, lambda n: progress.update(parts[0], completed=n))
        *places, doubled = chaos.failpoints(rounds, lambda n: progress.update(parts[1], completed=n))
        stopped = chaos.interleavings(wishes, lambda n: progress.update(parts[2], completed=n))
    wrong = (
        killed["duplicates"] + killed["lost"] + killed["sent_unlisted"] + doubled["rounds"]
        + sum(row["rounds"] - row["as_expected"] for row in places)
        + stopped["started_after"] + stopped["started_while_paused"] + stopped["duplicates"]
    )  # fmt: skip
    if as_json:
        print(json.dumps({"kills": killed, "places": places, "wishes": stopped, "wrong": wrong}))
    else:
        _show(killed, places, stopped)
    raise typer.Exit(int(wrong > 0))


def _show(killed: dict[str, object], places: list[dict[str, object]], stopped: dict[str, object]) -> None:
    console = Console()
    table = Table("", "", title="Senders killed at random moments", show_header=False)
    for name, value in killed.items():
        table.add_row(name.replace("_", " "), str(value))
    table.add_row(
        "uncertain per kill", f"{int(str(killed['uncertain'])) / max(1, int(str(killed['kills']))):.2f}"
    )
    console.print(table)
    table = Table("Died at", "Left as", "Arrived", "As expected", title="Senders killed at named places")
    for row in places:
        arrived = "yes" if row["arrived"] else "no"
        table.add_row(
            str(row["place"]), str(row["state"]), arrived, f"{row['as_expected']} of {row['rounds']}"
        )
    console.print(table)
    table = Table("", "", title="People who unsubscribe while mails leave", show_header=False)
    for name, value in stopped.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    console.print(table)
