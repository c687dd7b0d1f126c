from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.hours import WEEKDAYS, Weekday, WorkingHours
from aicmo_dagster.campaign.sending import Sending
from aicmo_dagster.stages.sending_window import closing_times, next_open

OFFICE = WorkingHours()
WORKING_DAYS: list[Weekday] = ["mon", "tue", "wed", "thu", "fri"]
NOWHERE = pd.Series([None], dtype="str")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC"]

INSTANTS = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
WINDOWS = st.lists(st.times(), min_size=2, max_size=2, unique=True).map(
    lambda ends: WorkingHours(start=min(ends), end=max(ends))
)
DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True)


def sending(window: WorkingHours = OFFICE, days: list[Weekday] = WORKING_DAYS) -> Sending:
    return Sending(window=window, working_days=days)


def is_open(zones: list[str], window: WorkingHours, days: list[Weekday], now: datetime) -> list[str]:
    return list(closing_times(zones, sending(window, days), now))


def opening(
    at: datetime,
    zone: str,
    window: WorkingHours = OFFICE,
    days: list[Weekday] = WORKING_DAYS,
    country: str | None = None,
) -> datetime:
    found = next_open(
        pd.Series([at]),
        pd.Series([zone], dtype="str"),
        pd.Series([country], dtype="str"),
        sending(window, days),
    )
    assert str(found.dtype) == "datetime64[us, UTC]"
    answer: datetime = found.iloc[0].to_pydatetime()
    return answer


def local(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


@settings(deadline=None)
@given(INSTANTS, st.sampled_from(ZONES), WINDOWS, DAYS)
@example(
    local("2026-03-29T01:59:59", "Europe/Berlin"),
    "Europe/Berlin",
    WorkingHours(start=time(2), end=time(3)),
    ["sun"],
)
@example(
    local("2026-10-25T02:10", "Europe/Berlin", fold=1),
    "Europe/Berlin",
    WorkingHours(start=time(2, 30), end=time(5)),
    ["sun"],
)
@example(local("2011-12-29T23:00", "Pacific/Apia"), "Pacific/Apia", OFFICE, ["fri"])
def test_the_opening_is_not_earlier_is_open_and_opens_itself(
    at: datetime, zone: str, window: WorkingHours, days: list[Weekday]
) -> None:
    found = opening(at, zone, window, days)
    assert found >= at
    assert is_open([zone], window, days, found) == [zone]
    assert opening(found, zone, window, days) == found
    assert (found == at) == bool(is_open([zone], window, days, at))


@given(INSTANTS, st.sampled_from(["Europe/Berlin", "America/New_York"]), DAYS, st.floats(0, 1))
def test_between_an_instant_and_its_opening_the_window_is_closed(
    at: datetime, zone: str, days: list[Weekday], part: float
) -> None:
    found = opening(at, zone, OFFICE, days)
    between = at + (found - at) * part
    assert between >= found or is_open([zone], OFFICE, days, between) == []


@given(st.lists(st.tuples(INSTANTS, st.sampled_from(ZONES)), max_size=20))
def test_an_instant_opens_among_others_as_it_does_alone(rows: list[tuple[datetime, str]]) -> None:
    at = pd.Series([at for at, _zone in rows], dtype="datetime64[us, UTC]")
    zones = pd.Series([zone for _at, zone in rows], dtype="str")
    together = next_open(at, zones, pd.Series(pd.NA, at.index, "str"), sending())
    assert [one.to_pydatetime() for one in together] == [opening(*row) for row in rows]


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-06-01T10:30", "Europe/Berlin", "2026-06-01T10:30"),
        ("2026-06-01T08:59", "America/New_York", "2026-06-01T09:00"),
        ("2026-06-01T17:00", "Europe/Berlin", "2026-06-02T09:00"),
        ("2026-06-05T17:00", "Asia/Tokyo", "2026-06-08T09:00"),
        ("2026-03-27T18:00", "Europe/Berlin", "2026-03-30T09:00"),
    ],
)
def test_the_window_opens_by_the_leads_own_clock(at: str, zone: str, expected: str) -> None:
    assert opening(local(at, zone), zone) == local(expected, zone)


def test_a_start_that_spring_skips_moves_forward_with_the_clock() -> None:
    window = WorkingHours(start=time(2, 30), end=time(5))
    found = opening(local("2026-03-29T01:00", "Europe/Berlin"), "Europe/Berlin", window, ["sun"])
    assert found == local("2026-03-29T03:30", "Europe/Berlin")


def test_a_window_that_spring_skips_whole_waits_for_the_next_working_day() -> None:
    window = WorkingHours(start=time(2), end=time(3))
    found = opening(local("2026-03-29T01:00", "Europe/Berlin"), "Europe/Berlin", window, ["sun"])
    assert found == local("2026-04-05T02:00", "Europe/Berlin")


def test_a_start_that_autumn_repeats_is_its_first_occurrence() -> None:
    window = WorkingHours(start=time(2, 30), end=time(5))
    found = opening(local("2026-10-25T01:00", "Europe/Berlin"), "Europe/Berlin", window, ["sun"])
    assert found == local("2026-10-25T02:30", "Europe/Berlin", fold=0)


def test_no_instants_have_no_openings() -> None:
    at = pd.Series([], dtype="datetime64[us, UTC]")
    assert next_open(at, NOWHERE[:0], NOWHERE[:0], sending()).empty


def test_naive_timestamps_are_refused() -> None:
    at = pd.Series([datetime(2026, 6, 1)], name="base_at")  # noqa: DTZ001
    with pytest.raises(TypeError, match=r"'base_at' has the type datetime64.*without a time zone"):
        next_open(at, pd.Series(["UTC"], dtype="str"), NOWHERE, sending())
    with pytest.raises(TypeError, match="no time zone"):
        is_open(["UTC"], OFFICE, WORKING_DAYS, datetime(2026, 6, 1))  # noqa: DTZ001


def test_a_missing_instant_or_zone_is_refused() -> None:
    missing = pd.Series([None], dtype="datetime64[us, UTC]", name="base_at")
    with pytest.raises(ValueError, match="'base_at' has a missing time"):
        next_open(missing, pd.Series(["UTC"], dtype="str"), NOWHERE, sending())
    with pytest.raises(ValueError, match="no time zone"):
        next_open(pd.Series([datetime.now(UTC)]), NOWHERE, NOWHERE, sending())


def test_at_one_moment_some_zones_are_open_and_others_asleep() -> None:
    now = datetime(2026, 6, 1, 7, 0, tzinfo=UTC)
    assert is_open(["Europe/Berlin", "America/New_York", "Asia/Tokyo"], OFFICE, WORKING_DAYS, now) == [
        "Europe/Berlin",
        "Asia/Tokyo",
    ]
    assert is_open(["Europe/Berlin"], OFFICE, WORKING_DAYS, now + timedelta(days=5)) == []


@settings(deadline=None)
@given(INSTANTS, st.sampled_from(ZONES), WINDOWS, DAYS)
@example(
    local("2026-03-29T01:45", "Europe/Berlin"),
    "Europe/Berlin",
    WorkingHours(start=time(1), end=time(2, 30)),
    ["sun"],
)
def test_a_window_is_open_until_it_closes_and_not_when_it_does(
    at: datetime, zone: str, window: WorkingHours, days: list[Weekday]
) -> None:
    closes = closing_times([zone], sending(window, days), at).get(zone)
    if closes is not None:
        assert closes > at
        assert is_open([zone], window, days, closes) == [] or window.start == window.end
        assert is_open([zone], window, days, closes - timedelta(microseconds=1)) == [zone]


@pytest.mark.parametrize(
    ("at", "country", "expected"),
    [
        ("2026-12-25T10:00", "DE", "2026-12-28T09:00"),
        ("2026-12-24T18:00", "DE", "2026-12-28T09:00"),
        ("2026-12-25T10:00", None, "2026-12-25T10:00"),
        ("2026-07-14T10:00", "FR", "2026-07-15T09:00"),
        ("2026-07-14T10:00", "DE", "2026-07-14T10:00"),
        ("2026-07-14T10:00", "ZZ", "2026-07-14T10:00"),
    ],
)
def test_holidays_of_the_leads_country_are_no_working_days(
    at: str, country: str | None, expected: str
) -> None:
    zone = "Europe/Berlin"
    assert opening(local(at, zone), zone, country=country) == local(expected, zone)


def test_a_campaign_may_write_on_holidays() -> None:
    at = pd.Series([local("2026-12-25T10:00", "Europe/Berlin")])
    found = next_open(
        at,
        pd.Series(["Europe/Berlin"], dtype="str"),
        pd.Series(["DE"], dtype="str"),
        Sending(holidays=False),
    )
    assert found.iloc[0] == at.iloc[0]


def test_a_window_closes_when_autumn_puts_the_clock_back_to_before_its_start() -> None:
    sending = Sending(window=WorkingHours(start=time(2, 30), end=time(4)), working_days=["sun"])
    first_time = datetime(2026, 10, 25, 0, 50, tzinfo=UTC)  # 02:50 in Berlin, and at 01:00 UTC 02:00 again
    again = datetime(2026, 10, 25, 1, 40, tzinfo=UTC)
    assert closing_times(["Europe/Berlin"], sending, first_time) == {
        "Europe/Berlin": datetime(2026, 10, 25, 1, tzinfo=UTC)
    }
    assert closing_times(["Europe/Berlin"], sending, again) == {
        "Europe/Berlin": datetime(2026, 10, 25, 3, tzinfo=UTC)
    }
