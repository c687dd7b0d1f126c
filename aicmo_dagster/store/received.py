"""What came back to mailboxes, how far their folders were read, and which mail of ours a message is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.store.database import rows

Kind = Literal["reply", "auto_reply", "bounce", "complaint", "unsubscribe"]
Category = Literal["interested", "not_now", "not_interested", "question", "referral", "unsubscribe", "other"]
CATEGORIES: tuple[Category, ...] = get_args(Category)

SURE = 0.6
"""Confidence from which on a reply's category counts without a person."""

_CLOCKS = timedelta(minutes=10)
"""How far a mail server's clock may be behind ours."""

_WAITING = f"r.kind = 'reply' AND r.reviewed_at IS NULL AND (r.category IS NULL OR r.confidence < {SURE})"
_MAIL = "SELECT s.id, s.lead_id, s.recipient, s.time_zone, s.message_id FROM sends s"


@dataclass(frozen=True)
class Place:
    """How far a folder was read."""

    uid_validity: int
    last_uid: int


@dataclass(frozen=True)
class OurMail:
    """A mail of ours that a message is about."""

    send_id: int
    lead_id: int
    recipient: str | None
    time_zone: str
    message_id: str | None


@dataclass(frozen=True)
class Received:
    """A row of `received_messages`, as it is first written."""

    mailbox: str
    message_id: str
    kind: Kind
    lead_id: int
    send_id: int | None
    received_at: datetime
    rules_version: int
    category: str | None = None
    confidence: float | None = None
    words: str | None = None
    detail: str | None = None
    return_on: date | None = None


def take_turn(cursor: Cursor[TupleRow], mailbox: str) -> bool:
    """Whether this session alone reads the mailbox from now on; no if another one does."""
    cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('inbox ' || %s, 0))", [mailbox])
    return cursor.fetchone() == (True,)


def place(cursor: Cursor[TupleRow], mailbox: str, folder: str) -> Place | None:
    """How far the folder was read; None when it never was."""
    cursor.execute(
        "SELECT uid_validity, last_uid FROM mailbox_cursors WHERE mailbox = %s AND folder = %s",
        [mailbox, folder],
    )
    found = cursor.fetchone()
    return None if found is None else Place(int(found[0]), int(found[1]))


def move(
    cursor: Cursor[TupleRow], mailbox: str, folder: str, before: Place | None, to: Place, now: datetime
) -> bool:
    """Note how far the folder was read; False, and nothing is noted, when it is no more where it was before."""
    cursor.execute(
        "INSERT INTO mailbox_cursors AS c (mailbox, folder, uid_validity, last_uid, read_at) "
        "SELECT %(mailbox)s, %(folder)s, %(validity)s, %(uid)s, %(now)s "
        "ON CONFLICT (mailbox, folder) DO UPDATE SET uid_validity = excluded.uid_validity, "
        "last_uid = excluded.last_uid, read_at = excluded.read_at "
        "WHERE c.uid_validity = %(old_validity)s AND c.last_uid = %(old_uid)s",
        {
            "mailbox": mailbox,
            "folder": folder,
            "validity": to.uid_validity,
            "uid": to.last_uid,
            "now": now,
            "old_validity": before.uid_validity if before else None,
            "old_uid": before.last_uid if before else None,
        },
    )
    return cursor.rowcount == 1


def first_mail_at(cursor: Cursor[TupleRow]) -> datetime | None:
    """When the first mail of all left; nothing that came before can be about one."""
    cursor.execute("SELECT min(started_at) FROM sends WHERE mode = 'live'")
    (at,) = cursor.fetchone() or (None,)
    return at if isinstance(at, datetime) else None


def by_message_id(cursor: Cursor[TupleRow], identities: Sequence[str]) -> OurMail | None:
    """The mail with the first of the Message-IDs that is ours."""
    if not identities:
        return None
    cursor.execute(
        f"{_MAIL} WHERE s.message_id = ANY(%(ids)s) ORDER BY array_position(%(ids)s, s.message_id) LIMIT 1".encode(),
        {"ids": list(identities)},
    )
    return _mail(cursor.fetchone())


def last_mail_to(
    cursor: Cursor[TupleRow],
    address: str,
    mailbox: str,
    at: datetime,
    within: timedelta | None = None,
) -> OurMail | None:
    """The newest mail to the address that had left at that time, if one did `within` so long.

    One that came from the mailbox goes before others; with `within` only such a one counts. Spellings of one
    mailbox (see `stages.addresses.mailboxes`) are the same address.
    """
    cursor.execute(
        f"{_MAIL} WHERE s.recipient IS NOT NULL AND mailbox(s.recipient) = mailbox(%(address)s) AND s.mode = 'live' "
        "AND s.state IN ('sent', 'sending', 'uncertain') AND s.started_at <= %(latest)s "
        "AND (%(earliest)s::timestamptz IS NULL OR s.started_at >= %(earliest)s AND s.sender = %(mailbox)s) "
        "ORDER BY s.sender IS NOT DISTINCT FROM %(mailbox)s DESC, s.started_at DESC LIMIT 1".encode(),
        {
            "address": address.replace("\x00", "").lower(),
            "mailbox": mailbox,
            "latest": at + _CLOCKS,
            "earliest": None if within is None else at - within,
        },
    )
    return _mail(cursor.fetchone())


def are_one(cursor: Cursor[TupleRow], address: str, other: str) -> bool:
    """Whether the addresses are spellings of one mailbox, or one is the other behind a host name of its domain."""
    cursor.execute(
        "SELECT a = b OR split_part(a, '@', 1) = split_part(b, '@', 1) "
        "AND (a LIKE '%%.' || split_part(b, '@', 2) OR b LIKE '%%.' || split_part(a, '@', 2)) "
        "FROM (SELECT mailbox(%s) AS a, mailbox(%s) AS b) m WHERE a LIKE '%%_@_%%' AND b LIKE '%%_@_%%'",
        [address.replace("\x00", "").lower(), other.lower()],
    )
    return cursor.fetchone() == (True,)


def last_mail_of(cursor: Cursor[TupleRow], lead_id: int) -> int | None:
    """The newest mail that left for the lead."""
    cursor.execute(
        "SELECT id FROM sends WHERE lead_id = %s AND started_at IS NOT NULL ORDER BY started_at DESC LIMIT 1",
        [lead_id],
    )
    found = cursor.fetchone()
    return None if found is None else int(found[0])


def is_lead(cursor: Cursor[TupleRow], lead_id: int) -> bool:
    """Whether there still is a lead of that number."""
    cursor.execute("SELECT FROM leads WHERE id = %s", [lead_id])
    return cursor.fetchone() is not None


def is_ours(cursor: Cursor[TupleRow], message_id: str) -> bool:
    """Whether the message is itself a mail of ours."""
    cursor.execute("SELECT FROM sends WHERE message_id = %s", [message_id])
    return cursor.fetchone() is not None


def add(cursor: Cursor[TupleRow], received: Received) -> bool:
    """Keep it; False when the mailbox's message was seen before."""
    row = vars(received)
    cursor.execute(
        f"INSERT INTO received_messages ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))}) "
        "ON CONFLICT (mailbox, message_id) DO NOTHING".encode(),
        list(row.values()),
    )
    return cursor.rowcount == 1


def uncertain(cursor: Cursor[TupleRow], mailbox: str, since: datetime, limit: int) -> list[str]:
    """Message-IDs of mails from the mailbox of which nobody knows whether they left, the newest first."""
    cursor.execute(
        "SELECT message_id FROM sends WHERE state = 'uncertain' AND sender = %s AND started_at >= %s "
        "AND message_id IS NOT NULL ORDER BY started_at DESC LIMIT %s",
        [mailbox, since, limit],
    )
    return [str(message_id) for (message_id,) in cursor.fetchall()]


def listing(
    cursor: Cursor[TupleRow],
    campaign_id: int | None = None,
    *,
    waiting: bool = True,
    limit: int = 50,
    after: tuple[datetime, int] | None = None,
) -> list[dict[str, Any]]:
    """What came back, the oldest first while it waits for a person, else the newest first; without the words.

    `after` is `received_at` and the number of the last one seen.
    """
    at, number = after or (None, None)
    return rows(
        cursor,
        "SELECT r.id, c.key AS campaign, r.lead_id, l.email, r.mailbox, r.kind, r.category, r.confidence, "
        f"r.received_at, r.reviewed_by, ({_WAITING}) AS waits FROM received_messages r "
        "JOIN leads l ON l.id = r.lead_id JOIN campaigns c ON c.id = l.campaign_id "
        f"WHERE (%(campaign)s::bigint IS NULL OR l.campaign_id = %(campaign)s) {f'AND {_WAITING}' if waiting else ''} "
        "AND (%(at)s::timestamptz IS NULL "
        f"OR (r.received_at, r.id) {'>' if waiting else '<'} (%(at)s, %(number)s::bigint)) "
        f"ORDER BY r.received_at {'' if waiting else 'DESC'}, r.id {'' if waiting else 'DESC'} LIMIT %(limit)s",
        {"campaign": campaign_id, "limit": limit, "at": at, "number": number},
    )


def one(
    cursor: Cursor[TupleRow], number: int, *, campaign_id: int | None = None, lock: bool = False
) -> dict[str, Any]:
    """A message, of that campaign, with its words, its lead and the mail it answers. Raises LeadNotFoundError."""
    found = rows(
        cursor,
        "SELECT r.id, c.key AS campaign, r.lead_id, l.email, l.first_name, l.last_name, l.company, r.mailbox, "
        "r.kind, r.category, r.confidence, r.words, r.detail, r.return_on, r.received_at, r.send_id, s.sequence, "
        f"s.step, s.sent_at, r.reviewed_by, r.reviewed_at, ({_WAITING}) AS waits FROM received_messages r "
        "JOIN leads l ON l.id = r.lead_id JOIN campaigns c ON c.id = l.campaign_id "
        f"LEFT JOIN sends s ON s.id = r.send_id WHERE r.id = %(number)s "
        f"AND (%(campaign)s::bigint IS NULL OR l.campaign_id = %(campaign)s) {'FOR UPDATE OF r' if lock else ''}",
        {"number": number, "campaign": campaign_id},
    )
    if not found:
        raise LeadNotFoundError(f"there is no message {number}; see: aicmo inbox list --all")
    return found[0]


def judge(cursor: Cursor[TupleRow], number: int, category: Category, by: str, now: datetime) -> None:
    """Note a person's category of a reply."""
    cursor.execute(
        "UPDATE received_messages SET category = %s, reviewed_by = %s, reviewed_at = %s WHERE id = %s",
        [category, by, now, number],
    )


def outdated(cursor: Cursor[TupleRow], version: int) -> list[dict[str, Any]]:
    """Replies that no person has judged and that older rules have; locked."""
    return rows(
        cursor,
        "SELECT id, lead_id, send_id, received_at, category, confidence, words FROM received_messages "
        "WHERE kind = 'reply' AND reviewed_at IS NULL AND rules_version < %s AND words IS NOT NULL "
        "ORDER BY id FOR UPDATE",
        [version],
    )


def judge_again(
    cursor: Cursor[TupleRow], number: int, category: str, confidence: float, version: int
) -> None:
    """Note what newer rules say of a reply."""
    cursor.execute(
        "UPDATE received_messages SET category = %s, confidence = %s, rules_version = %s WHERE id = %s",
        [category, confidence, version, number],
    )


def _mail(row: TupleRow | None) -> OurMail | None:
    if row is None:
        return None
    send_id, lead_id, recipient, time_zone, message_id = row
    return OurMail(int(send_id), int(lead_id), recipient, str(time_zone), message_id)
