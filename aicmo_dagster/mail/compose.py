"""One mail as bytes: RFC 5322, with the headers of RFC 2369 and RFC 8058 for leaving the list.

The words go twice, as plain text and as HTML (multipart/alternative, RFC 2046). The HTML sets no colours, so
that it can be read on any background, and holds no picture.

`EmailMessage` makes about 600 such mails a second, most of it folding headers that need no folding. So only
the headers that are the same in every mail go through its policy; the others are written here.
"""

import base64
import quopri
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import quote

from aicmo_dagster.campaign.sending import Sender
from aicmo_dagster.errors import MailError
from aicmo_dagster.mail import footer, marks
from aicmo_dagster.mail.templates import Rendered
from aicmo_dagster.mail.tokens import message_id, unsubscribe_token

_PLAIN = re.compile(r"[\x20-\x7e]{1,500}")
_ADDRESS = re.compile(r"[^\s\x00-\x20\x7f<>()\[\],;:\\\"@]{1,64}@[A-Za-z0-9.-]{1,255}")
_LONGEST_LINE = 998
_LONGEST_NAME = 150
_WORD = 56
"""Octets of text in an encoded word; with what stands around it, and `Subject: `, a line has less than 78."""

_HEAD = (
    '<!doctype html>\n<html lang="{}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    '<meta name="supported-color-schemes" content="light dark"></head>\n'
    '<body style="margin:0;padding:1em;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">\n'
    '<div dir="auto" style="max-width:40em;overflow-wrap:anywhere">\n'
)
_TAIL = "</div></body></html>\n"


@dataclass(frozen=True)
class Composed:
    """A mail ready to be handed over: its Message-ID with angle brackets, its subject, and its bytes with CRLF."""

    message_id: str
    subject: str
    content: bytes


def is_address(text: str) -> bool:
    """Whether the text may stand in an SMTP command or a header as an address: no quoting, ASCII domain."""
    return _ADDRESS.fullmatch(text) is not None


def compose(
    rendered: Rendered,
    sender: Sender,
    *,
    recipient: str,
    recipient_name: str,
    send_id: int,
    lead_id: int,
    key: bytes,
    public_url: str | None,
    now: datetime,
    thread: Sequence[str] = (),
    language: str = "en",
) -> Composed:
    """The mail from `sender` to `recipient`, the same bytes for the same arguments.

    `recipient` is an address whose domain is in ASCII, `key` what `tokens.secret` returned, `public_url`
    where `unsubscribe.app` answers; without it only the address to write to is offered. `thread` holds the
    Message-IDs of the mails it follows, oldest first. Raises MailError when the recipient or the sender is
    not an address.
    """
    if not is_address(recipient):
        raise MailError(f"{recipient!r} is not an address that mail can be sent to")
    address = _address(sender.mailbox)
    if not is_address(address):
        raise MailError(f"sending.senders: {address!r} is not an address that mail can come from")
    identity = message_id(key, send_id, address.rpartition("@")[2])
    token = unsubscribe_token(key, lead_id)
    leave_to = _address(sender.unsubscribe_mailbox or sender.mailbox)
    leave = footer.Exit(f"{public_url}/u/{token}" if public_url else None, leave_to, f"unsubscribe-{token}")
    unsubscribe = f"<mailto:{quote(leave_to, safe='@')}?subject={leave.subject}>\r\n"
    if leave.url:
        # Written by hand: the policy would encode a long link, and then no mail program knows it.
        unsubscribe = f"<{leave.url}>,\r\n {unsubscribe}List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    who = _lines(sender.postal_address)
    text = f"{rendered.text}\n{footer.plain(who, leave, language)}"
    html = f"{_HEAD.format(language)}{rendered.html}{footer.html(who, leave, language)}{_TAIL}"
    # Nobody can guess it, and so no text can hold it.
    boundary = f"=_{identity[1:33]}"
    headers = "".join(
        (
            _header("From", sender.mailbox),
            _header("Reply-To", sender.reply_to) if sender.reply_to else "",
            _to(recipient, recipient_name),
            _subject(rendered.subject),
            f"Date: {_date(now.replace(microsecond=0))}\r\n",
            f"Message-ID: {identity}\r\n",
            marks.headers(sender.smtp.host if sender.smtp else None, identity),
            _threaded(thread),
            f"List-Unsubscribe: {unsubscribe}",
            "MIME-Version: 1.0\r\n",
            f'Content-Type: multipart/alternative; boundary="{boundary}"\r\n',
        )
    ).encode()
    mark = f"\r\n--{boundary}".encode()
    parts = (headers, _part("plain", text), _part("html", html), b"--\r\n")
    return Composed(identity, rendered.subject, mark.join(parts))


@lru_cache(maxsize=1_000)
def _address(mailbox: str) -> str:
    return parseaddr(mailbox)[1]


@lru_cache(maxsize=1_000)
def _header(name: str, value: str) -> str:
    """A header that is the same in many mails, folded and encoded by the standard library."""
    return str(SMTP.fold(name, SMTP.header_factory(name, value)))


@lru_cache(maxsize=10)
def _date(moment: datetime) -> str:
    return format_datetime(moment)


def _threaded(identities: Sequence[str]) -> str:
    if not identities:
        return ""
    return f"In-Reply-To: {identities[-1]}\r\nReferences: " + "\r\n ".join(identities) + "\r\n"


def _to(recipient: str, name: str) -> str:
    name = name.strip()[:_LONGEST_NAME]
    if not name:
        return f"To: {recipient}\r\n"
    if _PLAIN.fullmatch(name):
        quoted = _literal(name).replace("\\", "\\\\").replace('"', '\\"')
        return f'To: "{quoted}"\r\n <{recipient}>\r\n'
    return f"To: {_encoded(name)}\r\n <{recipient}>\r\n"


def _subject(text: str) -> str:
    return f"Subject: {_literal(text) if _PLAIN.fullmatch(text) else _encoded(text)}\r\n"


def _literal(text: str) -> str:
    """Plain text that no mail program takes for an encoded word (RFC 2047)."""
    return text.replace("=?", "= ?")


def _encoded(text: str) -> str:
    """Encoded words (RFC 2047), each of whole letters and short enough for a first line.

    Mostly ASCII goes as Q: filters of spam mind when base64 hides what need not be hidden.
    """
    as_base64 = len(text.encode()) > 1.5 * len(text)
    words, room = [""], 0
    for letter in text:
        length = len(letter.encode()) if as_base64 else len(_q(letter))
        room -= length
        if room < 0:
            words.append("")
            room = (_WORD * 3 // 4 if as_base64 else _WORD) - length
        words[-1] += letter if as_base64 else _q(letter)
    if as_base64:
        return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words[1:])
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in words[1:])


@lru_cache(maxsize=10_000)
def _q(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return letter
    return "_" if letter == " " else "".join(f"={octet:02X}" for octet in letter.encode())


@lru_cache(maxsize=1_000)
def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _part(kind: str, text: str) -> bytes:
    encoding, body = _body(text)
    head = f'\r\nContent-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + body


def _body(text: str) -> tuple[str, bytes]:
    """The transfer encoding and the encoded text: as it is where it may be, base64 where that is shorter."""
    if text.isascii() and max(map(len, text.split("\n"))) <= _LONGEST_LINE:
        return "7bit", text.replace("\n", "\r\n").encode()
    raw = text.encode()
    if len(raw) > 1.5 * len(text):
        return "base64", base64.encodebytes(raw.replace(b"\n", b"\r\n")).replace(b"\n", b"\r\n")
    return "quoted-printable", quopri.encodestring(raw).replace(b"\n", b"\r\n")
