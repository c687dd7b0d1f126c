"""Delivery status notifications (RFC 3464, RFC 6533), also those that keep to the standard only loosely."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from aicmo_dagster.mail.bounces.addresses import of_field
from aicmo_dagster.mail.bounces.classes import ENHANCED
from aicmo_dagster.mail.bounces.parts import Part, read_fields

_MOST_RECIPIENTS = 500
_ARRIVED = ("delivered", "relayed", "expanded", "deliverable", "displayed", "processed")
_RECIPIENT_FIELDS = ("original-recipient", "final-recipient", "x-actual-recipient", "x-original-recipient")
_STARTS = re.compile(
    r"^(?:reporting-mta|(?:original|final)-recipient|x-actual-recipient)[ \t]*:", re.I | re.M
)


@dataclass(frozen=True)
class Told:
    """What a status says of one recipient, None where its address cannot be read; `delayed`: still being tried."""

    recipient: str | None
    delayed: bool
    status: str | None
    diagnostic: str


def status_texts(parts: Iterable[Part], notice: str) -> list[str]:
    """The machine-readable blocks: parts of their own, or, from servers that know no MIME, lines of the text."""
    kinds = ("message/delivery-status", "message/global-delivery-status")
    found = [
        part.text() if part.kind in kinds or _looks_so(part) else ""
        for part in parts
        if not part.kind.startswith("multipart/")
    ]
    found = [text for text in found if text]
    if not found and re.search(r"^final-recipient[ \t]*:", notice, re.I | re.M):
        found = [notice[start.start() :] for start in [_STARTS.search(notice)] if start]
    return found


def read_status(texts: Iterable[str], written_to: Collection[str]) -> tuple[list[Told], bool]:
    """Recipients that failed or are delayed, and whether the status says of anyone that the mail arrived.

    `written_to` are the recipients of the returned mail in lower case: of the addresses that a block gives, the one
    we wrote to counts; without it the original recipient before the final one.
    """
    told, arrived = [], False
    for text in texts:
        for block in _blocks(text)[:_MOST_RECIPIENTS]:
            fields: dict[str, str] = {}
            for name, value in read_fields(block):
                fields.setdefault(name, value)
            if not any(
                name in fields for name in (*_RECIPIENT_FIELDS, "action", "status", "diagnostic-code")
            ):
                continue
            action = fields.get("action", "").strip().lower()
            status = ENHANCED.search(fields.get("status", ""))
            diagnostic = re.sub(r"^\s*[\w-]{1,30}\s*;\s*", "", fields.get("diagnostic-code", ""))
            diagnostic = diagnostic or fields.get("status", "")
            if action.startswith(_ARRIVED) or (not action and status and status[1] == "2"):
                arrived = True
                continue
            if not (action or status or diagnostic):
                continue
            delayed = action.startswith("delay") or (not action and status is not None and status[1] == "4")
            recipient = _recipient(fields, written_to)
            told.append(Told(recipient, delayed, status[0] if status else None, diagnostic))
    return told, arrived


def original_message_id(texts: Iterable[str]) -> str | None:
    """The Message-ID of the returned mail, where a status names it."""
    for text in texts:
        named = re.search(r"^(?:x-)?original-message-id[ \t]*:[ \t]*(<[^<>\s]{3,250}>)", text, re.I | re.M)
        if named:
            return named[1]
    return None


def _blocks(text: str) -> list[str]:
    """Blocks between blank lines; a block with a second recipient is two whose blank line got lost."""
    blocks = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines: list[str] = []
        seen: set[str] = set()
        for line in block.split("\n"):
            name = line.split(":", 1)[0].strip().lower()
            if name in seen and name in ("final-recipient", "original-recipient"):
                blocks.append("\n".join(lines))
                lines, seen = [], set()
            if not line[:1].isspace():
                seen.add(name)
            lines.append(line)
        blocks.append("\n".join(lines))
    return blocks


def _recipient(fields: dict[str, str], written_to: Collection[str]) -> str | None:
    found = [address for name in _RECIPIENT_FIELDS if (address := of_field(fields.get(name, "")))]
    ours = [address for address in found if address.lower() in written_to]
    return next(iter(ours or found), None)


def _looks_so(part: Part) -> bool:
    """A status whose part carries another type, as some gateways attach it."""
    if part.kind not in ("text/plain", "application/octet-stream", "message/disposition-notification"):
        return False
    name = (part.get("content-disposition") + part.get("content-description")).lower()
    return "delivery" in name and b"inal-" in part.body and bool(_STARTS.search(part.text()[:5000]))
