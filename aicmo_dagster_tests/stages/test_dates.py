from datetime import date

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.dates import LANGUAGES, read_date

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-15", date(2021, 3, 15)),
        ("2021/3/5", date(2021, 3, 5)),
        ("2021-03-15T10:20:30Z", date(2021, 3, 15)),
        ("2021-03-15 10:20:30.123+02:00", date(2021, 3, 15)),
        ("2021-03-15 10:20 UTC", date(2021, 3, 15)),
        ("2021-03", date(2021, 3, 1)),
        ("15.03.2021", date(2021, 3, 15)),
        ("5.3.2021 10:20", date(2021, 3, 5)),
        ("03/2021", date(2021, 3, 1)),
        ("3.2021", date(2021, 3, 1)),
        ("March 2021", date(2021, 3, 1)),
        ("mar. 2021", date(2021, 3, 1)),
        ("Sept 2021", date(2021, 9, 1)),
        ("März 2021", date(2021, 3, 1)),
        ("1er août 2021", date(2021, 8, 1)),
        ("15 de marzo de 2021", date(2021, 3, 15)),
        ("15-Mar-2021", date(2021, 3, 15)),
        ("15th of March, 2021", date(2021, 3, 15)),
        ("March 15th, 2021", date(2021, 3, 15)),
        ("Mar 15 2021", date(2021, 3, 15)),
        ("15/03/2021", date(2021, 3, 15)),
        ("3/15/2021 9:05 PM", date(2021, 3, 15)),
        ("03/03/2021", date(2021, 3, 3)),
        ("03/04/2021", None),
        ("4-3-2021", None),
        ("03/04/21", None),
        ("2021", None),
        ("31.02.2021", None),
        ("13/2021", None),
        ("15.03.1821", None),
        ("Octember 2021", None),
        ("2 years 3 months", None),
        ("٢٠٢١-٠٣-١٥", date(2021, 3, 15)),
        ("", None),
    ],
)
def test_dates_are_read_where_they_have_one_meaning(text: str, expected: date | None) -> None:
    assert read_date(text) == expected


@given(DAYS, st.sampled_from(LANGUAGES))
def test_a_day_written_in_words_of_any_of_the_languages_is_that_day(day: date, language: str) -> None:
    assert read_date(format_date(day, "d MMMM y", locale=language)) == day
    assert read_date(format_date(day, "LLLL y", locale=language)) == day.replace(day=1)


@given(DAYS)
def test_a_day_between_slashes_is_read_unless_it_may_be_another(day: date) -> None:
    ambiguous = day.day <= 12 and day.day != day.month
    for written in (f"{day:%d/%m/%Y}", f"{day:%m/%d/%Y}"):
        assert read_date(written) == (None if ambiguous else day)


@given(st.text(max_size=30))
def test_any_text_is_a_date_of_our_time_or_none(text: str) -> None:
    day = read_date(text)
    assert day is None or date(1900, 1, 1) <= day < date(2101, 1, 1)
