"""Lists, a page at a time, by where the last page ended; nobody is left out or seen twice while others write."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from aicmo_dagster.errors import ConfigurationError

MOST = 500
Item = TypeVar("Item")
_NO_PLACE = "`after` is no place in this list; pass `next` of the page before as it came"

Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
After = Annotated[
    str | None, Query(max_length=500, description="`next` of the page before; left out for the first page.")
]


class Page(BaseModel, Generic[Item]):
    """Some of a list."""

    items: list[Item]
    next: str | None = Field(
        description="Where the next page begins: pass it as `after`; null on the last page."
    )


def token(*position: str | int | float) -> str:
    """A place in a list, in letters."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def position(after: str | None, kinds: Sequence[type]) -> list[str | int | float] | None:
    """The place that `token` wrote, with values of these kinds that the database can have; None for none.

    Raises ConfigurationError for anything else.
    """
    if after is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != len(kinds)
        or not all(type(value) is kind and _can_be(value) for value, kind in zip(values, kinds, strict=True))
    ):
        raise ConfigurationError(_NO_PLACE)
    return values


def moment(place: str | int | float) -> datetime:
    """The time that `token` was given in ISO format. Raises ConfigurationError for anything else."""
    try:
        found = datetime.fromisoformat(str(place))
    except ValueError:
        raise ConfigurationError(_NO_PLACE) from None
    if found.tzinfo is None:
        raise ConfigurationError(_NO_PLACE)
    return found


def _can_be(value: object) -> bool:
    if isinstance(value, str):
        return value.isprintable()
    return isinstance(value, int | float) and -(2**63) <= value < 2**63
