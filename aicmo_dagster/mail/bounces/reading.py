"""From the bytes of a message to the recipients that failed."""

import logging
import re
from dataclasses import replace
from email import message_from_bytes, policy

from flufl.bounce import all_failures

from aicmo_dagster.mail.bounces import words
from aicmo_dagster.mail.bounces.addresses import as_written, of_field, of_headers
from aicmo_dagster.mail.bounces.classes import classify, enhanced
from aicmo_dagster.mail.bounces.dialogue import blamed, is_derived
from aicmo_dagster.mail.bounces.notice import Found, read_notice
from aicmo_dagster.mail.bounces.notifier import reports_failure
from aicmo_dagster.mail.bounces.parts import Part, read_part
from aicmo_dagster.mail.bounces.report import Failure, Kind, Report
from aicmo_dagster.mail.bounces.returned import Returned, message_id_in, parted
from aicmo_dagster.mail.bounces.status import original_message_id, read_status, status_texts

RULES_VERSION = 4
"""Rises with every change of the rules that may read a kept message differently."""

# The library logs what it stumbles over with the mail's own words, which hold addresses.
_LIBRARY_LOG = logging.getLogger("flufl.bounce")
_LIBRARY_LOG.propagate = False
_LIBRARY_LOG.addHandler(logging.NullHandler())

_MOST_DIAGNOSTIC = 500
_LIBRARY_BYTES = 100_000
_ADDRESSED = ("to", "cc", "delivered-to", "envelope-to", "x-rcpt-to")
_OWN_HEADERS = (*_ADDRESSED, "from", "reply-to", "sender", "errors-to")


def read(content: bytes) -> Report | None:
    """The recipients a mail did not reach; None for every message that is not about one that failed.

    Never raises, whatever the bytes; a delayed mail's recipients are there as "transient".
    """
    message = read_part(content)
    notice, returned = parted(message)
    statuses = status_texts(message.walk(), notice)
    if not statuses and reports_failure(message, notice) and (inner := _report_in(message)):
        # A gateway has packed the report into a message of its own.
        message = inner
        notice, returned = parted(message)
        statuses = status_texts(message.walk(), notice)
    failures = _of_status(statuses, returned, notice)
    if failures is None:
        return None
    ours_came_back = bool(returned.message_id and returned.authors & _addressed(message))
    if not failures and reports_failure(message, notice, ours_came_back):
        failures = _of_header(message, notice, returned) or _of_notice(message, notice, returned)
    if not failures:
        return None
    message_id = returned.message_id or original_message_id([*statuses, notice])
    message_id = message_id or message_id_in(message.get("in-reply-to") or message.get("references"))
    written = [replace(one, recipient=as_written(one.recipient, returned.to)) for one in failures]
    return Report(_each_once(written), message_id)


def _report_in(message: Part) -> Part | None:
    attached = [part.opened() for part in message.walk() if part.kind == "message/rfc822"]
    return next((one for one in attached if "delivery-status" in one.get("content-type").lower()), None)


def _of_status(statuses: list[str], returned: Returned, notice: str) -> list[Failure] | None:
    """Failures of the machine-readable part; empty if it names none; None if the mail arrived or there is none."""
    told, arrived = read_status(statuses, returned.to)
    if arrived and not told:
        return None
    known = [one for one in told if one.recipient]
    if told and not known and len(returned.to) == 1 and not re.search(r"@", notice):
        return [
            _failure(next(iter(returned.to)), told[0].status, told[0].diagnostic, told[0].delayed, notice)
        ]
    # With several recipients, what the notice says need not be about this one.
    around = notice if len(known) == 1 else ""
    return [
        _failure(one.recipient or "", one.status, one.diagnostic, one.delayed, around)
        if one.delayed or not is_derived(one.status, one.diagnostic)
        # The notice of such a server repeats what it made of the number.
        else replace(_failure(one.recipient or "", None, one.diagnostic, False, ""), status=one.status)
        for one in known
    ]


def _of_header(message: Part, notice: str, returned: Returned) -> list[Failure]:
    """Exim names the failed recipients in a field of their own; empty if the notice has those we wrote to instead."""
    listed = ",".join(message.all("x-failed-recipients"))[:20_000].split(",")
    recipients = [address for one in listed if (address := of_field(one))]
    known = {one.lower() for one in recipients}
    named = {found.recipient: found for found in read_notice(notice, (), known)}
    if not known & returned.to and any(one.lower() in returned.to for one in named):
        return []
    delayed = _delayed(message, notice)
    return [
        _failure(
            one,
            None,
            named[one].said if one in named else "",
            delayed,
            notice if len(recipients) == 1 else "",
        )
        for one in recipients
    ]


def _of_notice(message: Part, notice: str, returned: Returned) -> list[Failure]:
    """Failures that only the prose tells; at last of the library's detectors, then of the one recipient there was."""
    addressed = _addressed(message)
    ours = of_headers(value for name in _OWN_HEADERS for value in message.all(name)) | (
        returned.senders - returned.to
    )
    found = read_notice(notice, ours, returned.to - addressed)
    if not found and "@" in message.get("subject"):
        found = read_notice(message.get("subject"), ours, returned.to)
    if not found:
        found = [Found(one, "") for one in _of_library(message) if one.lower() not in ours]
    if not found and len(returned.to) == 1 and returned.authors & addressed and not returned.to & addressed:
        found = [Found(one, "") for one in returned.to]
    delayed = _delayed(message, notice)
    around = notice if len(found) == 1 else ""
    return [_failure(one.recipient, None, one.said, delayed, around) for one in found]


def _addressed(message: Part) -> set[str]:
    return of_headers(value for name in _ADDRESSED for value in message.all(name))


def _of_library(message: Part) -> list[str]:
    """What flufl.bounce finds: it knows some servers whose notices follow no habit."""
    head = b"".join(f"{name}: {value[:900]}\n".encode() for name, value in message.fields)
    try:
        found = all_failures(
            message_from_bytes(head + b"\n" + message.body[:_LIBRARY_BYTES], policy=policy.compat32)
        )
    except Exception:
        # It stumbles over some malformed mails, each time in its own way.
        return []
    return sorted(
        {address.decode("ascii", "replace") for group in found for address in group if b"@" in address}
    )


def _failure(recipient: str, status: str | None, said: str, delayed: bool, notice: str) -> Failure:
    diagnostic = " ".join(said[:4000].split())
    kind: Kind = "transient" if delayed else blamed(classify(status, said, notice), said, notice)
    return Failure(
        recipient, kind, enhanced(status, diagnostic or notice), diagnostic[:_MOST_DIAGNOSTIC] or None
    )


def _delayed(message: Part, notice: str) -> bool:
    text = " ".join(notice[:4000].lower().split())
    subject = message.get("subject").lower()
    warned = (
        words.DELAYED.search(text) or words.DELAYED.search(subject) or re.search(r"\bdelay(?:ed)?\b", subject)
    )
    return bool(warned) and not (words.GIVEN_UP.search(text) and not _CONTINUES.search(text))


_CONTINUES = re.compile(
    r"no action is required|will (?:continue|be retried|keep|try)|warning message only|"
    r"delivery attempts will continue|not yet been delivered"
)


def _each_once(failures: list[Failure]) -> tuple[Failure, ...]:
    """One failure per recipient. Where two disagree, hard gives way."""
    kept: dict[str, Failure] = {}
    for one in failures:
        other = kept.setdefault(one.recipient.lower(), one)
        if other.kind == "transient" or (other.kind == "hard" and one.kind not in ("hard", "transient")):
            kept[one.recipient.lower()] = one
    return tuple(kept.values())
