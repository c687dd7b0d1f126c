"""Resend's webhooks, signed as Standard Webhooks (Svix): HMAC-SHA-256 over id, timestamp and body.

https://resend.com/docs/webhooks/introduction, https://github.com/standard-webhooks/standard-webhooks

One event a delivery, known by its `svix-id`. It names our Message-ID where Resend passes the headers on; else the
recipient is all there is.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aicmo_dagster.errors import ConfigurationError
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

SECRETS = "AICMO_RESEND_WEBHOOK_SECRET"
"""Environment variable: the signing secret, `whsec_…`."""

_TOLERANCE = timedelta(minutes=5)
"""As the standard says; a delivery that is repeated is signed anew."""
_PLAIN: dict[str, Kind] = {
    "email.delivered": "delivered",
    "email.complained": "complained",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.failed": "refused",
}


class Resend:
    """See the module."""

    most_bytes = 1 << 20

    def pieces(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Piece]:
        """One event."""
        identity, timestamp, shown = (
            headers.get(f"svix-{name}") or headers.get(f"webhook-{name}") or ""
            for name in ("id", "timestamp", "signature")
        )
        content = f"{identity}.{timestamp}.".encode() + body
        right = [base64.b64encode(hmac.digest(_key(one), content, "sha256")) for one in secrets(SECRETS)]
        given = [one.removeprefix("v1,").encode() for one in shown.split(" ")[:10] if one.startswith("v1,")]
        fits = [hmac.compare_digest(one, other) for one in right for other in given]
        sent_at = fields.seconds(timestamp) if timestamp.isascii() and timestamp.isdigit() else None
        if not identity or not any(fits) or sent_at is None or abs(now - sent_at) > _TOLERANCE:
            raise UnprovedError
        try:
            event = fields.parse(body)
        except ValueError as error:
            raise UnreadableError from error
        return [Piece(key_of(identity, event), event)]

    def read(self, body: Any) -> Event:
        """By `type`; a bounce by what Resend says of it."""
        name = fields.text(body, "type")
        kind = _bounce(fields.at(body, "data", "bounce")) if name == "email.bounced" else _PLAIN.get(name)
        if name == "email.suppressed":
            kind = "soft_bounced"
        to = fields.at(body, "data", "to")
        recipients = to if isinstance(to, list) else [to]
        return Event(
            kind,
            _message_id(fields.at(body, "data")),
            fields.address(recipients[0])
            if len(recipients) == 1 and isinstance(recipients[0], str)
            else None,
            fields.moment(fields.text(body, "created_at")),
            agent=fields.text(body, "data", "click", "userAgent"),
            link=fields.text(body, "data", "click", "link"),
        )


def _bounce(bounce: Any) -> Kind:
    kind, detail, said = (fields.text(bounce, name).lower() for name in ("type", "subType", "message"))
    # Suppressed: it did not try, for a bounce of another time.
    if kind == "permanent" and "suppress" not in detail + said:
        # The server's words, where Resend passes them on; else its own sentence.
        given = fields.at(bounce, "diagnosticCode")
        words = " ".join(
            one for one in (given if isinstance(given, list) else [given]) if isinstance(one, str)
        )
        dead = detail == "noemail" or "hard bounce" in said
        return bounce_kind(None, words or said, says_dead=dead)
    return (
        "refused"
        if detail in ("contentrejected", "attachmentrejected", "messagetoolarge")
        else "soft_bounced"
    )


def _message_id(message: Any) -> str | None:
    for header in fields.objects(message, "headers"):
        if fields.text(header, "name").lower() == "message-id":
            return fields.message_id(fields.text(header, "value"))
    return None


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ConfigurationError(f"{SECRETS}: this is not the signing secret that Resend shows (whsec_…)")
    return key
