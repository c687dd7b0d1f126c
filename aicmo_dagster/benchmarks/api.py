"""The REST API under load: how long requests take beside many others, in a campaign of many leads.

Clients and server share the machine. The reference of the same run is a request that looks nothing up: what HTTP
itself costs here.
"""

import http.client
import itertools
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

import yaml

from aicmo_dagster.api.cam.application import PATH
from aicmo_dagster.api.cam.leads import Status
from aicmo_dagster.benchmarks import people, pipeline
from aicmo_dagster.store import api_keys, database, migrate, search_table
from aicmo_dagster.store.lead_search import Sort

_STORAGE = {
    "storage": {
        "custom": {
            "module": "aicmo_dagster.store.dagster_storage",
            "class": "PooledPostgresStorage",
            "config": {},
        }
    }
}
_STARTS_WITHIN_S = 60.0
_LONGEST_S = 8.0
"""Of the measurement of one kind of request."""
_SAMPLE = 2_000
"""Leads whose values are asked for; every request asks for another."""


def run(leads: int, clients: int, requests: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Measure each kind of request from `clients` at once; returns what `aicmo bench api --json` prints.

    Per kind `requests` answered and `failed`, `per_s`, and `p50_ms`, `p95_ms` and `worst_ms` of the time until an
    answer was read whole.
    """
    with pipeline.fresh_home() as home:
        migrate.ensure_current()
        told(f"{leads:,} leads")
        file = home / "leads.csv"
        people.write_csv(file, leads, 0)
        pipeline.apply(file)
        pipeline.child(home, [*pipeline.JOBS, "harvest", "score", "qualify", "route"])
        (home / "dagster.yaml").write_text(yaml.safe_dump(_STORAGE))
        with database.transaction() as cursor:
            _, key = api_keys.create(cursor, "bench", "admin", "bench", requests_per_minute=100_000_000)
        campaign = f"{PATH}/campaigns/{pipeline.KEY}"
        with _server(home) as (port, process):
            asking = {"Authorization": f"Bearer {key}"}
            told("lead search")
            while not search_table.catch_up():
                time.sleep(1)
            kinds = {"nothing looked up": [f"{PATH}/health/live"], "campaign": [campaign]}
            kinds |= {name: [f"{campaign}/{name}"] for name in ("dashboard", "status")}
            kinds |= {
                f"leads, {name}": [f"{campaign}/leads?{urlencode(one)}" for one in asked]
                for name, asked in _searches()
            }
            measured = {}
            for name, paths in kinds.items():
                told(name)
                measured[name] = _measured(port, paths, asking, clients, requests)
            before = _peak(process)
            told("export")
            exported = _export(port, f"{campaign}/leads/export", asking)
            exported["peak_rss_bytes"] = _peak(process)
    return {
        "leads": leads,
        "clients": clients,
        "kinds": measured,
        "export": exported,
        "peak_rss_bytes": before,
    }


def _searches() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """For each filter requests with values of many leads of all kinds, and requests with values that none has."""
    with database.transaction() as cursor:
        sample = database.rows(
            cursor,
            "SELECT l.email, l.email_domain AS domain, l.company, l.title, l.country, l.first_name, l.last_name, "
            "l.source, k.score, k.tier, v.verdict, v.reason, r.owner, r.sequence, s.status FROM leads l "
            "LEFT JOIN lead_scores k ON k.lead_id = l.id LEFT JOIN lead_verdicts v ON v.lead_id = l.id "
            "LEFT JOIN lead_routes r ON r.lead_id = l.id JOIN lead_status s ON s.lead_id = l.id "
            "WHERE l.id %% greatest((SELECT count(*) FROM leads) / %s, 1) = 0",
            [_SAMPLE],
        )
    values = {name: [str(row[name]) for row in sample if row[name] is not None] for name in sample[0]}
    values["q"] = [
        f"{row['first_name']} {row['last_name'] or ''}".strip() for row in sample if row["first_name"]
    ]
    values["status"] += list(get_args(Status))
    values["min_score"] = values["max_score"] = [f"{float(score):.4f}" for score in values["score"]]
    plain = ("email", "domain", "company", "title", "country", "source", "tier", "verdict", "reason", "owner")
    for name in (*plain, "sequence", "status", "q", "min_score", "max_score"):
        yield name, [{name: value} for value in values[name]]
    for sort in get_args(Sort):
        yield f"sort={sort}", [{"sort": sort, "limit": str(limit)} for limit in range(30, 51)]
        for name in ("country", "reason", "status", "owner"):
            yield f"{name}, sort={sort}", [{name: value, "sort": sort} for value in values[name]]
    for name in ("email", "domain", "company", "title", "country", "q", "reason", "owner", "sequence"):
        yield f"absent {name}", [{name: f"nobody{number}"} for number in range(_SAMPLE)]


@contextmanager
def _server(home: Path) -> "Iterator[tuple[int, subprocess.Popen[bytes]]]":
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "aicmo_dagster.cli", "api", "--port", str(port)],
        cwd=home,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port, process
    finally:
        process.terminate()
        process.wait(30)


def _measured(
    port: int, paths: list[str], headers: dict[str, str], clients: int, requests: int
) -> dict[str, Any]:
    """Each request asks for the next of `paths`. The times are those of the requests that did not fail."""
    # What the first one counts is kept.
    _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=120), paths[0], headers)
    times: list[float] = []
    failed: list[str] = []
    next_path = itertools.cycle(paths)
    over = time.perf_counter() + _LONGEST_S

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for _ in range(max(1, requests // clients)):
            try:
                times.append(_ask(connection, next(next_path), headers))
            except (RuntimeError, OSError, http.client.HTTPException) as error:
                failed.append(str(error))
                connection.close()
            if time.perf_counter() > over:
                return

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    if not times:
        raise RuntimeError(f"no request succeeded: {failed[0]}")
    cuts = statistics.quantiles(times, n=100) if len(times) > 1 else times * 99
    return {
        "requests": len(times),
        "failed": len(failed),
        "per_s": len(times) / seconds,
        "p50_ms": 1000 * cuts[49],
        "p95_ms": 1000 * cuts[94],
        "worst_ms": 1000 * max(times),
    }


def _ask(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> float:
    """Seconds until the answer was read whole. Raises RuntimeError unless it is 200."""
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {body[:300]!r}")
    return time.perf_counter() - began


def _export(port: int, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """Seconds and bytes of an export that is read whole."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    size = 0
    while part := answer.read(1 << 16):
        size += len(part)
    return {"seconds": time.perf_counter() - began, "bytes": size}


def _peak(process: "subprocess.Popen[bytes]") -> int:
    """The most memory that a process has had, in bytes (Linux)."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
