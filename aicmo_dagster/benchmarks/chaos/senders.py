"""Senders in processes of their own, and what the ledger says of their mails beside the server."""

import json
import logging
import multiprocessing
import os
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

from aicmo_dagster import settings
from aicmo_dagster.benchmarks import pipeline
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.mail import failpoint
from aicmo_dagster.store import campaigns, database

CONNECTIONS = 4
_HOUR_S = 3_600.0
_LONGEST_WAIT_S = 10 * _HOUR_S

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["aicmo_dagster.benchmarks.chaos.senders", "aicmo_dagster.flow.nurture"])


def send(limit: int | None = None, place: str = "", times: int = 1, ahead_s: float = 0) -> None:
    """A sender's life, or until it is killed; by a clock that is `ahead_s` fast."""
    from aicmo_dagster.flow.run import utc_now
    from aicmo_dagster.mail.delivery import send_due
    from aicmo_dagster.mail.smtp import SmtpTransport

    failpoint.arm(place, times)
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, pipeline.KEY)

    def connect(sender: Any) -> SmtpTransport:
        return SmtpTransport(sender.smtp)

    def now() -> datetime:
        return utc_now() + timedelta(seconds=ahead_s)

    send_due(database.connect, campaign, connect, now=now, pause=time.sleep, limit=limit)


def _send_at(home: str, *arguments: Any) -> None:
    os.environ[settings.HOME] = home
    logging.disable(logging.WARNING)  # that connections break is no news here
    try:
        send(*arguments)
    except Exception as error:
        told = {"error": type(error).__name__, "clear": isinstance(error, AicmoError)}
        with open(os.path.join(home, "errors"), "a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
        sys.exit(1)


def spawn(*arguments: Any) -> BaseProcess:
    """Let `send` run in a process of its own, with these arguments."""
    # The server of forks keeps the environment in which it was started.
    process = _forks.Process(target=_send_at, args=(os.environ[settings.HOME], *arguments), daemon=True)
    process.start()
    return process


def errors() -> tuple[int, Counter[str]]:
    """How senders at this home ended: how many with an error for people, and the others by their names."""
    try:
        with open(settings.home() / "errors", encoding="utf-8") as file:
            told = [json.loads(line) for line in file]
    except FileNotFoundError:
        told = []
    return sum(one["clear"] for one in told), Counter(one["error"] for one in told if not one["clear"])


def waiting() -> bool:
    """Whether mails are left that a sender may take up."""
    return left() > 0


def left() -> int:
    """Mails that a sender may take up, now or later."""
    (row,) = database.fetch("SELECT count(*) AS n FROM sends WHERE state IN ('planned', 'held', 'claimed')")
    return int(row["n"])


def finish() -> None:
    """Send what is left, with nothing in the way, and have looked at what the last one left behind.

    What is held is waited for by the clock; raises AssertionError where a mail does not leave even so.
    """
    ahead_s = 0.0
    while before := left():
        last = spawn(None, "", 1, ahead_s)
        last.join()
        if last.exitcode:
            raise AssertionError(f"a sender that nobody disturbed ended with {last.exitcode}")
        if left() == before:
            ahead_s += _HOUR_S
            if ahead_s > _LONGEST_WAIT_S:
                raise AssertionError(f"{before} mails do not leave")
    send(ahead_s=ahead_s)


def compared(taken: Counter[str]) -> dict[str, Any]:
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
