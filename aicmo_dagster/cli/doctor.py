"""`aicmo doctor`: what keeps the pipeline from working."""

from typing import Annotated

import typer
from rich.text import Text

from aicmo_dagster.cli.output import console, counted, say, say_json, table

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check this installation; every problem comes with its remedy. Exit code 1 where something fails."""
    from dataclasses import asdict

    from aicmo_dagster.operations.doctor import examine

    with console(stderr=True).status("Looking…"):
        findings = list(examine())
    failed = sum(finding.outcome == "fail" for finding in findings)
    if as_json:
        say_json([asdict(finding) for finding in findings])
    else:
        table(
            ["", "Check", "Found", "What to do"],
            [
                [Text(one.outcome, style=_STYLES[one.outcome]), one.check, one.detail, one.remedy]
                for one in findings
            ],
        )
        warned = sum(finding.outcome == "warn" for finding in findings)
        say("")
        if failed or warned:
            say(f"{counted(failed, 'failure')}, {counted(warned, 'warning')}.")
        else:
            say("All is well.")
    if failed:
        raise typer.Exit(1)
