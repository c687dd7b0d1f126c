"""Senders that are killed while they send, and what the ledger and the server say afterwards.

The server is one of our own that counts what it took responsibility for; the senders are processes of their own,
two at once; the database is an embedded one with durable commits.
"""

import contextlib
import multiprocessing
import os
import random
import re
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from aicmo_dagster import settings
from aicmo_dagster.benchmarks import pipeline, sending
from aicmo_dagster.mail import effects, failpoint
from aicmo_dagster.store import campaigns, database

_CONNECTIONS = 4
_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID: (<[^>]+>)")

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


class CountingServer(socketserver.ThreadingTCPServer):
    """An SMTP server with PIPELINING that counts the Message-IDs that it took responsibility for."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return int(self.server_address[1])


class _Session(socketserver.StreamRequestHandler):
    server: CountingServer

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the sender died
            self._converse()

    def _converse(self) -> None:
        self.wfile.write(b"220 counting\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper()
            if command == b"EHLO":
                self.wfile.write(b"250-counting\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n")
            elif command == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                if not self._content():
                    return
                self.wfile.write(b"250 2.0.0 taken\r\n")
            elif command == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 2.1.0 ok\r\n")

    def _content(self) -> bool:
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                return False
            content += line
        found = _MESSAGE_ID.search(content)
        with self.server.lock:
            self.server.taken[found[1].decode() if found else "none"] += 1
        return True


@contextmanager
def counting_server() -> Iterator[CountingServer]:
    """A running server."""
    server = CountingServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["aicmo_dagster.benchmarks.chaos", "aicmo_dagster.flow.nurture"])


def _send(limit: int | None = None, place: str = "", times: int = 1) -> None:
    """A sender's life, or until it is killed."""
    from aicmo_dagster.flow.run import utc_now
    from aicmo_dagster.mail.delivery import send_due
    from aicmo_dagster.mail.smtp import SmtpTransport

    failpoint.arm(place, times)
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, pipeline.KEY)

    def connect(sender: Any) -> SmtpTransport:
        return SmtpTransport(sender.smtp)

    send_due(database.connect, campaign, connect, now=utc_now, pause=time.sleep, limit=limit)


def _send_at(home: str, *arguments: Any) -> None:
    os.environ[settings.HOME] = home
    _send(*arguments)


def _spawn(*arguments: Any) -> BaseProcess:
    # The server of forks keeps the environment in which it was started.
    process = _forks.Process(target=_send_at, args=(os.environ[settings.HOME], *arguments), daemon=True)
    process.start()
    return process


def kills(mails: int, kills: int, senders: int, told: Callable[[int], None]) -> dict[str, Any]:
    """Kill `senders` senders at random moments, `kills` times in all, over at least `mails` mails.

    Returns what the ledger and the server say in the end. `told` hears of each kill.
    """
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, mails, server.port, _CONNECTIONS)
        sending.plan()
        chance = random.Random(1)  # noqa: S311
        processes = [_spawn() for _ in range(senders)]
        killed = 0
        while killed < kills and _waiting():
            time.sleep(chance.uniform(0.02, 0.25))
            number = chance.randrange(senders)
            if processes[number].is_alive():
                processes[number].kill()
                killed += 1
                told(killed)
            processes[number].join()
            processes[number] = _spawn()
        for process in processes:
            process.join()
        while _waiting():
            last = _spawn()
            last.join()
            if last.exitcode:
                raise AssertionError(f"a sender that nobody killed ended with {last.exitcode}")
        _send()
        return {"mails": mails, "kills": killed, "senders": senders, **_told(server.taken)}


def _waiting() -> bool:
    return bool(
        database.fetch(
            "SELECT EXISTS (SELECT FROM sends WHERE state IN ('planned', 'held', 'claimed')) AS some"
        )[0]["some"]
    )


def _told(taken: Counter[str]) -> dict[str, Any]:
    """The ledger beside what the server has taken."""
    rows = database.fetch("SELECT state, message_id FROM sends")
    states = Counter(row["state"] for row in rows)
    known = {row["message_id"]: row["state"] for row in rows if row["message_id"]}
    return {
        "states": dict(states),
        "duplicates": sum(count - 1 for count in taken.values()),
        "lost": sum(state == "sent" and not taken[number] for number, state in known.items()),
        "sent_unlisted": sum(known.get(number) not in ("sent", "uncertain") for number in taken),
        "uncertain": states["uncertain"],
        "uncertain_that_arrived": sum(
            state == "uncertain" and taken[number] > 0 for number, state in known.items()
        ),
    }


def failpoints(rounds: int, told: Callable[[int], None]) -> list[dict[str, Any]]:
    """Let a sender die at every named place, `rounds` times each, and look at what became of its mail.

    Returns per place the state expected and how often it was found, with what the server has.
    """
    table = []
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, rounds * len(EXPECTED) * 3, server.port, 1)
        sending.plan()
        done = 0
        for place, (state, arrived) in EXPECTED.items():
            as_expected = 0
            for _ in range(rounds):
                before = {row["id"] for row in database.fetch("SELECT id FROM sends WHERE state = 'planned'")}
                process = _spawn(1, place, 1)
                process.join()
                if process.exitcode != -9:
                    raise AssertionError(
                        f"the sender did not come to {place!r}: it ended with {process.exitcode}"
                    )
                _send(limit=0)
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
    return [*table, {"place": "duplicates", "rounds": duplicates}]


def interleavings(leads: int, told: Callable[[int], None]) -> dict[str, Any]:
    """Unsubscribe people while they are written to: how many were, and mails started after it (there must be none).

    Whoever's mail had not started when the wish was committed must never get it. Every 500th wish, the campaign is
    paused and goes on, which must hold nothing back for good.
    """
    with pipeline.fresh_home() as home, counting_server() as server:
        sending.enrol(home, 2 * leads, server.port, _CONNECTIONS)
        sending.plan()
        chance = random.Random(2)  # noqa: S311
        order = database.fetch("SELECT s.id, s.lead_id FROM sends s ORDER BY s.due_at, s.priority DESC, s.id")
        processes = [_spawn(), _spawn()]
        unsent: list[int] = []
        started_while_paused = wishes = 0
        with database.connect(autocommit=True) as connection, connection.cursor() as cursor:
            while wishes < leads:
                # Where the senders are just now, some mails ahead and behind.
                cursor.execute("SELECT count(*) FROM sends WHERE state NOT IN ('planned', 'claimed')")
                (passed,) = cursor.fetchone() or (0,)
                if passed >= len(order) - 1:
                    break
                one = order[min(len(order) - 1, max(0, passed + chance.randint(-5, 40)))]
                with connection.transaction():
                    at = database.rows(cursor, "SELECT clock_timestamp() AS at")[0]["at"]
                    effects.unsubscribed(cursor, one["lead_id"], at, "chaos")
                cursor.execute("SELECT started_at IS NULL FROM sends WHERE id = %s", [one["id"]])
                if cursor.fetchone() == (True,):
                    unsent.append(one["id"])
                wishes += 1
                told(wishes)
                if wishes % 500 == 0:
                    started_while_paused += _paused(connection)
                for number, process in enumerate(processes):
                    if not process.is_alive():
                        processes[number] = _spawn()
        for process in processes:
            process.join()
        rows = database.fetch(
            "SELECT id, state, message_id, started_at FROM sends WHERE id = ANY(%s)", [unsent]
        )
        return {
            "wishes": wishes,
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
