"""What one message says about itself, before anybody knows whether it is about a mail of ours."""

import contextlib
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from aicmo_dagster.mail.bounces import Complaint, Report
    from aicmo_dagster.mail.replies import AutoReply, Category

_HEADER_BYTES = 256_000
_MOST_IDENTITIES = 100
_LONGEST_WORDS = 20_000
_IDENTITY = re.compile(r"<[!-;=?-~]{1,500}>")
_TOKEN = re.compile(r"\bunsubscribe-([A-Za-z0-9_-]{32})(?![A-Za-z0-9_-])")
_MACHINES = ("mailer-daemon", "postmaster")
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Incoming:
    """A message: `complaint`, `report`, `token` and `auto` are what it may be, in this order; else a person wrote it.

    `identity` tells it from others: its Message-ID, or a hash of its header. `answered` are the Message-IDs that it
    refers to, the nearest first. `by_machine`: a report or receipt, never anybody's words. `faults` names the
    errors that its odd content caused; what could not be read is left out.
    """

    identity: str
    answered: tuple[str, ...]
    author: str | None
    subject: str
    by_machine: bool
    complaint: "Complaint | None"
    report: "Report | None"
    token: str | None
    auto: "AutoReply | None"
    faults: tuple[str, ...]


def read(content: bytes, received_at: datetime) -> Incoming:
    """Read a message, whole or its beginning; never raises, whatever the bytes."""
    from aicmo_dagster.mail import bounces, replies

    head = _head(content)
    header = BytesHeaderParser(policy=compat32).parsebytes(head)
    faults: list[str] = []
    complaint = _tried(faults, lambda: bounces.read_complaint(content))
    report = None if complaint else _tried(faults, lambda: bounces.read(content))
    subject = _decoded(_all(header, "Subject"))
    token = _TOKEN.search(subject)
    failed = bool(complaint or report)
    auto = None if failed or token else _tried(faults, lambda: replies.auto_reply(content, received_at))
    author = next((one.lower() for _, one in getaddresses([_all(header, "From")]) if "@" in one), None)
    return Incoming(
        identity=_identity(_all(header, "Message-ID"), head),
        answered=_answered(_all(header, "In-Reply-To"), _all(header, "References")),
        author=author,
        subject=subject,
        by_machine=_by_machine(header, author),
        complaint=complaint,
        report=report,
        token=token[1] if token and not failed else None,
        auto=auto,
        faults=tuple(faults),
    )


def words_of(content: bytes) -> tuple[str | None, tuple[str, ...]]:
    """What a person wrote, without what was quoted, and the names of errors; None when it cannot be read."""
    from aicmo_dagster.mail import replies

    faults: list[str] = []
    text = _tried(faults, lambda: replies.new_text(content))
    return (None if text is None else storable(text[:_LONGEST_WORDS])), tuple(faults)


def category_of(words: str, subject: str) -> "tuple[Category | None, tuple[str, ...]]":
    """What the words mean, and the names of errors."""
    from aicmo_dagster.mail import replies

    faults: list[str] = []
    return _tried(faults, lambda: replies.categorise(words, subject)), tuple(faults)


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _tried(faults: list[str], reading: Callable[[], _Found]) -> _Found | None:
    """One odd message must not keep the others from being read, nor its other facts from being seen."""
    try:
        return reading()
    except Exception as error:
        faults.append(type(error).__name__)
        return None


def _head(content: bytes) -> bytes:
    start = content[:_HEADER_BYTES]
    end = re.search(rb"\r?\n\r?\n", start)
    return start[: end.end()] if end else start


def _all(header: Message, name: str) -> str:
    """Every value of the field, in one line."""
    return " ".join(" ".join(str(value).split()) for value in header.get_all(name, []))


def _decoded(text: str) -> str:
    with contextlib.suppress(ValueError, LookupError):
        text = str(make_header(decode_header(text)))
    return storable(text[:1000])


def _identity(field: str, head: bytes) -> str:
    found = _IDENTITY.search(field)
    if found:
        return found[0]
    return hashlib.sha256(head).hexdigest()


def _answered(in_reply_to: str, references: str) -> tuple[str, ...]:
    near = _IDENTITY.findall(in_reply_to)
    far = _IDENTITY.findall(references)[::-1]
    return tuple(dict.fromkeys([*near, *far]))[:_MOST_IDENTITIES]


def _by_machine(header: Message, author: str | None) -> bool:
    """A report of a mail system or a receipt: it has its type, or no return path (RFC 5321 4.5.5)."""
    return (
        _all(header, "Content-Type").lower().startswith("multipart/report")
        or _all(header, "Return-Path").replace(" ", "") == "<>"
        or (author or "").partition("@")[0] in _MACHINES
    )
