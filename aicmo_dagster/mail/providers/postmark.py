"""Postmark's webhooks. They bear no signature: the login that Postmark sends with them is the only proof.

https://postmarkapp.com/developer/webhooks/webhooks-overview

One event a delivery. Postmark gives a mail its own Message-ID unless told otherwise, and its events name ours only
where the mail carried it as metadata (`aicmo_mail`).
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

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

LOGIN = "AICMO_POSTMARK_WEBHOOK_LOGIN"
"""Environment variable: `user:password`, as it is given to Postmark."""

_OF_BOUNCE: dict[str, Kind | None] = {
    "spamcomplaint": "complained",
    "unsubscribe": "unsubscribed",
    "manuallydeactivated": "refused",
    "spamnotification": "refused",
    "virusnotification": "refused",
    "blocked": "refused",
    "dmarcpolicy": "refused",
    "smtpapierror": "refused",
    "templaterenderingfailed": "refused",
    "unconfirmed": "refused",
    # Nothing has failed: somebody's machine answered, or Postmark is still trying.
    "autoresponder": None,
    "addresschange": None,
    "challengeverification": None,
    "openrelaytest": None,
    "subscribe": None,
    "inbounderror": None,
    "transient": None,
    "dnserror": None,
}
_DEAD = ("hardbounce", "bademailaddress")
_MOMENTS = ("BouncedAt", "DeliveredAt", "ReceivedAt", "ChangedAt")


class Postmark:
    """See the module."""

    most_bytes = 4 << 20

    def pieces(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Piece]:  # noqa: ARG002
        """One event; bounces and complaints have a number of their own."""
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        try:
            login = base64.b64decode(shown.strip(), validate=True)
        except ValueError:
            raise UnprovedError from None
        # All are compared, so that the time says nothing.
        fits = [hmac.compare_digest(login, one.encode("utf-8", "surrogateescape")) for one in secrets(LOGIN)]
        if scheme.lower() != "basic" or not any(fits):
            raise UnprovedError
        try:
            event = fields.parse(body)
        except ValueError as error:
            raise UnreadableError from error
        number = fields.text(event, "ID")
        return [
            Piece(key_of(f"{fields.text(event, 'RecordType')}:{number}" if number else None, event), event)
        ]

    def read(self, body: Any) -> Event:
        """By `RecordType`; bounces by `Type` and the server's words."""
        name = fields.text(body, "RecordType").lower()
        kind: Kind | None = None
        if name == "delivery":
            kind = "delivered"
        elif name == "bounce":
            kind = _bounce(body)
        elif name == "spamcomplaint":
            kind = "complained"
        elif name == "open":
            kind = "opened"
        elif name == "click":
            kind = "clicked"
        elif name == "subscriptionchange" and fields.at(body, "SuppressSending") is True:
            kind = _suppressed(
                fields.text(body, "SuppressionReason").lower(), fields.text(body, "Origin").lower()
            )
        return Event(
            kind,
            fields.message_id(fields.text(body, "Metadata", MARK)),
            fields.address(fields.text(body, "Email") or fields.text(body, "Recipient")),
            next((at for one in _MOMENTS if (at := fields.moment(fields.text(body, one)))), None),
            agent=fields.text(body, "UserAgent"),
            link=fields.text(body, "OriginalLink"),
        )


def _bounce(body: Any) -> Kind | None:
    judged = fields.text(body, "Type").lower()
    if judged in _OF_BOUNCE:
        return _OF_BOUNCE[judged]
    kind = bounce_kind(None, fields.text(body, "Details"), says_dead=judged in _DEAD)
    return "soft_bounced" if kind == "bounced" and judged not in _DEAD else kind


def _suppressed(reason: str, origin: str) -> Kind | None:
    """Why Postmark sends nothing more to the address."""
    if reason == "hardbounce":
        # Without the server's words. The bounce itself has them, and is judged by them.
        return "soft_bounced"
    if reason == "spamcomplaint":
        return "complained"
    # What we, or our administrators, switched off at Postmark is nobody's wish.
    return "unsubscribed" if origin == "recipient" else "refused"
