"""Where the notice ends and the mail that came back begins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aicmo_dagster.mail.bounces.addresses import of_headers
from aicmo_dagster.mail.bounces.parts import Part, read_fields

_KINDS = ("message/rfc822", "message/global", "message/partial", "text/rfc822-headers", "message/global-headers",
          "message/rfc822-headers", "text/rfc822", "message/external-body")  # fmt: skip
_MOST_LINES = 3000
_MOST_WIDTH = 1000
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,250}@[^<>\s]{1,250}>")

_RULE = re.compile(
    r"^[\s>|*#]*(?:[-=_*~+]{2,}|\|-+).{0,60}?\b(?:(?:original|returned|forwarded|unsent|undelivered|rejected|"
    r"source|your|full|entire)"
    r" (?:\w+ )?(?:message|mail|e-?mail|header)|(?:message|mail) (?:header|text|contents?|body|copy|"
    r"headers?) ?(?:follow|are|is|below)?|"
    r"(?:copy|header|headers|beginning|start|part|first|top|\d+ lines) (?:\w+ ){0,6}of (?:\w+ ){0,4}(?:message|"
    r"mail)|returned mail|"
    r"(?:ursprüngliche|urspruengliche|weitergeleitete|originale?) \w*(?:nachricht|mail)|original ?nachricht|"
    r"mensaje (?:original|devuelto)|"
    r"message (?:d'origine|original|renvoyé|initial)|messaggio (?:originale|inoltrato)|mensagem original|"
    r"oorspronkelijk \w*bericht|"
    r"исходно|сообщени)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"^[\s>|*-]*(?:(?:the |your |here is (?:a copy of )?the |an? )?(?:original|returned|unsent|offending|failed|"
    r"rejected|undeliver\w+) (?:message|mail|e-?mail)"
    r"(?:'s)?(?: \w+){0,5} (?:follows|below|is as follows|attached)|original (?:message|"
    r"mail)(?: as received)? (?:is as )?follows|"
    r"(?:message|mail) (?:headers?|text|body|contents?)(?: \w+)? follows?|(?:below|following) (?:this line |"
    r"the next line )?is (?:a copy of )?the (?:original )?(?:message|mail|header)|"
    r"(?:this is |here is |below is |included is |following is |attached is )?a copy of (?:your|"
    r"the)(?: \w+){0,3} (?:message|mail|headers?)\b|"
    r"your (?:message|mail) reads|your original message|old message:|original message details|message header:|"
    r"text of (?:the )?message follows|"
    r"the (?:header|headers|first|top|beginning)(?: \w+){0,4} of (?:the |your )?(?:\w+ )?(?:message|"
    r"mail)(?: \w+){0,3}|here is (?:your|the) (?:returned|original) (?:mail|message)|"
    r"(?:the )?(?:contents|text|body) of (?:the|your) (?:\w+ )?(?:message|mail)|original message headers?:|"
    r"original message:|"
    r"(?:es folgt|hier) .{0,40}(?:nachricht|mail)|(?:ursprüngliche|originale?) (?:nachricht|kopfzeilen).{0,20}:?$|"
    r"以下是.{0,12}(?:原|信)|原(?:始)?(?:邮件|信)(?!信息)|オリジナルメッセージ|"
    r"元のメッセージ|以下のメッセージ|[-=_ ]*(?:original message|"
    r"forwarded message)[-=_ ]*$)",
    re.IGNORECASE,
)
_NO_RULE = re.compile(
    r"transcript|log follows|session|delivery report|error|reason|diagnos|failed|recipient|address|not deliver|"
    r"could not|undeliverable mail to|"
    r"was not|beginning of (?:the )?report|bounce",
    re.IGNORECASE,
)
_HEADER = re.compile(r"^>? ?[A-Za-z][A-Za-z0-9-]{1,40}:(?!//)")
_SURE = re.compile(
    r"^>? ?(?:Received:\s*(?:from|by|\(|via)|Return-Path:\s*<|MIME-Version:\s*1|DKIM-Signature:\s|Message-ID:\s*<|"
    r"X-Mailer:|List-Unsubscribe:)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Returned:
    """Of the mail that came back: to whom it went, who wrote it, who had a hand in sending it, and its Message-ID.

    Addresses are in lower case.
    """

    to: frozenset[str] = frozenset()
    authors: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    message_id: str | None = None


def parted(message: Part) -> tuple[str, Returned]:
    """The notice, as lines of text, and the mail that came back with it."""
    notice: list[str] = []
    html: list[str] = []
    returned: Returned | None = None
    for part in message.walk():
        mail = (
            part.opened() if part.kind in _KINDS else part if part is not message and _is_mail(part) else None
        )
        if mail:
            returned = _known(mail.fields) if returned is None or not returned.message_id else returned
        elif part.kind == "text/html":
            html.append(part.text())
        elif part.kind in ("text/plain", "text/enriched") or (part is message and not part.parts):
            notice.append(part.text())
    text = "\n\n".join(notice)
    if not text.strip() or ("@" not in text and any("@" in other for other in html)):
        text = "\n\n".join([text, *html])
    lines = [line[:_MOST_WIDTH] for line in text.split("\n")[:_MOST_LINES]]
    end = _end(lines)
    if returned is None or not returned.message_id:
        inline = _known(read_fields("\n".join(_unquoted(lines[end:]))))
        returned = inline if inline.message_id or returned is None else returned
    return "\n".join(lines[:end]), returned


def message_id_in(text: str) -> str | None:
    """The first thing in a text that has the form of a Message-ID."""
    match = _MESSAGE_ID.search(text[:5000])
    return match[0] if match else None


def _known(fields: tuple[tuple[str, str], ...]) -> Returned:
    """What we want of the header of the returned mail; the first of each field, as mails inside may follow."""

    def first(*names: str) -> list[str]:
        return [next((value for key, value in fields if key == name), "") for name in names]

    return Returned(
        frozenset(of_headers(first("to", "cc", "x-original-to"))),
        frozenset(of_headers(first("from"))),
        frozenset(of_headers(first("from", "return-path", "sender", "errors-to", "x-sender"))),
        message_id_in(first("message-id")[0]),
    )


def _is_mail(part: Part) -> bool:
    """A mail put between the boundaries as it is, without a part around it."""
    names = {name for name, _ in part.fields}
    return "from" in names and bool(names & {"received", "message-id"})


def _end(lines: Sequence[str]) -> int:
    """The index of the first line of the returned mail."""
    for at, line in enumerate(lines):
        if not line.strip():
            continue
        if _SURE.match(line):
            start = _first_of_header(lines, at)
            # A field or two alone, as 'Message-ID: <...>', is still the notice speaking of the mail.
            if _fields_from(lines, start) >= 4:
                return start
        elif (_RULE.match(line) and not _NO_RULE.search(line)) or _SENTENCE.match(line):
            return at
    return len(lines)


def _first_of_header(lines: Sequence[str], at: int) -> int:
    while at > 0 and (
        _HEADER.match(lines[at - 1]) or (lines[at - 1][:1] in (" ", "\t") and lines[at - 1].strip())
    ):
        at -= 1
    while lines[at][:1] in (" ", "\t"):
        at += 1
    return at


def _fields_from(lines: Sequence[str], start: int) -> int:
    number = 0
    for line in lines[start : start + 200]:
        if _HEADER.match(line):
            number += 1
        elif line[:1] not in (" ", "\t") or not line.strip():
            break
    return number


def _unquoted(lines: Sequence[str]) -> list[str]:
    return [re.sub(r"^> ?", "", line) for line in lines[:400]]
