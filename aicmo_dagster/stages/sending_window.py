"""When mails may leave: a daily window on working days, by the clock on the recipient's wall."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.campaign.hours import WEEKDAYS, Weekday, WorkingHours

IntArray = npt.NDArray[np.int64]

_DAY_US = 86_400_000_000
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_EPOCH_WEEKDAY = _EPOCH.weekday()


def next_open(
    at: pd.Series, time_zone: pd.Series, window: WorkingHours, working_days: Sequence[Weekday]
) -> pd.Series:
    """The first opening at or after each instant, in UTC and microseconds; an instant inside stays.

    A start that the clock skips in spring moves forward as far as the clock does, and to the next working day
    where the window is over by then. One that comes twice in autumn is its first occurrence. Raises TypeError
    for timestamps without a time zone, ValueError for a missing instant or zone.
    """
    instants = _utc(at)
    codes, zones = pd.factorize(time_zone)
    if (codes < 0).any():
        raise ValueError("a lead has no time zone; fill in the campaign's")
    by_zone = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(zones)))
    opening = instants.asi8.copy()
    for zone, rows in zip(zones, np.split(by_zone, ends[:-1]) if len(zones) else [], strict=True):
        opening[rows] = _next_open(instants[rows], str(zone), window, working_days).asi8
    return pd.Series(pd.DatetimeIndex(opening.view("M8[us]"), tz="UTC"), index=at.index, name=at.name)


def is_open(
    zones: Iterable[str], window: WorkingHours, working_days: Sequence[Weekday], now: datetime
) -> list[str]:
    """Those of the zones in which mails may leave now. Raises TypeError where `now` has no time zone."""
    if now.tzinfo is None:
        raise TypeError(f"now is {now!r}, which has no time zone; pass an aware datetime, like UTC")
    clocks = {zone: now.astimezone(ZoneInfo(zone)) for zone in zones}
    return [
        zone
        for zone, clock in clocks.items()
        if WEEKDAYS[clock.weekday()] in working_days and window.start <= clock.time() < window.end
    ]


def _next_open(
    instants: pd.DatetimeIndex, zone: str, window: WorkingHours, working_days: Sequence[Weekday]
) -> pd.DatetimeIndex:
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
        outside = ~(works[weekday] & (start <= clock) & (clock < end))
        if not outside.any():
            return pd.DatetimeIndex(opening.view("M8[us]"), tz="UTC")
        moving, day, clock, weekday = (array[outside] for array in (moving, day, clock, weekday))
        later_today = works[weekday] & (clock < start)
        day = day + np.where(later_today, 0, days_to_next[weekday])
        opening[moving] = _instants(day, window.start, zone, opening[moving])


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
