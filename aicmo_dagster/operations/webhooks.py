"""Tell receivers of what happened: signed as Standard Webhooks, tried for a day, at least once.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import get_args

from psycopg import Cursor
from psycopg.rows import TupleRow
from standardwebhooks.webhooks import Webhook as Signer

from aicmo_dagster import guarded_http, settings
from aicmo_dagster.errors import AicmoError, ConfigurationError
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store import webhooks as store
from aicmo_dagster.store.webhooks import DAY, Event, Taken, Webhook

EVENTS: tuple[Event, ...] = get_args(Event)
LOCAL = "AICMO_WEBHOOKS_TO_THIS_MACHINE"
"""Set to 1, receivers on loopback are allowed, over http as well: to try things out."""
_ACTOR = "aicmo"
_TRIES = [
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=35),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=17),
    DAY,
]
"""After the first, counted from it."""
_WORKERS, _MOST_EACH = 8, 4
"""Who deliver at once, and how many of them to the same receiver, one only while half of all are at something: those
that are slow hold up no other."""
_LOOKS_EVERY_S = 1.0
_GONE, _SPARE = 410, (429, 503)
_LONGEST_SPARED = timedelta(hours=1)
"""All messages to a receiver wait when it says so, but none for so long that its day is over."""


@dataclass(frozen=True)
class Outcome:
    """How many tries of a round were taken by the receiver and how many failed."""

    delivered: int = 0
    failed: int = 0


def add(
    cursor: Cursor[TupleRow], url: str, events: Sequence[str], campaign: str | None, actor: str
) -> tuple[Webhook, str]:
    """Add a receiver of the events, of one campaign (key or number) or all; returns it and its secret, this one time.

    Raises ConfigurationError for a URL that may not be called and for an unknown event.
    """
    _check_url(url)
    only = None if campaign is None else campaigns.find(cursor, campaign).id
    made, secret = store.create(cursor, url, _events(events), only, actor)
    return made, shown(secret)


def change(
    cursor: Cursor[TupleRow],
    number: int,
    actor: str,
    *,
    url: str | None = None,
    events: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Change what is given. Raises ConfigurationError as `add`, and WebhookNotFoundError."""
    if url is not None:
        _check_url(url)
    return store.change(
        cursor, number, actor, url=url, events=None if events is None else _events(events), enabled=enabled
    )


def shown(secret: bytes) -> str:
    """A secret as receivers' libraries take it."""
    return "whsec_" + base64.b64encode(secret).decode()


def _events(names: Sequence[str]) -> list[Event]:
    known = [one for one in EVENTS if one in names]
    if unknown := sorted(set(names).difference(EVENTS)):
        raise ConfigurationError(f"there is no event {unknown[0]!r}; there are: {', '.join(EVENTS)}")
    if not known:
        raise ConfigurationError(f"name at least one event: {', '.join(EVENTS)}")
    return known


def _check_url(url: str) -> None:
    guarded_http.check_url(url, allow_local=_is_local_allowed())


def _is_local_allowed() -> bool:
    return os.environ.get(LOCAL) == "1"


def next_try(since: datetime, now: datetime, retry_after: str | None) -> datetime | None:
    """When to try again after a failure, a little later than planned, so that not all come at once; None: no more.

    A receiver's `Retry-After` (RFC 9110 10.2.3) is kept, but for the end of the day.
    """
    left = [one for one in _TRIES if since + one > now]
    if not left:
        return None
    planned = since + left[0]
    planned += (planned - now) * random.uniform(0, 0.1)  # noqa: S311
    return min(max(planned, _wished(retry_after, now)), since + DAY)


def _wished(retry_after: str | None, now: datetime) -> datetime:
    text = (retry_after or "").strip()
    try:
        if text.isascii() and text.isdigit():
            return now + min(timedelta(seconds=int(text[:9])), DAY)
        at = parsedate_to_datetime(text)
        return min(at if at.tzinfo else at.replace(tzinfo=UTC), now + DAY)
    except (ValueError, TypeError):
        return now


def deliver(linger_s: float = 0) -> Outcome:
    """Deliver what is due, and what becomes due until there was nothing for `linger_s` seconds.

    Any number of these may work at once. Each delivery is taken, tried and its end written for itself: what a dead
    worker was at is tried again.
    """
    with database.transaction() as cursor:
        store.give_up(cursor, datetime.now(UTC))
    round_ = _Round(linger_s)
    with database.pooled(_WORKERS), ThreadPoolExecutor(_WORKERS, "webhooks") as pool:
        for one in [pool.submit(round_.work) for _ in range(_WORKERS)]:
            one.result()
    return Outcome(round_.count["delivered"], round_.count["failed"])


class _Round:
    """Workers that share what they are at."""

    def __init__(self, linger_s: float) -> None:
        self.count: Counter[str] = Counter()
        self._linger_s = linger_s
        self._at = Counter[int]()
        self._changing = threading.Lock()
        self._last_work = time.monotonic()

    def work(self) -> None:
        while True:
            with self._changing:
                most = _MOST_EACH if self._at.total() < _WORKERS // 2 else 1
                with database.transaction() as cursor:
                    taken = store.take(cursor, datetime.now(UTC), self._at, most)
                if taken is not None:
                    self._at[taken.webhook_id] += 1
                    self._last_work = time.monotonic()
                elif not self._at.total() and time.monotonic() - self._last_work >= self._linger_s:
                    return
            if taken is None:
                time.sleep(_LOOKS_EVERY_S if self._linger_s else 0.05)
                continue
            try:
                took = attempt(taken)
            finally:
                with self._changing:
                    self._at[taken.webhook_id] -= 1
                    self._last_work = time.monotonic()
            with self._changing:
                self.count["delivered" if took else "failed"] += 1


def attempt(taken: Taken) -> bool:
    """Try a delivery that was taken, and write down its end; returns whether the receiver took it."""
    status: int | None = None
    error, retry_after = "", None
    try:
        answer = guarded_http.post(
            taken.url,
            *signed(taken, datetime.now(UTC)),
            allow_local=_is_local_allowed(),
            servers=settings.dns_servers(),
        )
        status, retry_after = answer.status, answer.retry_after
        if not 200 <= status < 300:
            error = f"the receiver answered {status}"
    except AicmoError as refused:
        error = str(refused)
    now = datetime.now(UTC)
    with database.transaction() as cursor:
        if status is not None and not error:
            store.delivered(cursor, taken, status, now)
            return True
        gone = status == _GONE and store.disable(
            cursor, taken, "the receiver answered 410: it is gone", _ACTOR
        )
        again = None if gone else next_try(taken.since, now, retry_after)
        spare_until = min(_wished(retry_after, now), now + _LONGEST_SPARED) if status in _SPARE else now
        store.failed(cursor, taken, status, error, again, now, spare_until)
    return False


def signed(taken: Taken, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a message, signed with every secret that is valid."""
    body = json.dumps(taken.payload, ensure_ascii=False, separators=(",", ":"))
    name = str(taken.message_id)
    signatures = [Signer(one).sign(name, now, body) for one in taken.signed_with]
    return body.encode(), {
        "Content-Type": "application/json",
        "User-Agent": "aicmo_dagster",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def send_test(number: int) -> store.Delivery:
    """Send the receiver a message of the type `webhook.test` now; returns what became of it.

    Raises WebhookNotFoundError. Where it failed, it is tried again like any other.
    """
    now = datetime.now(UTC)
    with database.transaction() as cursor:
        added = store.add_test(cursor, number, now)
    with database.transaction() as cursor:
        taken = store.take(cursor, now, only=added)
    if taken is not None:
        attempt(taken)
    with database.transaction() as cursor:
        return store.delivery(cursor, number, added)
