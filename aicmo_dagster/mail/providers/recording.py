"""From events to their effects: they are kept, the mails they are about are found, `effects` does the rest.

First the events are committed, then their effects, together with the note that they are had: a crash between the
two leaves events that are processed when the provider repeats them, or by `aicmo events replay`.

What stops mails comes first and holds back the mails that are starting, so it is a short transaction of its own;
what was merely seen holds back nobody; soft bounces come last, because a delivery clears them.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster import privacy
from aicmo_dagster.mail import effects
from aicmo_dagster.mail.providers import PROVIDERS, RULES_VERSION, Event, Kind, Piece
from aicmo_dagster.mail.providers.likelihood import likelihood
from aicmo_dagster.store import database, provider_events, received, suppressions
from aicmo_dagster.store.provider_events import Kept
from aicmo_dagster.store.received import OurMail

_STOPS: tuple[Kind | None, ...] = ("bounced", "complained", "unsubscribed")
_SEEN: tuple[Kind | None, ...] = ("delivered", "opened", "clicked", "refused", None)
_SOFT: tuple[Kind | None, ...] = ("soft_bounced",)
_LOCKED = _STOPS + _SOFT
_LOCKED_AT_ONCE = 100
"""Events of which the effects hold back starting mails; so many take about a tenth of a second."""
_BY_ADDRESS_WITHIN = timedelta(days=60)
"""How long after a mail an event that names none may be about it."""
_AHEAD = timedelta(minutes=10)
"""How far a provider's clock may be before ours; an event of the future counts as of now."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Changed:
    """An event that newer rules take for something else than older ones; what these did stays."""

    id: int
    provider: str
    before: str
    now: str | None
    send_id: int | None


def take(provider: str, pieces: Sequence[Piece], now: datetime) -> int:
    """Keep the events of a proved delivery and have their effects; how many were new. Raises StoreError, or
    psycopg.OperationalError, where the database is away: the provider should repeat it then."""
    read = PROVIDERS[provider].read
    with database.connect(autocommit=True) as connection:
        with connection.transaction(), connection.cursor() as cursor:
            provider_events.add(
                cursor, provider, [(one.key, one.body, read(one.body).recipient) for one in pieces]
            )
            new = provider_events.unprocessed(cursor, provider, [one.key for one in pieces])
        process(connection, new, now)
    return len(new)


def replay(
    now: datetime,
    *,
    provider: str | None = None,
    since: datetime | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> tuple[int, list[Changed]]:
    """Read again what older rules have read, and process what nobody has: how many, and what changed.

    Of an event that is taken for what it was taken for before nothing is done again: what a person has decided
    since then stays. `told` hears how many are done.
    """
    done, changed, after = 0, list[Changed](), 0
    with database.connect(autocommit=True) as connection:
        while True:
            with connection.transaction(), connection.cursor() as cursor:
                found = provider_events.outdated(
                    cursor, RULES_VERSION, provider=provider, since=since, after=after
                )
            if not found:
                return done, changed
            changed += process(connection, [one for one in found if one.provider in PROVIDERS], now)
            after = found[-1].id
            done += len(found)
            told(done)


def process(connection: database.Connection, kept: Sequence[Kept], now: datetime) -> list[Changed]:
    """Have the effects of events that are kept, each once, and note what they were taken for."""
    read = [(one, _dated(PROVIDERS[one.provider].read(one.body), one, now)) for one in kept]
    changed: list[Changed] = []
    for kinds in (_STOPS, _SEEN, _SOFT):
        part = [(one, event) for one, event in read if event.kind in kinds]
        size = len(part) if kinds is _SEEN else _LOCKED_AT_ONCE
        for start in range(0, len(part), max(size, 1)):
            changed += _process_part(connection, part[start : start + size], now)
    return changed


def _dated(event: Event, kept: Kept, now: datetime) -> Event:
    """The event with a moment: that of its arrival where it tells none, or one to come."""
    if event.at is not None and event.at <= min(kept.created_at, now) + _AHEAD:
        return event
    return replace(event, at=min(kept.created_at, now))


def _process_part(
    connection: database.Connection, part: Sequence[tuple[Kept, Event]], now: datetime
) -> list[Changed]:
    try:
        with connection.transaction(), connection.cursor() as cursor:
            return _process(cursor, part, now)
    except psycopg.OperationalError:
        raise
    except Exception as error:
        if len(part) == 1:
            # It stays unprocessed, where `events list` shows it, and the next reading tries again.
            _log.error("event %d cannot be processed: %s", part[0][0].id, privacy.sentence(error))
            return []
    # One event must not keep the others from their effects.
    return [change for one in part for change in _process_part(connection, [one], now)]


def _process(cursor: Cursor[TupleRow], part: Sequence[tuple[Kept, Event]], now: datetime) -> list[Changed]:
    if any(event.kind in _LOCKED for _, event in part):
        suppressions.lock(cursor)
    open_ids = provider_events.lock(cursor, [one.id for one, _ in part], RULES_VERSION)
    part = [(one, event) for one, event in part if one.id in open_ids]
    named = provider_events.mails_named(cursor, [event.message_id for _, event in part if event.message_id])
    guessed = _by_address(cursor, part)
    if named:
        effects.settle_uncertain(cursor, list(named))
    human = _human(cursor, part, named)
    readings: list[tuple[int, str | None, int | None]] = []
    changed: list[Changed] = []
    for one, event in part:
        mail = named.get(event.message_id or "")
        about = mail or guessed.get(one.id)
        kind = _kind(cursor, event, mail) if about else None
        readings.append((one.id, kind, about.send_id if about else None))
        if one.is_processed and one.kind == kind:
            continue
        if one.kind is not None:
            changed.append(Changed(one.id, one.provider, one.kind, kind, about.send_id if about else None))
        if about is not None and kind is not None:
            send_id = mail.send_id if mail else None
            _have_effect(cursor, kind, event, about.lead_id, send_id, one.provider, human.get(one.id))
    provider_events.note(cursor, readings, RULES_VERSION, now)
    return changed


def _by_address(cursor: Cursor[TupleRow], part: Sequence[tuple[Kept, Event]]) -> dict[int, OurMail]:
    """The mails that events are about which name none: only what stops mails to an address may be guessed.

    Such a mail is no evidence of anything: a later one may be meant.
    """
    asked = [
        (one.id, event.recipient, event.at, event.kind in ("complained", "unsubscribed"))
        for one, event in part
        if event.message_id is None and event.recipient and event.at and event.kind in _LOCKED
    ]
    return provider_events.mails_to(cursor, asked, _BY_ADDRESS_WITHIN) if asked else {}


def _kind(cursor: Cursor[TupleRow], event: Event, mail: OurMail | None) -> Kind | None:
    """The event's kind; it failed behind the address that we wrote to: then that one lives."""
    if event.kind != "bounced" or mail is None or event.recipient is None or mail.recipient is None:
        return event.kind
    return "bounced" if received.are_one(cursor, event.recipient, mail.recipient) else "soft_bounced"


def _human(
    cursor: Cursor[TupleRow], part: Sequence[tuple[Kept, Event]], named: Mapping[str, OurMail]
) -> dict[int, float]:
    """Event -> the probability that a person did it, of opens and clicks."""
    acts = {
        one.id: (event, mail.send_id)
        for one, event in part
        if event.kind in ("opened", "clicked") and (mail := named.get(event.message_id or ""))
    }
    if not acts:
        return {}
    left_at = provider_events.left_at(cursor, [send_id for _, send_id in acts.values()])
    return dict(zip(acts, likelihood(list(acts.values()), left_at), strict=True))


def _have_effect(
    cursor: Cursor[TupleRow],
    kind: Kind,
    event: Event,
    lead_id: int,
    send_id: int | None,
    provider: str,
    human: float | None,
) -> None:
    assert event.at is not None
    match kind:
        case "delivered":
            effects.delivered(cursor, lead_id, send_id, event.at)
        case "opened":
            effects.opened(cursor, lead_id, send_id, event.at, human)
        case "clicked":
            effects.clicked(cursor, lead_id, send_id, event.at, human)
        case "bounced":
            effects.hard_bounced(cursor, lead_id, send_id, event.at, provider)
        case "soft_bounced":
            effects.soft_bounced(cursor, lead_id, send_id, event.at)
        case "complained":
            effects.complained(cursor, lead_id, send_id, event.at, provider)
        case "unsubscribed":
            effects.unsubscribed(cursor, lead_id, event.at, provider)
        case "refused":
            pass
