"""Rate limits that hold over all processes, counted in the database by its own clock.

A vendor counts requests in a window of time. A token bucket of N that is refilled with N a window lets almost
2 N pass in one window, so here a window is cut into 60 slots and its requests are counted by slot: one may leave
while the last 61 slots, which cover any window that ends now, hold fewer than N. So no window of that length
ever holds more than N, all N may leave at once after a pause, and a steady flow gets 60/61 of the limit.

A row of `rate_limits` is a window (`name/seconds`) or, under the bare name, what the vendor asked to be spared
until. One statement locks the rows of all windows, looks, and takes from all or none: nothing is held between
statements, so that a killed process leaves no lock.
"""

import contextlib
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import psycopg

from aicmo_dagster.errors import VendorUnavailableError
from aicmo_dagster.store import database

_SLOTS = 60


@dataclass(frozen=True)
class Limit:
    """At most `requests` in any `per_s` seconds."""

    requests: int
    per_s: float


@dataclass(frozen=True)
class _Wait:
    """Seconds until a request may leave; 0 where it may, and then it is counted already."""

    blocked_s: float
    full_s: float

    @property
    def seconds(self) -> float:
        return max(self.blocked_s, self.full_s, 0.0)


class RateLimits:
    """The limits of all processes, over a connection of its own that opens when it is needed.

    May be shared by threads. A context manager; `close` does the same.
    """

    def __init__(self) -> None:
        self._connection: database.Connection | None = None
        self._opening = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        with self._opening:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def wait(self, name: str, limits: Sequence[Limit], most_s: float = 120.0) -> None:
        """Sleep until a request of `name` may leave, and count it in every window.

        Without limits it only waits for what `block` said. Raises VendorUnavailableError, at once and with
        nothing counted, where that would take longer than `most_s` seconds.
        """
        until = time.monotonic() + most_s
        while (wait := self._take(name, limits)).seconds > 0:
            left_s = until - time.monotonic()
            if wait.seconds > left_s:
                raise VendorUnavailableError(_too_long(name, limits, wait, most_s))
            # Jitter, so that those who wait for the same slot do not all come at once.
            time.sleep(wait.seconds + random.uniform(0, min(0.01 + wait.seconds / 10, 1.0)))  # noqa: S311

    def block(self, name: str, until: datetime) -> None:
        """Nobody asks `name` before `until` (aware): the vendor said so. An earlier time changes nothing."""
        self._fetch(
            "INSERT INTO rate_limits AS r (name, slot, taken, blocked_until) VALUES (%s, 0, '{}', %s) "
            "ON CONFLICT (name) DO UPDATE SET blocked_until = greatest(r.blocked_until, EXCLUDED.blocked_until) "
            "RETURNING 1",
            [name, until],
        )

    def _take(self, name: str, limits: Sequence[Limit]) -> _Wait:
        windows = {f"{name}/{limit.per_s:g}": limit for limit in limits}
        parameters = {
            "names": [name, *windows],
            "windows": list(windows),
            "most": [limit.requests for limit in windows.values()],
            "widths": [limit.per_s / _SLOTS for limit in windows.values()],
        }
        rows, blocked_s, full_s = self._fetch(_TAKE, parameters)
        if rows <= len(windows):  # A row is missing, so nothing was counted.
            self._fetch(_ADD, parameters)
            rows, blocked_s, full_s = self._fetch(_TAKE, parameters)
        return _Wait(blocked_s, full_s)

    def _fetch(self, statement: str, parameters: object) -> tuple[int, float, float]:
        with contextlib.suppress(psycopg.OperationalError):
            return self._fetch_once(statement, parameters)
        # The server was restarted in the meantime. What was counted twice by this does no harm.
        self.close()
        return self._fetch_once(statement, parameters)

    def _fetch_once(self, statement: str, parameters: object) -> tuple[int, float, float]:
        with self._opening:
            if self._connection is None:
                self._connection = database.connect(autocommit=True)
            connection = self._connection
        row: tuple[int, float, float] | None = connection.execute(statement, parameters).fetchone()  # type: ignore[call-overload]
        return row or (0, 0.0, 0.0)


def _too_long(name: str, limits: Sequence[Limit], wait: _Wait, most_s: float) -> str:
    if wait.blocked_s >= wait.full_s:
        why = "the vendor asked not to be asked again for now"
    else:
        why = "the limit of " + " and ".join(f"{one.requests} requests in {one.per_s:g} s" for one in limits)
        why += " is used up"
    return (
        f"{name}: {why}; the next request may leave in {wait.seconds:.0f} s, longer than the {most_s:.0f} s that "
        "this waits. Run it again then"
    )


_ADD = """
INSERT INTO rate_limits (name, slot, taken)
SELECT name, 0, '{}' FROM unnest(%(names)s::text[]) AS n (name) ORDER BY name
ON CONFLICT (name) DO NOTHING
RETURNING 1
"""

_TAKE = f"""
WITH asked AS (
  SELECT * FROM unnest(%(windows)s::text[], %(most)s::int[], %(widths)s::float8[]) AS a (name, most, width)
), locked AS MATERIALIZED (
  SELECT name, slot, taken, blocked_until FROM rate_limits WHERE name = ANY(%(names)s) ORDER BY name FOR UPDATE
), clock AS MATERIALIZED (
  -- The time once every row is locked: those who waited for the lock see the slot they are in now.
  SELECT count(*) AS rows, extract(epoch FROM clock_timestamp())::float8 AS now,
    coalesce(extract(epoch FROM max(blocked_until)), 0)::float8 AS blocked_until FROM locked
), moved AS (
  SELECT name, most, width, greatest(slot, now_slot) AS slot,
    (array_fill(0, ARRAY[least(greatest(now_slot - slot, 0), {_SLOTS + 1})::int]) || taken)[1:{_SLOTS + 1}] AS taken
  FROM locked JOIN asked USING (name), clock, LATERAL (SELECT floor(now / width)::bigint AS now_slot) AS s
), counted AS (
  -- `kept`: so many of the newest slots together leave room for one more.
  SELECT name, width, slot, taken, (
    SELECT count(*) FROM (
      SELECT sum(n) OVER (ORDER BY place) AS so_far FROM unnest(taken) WITH ORDINALITY AS t (n, place)
    ) AS p WHERE so_far < most
  ) AS kept
  FROM moved
), verdict AS MATERIALIZED (
  SELECT rows, blocked_until - now AS blocked_s, coalesce((
    SELECT max((slot - kept + {_SLOTS + 1}) * width - now) FROM counted WHERE kept <= {_SLOTS}
  ), 0) AS full_s
  FROM clock
), counts AS (
  UPDATE rate_limits r SET slot = c.slot, taken = (c.taken[1] + 1) || c.taken[2:]
  FROM counted c, verdict v
  WHERE r.name = c.name AND v.rows = cardinality(%(names)s::text[]) AND v.blocked_s <= 0 AND v.full_s <= 0
)
SELECT rows, blocked_s, full_s FROM verdict
"""
