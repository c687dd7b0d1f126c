"""What providers report of mails: every event once, as it came, and what it was taken for.

An event holds the recipient's address in its `body`. `persons.erase` deletes the rows that hold an address of the
person, wherever in the JSON, and those about a mail to the person; what comes later about one who was erased is
kept without its body, and what names one besides without the address (see `add`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.store import erased, suppressions
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.received import OurMail

_CLOCKS = timedelta(minutes=10)
"""How far a provider's clock may be behind ours."""


@dataclass(frozen=True)
class Kept:
    """An event as it is kept; `kind` and `send_id` are what an earlier reading took it for."""

    id: int
    provider: str
    body: Any
    created_at: datetime
    kind: str | None
    send_id: int | None
    is_processed: bool


_COLUMNS = "id, provider, body, created_at, kind, send_id, processed_at IS NOT NULL AS is_processed"


def add(cursor: Cursor[TupleRow], provider: str, events: Iterable[tuple[str, Any, str | None]]) -> None:
    """Keep events (key, body, recipient) that are not known.

    Of a recipient who was erased only the key, and nowhere the address of anybody else who was.
    """
    # In the order of the keys: two deliveries of the same events would wait for each other for ever.
    given = sorted(events, key=lambda one: one[0])
    if not given:
        return
    # Who is just being erased is erased when this is had, and the next statement sees it.
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [suppressions.LOCK])
    cursor.execute(
        "WITH given AS (SELECT * FROM unnest(%(keys)s::text[], %(bodies)s::jsonb[], %(recipients)s::text[]) "
        "WITH ORDINALITY AS g (event_key, body, recipient, place)) "
        "INSERT INTO provider_events (provider, event_key, body) SELECT %(provider)s, event_key, "
        "CASE WHEN recipient IS NOT NULL AND EXISTS (SELECT FROM suppressions WHERE kind = 'hash') AND EXISTS ("
        "SELECT FROM suppressions s WHERE s.kind = 'hash' AND s.value = mailbox_hash(recipient)) "
        "THEN '{\"erased\": true}'::jsonb ELSE body END "
        "FROM given ORDER BY place ON CONFLICT (provider, event_key) DO NOTHING",
        {
            "provider": provider,
            "keys": [key for key, _, _ in given],
            "bodies": [Jsonb(body) for body in erased.without_erased(cursor, [body for _, body, _ in given])],
            "recipients": [recipient for _, _, recipient in given],
        },
    )


def unprocessed(cursor: Cursor[TupleRow], provider: str, keys: Sequence[str]) -> list[Kept]:
    """Those of the events that nobody has processed yet, in the order in which they came."""
    return _kept(
        cursor,
        "WHERE provider = %(provider)s AND event_key = ANY(%(keys)s) AND processed_at IS NULL ORDER BY id",
        {"provider": provider, "keys": list(keys)},
    )


def outdated(
    cursor: Cursor[TupleRow],
    version: int,
    *,
    provider: str | None = None,
    since: datetime | None = None,
    after: int = 0,
    limit: int = 1_000,
) -> list[Kept]:
    """Events behind number `after` that older rules have read, or nobody has processed."""
    return _kept(
        cursor,
        "WHERE id > %(after)s AND (rules_version IS NULL OR rules_version < %(version)s OR processed_at IS NULL) "
        "AND (%(provider)s::text IS NULL OR provider = %(provider)s) "
        "AND (%(since)s::timestamptz IS NULL OR created_at >= %(since)s) ORDER BY id LIMIT %(limit)s",
        {"version": version, "provider": provider, "since": since, "after": after, "limit": limit},
    )


def lock(cursor: Cursor[TupleRow], ids: Sequence[int], version: int) -> set[int]:
    """Those of the events that still have to be read by these rules; nobody else reads them meanwhile."""
    cursor.execute(
        "SELECT id FROM provider_events WHERE id = ANY(%s) AND "
        "(processed_at IS NULL OR rules_version IS NULL OR rules_version < %s) ORDER BY id FOR UPDATE",
        [list(ids), version],
    )
    return {int(one) for (one,) in cursor.fetchall()}


def note(
    cursor: Cursor[TupleRow],
    readings: Sequence[tuple[int, str | None, int | None]],
    version: int,
    now: datetime,
) -> None:
    """Note what events (number, kind, send) were taken for, and that their effects are had."""
    cursor.execute(
        "UPDATE provider_events e SET kind = g.kind, send_id = (SELECT s.id FROM sends s WHERE s.id = g.send_id), "
        "rules_version = %s, processed_at = coalesce(e.processed_at, %s) "
        "FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS g (id, kind, send_id) WHERE e.id = g.id",
        [
            version,
            now,
            [number for number, _, _ in readings],
            [kind for _, kind, _ in readings],
            [send for _, _, send in readings],
        ],
    )


def mails_named(cursor: Cursor[TupleRow], message_ids: Sequence[str]) -> dict[str, OurMail]:
    """Message-ID -> the mail of ours that has it."""
    cursor.execute(
        "SELECT s.id, s.lead_id, s.recipient, s.time_zone, s.message_id FROM sends s WHERE s.message_id = ANY(%s)",
        [list(message_ids)],
    )
    return {str(row[4]): OurMail(int(row[0]), int(row[1]), row[2], str(row[3]), row[4]) for row in cursor}


def mails_to(
    cursor: Cursor[TupleRow], asked: Sequence[tuple[int, str, datetime, bool]], within: timedelta
) -> dict[int, OurMail]:
    """For each (number, address, moment, wish) the newest mail of ours to the address in the time before that moment.

    Only where the address is still the lead's, unless it is a wish: who complains has read the mail.
    """
    cursor.execute(
        "SELECT a.number, s.id, s.lead_id, s.recipient, s.time_zone, s.message_id "
        "FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::boolean[]) AS a (number, address, at, wish) "
        "CROSS JOIN LATERAL (SELECT s.* FROM sends s JOIN leads l ON l.id = s.lead_id "
        "WHERE s.recipient IS NOT NULL AND mailbox(s.recipient) = mailbox(a.address) "
        "AND (a.wish OR mailbox(l.email) = mailbox(a.address)) AND s.mode = 'live' "
        "AND s.state IN ('sent', 'sending', 'uncertain') AND s.started_at BETWEEN a.at - %s AND a.at + %s "
        "ORDER BY s.started_at DESC LIMIT 1) s",
        [
            [number for number, _, _, _ in asked],
            [address for _, address, _, _ in asked],
            [at for _, _, at, _ in asked],
            [wish for *_, wish in asked],
            within,
            _CLOCKS,
        ],
    )
    return {
        int(row[0]): OurMail(int(row[1]), int(row[2]), row[3], str(row[4]), row[5])
        for row in cursor.fetchall()
    }


def left_at(cursor: Cursor[TupleRow], send_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When mails left."""
    cursor.execute("SELECT id, coalesce(sent_at, started_at) FROM sends WHERE id = ANY(%s)", [list(send_ids)])
    return {int(number): at for number, at in cursor.fetchall()}


def listing(
    cursor: Cursor[TupleRow], provider: str | None = None, *, only_ours: bool = True, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest events, without their bodies; `only_ours` leaves out those about no mail of ours."""
    return rows(
        cursor,
        "SELECT e.id, e.provider, e.kind, c.key AS campaign, s.lead_id, e.send_id, e.created_at, e.processed_at, "
        "e.rules_version FROM provider_events e LEFT JOIN sends s ON s.id = e.send_id "
        "LEFT JOIN campaigns c ON c.id = s.campaign_id WHERE (%(provider)s::text IS NULL OR e.provider = %(provider)s) "
        "AND (NOT %(ours)s OR e.send_id IS NOT NULL OR e.processed_at IS NULL) ORDER BY e.id DESC LIMIT %(limit)s",
        {"provider": provider, "ours": only_ours, "limit": limit},
    )


def _kept(cursor: Cursor[TupleRow], where: str, parameters: dict[str, Any]) -> list[Kept]:
    return [
        Kept(**row) for row in rows(cursor, f"SELECT {_COLUMNS} FROM provider_events {where}", parameters)
    ]
