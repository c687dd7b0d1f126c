"""A mail server that misbehaves in every way, and what became of the mails: by its own count and by the ledger's."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from threading import Lock
from typing import Any

from aicmo_dagster.benchmarks import pipeline, sending
from aicmo_dagster.benchmarks.chaos.certificates import contexts
from aicmo_dagster.benchmarks.chaos.faults import CONTENT, FAULTS, GONE, STAGES, Fault
from aicmo_dagster.benchmarks.chaos.rude_server import RudeServer, Security, Took
from aicmo_dagster.benchmarks.chaos.senders import compared
from aicmo_dagster.campaign.sending import Smtp
from aicmo_dagster.mail.outcome import Letter, Outcome
from aicmo_dagster.mail.smtp import SmtpTransport
from aicmo_dagster.store import campaigns, database

_SECURITY: tuple[Security, ...] = ("none", "starttls", "tls", "starttls")
"""Of the connections of the sender: each has a server of its own, so that it is known what came of what."""

_RUDENESS = 0.07
_PASSWORD_ENV = "AICMO_CHAOS_PASSWORD"  # noqa: S105


def misbehaviour(faults: int, timeout_s: float, told: Callable[[int], None], seed: int = 4) -> dict[str, Any]:
    """Send mails to a server that misbehaves `faults` times, then is gone for a while, and then is well.

    Who waits for an answer waits `timeout_s`; the pauses of mails and mailbox are skipped by the clock. Returns what
    the ledger and the server say in the end, with the `faults` and what came of them.
    """
    with pipeline.fresh_home() as home, _servers(home, timeout_s, seed) as (servers, took):
        sending.enrol(home, 2 * faults, servers[0].port, len(servers))
        sending.plan()
        notes = _Notes()
        run = _Runs(home, servers, notes, timeout_s)
        gone = _while_gone(run, servers, took)
        for server in servers:
            server.rudeness = _RUDENESS
        while run.waiting() and (done := sum(len(server.done) for server in servers)) < faults:
            told(done)
            run.once()
            run.skip()
        for server in servers:
            server.rudeness = 0.0
        run.to_the_end()
        told(faults)
        return {
            "mails": 2 * faults,
            "runs": run.count,
            "seed": seed,
            "faults": notes.table(servers),
            "not_as_expected": sum(notes.unexpected.values()),
            "unexplained": dict(notes.unexpected),
            **gone,
            "waiting": run.waiting(),
            "held_without_next_try": run.forgotten,
            "ledger_differs": notes.differences(),
            "misdirected": _misdirected(took),
            "in_the_clear": took.in_the_clear,
            **compared(took.mails),
        }


@dataclass
class _Notes:
    """What came of each fault, and of each mail."""

    outcomes: defaultdict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unexpected: Counter[str] = field(default_factory=Counter)
    kinds: defaultdict[str, list[tuple[str, bool]]] = field(default_factory=lambda: defaultdict(list))
    hard: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def note(self, fault: Fault | None, kind: str, reply: str, expected: frozenset[str]) -> None:
        """One outcome, and the fault it comes from."""
        with self.lock:
            if fault is not None:
                self.outcomes[fault.stage, fault.name][kind] += 1
            # On a slow machine any answer may come too late.
            if kind not in expected and "timed out" not in reply:
                where = (
                    "nothing wrong" if fault is None else f"{fault.stage} {fault.name} {fault.text[:20]!r}"
                )
                self.unexpected[f"{where}: {kind} {reply}"] += 1

    def mail(self, letter: Letter, outcome: Outcome) -> None:
        """What the sender was told of a mail."""
        with self.lock:
            if outcome.kind != "again":
                self.kinds[letter.recipient].append((outcome.kind, outcome.session))
            if outcome.recipient_caused:
                self.hard.add(letter.recipient)

    def table(self, servers: list[RudeServer]) -> list[dict[str, Any]]:
        """Each kind of fault, how often it was done, and what came of it."""
        times = Counter((one.fault.stage, one.fault.name) for server in servers for one in server.done)
        rows = dict.fromkeys(
            (fault.stage, fault.name) for stage in STAGES for fault in [GONE, *FAULTS] if fault.stage == stage
        )
        return [
            {
                "stage": stage,
                "fault": name,
                "times": times[stage, name],
                "outcomes": ", ".join(f"{kind} {n}" for kind, n in self.outcomes[stage, name].most_common()),
            }
            for stage, name in rows
        ]

    def differences(self) -> int:
        """Mails of which the ledger says something else than what the sender was told, and hard bounces alike."""
        wrong = 0
        rows = database.fetch(
            "SELECT l.email, s.state FROM sends s JOIN leads l ON l.id = s.lead_id WHERE s.state <> 'planned'"
        )
        for row in rows:
            kinds = self.kinds[row["email"]]
            last = kinds[-1][0] if kinds else ""
            tries = sum(kind in ("refused_temporary", "sender_fault") and not about for kind, about in kinds)
            right = {"sent": last == "sent", "uncertain": last == "uncertain"}
            wrong += not right.get(row["state"], last == "refused_permanent" or tries == 5)
        suppressed = {row["value"] for row in database.fetch("SELECT value FROM suppressions")}
        return wrong + len(suppressed ^ self.hard)


class _Watched(SmtpTransport):
    """A connection that tells what came of what its server did."""

    def __init__(self, smtp: Smtp, server: RudeServer, notes: _Notes) -> None:
        super().__init__(smtp, final_timeout_s=smtp.timeout_s)
        self._server, self._notes = server, notes
        self._seen = len(server.done)
        self._mail = (0, 0)
        self._invited_by: Fault | None = None

    def exchange(
        self, started: Letter | None, following: Letter | None
    ) -> tuple[Outcome | None, Outcome | None]:
        mail, invited_by = self._mail, self._invited_by
        ended, refused = super().exchange(started, following)
        if started is not None and ended is not None:
            self._notes.mail(started, ended)
            self._ended(mail, invited_by, ended)
        if following is not None:
            self._asked(refused)
            if refused is not None:
                self._notes.mail(following, refused)
        return ended, refused

    def _ended(self, mail: tuple[int, int], invited_by: Fault | None, ended: Outcome) -> None:
        done = [one.fault for one in self._server.done if one.mail == mail and one.fault.stage in CONTENT]
        fault = done[-1] if done else None
        expected = frozenset({"sent"}) if fault is None else fault.expected
        if invited_by is not None and invited_by.act == "twice":
            expected |= {"refused_temporary"}
        self._notes.note(fault, ended.kind, ended.reply, expected)

    def _asked(self, refused: Outcome | None) -> None:
        done = self._server.done[self._seen :]
        self._seen += len(done)
        fault = next((one.fault for one in reversed(done) if one.fault.stage not in CONTENT), None)
        kind, reply = ("invited", "") if refused is None else (refused.kind, refused.reply)
        if refused is None:
            number = self._number()
            self._mail = (number, self._mail[1] + 1 if self._mail[0] == number else 1)
            self._invited_by = fault
        # A content that ended badly has taken the connection with it.
        expected = frozenset({"invited", "again"}) if fault is None else fault.expected
        self._notes.note(fault, kind, reply, expected)

    def _number(self) -> int:
        """The server's number of this connection."""
        if self._session is None or self._session.sock is None:
            return 0
        return self._server.numbers[self._session.sock.getsockname()[1]]


class _Runs:
    """Runs of one sender, by a clock that skips what has to be waited for."""

    def __init__(self, home: Path, servers: list[RudeServer], notes: _Notes, timeout_s: float) -> None:
        self.count = 0
        self.forgotten = 0
        self._ahead = timedelta(0)
        self._servers, self._notes = servers, notes
        self._smtps = [_smtp(home, server, timeout_s) for server in servers]
        with database.transaction() as cursor:
            self._campaign = campaigns.get(cursor, pipeline.KEY)

    def once(self) -> None:
        """One run."""
        from aicmo_dagster.mail.delivery import send_due

        lanes = cycle(zip(self._smtps, self._servers, strict=True))
        send_due(
            database.connect,
            self._campaign,
            lambda _: _Watched(*next(lanes), self._notes),
            now=self.now,
            pause=time.sleep,
        )
        self.count += 1

    def skip(self) -> None:
        """On to the time when the next run may send."""
        (row,) = database.fetch(
            "SELECT (SELECT max(held_until) FROM mailboxes) AS held_until, "
            "min(greatest(due_at, coalesce(next_try_at, due_at))) AS due_at, "
            "count(*) FILTER (WHERE state = 'held' AND (next_try_at IS NULL OR reason IS NULL)) AS forgotten "
            "FROM sends WHERE state IN ('planned', 'held')"
        )
        self.forgotten += row["forgotten"]
        times = [at for at in (row["held_until"], row["due_at"]) if at is not None]
        self._ahead += max([timedelta(0), *(at - self.now() + timedelta(seconds=1) for at in times)])

    def to_the_end(self) -> None:
        """Run until nothing is left, or nothing more comes of it."""
        before = -1
        while (left := self.waiting()) and left != before:
            before = left
            self.once()
            self.skip()

    def waiting(self) -> int:
        """Mails that may still be sent."""
        return int(
            database.fetch(
                "SELECT count(*) AS n FROM sends WHERE state IN ('planned', 'held', 'claimed', 'sending')"
            )[0]["n"]
        )

    def now(self) -> datetime:
        from aicmo_dagster.flow.run import utc_now

        return utc_now() + self._ahead


def _while_gone(run: _Runs, servers: list[RudeServer], took: Took) -> dict[str, int]:
    """Nobody answers: how many connections are tried until the mailbox is held, and how many while it is held."""
    for server in servers:
        server.gone = True
    run.once()
    until_held = took.connections
    run.once()
    while_held = took.connections - until_held
    for server in servers:
        server.gone = False
    run.skip()
    return {"connections_until_held": until_held, "connections_while_held": while_held}


def _misdirected(took: Took) -> int:
    """Mails that another than their recipient got, or that are none of ours."""
    known = {
        row["message_id"]: row["recipient"]
        for row in database.fetch("SELECT message_id, recipient FROM sends WHERE message_id IS NOT NULL")
    }
    return sum(known.get(number) != recipient for number, recipient in took.recipients.items())


@contextmanager
def _servers(home: Path, timeout_s: float, seed: int) -> Iterator[tuple[list[RudeServer], Took]]:
    took = Took()
    right, strange = contexts(home)
    servers = [
        RudeServer(f"{seed} {number}", security, (right, strange), took, timeout_s / 10)
        for number, security in enumerate(_SECURITY)
    ]
    os.environ[_PASSWORD_ENV] = "only for chaos"
    try:
        yield servers, took
    finally:
        del os.environ[_PASSWORD_ENV]
        for server in servers:
            server.close()


def _smtp(home: Path, server: RudeServer, timeout_s: float) -> Smtp:
    secure = server.security != "none"
    return Smtp(
        host="127.0.0.1",
        port=server.port,
        security=server.security,
        username="chaos" if secure else None,
        password_env=_PASSWORD_ENV,
        ca_file=str(home / "right.pem") if secure else None,
        timeout_s=timeout_s,
        connections=len(_SECURITY),
    )
