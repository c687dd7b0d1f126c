"""Senders that are killed while they send: at random moments, and at every named place of a mail's life."""

import random
import time
from collections.abc import Callable
from typing import Any

from aicmo_dagster.benchmarks import pipeline, sending
from aicmo_dagster.benchmarks.chaos.counting import counting_server
from aicmo_dagster.benchmarks.chaos.senders import compared, finish, send, spawn, waiting
from aicmo_dagster.store import database

EXPECTED: dict[str, tuple[str, bool]] = {
    "claimed": ("planned", False),
    "invited": ("planned", False),
    "started": ("uncertain", False),
    "body": ("uncertain", False),
    "dot": ("uncertain", True),
    "answer": ("uncertain", True),
    "recorded": ("sent", True),
}
"""Place of death -> the state its mail has when the next sender has looked, and whether the server has the mail."""


def kills(
    mails: int, kills: int, senders: int, told: Callable[[int], None], seed: int = 1, connections: int = 2
) -> dict[str, Any]:
    """Kill `senders` senders of so many `connections` each, `kills` times at random moments, over `mails` mails.

    Returns what the ledger and the server say in the end. `told` hears of each kill.
    """
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, mails, server.port, connections)
        sending.plan()
        chance = random.Random(seed)  # noqa: S311
        processes = [spawn() for _ in range(senders)]
        killed = 0
        while killed < kills and waiting():
            time.sleep(chance.uniform(0.02, 0.25))
            number = chance.randrange(senders)
            if processes[number].is_alive():
                processes[number].kill()
                killed += 1
                told(killed)
            processes[number].join()
            processes[number] = spawn()
        for process in processes:
            process.join()
        finish()
        return {
            "mails": mails,
            "kills": killed,
            "senders": senders,
            "connections": connections,
            "seed": seed,
            **compared(server.taken),
        }


def failpoints(rounds: int, told: Callable[[int], None]) -> dict[str, Any]:
    """Let a sender die at every named place, `rounds` times each, and look at what became of its mail.

    Returns the `places`, each with the state expected and how often it was found.
    """
    table: list[dict[str, Any]] = []
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, rounds * len(EXPECTED) * 3, server.port, 1)
        sending.plan()
        done = 0
        for place, (state, arrived) in EXPECTED.items():
            as_expected = 0
            for _ in range(rounds):
                before = {row["id"] for row in database.fetch("SELECT id FROM sends WHERE state = 'planned'")}
                process = spawn(1, place, 1)
                process.join()
                if process.exitcode != -9:
                    raise AssertionError(
                        f"the sender did not come to {place!r}: it ended with {process.exitcode}"
                    )
                send(limit=0)
                changed = database.fetch(
                    "SELECT state, message_id FROM sends WHERE id = ANY(%s) AND state <> 'planned'",
                    [list(before)],
                )
                found = [(row["state"], server.taken[row["message_id"]] > 0) for row in changed]
                as_expected += found == ([] if state == "planned" else [(state, arrived)])
                done += 1
                told(done)
            table.append(
                {
                    "place": place,
                    "state": state,
                    "arrived": arrived,
                    "as_expected": as_expected,
                    "rounds": rounds,
                }
            )
        duplicates = sum(count - 1 for count in server.taken.values())
    return {
        "places": table,
        "not_as_expected": sum(rounds - row["as_expected"] for row in table),
        "duplicates": duplicates,
    }
