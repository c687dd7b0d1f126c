from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.campaign import sequences
from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.stages.backtest.enrolment import NEVER, enrolments, mails, routed, within_cap
from aicmo_dagster_tests import pipelines

START = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
TIMES = ("as_of", "known_at", "harvested_at", "replied_at")
OWNERS = [{"name": "Ann", "email": "ann@example.com"}, {"name": "Bo", "email": "bo@example.com"}]


def judged(
    *rows: tuple[int, float, str], harvested: float = -3, replied: float | None = None
) -> pd.DataFrame:
    """States of leads: (lead, days after the start, verdict)."""
    frame = pd.DataFrame(
        [
            {
                "lead_id": lead,
                "as_of": START + days * DAY,
                "known_at": START + days * DAY,
                "harvested_at": START + harvested * DAY,
                "replied_at": None if replied is None else START + replied * DAY,
                "verdict": verdict,
            }
            for lead, days, verdict in rows
        ]
    )
    return frame.astype(dict.fromkeys(TIMES, "datetime64[us, UTC]"))


def enrolled(**columns: list[Any]) -> pd.DataFrame:
    """Leads that are enrolled at the start, where nothing else is said."""
    number = len(next(iter(columns.values())))
    same: dict[str, Any] = dict.fromkeys(SIGNALS, False)
    frame = pd.DataFrame(
        {
            "lead_id": range(1, number + 1),
            "score": 0.9,
            "enrolled_at": pd.Timestamp(START),
            "stopped_at": NEVER,
            "account": None,
            "country_code": "DE",
            "time_zone": None,
            **same,
            **columns,
        }
    )
    times = dict.fromkeys(("enrolled_at", "stopped_at"), "datetime64[us, UTC]")
    texts = dict.fromkeys(("account", "country_code", "time_zone"), "str")
    return frame.astype({**times, **texts, **dict.fromkeys(SIGNALS, "boolean")})


def test_a_lead_is_enrolled_when_it_is_qualified_for_the_first_time() -> None:
    found = enrolments(judged((1, 0, "rejected"), (1, 4, "qualified"), (1, 9, "qualified")), START)
    assert found["enrolled_at"].tolist() == [START + 4 * DAY]
    assert found["stopped_at"].tolist() == [NEVER]


def test_one_that_was_qualified_at_the_start_was_enrolled_when_it_was_harvested() -> None:
    found = enrolments(judged((1, 0, "qualified"), (1, 9, "qualified")), START)
    assert found["enrolled_at"].tolist() == [START - 3 * DAY]


def test_one_that_never_was_is_not_enrolled() -> None:
    found = enrolments(judged((1, 0, "rejected"), (2, 0, "qualified"), (3, 5, "manual_review")), START)
    assert found["lead_id"].tolist() == [2]


@pytest.mark.parametrize(("replied", "stopped"), [(None, 6), (2, 2), (8, 6)])
def test_a_reply_or_another_verdict_stops_it_whichever_is_first(replied: float | None, stopped: int) -> None:
    states = judged((1, 0, "qualified"), (1, 6, "rejected"), (1, 9, "qualified"), replied=replied)
    assert enrolments(states, START)["stopped_at"].tolist() == [START + stopped * DAY]


def test_mails_fall_due_on_the_days_of_the_sequence_until_the_lead_is_stopped() -> None:
    config = pipelines.config()
    leads = enrolled(sequence=["aggressive_close"] * 2, stopped_at=[NEVER, pd.Timestamp(START + 2 * DAY)])
    due = mails(leads, config, sequences.of(config), START, START + 30 * DAY)
    assert due == {"2026-03-02": 2, "2026-03-04": 1, "2026-03-07": 1}


def test_mails_outside_the_window_of_the_back_test_are_not_counted() -> None:
    config = pipelines.config()
    leads = enrolled(sequence=["aggressive_close"], enrolled_at=[pd.Timestamp(START - 3 * DAY)])
    assert mails(leads, config, sequences.of(config), START, START + DAY) == {}
    assert mails(leads, config, sequences.of(config), START, START + 3 * DAY) == {"2026-03-04": 1}


def test_a_mail_waits_for_the_sending_window_of_its_lead() -> None:
    config = pipelines.config(sending={"window": {"start": "09:00", "end": "17:00"}, "working_days": ["fri"]})
    leads = enrolled(sequence=["aggressive_close"], time_zone=["Asia/Tokyo"])
    due = mails(leads, config, sequences.of(config), START, START + 5 * DAY)
    assert due == {"2026-03-06": 2}


def test_what_is_over_the_cap_waits_for_the_next_day() -> None:
    by_day = {"2026-03-02": 5, "2026-03-04": 1}
    assert within_cap(by_day, 2, date(2026, 3, 2)) == 2
    assert within_cap(by_day, 2, date(2026, 3, 3)) == 4
    assert within_cap(by_day, 2, date(2026, 3, 5)) == 6
    assert within_cap({}, 2, date(2026, 3, 5)) == 0


def test_colleagues_go_to_one_owner_also_when_they_come_days_apart() -> None:
    config = pipelines.config(routing={"owners": OWNERS})
    days = [pd.Timestamp(START + day * DAY) for day in (0, 0, 3)]
    leads = enrolled(account=["b.example", "a.example", "b.example"], enrolled_at=days)
    owners = routed(leads, config, sequences.of(config)).set_index("lead_id")["owner"]
    assert owners[1] == owners[3] != owners[2]


def test_an_owner_is_free_again_when_a_lead_has_left_its_sequence() -> None:
    config = pipelines.config(routing={"owners": [{**OWNERS[0], "capacity": 1}]})
    days = [pd.Timestamp(START + day * DAY) for day in (0, 1, 8)]  # aggressive_close takes seven days
    found = routed(enrolled(enrolled_at=days), config, sequences.of(config)).set_index("lead_id")
    assert found["owner"].to_dict() == {1: "Ann", 2: "unassigned", 3: "Ann"}
    assert found["sequence"].tolist() == ["aggressive_close"] * 3


def test_nobody_enrolled_is_routed_to_nobody() -> None:
    config = pipelines.config()
    found = routed(enrolled(score=[0.9]).iloc[:0], config, sequences.of(config))
    assert found.empty
    assert mails(found, config, sequences.of(config), START, START + DAY) == {}
