"""The sending window against an oracle that walks minute by minute, about changes of clocks all over the world."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.hours import WEEKDAYS, Weekday, WorkingHours
from aicmo_dagster.campaign.sending import Sending
from aicmo_dagster.stages import sending_window
from aicmo_dagster_tests.depth import SHORT

ZONES = (
    *("Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Apia", "Asia/Kathmandu", "Australia/Lord_Howe"),
    *("America/St_Johns", "Africa/Casablanca", "Asia/Gaza", "America/Nuuk", "Europe/Dublin", "Europe/Berlin"),
    *("America/Havana", "America/Santiago", "Asia/Beirut", "Atlantic/Azores", "UTC"),
)
COUNTRIES = (None, "DE", "US", "IE", "CL", "AU", "XX")
MINUTE = timedelta(minutes=1)
MINUTES_A_DAY = 24 * 60


@cache
def changes(zone: str) -> list[datetime]:
    """When the clocks of the zone changed, 2011 to 2030, to the hour."""
    clock, hour = ZoneInfo(zone), timedelta(hours=1)
    first, last = datetime(2011, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    found, day = [], first
    while day < last:
        if day.astimezone(clock).utcoffset() != (day + 24 * hour).astimezone(clock).utcoffset():
            hours = [day + n * hour for n in range(24)]
            found += [
                one
                for one in hours
                if one.astimezone(clock).utcoffset() != (one + hour).astimezone(clock).utcoffset()
            ]
        day += 24 * hour
    return found or [first]


@cache
def off(country: str | None, year: int) -> frozenset[date]:
    if country is None or country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))


def is_open(moment: datetime, zone: str, country: str | None, sending: Sending) -> bool:
    wall = moment.astimezone(ZoneInfo(zone))
    return (
        sending.window.start <= wall.time() < sending.window.end
        and WEEKDAYS[wall.weekday()] in sending.working_days
        and wall.date() not in off(country, wall.year)
    )


def minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    while first < last:
        yield first
        first += MINUTE


def may_be_passed_over(moment: datetime, zone: str, sending: Sending) -> bool:
    """Whether it is in an hour that came before, or on a day whose opening the clock skipped."""
    wall = moment.astimezone(ZoneInfo(zone))
    opens = datetime.combine(wall.date(), sending.window.start, ZoneInfo(zone))
    return wall.fold == 1 or opens.astimezone(UTC).astimezone(ZoneInfo(zone)).time() != opens.time()


instants = st.sampled_from(ZONES).flatmap(
    lambda zone: st.tuples(
        st.just(zone),
        st.builds(
            lambda change, before: change + MINUTE * before,
            st.sampled_from(changes(zone)),
            st.one_of(st.integers(-120, 120), st.integers(-2 * MINUTES_A_DAY, MINUTES_A_DAY)),
        ),
    )
)
clocks = st.one_of(st.integers(0, 240), st.integers(0, MINUTES_A_DAY - 2))
windows = st.tuples(clocks, st.sampled_from([1, 15, 30, 60, 480, MINUTES_A_DAY])).map(
    lambda two: WorkingHours(start=_time(two[0]), end=_time(min(two[0] + two[1], MINUTES_A_DAY - 1)))
)
days = st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))


OFFICE = WorkingHours(start=time(9), end=time(17))
CHRISTMAS = ("Europe/Berlin", datetime(2025, 12, 24, 20, tzinfo=UTC))
SPRING = ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC))
AUTUMN_AGAIN = ("Europe/Berlin", datetime(2026, 10, 25, 1, 10, tzinfo=UTC))
NIGHT = WorkingHours(start=time(1), end=time(2, 30))
APIA_2011 = ("Pacific/Apia", datetime(2011, 12, 30, 3, 30, tzinfo=UTC))


@settings(deadline=None, max_examples=60 if SHORT else 200)
@given(instants, windows, days, st.booleans(), st.sampled_from(COUNTRIES))
@example(APIA_2011, WorkingHours(start=time(9), end=time(17)), ["fri", "sat"], True, None)
@example(APIA_2011, WorkingHours(start=time(0), end=time(1)), ["fri"], True, None)
@example(CHRISTMAS, OFFICE, ["thu", "fri", "sat", "mon"], True, "DE")
@example(CHRISTMAS, OFFICE, ["thu", "fri", "sat", "mon"], False, "DE")
def test_the_opening_is_the_first_open_minute(
    at: tuple[str, datetime], window: WorkingHours, days: list[Weekday], keeps: bool, country: str | None
) -> None:
    zone, asked = at
    sending = Sending(window=window, working_days=days, holidays=keeps)
    place = country if keeps else None
    found = sending_window.next_open(
        pd.Series([asked]), pd.Series([zone], dtype="str"), pd.Series([country], dtype="str"), sending
    )
    opening = found.iloc[0].to_pydatetime()
    assert opening >= asked
    assert is_open(opening, zone, place, sending)
    for minute in minutes(asked, opening):
        if is_open(minute, zone, place, sending):
            assert may_be_passed_over(minute, zone, sending), f"{minute} was open already, not only {opening}"
    assert sending_window.opening(sending, country, zone, asked) == (None if opening == asked else opening)


@settings(deadline=None, max_examples=60 if SHORT else 200)
@given(instants, windows, days)
@example(SPRING, NIGHT, ["sun"])
@example(AUTUMN_AGAIN, NIGHT, ["sun"])
def test_a_window_is_open_to_the_minute_it_closes(
    at: tuple[str, datetime], window: WorkingHours, days: list[Weekday]
) -> None:
    zone, now = at
    sending = Sending(window=window, working_days=days)
    closes = sending_window.closing_times([zone], sending, now).get(zone)
    assert (closes is not None) == is_open(now, zone, None, sending)
    if closes is not None:
        assert closes > now
        assert not [minute for minute in minutes(now, closes) if not is_open(minute, zone, None, sending)]
        assert not is_open(closes, zone, None, sending)
