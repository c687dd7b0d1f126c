"""Reading dates as people and exports write them.

What can be understood in two ways is not read: 03/04/2021 is the third of April to some and the fourth of March to
others. A month without a day is its first. Years have four digits.
"""

import re
from datetime import date
from functools import cache

from babel import Locale

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
FIRST_YEAR, LAST_YEAR = 1900, 2100

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2})(?:[T ]\d{1,2}:\d{2}[0-9:.,Z+\- ]*(?:UTC)?)?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_EITHER = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})(?: \d{1,2}:\d{2}(?::\d{2})?(?: ?[AaPp][Mm])?)?")
_MONTH = re.compile(r"(\d{1,2})[/.-](\d{4})")
_WORDS = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|er|[.ºo])?[\s-]+)?(?:(?:de|of)\s+)?([^\W\d_]+)\.?,?[\s-]+(?:(?:de|del)\s+)?(\d{4})"
)
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")


def read_date(text: str) -> date | None:
    """Returns the day that a text like "2021-03-15", "15.03.2021", "03/2021" or "March 2021" says.

    Month names in the languages of `LANGUAGES`. None for all else, also for years outside 1900 to 2100.
    """
    text = " ".join(text.split())
    if found := _ISO.fullmatch(text):
        return _date(found[1], found[2], found[3])
    if found := _DAY_FIRST.fullmatch(text):
        return _date(found[3], found[2], found[1])
    if found := _MONTH.fullmatch(text):
        return _date(found[2], found[1])
    if found := _EITHER.fullmatch(text):
        readings = {_date(found[4], found[3], found[1]), _date(found[4], found[1], found[3])} - {None}
        return readings.pop() if len(readings) == 1 else None
    if found := _WORDS.fullmatch(text.casefold()):
        return _date(found[3], _months().get(found[2]), found[1])
    if found := _MONTH_FIRST.fullmatch(text.casefold()):
        return _date(found[3], _months().get(found[1]), found[2])
    return None


def _date(year: str, month: str | int | None, day: str | None = None) -> date | None:
    if month is None or not FIRST_YEAR <= int(year) <= LAST_YEAR:
        return None
    try:
        return date(int(year), int(month), int(day or 1))
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    """Names and abbreviations of months in lower case, without a full stop."""
    named = {"sept": 9}
    for language in LANGUAGES:
        for widths in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                named |= {name.casefold().rstrip("."): number for number, name in widths[width].items()}
    return named
