"""What became of one mail at the hands of a transport, and what a transport is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "sent", "refused_permanent", "refused_temporary", "sender_fault", "not_started", "uncertain", "again"
]


@dataclass(frozen=True)
class Letter:
    """A mail in its envelope; `content` has CRLF line ends."""

    envelope_from: str
    recipient: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """One of seven ends.

    - `sent`: the server took responsibility.
    - `refused_permanent`: it will never take this mail; `recipient_caused` when the address does not exist.
    - `refused_temporary`: it may later; `session` when the connection failed rather than this mail.
    - `sender_fault`: it distrusts us (login, TLS, policy, reputation); `session` when it said so before it
      heard of this recipient. The recipient is not to blame.
    - `not_started`: the guard of the ledger said no after the server's 354; nothing was sent.
    - `uncertain`: the body was on its way when the connection was lost; nobody knows.
    - `again`: the connection ended before this mail's turn; a fresh one decides.
    """

    kind: Kind
    reply: str
    recipient_caused: bool = False
    session: bool = False


class Transport(ABC):
    """Something that takes mails one after the other."""

    @abstractmethod
    def exchange(
        self, started: Letter | None, following: Letter | None
    ) -> tuple[Outcome | None, Outcome | None]:
        """Send the content of `started` and ask whether `following` may come, in one go where that is possible.

        The first answer is what became of `started`, None if and only if there was none. The second is None
        when there is no `following`, or it is invited: then it must be the next call's `started`, unless
        `abandon` is called. Otherwise it says why not.

        Raises MailError when an address is not fit for an SMTP command; then nothing was sent.
        """

    @abstractmethod
    def abandon(self) -> None:
        """Leave the invited mail unsent."""

    @abstractmethod
    def close(self) -> None:
        """Say goodbye; the next `exchange` would connect again."""

    def deliver(
        self, envelope_from: str, recipient: str, content: bytes, commit: Callable[[], bool]
    ) -> Outcome:
        """Hand over one mail alone; `commit` is called once before its first byte and must return True.

        Raises what `exchange` and `commit` raise; in both cases nothing was sent.
        """
        letter = Letter(envelope_from, recipient, content)
        refused = self.exchange(None, letter)[1]
        if refused is not None:
            return refused
        try:
            invited = commit()
        except BaseException:
            self.abandon()
            raise
        if not invited:
            self.abandon()
            return Outcome("not_started", "")
        return self.exchange(letter, None)[0] or Outcome("uncertain", "")
