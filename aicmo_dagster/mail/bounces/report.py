"""What a message that came back says."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["hard", "soft", "sender", "content", "transient"]
"""Who or what is to blame for a failure, which decides what follows (mail-rules 8).

hard: the address is dead for good; only this one may suppress it.
soft: given up, but for a reason that may pass or that nobody stated: full mailbox, unreachable server, expiry.
sender: our authentication, reputation, rate or permission; it says nothing about the recipient.
content: what was sent: spam, virus, size, format.
transient: not given up, the server is still trying or asks to come again. It is no bounce and counts as none.
"""


@dataclass(frozen=True)
class Failure:
    """One recipient. `status` is the enhanced code of RFC 3463; `diagnostic` may hold addresses: never log it."""

    recipient: str
    kind: Kind
    status: str | None = None
    diagnostic: str | None = None


@dataclass(frozen=True)
class Report:
    """A mail that failed. `original_message_id` is that of the returned part, with angle brackets."""

    failures: tuple[Failure, ...]
    original_message_id: str | None


@dataclass(frozen=True)
class Complaint:
    """Somebody called our mail spam. The recipient is often left out or blackened: go by the Message-ID then."""

    feedback_type: str
    recipient: str | None
    original_message_id: str | None
