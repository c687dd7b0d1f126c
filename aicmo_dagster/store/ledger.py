"""The ledger of requests that cost something: written before they are made, so that nobody pays twice.

1. `claim` commits a request in state `sending` with the people it is about, within the budget.
2. The request is made.
3. `answered`, `submitted`, `refused` or `uncertain` commits how it went.

A process that dies between 1 and 3 leaves `sending`, which becomes `uncertain`: its people are not asked about
again before somebody releases them. Every method is a transaction of its own, on the ledger's own connection.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from aicmo_dagster.campaign.config import Budget
from aicmo_dagster.store.campaigns import Campaign


@dataclass(frozen=True)
class Claim:
    """A request that may be made now, about these subjects (the first ones that were free and affordable)."""

    request_id: int
    subjects: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What is known of a subject: a record, or None where the vendor found nothing."""

    record: Mapping[str, str] | None
    request_id: int
    answered_at: datetime


@dataclass(frozen=True)
class Pending:
    """A request whose answer is to be fetched from `next_poll_at` on."""

    request_id: int
    vendor_request_id: str
    subjects: tuple[str, ...]
    next_poll_at: datetime


class Ledger:
    """One campaign's dealings with one vendor in one run. A context manager: it has a connection of its own."""

    def __init__(
        self,
        campaign: Campaign,
        run_id: UUID,
        vendor: str,
        operation: str,
        budget: Budget,
        max_age_days: float,
    ) -> None:
        raise NotImplementedError

    def answers(self, subjects: Sequence[str]) -> dict[str, Answer]:
        """What the vendor answered, in any campaign, within the last `max_age_days`."""
        raise NotImplementedError

    def open(self, subjects: Sequence[str]) -> dict[str, str]:
        """Those that are in a request that is `sending`, `pending` or `uncertain` -> that state."""
        raise NotImplementedError

    def claim(self, subjects: Sequence[str], credits_each: float) -> Claim | None:
        """Claim the first of the subjects that have no fresh answer and are in no open request.

        As many as the budget allows; None where none is left to ask about. Raises BudgetError where the budget
        allows none of them.
        """
        raise NotImplementedError

    def submitted(self, request_id: int, vendor_request_id: str, poll_after_s: float) -> None:
        """The vendor took the request (or is still at work): it is `pending`."""
        raise NotImplementedError

    def answered(self, request_id: int, records: Sequence[Mapping[str, str] | None], credits: float) -> None:
        """The answers, in the order of the claim's subjects, and what they cost."""
        raise NotImplementedError

    def refused(self, request_id: int, error: str) -> None:
        """It was not carried out: its subjects are free again and nothing was spent."""
        raise NotImplementedError

    def uncertain(self, request_id: int, error: str) -> None:
        """Nobody knows whether it was carried out: what was reserved counts as spent."""
        raise NotImplementedError

    def pending(self) -> list[Pending]:
        """The campaign's requests of this vendor whose answers are still to be fetched, oldest first."""
        raise NotImplementedError
