"""Rate limits that hold over all processes: token buckets in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Limit:
    """At most `requests` in any `per_s` seconds."""

    requests: int
    per_s: float


class RateLimits:
    """The buckets of all processes, over a connection of its own."""

    def wait(self, name: str, limits: Sequence[Limit], most_s: float = 120.0) -> None:
        """Take a token of every limit, waiting for it at most `most_s`. Raises VendorUnavailableError."""
        raise NotImplementedError

    def block(self, name: str, until: datetime) -> None:
        """Nobody asks before `until`: the vendor said so."""
        raise NotImplementedError
