"""CSV → routed at size: seconds and leads/s per stage, memory of the run process, and bare COPY beside it."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import yaml
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster import settings
from aicmo_dagster.benchmarks import people
from aicmo_dagster.operations import campaigns
from aicmo_dagster.store import database
from aicmo_dagster.store.embedded import leave

KEY = "bench"
JOBS = ["-m", "aicmo_dagster.benchmarks.pipeline"]
_PART = 1_000_000
"""Leads per file and run: the most a campaign takes at once."""

_TABLES = ("leads", "lead_scores", "lead_verdicts", "lead_routes")
_CAMPAIGN = {
    "key": KEY,
    "name": "Benchmark",
    "max_leads": _PART,
    "icp": {
        "company_sizes": ["medium", "enterprise"],
        "industries": ["Software", "SaaS", "Financial Services", "Healthcare"],
        "revenue_usd": {"min": 1_000_000, "max": 900_000_000},
        "locations": ["Germany", "France", "United Kingdom", "United States"],
        "titles": ["CEO", "CTO", "VP Sales", "Head of Marketing"],
    },
    "verification": {"dns": {"enabled": False}},
    "qualification": {
        "min_icp_fit": 0.5,
        "competitors": ["rival.example.com"],
        # The work is the same whatever the law says; what is measured after it has to get leads.
        "policy": {
            "countries": {
                country: {"business": "allowed", "personal": "allowed"}
                for country in ("Germany", "Netherlands", "Canada")
            },
            "unknown_country": "allow",
        },
    },
    "routing": {
        "owners": [
            {"name": f"Owner {number}", "email": f"owner{number}@example.com", "weight": number}
            for number in range(1, 6)
        ]
    },
}


def run(leads: int) -> dict[str, Any]:
    """Measure `leads` leads in a fresh embedded database; returns what `aicmo bench pipeline --json` prints.

    Seconds per stage are those of the assets of a real Dagster run, checks and pictures included.
    """
    with fresh_home() as home:
        measured: list[dict[str, Any]] = []
        parts = range(0, leads, _PART)
        files = [home / f"leads-{start // _PART}.csv" for start in parts]
        for start, file in zip(parts, files, strict=True):
            people.write_csv(file, min(_PART, leads - start), start)
            apply(file)
            measured.append(child(home, [*JOBS, "harvest"]))
        measured.append(child(home, [*JOBS, "score", "qualify", "route"]))
        counts = {table: count(table) for table in _TABLES}
        size = sum(file.stat().st_size for file in files)
        reference = bare_copy(files)
    stages: dict[str, float] = {}
    for one in measured:
        for stage, seconds in one["stages_s"].items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    pipeline = sum(stages.values())
    return {
        "leads": leads,
        "csv_bytes": size,
        "rows": counts,
        "stages_s": stages,
        "pipeline_s": pipeline,
        "leads_per_s": leads / pipeline,
        "peak_rss_bytes": max(one["peak_rss_bytes"] for one in measured),
        "bare_copies_s": reference,
        "bare_copy_s": sum(reference.values()),
        "ratio": pipeline / sum(reference.values()),
    }


@contextmanager
def fresh_home() -> Iterator[Path]:
    """An empty home with its own embedded server; what the environment said before holds again afterwards."""
    before = {name: os.environ.get(name) for name in (settings.HOME, settings.DATABASE_URL, "DAGSTER_HOME")}
    with tempfile.TemporaryDirectory(prefix="aicmo-bench-", ignore_cleanup_errors=True) as folder:
        os.environ[settings.HOME] = folder
        os.environ.pop(settings.DATABASE_URL, None)
        try:
            yield Path(folder)
        finally:
            leave(Path(folder))
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


def apply(part: Path, **sections: object) -> None:
    """Make the benchmark's campaign read this file; `sections` replace those of its document."""
    document = part.with_name("bench.yaml")
    document.write_text(
        yaml.safe_dump({**_CAMPAIGN, "sources": [{"type": "csv", "path": part.name}], **sections})
    )
    campaigns.apply_file(document, "bench")


def child(home: Path, arguments: list[str]) -> dict[str, Any]:
    """Run Python in a process of its own, so that its memory is its own; returns the JSON it prints last."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=home)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _measured_run(jobs: list[str]) -> None:
    """The child's part: run the jobs as Dagster does, print what they cost."""
    import dagster as dg

    from aicmo_dagster.definitions import defs
    from aicmo_dagster.partitions import campaigns_partitions

    stages: dict[str, float] = {}
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(str(campaigns_partitions.name), [KEY])
        for job in jobs:
            started = time.monotonic()
            defs.resolve_job_def(job).execute_in_process(
                partition_key=KEY,
                instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
            stages[job] = time.monotonic() - started
    print(json.dumps({"stages_s": stages, "peak_rss_bytes": peak_rss_bytes()}))


def peak_rss_bytes() -> int:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def count(table: str) -> int:
    """The table's rows."""
    return int(database.fetch(f"SELECT count(*) AS n FROM {table}")[0]["n"])


def dimensions_known() -> dict[str, float]:
    """How many dimensions a score has, and how many of them are known of a lead on average."""
    (row,) = database.fetch(
        "SELECT max(cardinality(dimensions)) AS dimensions, "
        "avg(cardinality(array_remove(dimensions, NULL)))::float8 AS known FROM lead_scores"
    )
    return row


def bare_copy(files: list[Path], tables: Sequence[str] = _TABLES) -> dict[str, float]:
    """Seconds of nothing but COPY: the files in as text, and the rows of each table out and in again.

    The rows go into tables with the same columns, constraints and indexes, in one transaction each, as the
    pipeline has to; nothing is computed, compared or merged.
    """
    seconds: dict[str, float] = {}
    with database.connect() as connection, connection.cursor() as cursor:
        if files:
            with files[0].open() as file:
                names = ", ".join(f"c{number} text" for number, _ in enumerate(file.readline().split(",")))
            cursor.execute(f"CREATE TABLE bare_csv ({names})".encode())
            started = time.monotonic()
            for path in files:
                with path.open("rb") as file:
                    copy_in(cursor, "bare_csv", "csv, HEADER", file)
            connection.commit()
            seconds["csv in"] = time.monotonic() - started
        for table in tables:
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)".encode())
            connection.commit()
            with tempfile.TemporaryFile() as content:
                started = time.monotonic()
                with cursor.copy(f"COPY {table} TO STDOUT (FORMAT binary)".encode()) as copy:
                    for block in copy:
                        content.write(block)
                seconds[f"{table} out"] = time.monotonic() - started
                content.seek(0)
                started = time.monotonic()
                copy_in(cursor, f"bare_{table}", "binary", content)
                connection.commit()
                seconds[f"{table} in"] = time.monotonic() - started
    return seconds


def copy_in(cursor: Cursor[TupleRow], table: str, form: str, file: BinaryIO) -> None:
    """COPY the file into the table."""
    with cursor.copy(f"COPY {table} FROM STDIN (FORMAT {form})".encode()) as copy:
        while block := file.read(1 << 20):
            copy.write(block)


if __name__ == "__main__":
    _measured_run(sys.argv[1:])
