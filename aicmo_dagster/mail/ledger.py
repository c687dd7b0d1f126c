"""The ledger as the connections of one sender see it: what they write at the same time is one durable commit.

A commit waits for the disk, so the ends and starts of many mails go into one: what comes while a transaction is
under way is in the next one. A thread of its own writes, so that the next one begins when the last has ended,
whichever connection is waiting for its turn to run, and no interruption hits a commit.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

import psycopg

from aicmo_dagster.errors import StoreError
from aicmo_dagster.mail import effects
from aicmo_dagster.store import starts, workers
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.caps import Limits
from aicmo_dagster.store.database import Connection
from aicmo_dagster.store.starts import Cursor, Ending, Refusal, Starting

Result = TypeVar("Result")

_PATIENCE = timedelta(minutes=2)
"""How long a database that is away is waited for: mails whose end is not written may be doubted for ever."""

_SETTINGS = (
    "SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('enable_hashjoin', 'off', false), "
    "set_config('enable_mergejoin', 'off', false), set_config('enable_seqscan', 'off', false)"
)
"""Few rows are asked for by their keys, many times: one plan for all, whatever statistics say of new tables."""


@dataclass(frozen=True)
class Bounce:
    """A recipient that the server says does not exist."""

    send_id: int
    lead_id: int


@dataclass
class Entry:
    """What one connection wants written: how mails ended, which bounced, and one that wants to start."""

    endings: Sequence[Ending] = ()
    starting: Starting | None = None
    bounces: Sequence[Bounce] = ()
    states: dict[int, str] = field(default_factory=dict)
    refused: Refusal | None = None
    failed: Exception | None = None
    written: SimpleQueue[None] = field(default_factory=SimpleQueue)


class Ledger:
    """One worker's session with the ledger, for all its connections. Close it at the end."""

    def __init__(
        self, connect: Callable[[], Connection], campaign: Campaign, now: Callable[[], datetime]
    ) -> None:
        self._connect = connect
        self._campaign = campaign
        self._limits = Limits.of(campaign.config)
        self._now = now
        self._connection = self._session()
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self.worker = workers.enlist(cursor)
        self._waiting: SimpleQueue[Entry | None] = SimpleQueue()
        self._writer = threading.Thread(target=self._write_all, name="ledger", daemon=True)
        self._writer.start()

    def write(self, entry: Entry) -> Entry:
        """Return when all of the entry is committed, or, where its start is `refused`, all but that.

        Raises StoreError when the database stays away.
        """
        self._waiting.put(entry)
        entry.written.get()
        if entry.failed is not None:
            raise StoreError(f"the ledger cannot be written: {type(entry.failed).__name__}") from entry.failed
        return entry

    def finish(self) -> None:
        """Write what is waiting, and no more from now on. The worker stays enlisted until `close`."""
        self._waiting.put(None)
        self._writer.join()

    def close(self) -> None:
        """End the session; what this worker has not finished is anybody's to deal with."""
        self._connection.close()

    def _write_all(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            try:
                while (following := self._waiting.get_nowait()) is not None:
                    batch.append(following)
                self._waiting.put(None)
            except Empty:
                pass
            try:
                self._commit(batch)
            except Exception as error:
                for one in batch:
                    one.failed = error
            for one in batch:
                one.written.put(None)

    def _session(self) -> Connection:
        connection = self._connect()
        connection.autocommit = True
        connection.prepare_threshold = 0
        connection.execute(_SETTINGS)
        starts.prepare(connection.cursor())
        return connection

    def _commit(self, batch: Sequence[Entry]) -> None:
        give_up = time.monotonic() + _PATIENCE.total_seconds()
        starting = [one for one in batch if one.starting is not None]
        while True:
            try:
                if self._connection.closed:
                    self._return(starting)
                    starting = []
                self._write(batch, starting)
            except (psycopg.OperationalError, psycopg.InterfaceError, StoreError):
                # Nobody knows whether the commit was made, only that no mail of it has begun to leave.
                self._connection.close()
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.2)
                continue
            return

    def _return(self, starting: Sequence[Entry]) -> None:
        """Come back to the ledger after the session was lost, and take back what was about to start."""
        connection = self._session()
        with connection.transaction(), connection.cursor() as cursor:
            workers.return_to(cursor, self.worker)
            starts.take_back(cursor, self.worker, [one.starting.send_id for one in starting if one.starting])
        self._connection = connection
        for one in starting:
            one.refused = "again"

    def _write(self, batch: Sequence[Entry], starting: Sequence[Entry]) -> None:
        now = self._now()
        for one in batch:
            for bounce in one.bounces:
                # In a transaction of its own: what stops mails takes the lock alone that starts share.
                self._transact(partial(_record, bounce, now))
        known: dict[str, Any] = {
            "limits": self._limits,
            "day": self._campaign.config.day_of(now),
            "now": now,
        }
        written = self._retried(
            lambda: starts.write(
                self._connection.cursor(),
                self._campaign.id,
                self.worker,
                [ending for one in batch for ending in one.endings],
                [one.starting for one in starting if one.starting is not None],
                **known,
            )
        )
        refused: Mapping[int, Refusal] = {}
        if written.refused:
            refused = self._transact(
                lambda cursor: starts.give_back(cursor, self._campaign.id, self.worker, written, **known)
            )
        for one in batch:
            one.states = {ending.send_id: written.states.get(ending.send_id, "") for ending in one.endings}
        for one in starting:
            if one.starting is not None:
                one.refused = refused.get(one.starting.send_id)

    def _transact(self, work: Callable[[Cursor], Result]) -> Result:
        def transaction() -> Result:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                return work(cursor)

        return self._retried(transaction)

    def _retried(self, work: Callable[[], Result]) -> Result:
        while True:
            with suppress(psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                return work()


def _record(bounce: Bounce, now: datetime, cursor: Cursor) -> None:
    effects.hard_bounced(cursor, bounce.lead_id, bounce.send_id, now, "smtp")
