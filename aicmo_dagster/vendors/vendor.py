"""What every vendor that knows more about a person looks like to the rest of the pipeline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

Record = Mapping[str, str]
"""What a vendor says of a person: `lead.SOURCE_FIELDS` as text, and `extra`, a JSON object of the rest."""


@dataclass(frozen=True)
class Answers:
    """What was found, a record per person asked about, in their order; None where nothing was found."""

    records: Sequence[Record | None]
    credits: float


@dataclass(frozen=True)
class Submitted:
    """The vendor is at work; the answer is to be fetched by this id, not before so many seconds."""

    vendor_request_id: str
    poll_after_s: float


class Vendor(Protocol):
    """Someone who can be asked about people, in batches.

    `name` is what it is called in figures, `type` its kind (a `campaign.config.SourceType`), `operation` what
    is asked of it. A request takes at most `batch` people and costs at most `credits_each` for each. `gives`
    are the fields that its answers may have.
    """

    name: str
    type: str
    batch: int
    credits_each: float
    gives: frozenset[str]

    @property
    def operation(self) -> str: ...

    def is_configured(self) -> bool:
        """Whether it has what it needs (its key) to be asked at all."""
        ...

    def subjects(self, leads: pd.DataFrame) -> "pd.Series[str]":
        """Under which name each lead (`lead.LEAD_COLUMNS`) is asked about, the same for the same person; NA where
        the lead says too little to be asked about."""
        ...

    def ask(self, leads: pd.DataFrame) -> Answers | Submitted:
        """One request about at most `batch` leads.

        Raises VendorRefusedError, VendorUnavailableError (nothing was charged) or VendorUncertainError.
        """
        ...

    def collect(self, vendor_request_id: str, count: int, subjects: Sequence[str]) -> Answers | Submitted:
        """The answer about `count` people to a request submitted before; Submitted while it is not ready.

        `subjects` are those of the request, in its order, as the ledger has them: a vendor without ids of its
        own asks by them again, so that no address gets into `vendor_request_id`.

        Raises VendorRefusedError where it never will be, VendorUnavailableError where it can be fetched later.
        """
        ...
