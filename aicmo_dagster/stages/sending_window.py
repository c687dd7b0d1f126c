"""When mails may leave: a daily window on working days, by the clock on the recipient's wall."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.campaign.hours import WEEKDAYS
from aicmo_dagster.campaign.sending import Sending
from aicmo_dagster.stages.holidays import is_holiday

IntArray = npt.NDArray[np.int64]

_DAY_US = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_EPOCH_WEEKDAY = _EPOCH.weekday()


def next_open(at: pd.Series, time_zone: pd.Series, country: pd.Series, sending: Sending) -> pd.Series:
    """The first opening at or after each instant, in UTC and microseconds; an instant inside stays.

    `country` (ISO 3166 alpha-2, NA = unknown) is where holidays are looked up, if the campaign keeps them. A start
    that the clock skips in spring moves forward as far as the clock does, and to the next working day where the
    window is over by then. One that comes twice in autumn is its first occurrence. Raises TypeError for timestamps
    without a time zone, ValueError for a missing instant or zone.
    """
    instants = _utc(at)
    codes, zones = pd.factorize(time_zone)
    if (codes < 0).any():
        raise ValueError("a lead has no time zone; fill in the campaign's")
    countries: list[str | None] = [None]
    if sending.holidays:
        places, found = pd.factorize(country)
        countries = [*map(str, found), None]
        codes = codes * len(countries) + np.where(places < 0, len(found), places)
    groups, codes = np.unique(codes, return_inverse=True)
    by_group = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(groups)))
    opening = instants.asi8.copy()
    for group, rows in zip(groups, np.split(by_group, ends[:-1]) if len(groups) else [], strict=True):
        zone, place = divmod(int(group), len(countries))
        opening[rows] = _next_open(instants[rows], str(zones[zone]), countries[place], sending).asi8
    return pd.Series(pd.DatetimeIndex(opening.view("M8[us]"), tz="UTC"), index=at.index, name=at.name)


def opening(sending: Sending, country: str | None, zone: str, now: datetime) -> datetime | None:
    """When mails may leave to a place, None where they may `now` (aware)."""
    at = pd.DatetimeIndex([now]).tz_convert("UTC").as_unit("us")
    found = _next_open(at, zone, country if sending.holidays else None, sending)[0].to_pydatetime()
    return None if found == now else found


def closing_times(zones: Iterable[str], sending: Sending, now: datetime) -> dict[str, datetime]:
    """Those of the zones in which mails may leave now, holidays aside, and when their window closes.

    Raises TypeError where `now` has no time zone.
    """
    if now.tzinfo is None:
        raise TypeError(f"now is {now!r}, which has no time zone; pass an aware datetime, like UTC")
    clocks = {zone: now.astimezone(ZoneInfo(zone)) for zone in zones}
    window, days = sending.window, sending.working_days
    return {
        zone: _closes(clock, window.start, window.end)
        for zone, clock in clocks.items()
        if WEEKDAYS[clock.weekday()] in days and window.start <= clock.time() < window.end
    }


def _closes(clock: datetime, start: time, end: time) -> datetime:
    """The first time from `clock` on at which the wall shows `end`, or jumps over it, or back to before `start`."""
    now = clock.astimezone(UTC)
    walls = [datetime.combine(clock.date(), end, clock.tzinfo).replace(fold=fold) for fold in (0, 1)]
    # In autumn an hour comes twice: who is behind its first end is inside until the second.
    closes = min(wall.astimezone(UTC) for wall in walls if wall.astimezone(UTC) > now)
    while closes.astimezone(clock.tzinfo).time() != end and closes - now > _MICROSECOND:
        # In spring the clock jumps over the end: find the jump.
        between = now + (closes - now) / 2
        if between.astimezone(clock.tzinfo).time() < end:
            now = between
        else:
            closes = between
    return _put_back(clock, closes, start) or closes


def _put_back(clock: datetime, until: datetime, start: time) -> datetime | None:
    """When autumn puts the wall's clock back to before `start`, if it does so from `clock` to `until`."""
    before, after = clock.astimezone(UTC), until - _MICROSECOND
    offset = clock.utcoffset()
    if after.astimezone(clock.tzinfo).utcoffset() == offset:
        return None
    while after - before > _MICROSECOND:
        between = before + (after - before) / 2
        if between.astimezone(clock.tzinfo).utcoffset() == offset:
            before = between
        else:
            after = between
    return after if after.astimezone(clock.tzinfo).time() < start else None


def _next_open(
    instants: pd.DatetimeIndex, zone: str, country: str | None, sending: Sending
) -> pd.DatetimeIndex:
    window, working_days = sending.window, sending.working_days
    works = np.array([day in working_days for day in WEEKDAYS])
    days_to_next = np.array(
        [next(n for n in range(1, 8) if works[(weekday + n) % 7]) for weekday in range(7)], dtype=np.int64
    )
    start, end = _microseconds(window.start), _microseconds(window.end)
    opening = instants.asi8.copy()
    moving = np.arange(len(opening))
    while True:
        from_instant = pd.DatetimeIndex(opening[moving].view("M8[us]"), tz="UTC")
        day, clock = np.divmod(from_instant.tz_convert(zone).tz_localize(None).asi8, _DAY_US)
        weekday = (day + _EPOCH_WEEKDAY) % 7
        working = works[weekday] & ~_holidays(country, day)
        outside = ~(working & (start <= clock) & (clock < end))
        if not outside.any():
            return pd.DatetimeIndex(opening.view("M8[us]"), tz="UTC")
        moving, day, clock, weekday, working = (
            array[outside] for array in (moving, day, clock, weekday, working)
        )
        later_today = working & (clock < start)
        day = day + np.where(later_today, 0, days_to_next[weekday])
        opening[moving] = _instants(day, window.start, zone, opening[moving])


def _holidays(country: str | None, day: IntArray) -> npt.NDArray[np.bool_]:
    """Whether each day, counted from 1970, is a public holiday there."""
    if country is None:
        return np.zeros(len(day), dtype=np.bool_)
    days, number = np.unique(day, return_inverse=True)
    found = [is_holiday(country, date.fromordinal(one + _EPOCH_ORDINAL)) for one in days.tolist()]
    return np.array(found, dtype=np.bool_)[number]


def _instants(day: IntArray, clock: time, zone: str, not_before: IntArray) -> IntArray:
    """UTC of a wall-clock time on each day; of two occurrences the first that is not before `not_before`."""
    days, number = np.unique(day, return_inverse=True)
    # Not pandas' tz_localize: its shift_forward goes back a day where a whole day is skipped, as Apia's was.
    walls = [
        datetime.combine(date.fromordinal(one + _EPOCH_ORDINAL), clock, ZoneInfo(zone))
        for one in days.tolist()
    ]
    first, second = (
        np.array([(wall.replace(fold=fold) - _EPOCH) // _MICROSECOND for wall in walls], dtype=np.int64)[
            number
        ]
        for fold in (0, 1)
    )
    return np.where(first >= not_before, first, second)


def _utc(at: pd.Series) -> pd.DatetimeIndex:
    if not isinstance(at.dtype, pd.DatetimeTZDtype):
        raise TypeError(
            f"{at.name or 'the timestamps'!r} has the type {at.dtype}, without a time zone; "
            "pass aware timestamps, like datetime64[us, UTC]"
        )
    if at.isna().any():
        raise ValueError(f"{at.name or 'the timestamps'!r} has a missing time")
    return pd.DatetimeIndex(at).tz_convert("UTC").as_unit("us")


def _microseconds(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond
