"""Public holidays by country, as the package `holidays` knows them (https://holidays.readthedocs.io)."""

from datetime import date
from functools import lru_cache

import holidays

_BY_YEAR = 4_096


@lru_cache(maxsize=_BY_YEAR)
def _of_year(country: str, year: int) -> frozenset[date]:
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def is_holiday(country: str | None, day: date) -> bool:
    """Whether the day is a public holiday in the whole country (ISO 3166 alpha-2); False where none is known."""
    return country is not None and day in _of_year(country, day.year)
