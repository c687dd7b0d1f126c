"""What providers of mail report by webhook: proved, kept as it came, read by rules, its effects had once.

1. A provider's module proves a delivery over the bytes as they came and takes it apart (`pieces`).
2. `recording` keeps the events, finds the mails they are about, and has `effects` do what follows.
3. Events stay, so that `replaying` can read them again by newer rules.
"""

from collections.abc import Mapping

from aicmo_dagster.mail import bounces
from aicmo_dagster.mail.providers.event import Event, Kind, Piece, Provider, UnprovedError, UnreadableError
from aicmo_dagster.mail.providers.mailgun import Mailgun
from aicmo_dagster.mail.providers.postmark import Postmark
from aicmo_dagster.mail.providers.resend import Resend
from aicmo_dagster.mail.providers.sendgrid import SendGrid
from aicmo_dagster.mail.providers.ses import Ses

RULES_VERSION = 100 + bounces.RULES_VERSION
"""The hundreds are raised with the rules here; those for bounces, which judge the servers' words, count, too."""

PROVIDERS: Mapping[str, Provider] = {
    "sendgrid": SendGrid(),
    "ses": Ses(),
    "postmark": Postmark(),
    "mailgun": Mailgun(),
    "resend": Resend(),
}

__all__ = [
    "PROVIDERS",
    "RULES_VERSION",
    "Event",
    "Kind",
    "Piece",
    "Provider",
    "UnprovedError",
    "UnreadableError",
]
