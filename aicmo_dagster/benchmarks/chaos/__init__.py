"""`aicmo chaos send`: senders, database and mail server broken on purpose, and what the ledger says afterwards."""

from collections.abc import Mapping
from typing import Any

NEVER = (
    "duplicates",
    "lost",
    "sent_unlisted",
    "ended_otherwise",
    "not_as_expected",
    "waiting",
    "held_without_next_try",
    "ledger_differs",
    "misdirected",
    "in_the_clear",
    "connections_while_held",
    "started_after",
    "started_while_paused",
)
"""Figures of a part that have to be 0, or empty."""


def wrong(found: Mapping[str, Any]) -> int:
    """How much of what must never be a part has found."""
    return sum(
        figure if isinstance(figure, int) else len(figure) for name, figure in found.items() if name in NEVER
    )
