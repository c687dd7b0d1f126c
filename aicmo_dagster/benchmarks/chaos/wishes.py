"""People who unsubscribe, and pauses, while mails leave."""

import random
import time
from collections.abc import Callable
from typing import Any

from aicmo_dagster.benchmarks import pipeline, sending
from aicmo_dagster.benchmarks.chaos.counting import counting_server
from aicmo_dagster.benchmarks.chaos.senders import CONNECTIONS, spawn
from aicmo_dagster.mail import effects
from aicmo_dagster.store import campaigns, database

_MAILS_PER_WISH = 4
"""So many that the senders are still at work at the last wish."""


def interleavings(leads: int, told: Callable[[int], None], seed: int = 2) -> dict[str, Any]:
    """Unsubscribe people while they are written to: how many were, and mails started after it (there must be none).

    Whoever's mail had not started when the wish was committed must never get it. Every 500th wish, the campaign is
    paused and goes on, which must hold nothing back for good.
    """
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, _MAILS_PER_WISH * leads, server.port, CONNECTIONS)
        sending.plan()
        chance = random.Random(seed)  # noqa: S311
        order = database.fetch("SELECT s.id, s.lead_id FROM sends s ORDER BY s.due_at, s.priority DESC, s.id")
        processes = [spawn(), spawn()]
        unsent: set[int] = set()
        started_while_paused = wishes = 0
        with database.connect(autocommit=True) as connection, connection.cursor() as cursor:
            while wishes < leads:
                # Where the senders are just now, some mails ahead and behind.
                passed = len(server.taken) + len(unsent)
                if passed >= len(order) - 1:
                    break
                one = order[min(len(order) - 1, max(0, passed + chance.randint(-5, 40)))]
                with connection.transaction():
                    at = database.rows(cursor, "SELECT clock_timestamp() AS at")[0]["at"]
                    effects.unsubscribed(cursor, one["lead_id"], at, "chaos")
                cursor.execute("SELECT started_at IS NULL FROM sends WHERE id = %s", [one["id"]])
                if cursor.fetchone() == (True,):
                    unsent.add(one["id"])
                wishes += 1
                told(wishes)
                if wishes % 500 == 0:
                    started_while_paused += _paused(connection)
                for number, process in enumerate(processes):
                    if not process.is_alive():
                        processes[number] = spawn()
        for process in processes:
            process.join()
        rows = database.fetch(
            "SELECT id, state, message_id, started_at FROM sends WHERE id = ANY(%s)", [list(unsent)]
        )
        return {
            "wishes": wishes,
            "seed": seed,
            "before_the_mail": len(rows),
            "started_after": sum(row["started_at"] is not None for row in rows),
            "started_while_paused": started_while_paused,
            "duplicates": sum(count - 1 for count in server.taken.values()),
        }


def _paused(connection: database.Connection) -> int:
    """Pause the campaign for a moment: mails that started after the pause was committed."""
    with connection.transaction(), connection.cursor() as cursor:
        campaigns.set_state(cursor, pipeline.KEY, "paused", "chaos")
    first = connection.execute("SELECT count(*) FROM sends WHERE started_at IS NOT NULL").fetchone()
    time.sleep(0.2)
    last = connection.execute("SELECT count(*) FROM sends WHERE started_at IS NOT NULL").fetchone()
    with connection.transaction(), connection.cursor() as cursor:
        campaigns.set_state(cursor, pipeline.KEY, "active", "chaos")
    return int((last or (0,))[0]) - int((first or (0,))[0])
