"""Moments in requests."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def _written(value: object) -> object:
    """Refuse a bare number, which pydantic would take for seconds since 1970."""
    if not isinstance(value, str) or "-" not in value[1:]:
        raise ValueError("write it like 2026-03-02T09:30:00Z")
    return value


def _aware(value: datetime) -> datetime:
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise ValueError(f"give a time between the years {_FIRST_YEAR} and {_LAST_YEAR}")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_aware)]
"""Date and time as RFC 3339 has them; UTC where no zone is given."""
