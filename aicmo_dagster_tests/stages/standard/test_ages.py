from datetime import UTC, date, datetime

import pandas as pd

from aicmo_dagster.stages.standard.ages import days_before
from aicmo_dagster_tests.stages.lead_frames import lead_frame


def test_an_age_is_whole_utc_days_between_the_dates_whatever_the_hour() -> None:
    leads = lead_frame(
        {
            "as_of": datetime(2026, 6, 2, 0, 1, tzinfo=UTC),
            "last_engaged_at": datetime(2026, 6, 1, 23, 59, tzinfo=UTC),
        },
        {
            "as_of": datetime(2026, 6, 2, 23, 59, tzinfo=UTC),
            "last_engaged_at": datetime(2026, 6, 2, 0, 0, tzinfo=UTC),
        },
        {"as_of": datetime(2026, 6, 2, tzinfo=UTC), "last_engaged_at": datetime(2026, 6, 3, tzinfo=UTC)},
    )
    assert days_before(leads["as_of"], leads["last_engaged_at"]).tolist() == [1, 0, -1]


def test_the_age_of_a_date_is_counted_also_from_before_1970_and_is_missing_where_there_is_none() -> None:
    leads = lead_frame(
        {"as_of": datetime(1970, 1, 2, tzinfo=UTC), "job_started_on": date(1969, 12, 31)},
        {"job_started_on": None},
    )
    found = days_before(leads["as_of"], leads["job_started_on"])
    assert found[0] == 2
    assert pd.isna(found[1])


def test_an_instant_before_1970_belongs_to_its_own_day() -> None:
    leads = lead_frame(
        {
            "as_of": datetime(1970, 1, 1, tzinfo=UTC),
            "last_engaged_at": datetime(1969, 12, 31, 23, tzinfo=UTC),
        },
        {"last_engaged_at": None},
    )
    found = days_before(leads["as_of"], leads["last_engaged_at"])
    assert found[0] == 1
    assert pd.isna(found[1])
