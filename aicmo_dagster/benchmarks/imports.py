"""A file into a campaign with every check on, beside bare COPY of it; then a few leads more into what it has become."""

import json
import sys
import time
from pathlib import Path
from typing import Any

from aicmo_dagster.benchmarks import people, pipeline
from aicmo_dagster.store import database

_MORE = 100
_ROUNDS = 3


def run(leads: int) -> dict[str, Any]:
    """Measure in fresh embedded databases; returns what `aicmo bench import --json` prints.

    `import_s` is the asset `raw_leads` of a real Dagster run, checks and picture included. `more_s` maps the size
    of a campaign to the seconds that importing another 100 leads takes there, in a process that has started:
    the median of three files.
    """
    more: dict[int, float] = {}
    for size in (leads // 100, leads):
        with pipeline.fresh_home() as home:
            file = home / "leads.csv"
            people.write_csv(file, size)
            pipeline.apply(file)
            measured = pipeline.child(home, [*pipeline.JOBS, "harvest"])
            rows = pipeline.count("leads")
            more[rows] = _more(home, size)
            copy_s = _bare_copy(file)
            csv_bytes = file.stat().st_size
    seconds = measured["stages_s"]["harvest"]
    return {
        "leads": leads,
        "rows": rows,
        "csv_bytes": csv_bytes,
        "import_s": seconds,
        "rows_per_s": leads / seconds,
        "peak_rss_bytes": measured["peak_rss_bytes"],
        "bare_copy_s": copy_s,
        "ratio": seconds / copy_s,
        "more": _MORE,
        "more_s": more,
    }


def _more(home: Path, first: int) -> float:
    files = [home / f"more-{number}.csv" for number in range(_ROUNDS)]
    for number, file in enumerate(files):
        people.write_csv(file, _MORE, first + number * _MORE)
    measured = pipeline.child(home, ["-m", "aicmo_dagster.benchmarks.imports", *map(str, files)])
    return float(sorted(measured["seconds"])[_ROUNDS // 2])


def _measured_imports(files: list[str]) -> None:
    """The child's part: import each file, print the seconds."""
    from aicmo_dagster.operations import leads
    from aicmo_dagster.store import campaigns

    seconds = []
    for file in files:
        started = time.monotonic()
        with database.transaction() as cursor:
            campaign = campaigns.get(cursor, pipeline.KEY)
        leads.import_file(campaign, Path(file), lambda _: None)
        seconds.append(time.monotonic() - started)
    print(json.dumps({"seconds": seconds}))


def _bare_copy(file: Path) -> float:
    """Seconds of COPY of the file, as it is, into a table of text."""
    with database.connect() as connection, connection.cursor() as cursor, file.open("rb") as content:
        columns = len(content.readline().split(b","))
        content.seek(0)
        cursor.execute(f"CREATE TABLE bare_csv ({', '.join(f'c{n} text' for n in range(columns))})".encode())
        started = time.monotonic()
        pipeline.copy_in(cursor, "bare_csv", "csv, HEADER", content)
        connection.commit()
        return time.monotonic() - started


if __name__ == "__main__":
    _measured_imports(sys.argv[1:])
