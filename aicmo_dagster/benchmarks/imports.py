"""A file into a campaign with every check on, beside bare COPY of it; then a few leads more into what it has become."""

import json
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from aicmo_dagster.benchmarks import people, pipeline
from aicmo_dagster.store import database

_MORE = 100
_ROUNDS = 3


def run(leads: int) -> dict[str, Any]:
    """Measure in fresh embedded databases; returns what `aicmo bench import --json` prints.

    `import_s` is the asset `raw_leads` of a real Dagster run, checks and picture included; `match_s` is the search for
    probable duplicates among all. `more_s` maps the size of a campaign to the seconds that 100 leads more take
    there, imported and matched, in a process that has started: the medians of three files.
    """
    more: dict[int, dict[str, float]] = {}
    for size in (leads // 100, leads):
        with pipeline.fresh_home() as home:
            file = home / "leads.csv"
            people.write_csv(file, size)
            pipeline.apply(file)
            measured = pipeline.child(home, [*pipeline.JOBS, "harvest"])
            rows = pipeline.count("leads")
            matched = _more(home, size)
            more[rows] = matched["more_s"]
            copy_s = _bare_copy(file)
            csv_bytes = file.stat().st_size
    seconds = measured["stages_s"]["harvest"]
    return {
        "leads": leads,
        "rows": rows,
        "csv_bytes": csv_bytes,
        "import_s": seconds,
        "rows_per_s": leads / seconds,
        "peak_rss_bytes": max(measured["peak_rss_bytes"], matched["peak_rss_bytes"]),
        "bare_copy_s": copy_s,
        "ratio": seconds / copy_s,
        "match_s": matched["match_s"],
        "more": _MORE,
        "more_s": more,
    }


def _more(home: Path, first: int) -> dict[str, Any]:
    files = [home / f"more-{number}.csv" for number in range(_ROUNDS)]
    for number, file in enumerate(files):
        people.write_csv(file, _MORE, first + number * _MORE)
    return pipeline.child(home, ["-m", "aicmo_dagster.benchmarks.imports", *map(str, files)])


def _measured_imports(files: list[str]) -> None:
    """The child's part: match all leads, then import and match each file; print what that costs."""
    from aicmo_dagster.flow.match import match
    from aicmo_dagster.flow.run import start
    from aicmo_dagster.operations import leads
    from aicmo_dagster.store import campaigns

    def seconds_of(work: Callable[[], object]) -> float:
        started = time.monotonic()
        work()
        return time.monotonic() - started

    def matched() -> object:
        return match(start(pipeline.KEY, uuid4()))

    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, pipeline.KEY)
    match_s = seconds_of(matched)
    brought = partial(leads.import_file, campaign, progress=lambda _: None, actor="bench")
    seconds = [(seconds_of(partial(brought, Path(file))), seconds_of(matched)) for file in files]
    imported, compared = (sorted(part)[len(part) // 2] for part in zip(*seconds, strict=True))
    more_s = {"import": imported, "match": compared}
    print(json.dumps({"match_s": match_s, "more_s": more_s, "peak_rss_bytes": pipeline.peak_rss_bytes()}))


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
