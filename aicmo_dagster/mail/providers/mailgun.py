"""Mailgun's webhooks, signed by HMAC-SHA-256 over a timestamp and a token.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks

The signature covers the token, not the event. So the token is what an event is known by: one that is played back,
with the same event or with another, brings nothing. One event a delivery; it names our Message-ID.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aicmo_dagster.mail.providers import fields
from aicmo_dagster.mail.providers.event import (
    Event,
    Kind,
    Piece,
    UnprovedError,
    bounce_kind,
    key_of,
    secrets,
)

KEYS = "AICMO_MAILGUN_WEBHOOK_KEY"
"""Environment variable: the HTTP webhook signing key."""

_OLDEST = timedelta(hours=9)
"""A delivery that fails is repeated for eight hours."""
_AHEAD = timedelta(minutes=5)
_PLAIN: dict[str, Kind] = {
    "delivered": "delivered",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
    "opened": "opened",
    "clicked": "clicked",
    "rejected": "refused",
}


class Mailgun:
    """See the module."""

    most_bytes = 1 << 20

    def pieces(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Piece]:  # noqa: ARG002
        """One event. The proof is inside the JSON, so that is parsed first; nothing else of it is looked at."""
        keys = secrets(KEYS)
        try:
            delivery = fields.parse(body)
        except ValueError:
            raise UnprovedError from None
        timestamp, token, shown = (
            fields.text(delivery, "signature", name) for name in ("timestamp", "token", "signature")
        )
        signed = (timestamp + token).encode()
        fits = [
            hmac.compare_digest(hmac.new(key.encode(), signed, "sha256").hexdigest().encode(), shown.encode())
            for key in keys
        ]
        sent_at = fields.seconds(timestamp) if timestamp.isascii() and timestamp.isdigit() else None
        # They are signed without a mark between them; moving a digit from one to the other makes a time far away.
        if not any(fits) or sent_at is None or not token or not -_AHEAD <= now - sent_at <= _OLDEST:
            raise UnprovedError
        return [Piece(key_of(token, token), delivery)]

    def read(self, body: Any) -> Event:
        """By `event`; failures by severity, reason and the server's words."""
        event = fields.at(body, "event-data")
        name = fields.text(event, "event")
        kind = _failed(event) if name == "failed" else _PLAIN.get(name)
        return Event(
            kind,
            fields.message_id(fields.text(event, "message", "headers", "message-id")),
            fields.address(fields.text(event, "recipient")),
            fields.seconds(fields.at(event, "timestamp")),
            agent=fields.text(event, "client-info", "user-agent"),
            link=fields.text(event, "url"),
            by_machine=bool(fields.text(event, "client-info", "bot")),
        )


def _failed(event: Any) -> Kind | None:
    """Of a temporary failure Mailgun says the same again, or that it gave up, when it has."""
    if fields.text(event, "severity") != "permanent":
        return None
    reason = fields.text(event, "reason").lower()
    if reason in ("suppress-unsubscribe", "suppress-complaint"):
        return "unsubscribed"
    if reason in ("suppress-bounce", "old"):
        # It did not try, for a bounce of another time; or it tried too long.
        return "soft_bounced"
    status = event.get("delivery-status")
    words = " ".join(
        part
        for name in ("code", "message", "description")
        if (part := fields.text(status, name)) and part not in ("0", "605", "606", "607")
    )
    return bounce_kind(
        fields.text(status, "enhanced-code") or None,
        words,
        says_dead=False,
        says_blocked=reason == "espblock",
    )
