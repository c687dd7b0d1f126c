"""What all providers have in common: proof, the pieces of a delivery, and what one event says of a mail."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

from aicmo_dagster.mail.bounces.classes import classify
from aicmo_dagster.mail.providers.fields import canonical, digits_of

Kind = Literal[
    "delivered", "bounced", "soft_bounced", "refused", "complained", "unsubscribed", "opened", "clicked"
]
"""As in `engagement_events`; `refused`: given up on for our sake or the content's, which has no effect."""
KINDS: tuple[Kind, ...] = get_args(Kind)

_LONGEST_KEY = 200


class UnprovedError(Exception):
    """Nothing proves that the delivery comes from the provider. Says no more: whoever sent it may read it."""


class UnreadableError(Exception):
    """The delivery is proved, and is not what the provider documents."""


@dataclass(frozen=True)
class Piece:
    """One event of a delivery: what the provider tells it apart by, and the event as it came, as JSON."""

    key: str
    body: Any


@dataclass(frozen=True)
class Event:
    """What one event says. `kind` None: nothing that has an effect, such as "still trying".

    `message_id` is that of our mail, in angle brackets, where the event tells it; `at` is aware, None where the
    event has no credible time. Of an open or a click: `agent`, what asked, as it calls itself; the `link`; and whether
    the provider takes it for a machine's doing.
    """

    kind: Kind | None
    message_id: str | None = None
    recipient: str | None = None
    at: datetime | None = None
    agent: str = ""
    link: str = ""
    by_machine: bool = False


class Provider(Protocol):
    """One provider: proof and parts of a delivery, meaning of an event."""

    most_bytes: int
    """Longest delivery; more for those whose proof lies outside the JSON, so that strangers' is never parsed."""

    def pieces(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Piece]:
        """The events of a delivery that is proved to be the provider's; nothing is trusted before that.

        `headers` have names in lower case. Raises UnprovedError or UnreadableError, and ConfigurationError where
        what we were given to prove it with is unusable.
        """
        ...

    def read(self, body: Any) -> Event:
        """What the event says; never raises, whatever the JSON."""
        ...


def secrets(variable: str) -> list[str]:
    """What the environment gives, separated by blanks: several while one replaces another, or for accounts.

    Raises UnprovedError where there is none: who has not set the provider up takes nothing from it.
    """
    found = os.environ.get(variable, "").split()
    if not found:
        raise UnprovedError
    return found


def key_of(given: str | None, body: Any) -> str:
    """The key of an event: the provider's own, else (or where it is absurd) a hash of the event."""
    if given and len(given) <= _LONGEST_KEY:
        return given
    return "sha256:" + hashlib.sha256(canonical(body)).hexdigest()


def bounce_kind(status: str | None, words: str, *, says_dead: bool, says_blocked: bool = False) -> Kind:
    """The kind of a failure that was given up on, by the rules for bounces that come by mail.

    `says_dead`: the provider itself says that there is no such mailbox. That counts as the status 5.1.1 where the
    server gave no code; it never outweighs words to the contrary. `says_blocked`: the provider says that it is
    about the sender or the content, so it is not hard whatever the words.
    """
    code = status or ("5.1.1" if says_dead and not digits_of(words) else None)
    found = classify(code, words)
    if found in ("sender", "content"):
        return "refused"
    if says_blocked:
        return "refused" if found == "hard" else "soft_bounced"
    return "bounced" if found == "hard" else "soft_bounced"
