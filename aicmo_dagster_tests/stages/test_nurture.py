from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import CampaignConfig, ManualSource
from aicmo_dagster.campaign.icp import Icp
from aicmo_dagster.campaign.steps import Sequence, Step
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.nurture import plan
from aicmo_dagster.stages.sending_window import closing_times

CONFIG = CampaignConfig(
    key="eu-saas",
    name="Test",
    time_zone="Europe/Berlin",
    icp=Icp(industries=["Software"]),
    sources=[ManualSource()],
)
MONDAY = datetime(2026, 6, 1, 10, tzinfo=UTC)


def sequence(*days: int) -> Sequence:
    return Sequence(days=60, steps=[Step(day=day, subject="Hello", text="Hello") for day in days])


SEQUENCES = {("close", 1): sequence(0, 2, 5), ("close", 2): sequence(0, 4), ("late", 1): sequence(3, 7)}


def enrolled(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Rows of sequence, version, last step sent, base_at and, where it differs from the campaign's, zone."""
    frame = pd.DataFrame(
        [(i, *row, None)[:6] for i, row in enumerate(rows, 1)],
        columns=["lead_id", "sequence", "sequence_version", "step", "base_at", "time_zone"],
    ).assign(country_code=None, sender=None, score=0.5)
    frame["base_at"] = pd.to_datetime(frame["base_at"], utc=True).astype("datetime64[us, UTC]")
    return frame.astype({"sequence": "str", "time_zone": "str", "country_code": "str", "sender": "str"})


def planned(
    frame: pd.DataFrame, sequences: Any = SEQUENCES, config: CampaignConfig = CONFIG, winners: Any = None
) -> pd.DataFrame:
    return plan(frame, sequences, config, winners or {})


def due(*row: Any) -> datetime:
    found: datetime = planned(enrolled(row), SEQUENCES, CONFIG)["due_at"].iloc[0].to_pydatetime()
    return found


def test_the_first_step_of_day_0_is_due_at_once_inside_the_window() -> None:
    assert due("close", 1, 0, MONDAY) == MONDAY


def test_the_first_step_waits_for_the_leads_own_morning() -> None:
    assert due("close", 1, 0, MONDAY, "America/New_York") == datetime(2026, 6, 1, 13, tzinfo=UTC)


def test_the_first_step_of_a_later_day_waits_for_that_day() -> None:
    assert due("late", 1, 0, MONDAY) == MONDAY + timedelta(days=3)


def test_a_lead_of_unknown_zone_has_the_campaigns() -> None:
    found = planned(enrolled(("close", 1, 0, MONDAY.replace(hour=1))), SEQUENCES, CONFIG).iloc[0]
    assert found["time_zone"] == "Europe/Berlin"
    assert found["due_at"] == datetime(2026, 6, 1, 7, tzinfo=UTC)


def test_the_gap_counts_from_the_actual_send() -> None:
    thursday = MONDAY + timedelta(days=3)
    assert due("close", 1, 1, thursday) == datetime(2026, 6, 8, 7, tzinfo=UTC), "Saturday moves to Monday"
    assert due("close", 1, 2, MONDAY) == MONDAY + timedelta(days=3), "day 5 less day 2"


def test_an_overdue_lead_gets_one_step_and_not_the_rest_of_its_sequence() -> None:
    long_ago = MONDAY - timedelta(days=364)
    found = planned(enrolled(("close", 1, 0, long_ago)), SEQUENCES, CONFIG)
    assert found["step"].tolist() == [1]
    assert due("close", 1, 1, MONDAY) == MONDAY + timedelta(days=2), "step 2 waits although it was overdue"


def test_leads_past_the_last_step_are_not_planned() -> None:
    rows = enrolled(("close", 1, 3, MONDAY), ("close", 2, 2, MONDAY), ("close", 1, 2, MONDAY))
    assert planned(rows, SEQUENCES, CONFIG)["lead_id"].tolist() == [3]


def test_a_lead_keeps_the_version_it_is_enrolled_in() -> None:
    rows = enrolled(("close", 1, 1, MONDAY), ("close", 2, 1, MONDAY))
    found = planned(rows, SEQUENCES, CONFIG)
    assert found["sequence_version"].tolist() == [1, 2]
    assert found["due_at"].tolist() == [MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)]


def test_the_plan_has_the_columns_and_types_of_the_ledger() -> None:
    found = planned(enrolled(("close", 1, 1, MONDAY, "Asia/Tokyo")), SEQUENCES, CONFIG)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        "lead_id": "int64",
        "sequence": "str",
        "sequence_version": "int64",
        "step": "int64",
        "due_at": "datetime64[us, UTC]",
        "time_zone": "str",
        "sender": "str",
        "priority": "float64",
        "variant": "str",
    }
    assert found["step"].tolist() == [2]


def test_nobody_enrolled_is_an_empty_planned() -> None:
    assert planned(enrolled(), SEQUENCES, CONFIG).empty


def test_naive_times_are_refused() -> None:
    rows = enrolled(("close", 1, 0, MONDAY))
    rows["base_at"] = rows["base_at"].dt.tz_localize(None)
    with pytest.raises(TypeError, match=r"'base_at' has the type .*without a time zone"):
        planned(rows, SEQUENCES, CONFIG)


def test_a_version_that_was_thrown_away_is_named() -> None:
    with pytest.raises(ConfigurationError, match="sequence 'close' has no version 3"):
        planned(enrolled(("close", 3, 0, MONDAY)), SEQUENCES, CONFIG)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(SEQUENCES)),
            st.integers(0, 3),
            st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
            st.sampled_from(["Asia/Tokyo", "America/Los_Angeles", None]),
        ),
        max_size=20,
    )
)
def test_a_lead_has_at_most_one_next_step_in_its_window_after_its_gap(rows: list[Any]) -> None:
    frame = enrolled(*[(*key, step, at, zone) for key, step, at, zone in rows])
    found = planned(frame, SEQUENCES, CONFIG).set_index("lead_id")
    assert found.index.is_unique
    for number, ((name, version), step, at, _zone) in enumerate(rows, 1):
        days = [0, *(one.day for one in SEQUENCES[name, version].steps)]
        if step + 1 >= len(days):
            assert number not in found.index
            continue
        assert found["step"][number] == step + 1
        due_at = found["due_at"][number].to_pydatetime()
        assert due_at >= at.replace(tzinfo=UTC) + timedelta(days=days[step + 1] - days[step])
        assert closing_times([found["time_zone"][number]], CONFIG.sending, due_at)
