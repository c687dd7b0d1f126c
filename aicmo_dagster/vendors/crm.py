"""What every CRM looks like to the rest of the pipeline: someone who takes what we know of leads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

NO_ANSWER = "NO_ANSWER"
"""The CRM's answer to a batch does not say what became of the lead."""


@dataclass(frozen=True)
class Entry:
    """What a CRM is told of one lead: its address, fields by the CRM's names, and the owner's id there.

    `new` where no record of it there is known.
    """

    lead_id: int
    email: str
    fields: Mapping[str, Any]
    owner_id: str | None
    new: bool


@dataclass(frozen=True)
class Taken:
    """What became of an entry: the number of its record there, or an error in codes, and whether it was created."""

    vendor_id: str | None = None
    error: str | None = None
    created: bool = False


class Crm(Protocol):
    """Takes at most `batch` leads a request; their addresses must differ."""

    batch: int

    def owners(self, addresses: Sequence[str]) -> Mapping[str, str]:
        """Address -> id, of those of the addresses (in lower case) that exactly one of its users has.

        Raises VendorRefusedError or VendorUnavailableError.
        """
        ...

    def upsert(self, entries: Sequence[Entry]) -> Sequence[Taken]:
        """Create or change the records of the leads; what became of each, in order.

        The same again changes nothing. Raises VendorRefusedError where it takes none of them whoever they are, and
        VendorUnavailableError.
        """
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,60}")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,60}")


def worded(codes: Iterable[object], fields: Iterable[object], known: Iterable[str]) -> str:
    """An error without what it quotes: its codes, and those of the named fields that are `known`."""
    said = list(dict.fromkeys(code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)))
    ours = {name for name in known if _NAME.fullmatch(name)}
    named = sorted({field for field in fields if isinstance(field, str) and field in ours})
    text = " ".join(said) or "UNKNOWN_ERROR"
    return f"{text} ({', '.join(named)})" if named else text
