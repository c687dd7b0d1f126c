"""A database that is restarted, crashes or loses sessions while senders write to it."""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from aicmo_dagster.benchmarks import pipeline, sending
from aicmo_dagster.benchmarks.chaos.counting import counting_server
from aicmo_dagster.benchmarks.chaos.senders import CONNECTIONS, compared, errors, finish, spawn, waiting
from aicmo_dagster.errors import StoreError
from aicmo_dagster.store import database, embedded

WAYS = ("restarted", "crashed", "stopped")
"""In order; or by a crash of the server; or left down, so that the next who needs it has to start it."""

_PATIENCE_S = 60.0


def restarts(
    mails: int, restarts: int, senders: int, told: Callable[[int], None], seed: int = 3
) -> dict[str, Any]:
    """Restart the database `restarts` times while `senders` senders send at least `mails` mails.

    Between two restarts a single session is ended, too. A sender that gives up is followed by a new one. Returns
    what the ledger and the server say in the end. `told` hears of each restart.
    """
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, mails, server.port, CONNECTIONS)
        sending.plan()
        chance = random.Random(seed)  # noqa: S311
        processes = [spawn() for _ in range(senders)]
        done: Counter[str] = Counter()
        while (number := sum(done[way] for way in WAYS)) < restarts and _patiently(waiting):
            time.sleep(chance.uniform(0.05, 0.4))
            done["sessions_ended"] += _patiently(lambda: _end_a_session(chance))
            time.sleep(chance.uniform(0.05, 0.4))
            way = WAYS[number % len(WAYS)]
            _restart(home, way)
            done[way] += 1
            told(number + 1)
            for place, process in enumerate(processes):
                if not process.is_alive():
                    processes[place] = spawn()
        for process in processes:
            process.join()
        clear, unclear = errors()
        finish()
        return {
            "mails": mails,
            **{name: done[name] for name in (*WAYS, "sessions_ended")},
            "senders": senders,
            "seed": seed,
            "ended_with_a_clear_error": clear,
            "ended_otherwise": dict(unclear),
            **compared(server.taken),
        }


def _restart(home: Path, way: str) -> None:
    if way == "restarted":
        embedded.control(home, "restart", "fast")
    elif way == "crashed":
        embedded.control(home, "restart", "immediate")
    else:
        embedded.control(home, "stop", "immediate")


def _end_a_session(chance: random.Random) -> bool:
    with database.connect(autocommit=True) as connection:
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
            "ORDER BY pid"
        ).fetchall()
        if not found:
            return False
        connection.execute("SELECT pg_terminate_backend(%s)", [chance.choice(found)[0]])
    return True


def _patiently(ask: Callable[[], bool]) -> bool:
    """What a question says as soon as the database answers."""
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except (psycopg.OperationalError, StoreError):
            if time.monotonic() > give_up:
                raise
            time.sleep(0.1)
