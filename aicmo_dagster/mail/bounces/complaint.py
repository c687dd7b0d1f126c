"""Complaints: somebody pressed "this is spam" and the provider tells us (ARF, RFC 5965)."""

from aicmo_dagster.mail.bounces.addresses import of_field
from aicmo_dagster.mail.bounces.parts import Part, read_fields, read_part
from aicmo_dagster.mail.bounces.report import Complaint
from aicmo_dagster.mail.bounces.returned import Returned, parted

_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "dmarc", "dkim", "tls"})
"""Reports in the same format that no recipient made."""


def read_complaint(content: bytes) -> Complaint | None:
    """A complaint about one of our mails; None for any other message. Never raises, whatever the bytes."""
    message = read_part(content)
    _, returned = parted(message)
    report = next((part for part in message.walk() if part.kind == "message/feedback-report"), None)
    if report is None:
        return _of_outlook(message, returned)
    fields: dict[str, str] = {}
    for name, value in read_fields(report.text()):
        fields.setdefault(name, value)
    kind = fields.get("feedback-type", "").split(";")[0].strip().lower()
    if not kind or kind in _NO_COMPLAINT:
        return None
    named = (
        fields.get("original-rcpt-to")
        or fields.get("removal-recipient")
        or fields.get("redacted-address")
        or ""
    )
    return Complaint(kind, _whole(of_field(named)) or _only(returned), returned.message_id)


def _of_outlook(message: Part, returned: Returned) -> Complaint | None:
    """Outlook's junk mail reports are no ARF: the mail is attached and names its reader in a field of its own."""
    for part in message.walk():
        if part.kind == "message/rfc822":
            reader = part.opened().get("x-hmxmroriginalrecipient")
            if reader:
                return Complaint("abuse", _whole(of_field(reader)), returned.message_id)
    return None


def _only(returned: Returned) -> str | None:
    return _whole(next(iter(returned.to))) if len(returned.to) == 1 else None


def _whole(address: str | None) -> str | None:
    """None where the provider has blackened the address."""
    if address is None or "redacted" in address.lower() or "*" in address or "xxx" in address.lower():
        return None
    return address
