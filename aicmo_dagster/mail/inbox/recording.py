"""From a message to its effects: which mail of ours it is about, what is kept of it, what follows.

What is about no mail of ours leaves no trace. Everything is done in the caller's transaction, together with the
folder's place, so that a message has its effects once however often it is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.mail import effects, tokens
from aicmo_dagster.mail.inbox.incoming import Incoming, category_of, storable, words_of
from aicmo_dagster.store import received, suppressions
from aicmo_dagster.store.received import OurMail, Received

if TYPE_CHECKING:
    from aicmo_dagster.mail.bounces import Complaint, Failure, Report
    from aicmo_dagster.mail.bounces import Kind as FailureKind
    from aicmo_dagster.mail.replies import AutoReply

_BOUNCED_WITHIN = timedelta(days=14)
_COMPLAINED_WITHIN = timedelta(days=60)
_LONGEST_DETAIL = 500


@dataclass(frozen=True)
class Found:
    """A message as it was read: in which mailbox, when it came, and its beginning.

    `bare`: keep none of its words, because they could not be.
    """

    mailbox: str
    received_at: datetime
    content: bytes
    incoming: Incoming
    bare: bool = False


@dataclass(frozen=True)
class Recorded:
    """What was kept: its kind, and the names of errors that its odd content caused."""

    kind: received.Kind
    faults: tuple[str, ...] = ()


def record(cursor: Cursor[TupleRow], found: Found) -> Recorded | None:
    """Keep a message that is about a mail of ours and do what follows from it; None for any other, or seen before."""
    incoming = found.incoming
    if received.is_ours(cursor, incoming.identity):
        # A copy to ourselves: it proves that the mail left, and nobody wrote it.
        _evidence(cursor, [incoming.identity])
        return None
    if incoming.complaint is not None:
        return _complaint(cursor, found, incoming.complaint)
    if incoming.report is not None:
        return _bounce(cursor, found, incoming.report)
    if incoming.token is not None:
        return _unsubscribe(cursor, found, incoming.token)
    mail = received.by_message_id(cursor, incoming.answered)
    if mail is None and incoming.author and incoming.author != found.mailbox:
        mail = received.last_mail_to(cursor, incoming.author, found.mailbox, found.received_at)
    if mail is None or incoming.author == found.mailbox:
        return None
    if incoming.auto is not None:
        return _auto_reply(cursor, found, incoming.auto, mail)
    return None if incoming.by_machine else _reply(cursor, found, mail)


def _reply(cursor: Cursor[TupleRow], found: Found, mail: OurMail) -> Recorded | None:
    from aicmo_dagster.mail import replies

    words, faults = (None, ()) if found.bare else words_of(found.content)
    category, more = category_of(words, found.incoming.subject) if words is not None else (None, ())
    sure = category if category is not None and category.confidence >= received.SURE else None
    if not _add(
        cursor,
        found,
        mail,
        "reply",
        rules_version=replies.RULES_VERSION,
        words=words,
        category=category.name if category else None,
        confidence=category.confidence if category else None,
    ):
        return None
    effects.replied(cursor, mail.lead_id, mail.send_id, found.received_at, sure.name if sure else None)
    _evidence(cursor, found.incoming.answered)
    return Recorded("reply", (*faults, *more))


def _auto_reply(cursor: Cursor[TupleRow], found: Found, auto: "AutoReply", mail: OurMail) -> Recorded | None:
    from aicmo_dagster.mail import replies

    if not _add(
        cursor,
        found,
        mail,
        "auto_reply",
        rules_version=replies.RULES_VERSION,
        detail=auto.why,
        return_on=auto.return_on,
    ):
        return None
    until = _morning(auto.return_on, mail.time_zone) if auto.return_on else None
    effects.auto_replied(cursor, mail.lead_id, mail.send_id, found.received_at, until)
    _evidence(cursor, found.incoming.answered)
    return Recorded("auto_reply")


def _unsubscribe(cursor: Cursor[TupleRow], found: Found, token: str) -> Recorded | None:
    from aicmo_dagster.mail import replies

    lead_id = tokens.lead_of(tokens.secret(cursor), token)
    if lead_id is None or not received.is_lead(cursor, lead_id):
        return None
    mail = received.last_mail_of(cursor, lead_id)
    if not _add(cursor, found, (lead_id, mail), "unsubscribe", rules_version=replies.RULES_VERSION):
        return None
    effects.unsubscribed(cursor, lead_id, found.received_at, "recipient")
    return Recorded("unsubscribe")


def _complaint(cursor: Cursor[TupleRow], found: Found, complaint: "Complaint") -> Recorded | None:
    from aicmo_dagster.mail import bounces

    mail = _original(cursor, complaint.original_message_id)
    if mail is None and complaint.recipient:
        mail = received.last_mail_to(
            cursor, complaint.recipient, found.mailbox, found.received_at, _COMPLAINED_WITHIN
        )
    if mail is None or not _add(
        cursor,
        found,
        mail,
        "complaint",
        rules_version=bounces.RULES_VERSION,
        detail=complaint.feedback_type,
    ):
        return None
    effects.complained(cursor, mail.lead_id, mail.send_id, found.received_at, "complaint")
    _evidence(cursor, [complaint.original_message_id])
    return Recorded("complaint")


def _bounce(cursor: Cursor[TupleRow], found: Found, report: "Report") -> Recorded | None:
    from aicmo_dagster.mail import bounces

    cases = _cases(cursor, found, report)
    if not cases:
        return None
    mail, failure, kind = cases[0]
    words = ": ".join(filter(None, [f"{kind} {failure.status or ''}".strip(), failure.diagnostic]))
    if not _add(cursor, found, mail, "bounce", rules_version=bounces.RULES_VERSION, detail=words):
        return None
    for mail, _, kind in cases:
        # Content, our own standing, and a server that still tries say nothing against the address.
        if kind == "hard":
            effects.hard_bounced(cursor, mail.lead_id, mail.send_id, found.received_at, "bounce")
        elif kind == "soft":
            effects.soft_bounced(cursor, mail.lead_id, mail.send_id, found.received_at)
    _evidence(cursor, [mail.message_id for mail, _, _ in cases])
    return Recorded("bounce")


def _cases(
    cursor: Cursor[TupleRow], found: Found, report: "Report"
) -> "list[tuple[OurMail, Failure, FailureKind]]":
    """Mails of ours that failed, and whose fault it was."""
    mail = _original(cursor, report.original_message_id)
    if mail is None:
        cases = [
            (
                received.last_mail_to(
                    cursor, failure.recipient, found.mailbox, found.received_at, _BOUNCED_WITHIN
                ),
                failure,
            )
            for failure in report.failures[:100]
        ]
        return [(mail, failure, failure.kind) for mail, failure in cases if mail is not None]
    for failure in report.failures:
        if received.are_one(cursor, failure.recipient, mail.recipient or ""):
            return [(mail, failure, failure.kind)]
    # It failed behind the address that we wrote to, such as one member of a group: the address itself lives.
    first = report.failures[0]
    return [(mail, first, "soft" if first.kind == "hard" else first.kind)]


def _original(cursor: Cursor[TupleRow], message_id: str | None) -> OurMail | None:
    return received.by_message_id(cursor, [message_id.replace("\x00", "")]) if message_id else None


def _add(
    cursor: Cursor[TupleRow],
    found: Found,
    about: OurMail | tuple[int, int | None],
    kind: received.Kind,
    *,
    rules_version: int,
    words: str | None = None,
    category: str | None = None,
    confidence: float | None = None,
    detail: str | None = None,
    return_on: date | None = None,
) -> bool:
    """Keep it unless it was seen before; from here on no mail starts until the transaction has ended."""
    suppressions.lock(cursor)
    lead_id, send_id = (about.lead_id, about.send_id) if isinstance(about, OurMail) else about
    return received.add(
        cursor,
        Received(
            mailbox=found.mailbox,
            message_id=found.incoming.identity,
            kind=kind,
            lead_id=lead_id,
            send_id=send_id,
            received_at=found.received_at,
            rules_version=rules_version,
            category=category,
            confidence=confidence,
            words=words,
            detail=None if detail is None or found.bare else storable(detail)[:_LONGEST_DETAIL],
            return_on=return_on,
        ),
    )


def _evidence(cursor: Cursor[TupleRow], message_ids: Iterable[str | None]) -> None:
    """What came back of a mail proves that it left."""
    known = [one for one in message_ids if one]
    if known:
        effects.settle_uncertain(cursor, known)


def _morning(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)
