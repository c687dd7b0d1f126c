"""SendGrid's Event Webhook, signed (ECDSA P-256 over SHA-256 of timestamp and body).

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event

Up to some thousand events in one list. Deliveries and failures name our Message-ID as `smtp-id`; opens, clicks and
complaints do so only where the mail carried it as a unique argument (`aicmo_mail`).
"""

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.mail.marks import MARK
from aicmo_dagster.mail.providers import fields
from aicmo_dagster.mail.providers.event import (
    Event,
    Kind,
    Piece,
    UnprovedError,
    UnreadableError,
    bounce_kind,
    key_of,
    secrets,
)

KEYS = "AICMO_SENDGRID_WEBHOOK_KEY"
"""Environment variable: the verification key that SendGrid shows, in base64."""

_OLDEST = timedelta(hours=25)
"""A delivery that fails is repeated for 24 hours. One that is played back is known by its events."""
_AHEAD = timedelta(minutes=5)
_SIGNATURE = "x-twilio-email-event-webhook-signature"
_TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

_PLAIN: dict[str, Kind] = {
    "delivered": "delivered",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
_NOT_DEAD = ("content", "reputation", "frequency", "technical", "mailbox unavailable")
"""Of `bounce_classification`: what speaks against a dead mailbox."""


class SendGrid:
    """See the module."""

    most_bytes = 4 << 20

    def pieces(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Piece]:
        """A list of events, each with its `sg_event_id`."""
        timestamp = headers.get(_TIMESTAMP, "")
        sent_at = fields.seconds(timestamp) if timestamp.isascii() and timestamp.isdigit() else None
        try:
            signature = base64.b64decode(headers.get(_SIGNATURE, ""), validate=True)
        except ValueError:
            raise UnprovedError from None
        keys = [_public_key(one) for one in secrets(KEYS)]
        if sent_at is None or not any(_signed(key, signature, timestamp.encode() + body) for key in keys):
            raise UnprovedError
        if not -_AHEAD <= now - sent_at <= _OLDEST:
            raise UnprovedError
        try:
            events = fields.parse(body)
        except ValueError as error:
            raise UnreadableError from error
        events = events if isinstance(events, list) else [events]
        return [Piece(key_of(fields.text(event, "sg_event_id"), event), event) for event in events]

    def read(self, body: Any) -> Event:
        """By `event`, and for failures by the server's words."""
        name = fields.text(body, "event")
        kind = _PLAIN.get(name)
        if name == "bounce":
            kind = _bounce(body)
        elif name == "dropped":
            kind = _dropped(fields.text(body, "reason").lower())
        elif name in ("open", "click"):
            kind = "opened" if name == "open" else "clicked"
        return Event(
            kind,
            fields.message_id(fields.text(body, MARK)) or fields.message_id(fields.text(body, "smtp-id")),
            fields.address(fields.text(body, "email")),
            fields.seconds(fields.at(body, "timestamp")),
            agent=fields.text(body, "useragent"),
            link=fields.text(body, "url"),
            by_machine=fields.at(body, "sg_machine_open") is True,
        )


def _bounce(body: Any) -> Kind:
    judged = fields.text(body, "bounce_classification").lower()
    return bounce_kind(
        fields.text(body, "status") or None,
        fields.text(body, "reason"),
        says_dead=judged == "invalid address",
        says_blocked=fields.text(body, "type") == "blocked" or judged.startswith(_NOT_DEAD),
    )


def _dropped(reason: str) -> Kind:
    """SendGrid did not try: what it remembers of the address is a wish that counts, or a bounce of another time."""
    if reason.startswith(("unsubscribed", "spam reporting")):
        return "unsubscribed"
    return (
        "soft_bounced" if reason.startswith(("bounced", "invalid")) and "header" not in reason else "refused"
    )


def _public_key(written: str) -> ec.EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(written, validate=True))
    except ValueError:
        key = None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ConfigurationError(f"{KEYS}: this is not the verification key that SendGrid shows")
    return key


def _signed(key: ec.EllipticCurvePublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
