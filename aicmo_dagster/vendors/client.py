"""HTTP to vendors: one way to be patient, to be polite, to keep secrets, and to know what may be repeated."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

from aicmo_dagster.store.rate_limits import Limit, RateLimits


@dataclass(frozen=True)
class Reply:
    """A vendor's answer: its status, JSON body and headers (names in lower case)."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Client:
    """Requests to one vendor over one kept connection."""

    def __init__(
        self,
        vendor: str,
        base_url: str,
        secret_headers: Mapping[str, str],
        limits: RateLimits,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 30.0,
    ) -> None:
        raise NotImplementedError

    def free(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        limit: tuple[Limit, ...] = (),
        parameters: Any = None,
        body: Any = None,
        expected: Set[int] = frozenset({200}),
    ) -> Reply:
        """A request that costs nothing and may be repeated: tried again, with growing pauses, where that can help.

        Raises VendorRefusedError for a status that is not in `expected`, VendorUnavailableError in the end.
        """
        raise NotImplementedError

    def paid(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        limit: tuple[Limit, ...] = (),
        parameters: Any = None,
        body: Any = None,
        expected: Set[int] = frozenset({200}),
    ) -> Reply:
        """A request that costs something: repeated only where it surely was not carried out.

        Raises VendorRefusedError and VendorUnavailableError where nothing was charged, VendorUncertainError where
        nobody knows (cut off, timed out, 5xx or unreadable after it was sent).
        """
        raise NotImplementedError
