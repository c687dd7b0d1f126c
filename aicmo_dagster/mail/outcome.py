"""What became of one mail at the hands of a transport."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["sent", "refused_permanent", "refused_temporary", "sender_fault", "not_started", "uncertain"]


@dataclass(frozen=True)
class Outcome:
    """One of six ends.

    - `sent`: the server took responsibility.
    - `refused_permanent`: it will never take this mail; `recipient_caused` when the address does not exist.
    - `refused_temporary`: it may later; `session` when the connection failed rather than this mail.
    - `sender_fault`: it distrusts us (login, TLS, policy, reputation); `session` when it said so before it
      heard of this recipient. The recipient is not to blame.
    - `not_started`: the guard of the ledger said no after the server's 354; nothing was sent.
    - `uncertain`: the body was on its way when the connection was lost; nobody knows.
    """

    kind: Kind
    reply: str
    recipient_caused: bool = False
    session: bool = False


class Transport(Protocol):
    """Something that takes mails one after the other."""

    def deliver(
        self, envelope_from: str, recipient: str, content: bytes, commit: Callable[[], bool]
    ) -> Outcome:
        """Hand over one mail; `commit` is called once before its first byte and must return True."""

    def close(self) -> None:
        """Say goodbye; the next `deliver` would connect again."""
