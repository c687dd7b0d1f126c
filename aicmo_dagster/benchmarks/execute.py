"""`dagster job execute` of the sample campaign, beside an empty Dagster job on the same instance."""

import contextlib
import shutil
import statistics
import subprocess
import sys
import time
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import dagster as dg

from aicmo_dagster.benchmarks.pipeline import fresh_home
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.operations import campaigns, pipeline

_KEY = "demo"


@dg.op
def nothing() -> None:
    """Does nothing: what is left is Dagster's own cost."""


@dg.job(executor_def=dg.in_process_executor)
def empty() -> None:
    """The smallest job there is."""
    nothing()


def run(rounds: int = 5) -> dict[str, Any]:
    """Median wall seconds of both commands, each in a fresh process, taken in turn after one warm-up round.

    For the project's folder: the command reads its `dagster.yaml`.
    """
    configuration = Path("dagster.yaml").resolve()
    if not configuration.is_file():
        raise AicmoError(f"there is no dagster.yaml in {Path.cwd()}; go to the project's folder")
    with fresh_home() as home:
        shutil.copy(configuration, home)
        with as_file(files("aicmo_dagster") / "samples") as samples:
            campaigns.apply_file(samples / "demo.yaml", "bench")
        with contextlib.chdir(home), pipeline.instance() as instance:
            pipeline.register_partitions(instance, [_KEY])
        partition = ["--tags", f'{{"dagster/partition": "{_KEY}"}}']
        commands = {
            "sample_s": ["-m", "aicmo_dagster.definitions", "-j", "lead_pipeline", *partition],
            "empty_s": ["-m", "aicmo_dagster.benchmarks.execute", "-j", "empty"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds + 1):
            for name, arguments in commands.items():
                started = time.monotonic()
                command = [sys.executable, "-m", "dagster", "job", "execute", *arguments]
                subprocess.run(command, check=True, capture_output=True, cwd=home)
                seconds[name].append(time.monotonic() - started)
    medians = {name: statistics.median(taken[1:]) for name, taken in seconds.items()}
    return {**medians, "rounds": rounds, "own_s": medians["sample_s"] - medians["empty_s"]}
