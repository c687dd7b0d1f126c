from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.icp import DEPARTMENTS, LEVELS
from aicmo_dagster.stages.standard import person
from aicmo_dagster_tests.stages.lead_frames import AS_OF, campaign

from . import frames


def values(name: str, *leads: dict[str, Any], **sections: Any) -> list[float | None]:
    config = campaign(**sections) if sections else frames.ASKING
    return frames.values(person.DIMENSIONS, name, *leads, config=config)


def title(text: str | None, *targets: str) -> float | None:
    return values("title", {"title": text}, icp={"industries": ["Software"], "titles": list(targets)})[0]


def test_the_group_person_is_described() -> None:
    frames.check_description(person.DIMENSIONS, "person", 7)


@given(st.lists(frames.any_lead, max_size=4))
@settings(max_examples=20, deadline=None)
def test_every_rule_keeps_to_its_facts_and_the_order_of_leads_is_nothing(leads: list[dict[str, Any]]) -> None:
    frames.check_rules(person.DIMENSIONS, leads)


@pytest.mark.parametrize(
    ("text", "target", "value"),
    [
        ("chief TECHNOLOGY officer", "Chief Technology Officer", 1.0),
        ("CTO", "Chief Technology Officer", 0.9),
        ("Vice President of Engineering", "VP Engineering", 0.9),
        ("CTO & Co-Founder", "CTO", 0.8),
        ("Sales", "Head of Sales", 0.8),
        ("VP Engineering", "CTO", 0.7),
        ("CTO", "VP Engineering", 0.7),
        ("Head of Engineering", "CTO", 0.5),
        ("Software Engineer", "CTO", 0.3),
        ("VP Sales", "CTO", 0.3),
        ("Assistant to the CEO", "CEO", 0.3),
        ("Director of Photography", "Director", 0.3),
        ("Gardener", "CTO", 0.3),
        ("--", "CTO", None),
        (None, "CTO", None),
    ],
)
def test_a_title_counts_by_its_words_then_by_what_they_mean(
    text: str | None, target: str, value: float | None
) -> None:
    assert title(text, target) == value


def test_the_best_target_counts_whatever_its_place() -> None:
    assert title("CTO", "Head of Engineering", "CTO") == title("CTO", "CTO", "Head of Engineering") == 1.0


def test_titles_without_a_level_are_not_the_same_for_being_of_one_department() -> None:
    assert title("Engineering", "Technology") == 0.3


def test_seniority_falls_from_level_to_level() -> None:
    of_levels = [person.SENIORITY[level] for level in LEVELS]
    assert of_levels == sorted(of_levels, reverse=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Founder", 1.0),
        ("CEO", 1.0),
        ("VP Sales", 0.95),
        ("Head of Sales", 0.9),
        ("Sales Director", 0.9),
        ("Sales Manager", 0.7),
        ("Team Leader", 0.65),
        ("Senior Engineer", 0.6),
        ("Engineer", 0.4),
        ("Sales", 0.3),
        ("?", None),
        (None, None),
    ],
)
def test_seniority_is_what_the_level_of_the_title_is_worth(text: str | None, value: float | None) -> None:
    assert values("seniority", {"title": text}) == [value]


@pytest.mark.parametrize(
    ("department", "text", "value"),
    [
        ("Engineering", None, 1.0),
        (None, "CTO", 1.0),
        ("Engineering", "VP Sales", 1.0),
        ("Sales", "CTO", 0.2),
        ("Basket weaving", "CTO", 1.0),
        (None, "CEO", 0.7),
        (None, "Data Analyst", 0.6),
        (None, "Accountant", 0.2),
        (None, "Director", None),
        ("Basket weaving", None, None),
        (None, None, None),
    ],
)
def test_the_department_that_the_source_gives_wins_over_that_of_the_title(
    department: str | None, text: str | None, value: float | None
) -> None:
    icp = {"industries": ["Software"], "departments": ["engineering"]}
    assert values("department", {"department": department, "title": text}, icp=icp) == [value]


def test_departments_that_work_closely_together_are_known_ones() -> None:
    for group in person.BESIDES:
        assert len(group) > 1
        assert group <= {*DEPARTMENTS}


def test_title_and_department_count_only_where_the_campaign_asks_for_them() -> None:
    silent, asking = campaign(), frames.ASKING
    for one in person.DIMENSIONS:
        assert one.asked(asking)
        assert one.asked(silent) is (one.name not in ("title", "department"))


@pytest.mark.parametrize(
    ("name", "signal"),
    [("decision_maker", "is_decision_maker"), ("budget_authority", "has_budget_authority")],
)
def test_a_signal_is_high_where_true_low_where_false_and_else_unknown(name: str, signal: str) -> None:
    assert values(name, {signal: True}, {signal: False}, {signal: None}) == [1.0, 0.2, None]


@pytest.mark.parametrize(
    ("days", "value"),
    [
        (-1, None),
        (0, 0.8),
        (45, 0.9),
        (90, 1.0),
        (365, 1.0),
        (730, 0.7),
        (1825, 0.4),
        (20_000, 0.4),
    ],
)
def test_somebody_new_in_the_job_counts_most(days: int, value: float | None) -> None:
    assert values("time_in_job", {"job_started_on": (AS_OF - timedelta(days=days)).date()}) == [value]


def test_without_a_start_the_time_in_the_job_is_unknown() -> None:
    assert values("time_in_job", {}) == [None]


@given(st.lists(st.integers(90, 20_000), max_size=20))
@settings(max_examples=20, deadline=None)
def test_after_three_months_a_longer_time_in_the_job_is_never_better(days: list[int]) -> None:
    leads = [{"job_started_on": (AS_OF - timedelta(days=one)).date()} for one in sorted(days)]
    found = [value or 0 for value in values("time_in_job", *leads)]
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize(
    ("zone", "value"),
    [
        ("Europe/Paris", 1.0),
        ("Europe/London", 0.875),
        ("America/New_York", 0.25),
        ("Asia/Tokyo", 0.125),
        ("America/Los_Angeles", 0.0),
        ("Asia/Kolkata", 0.5625),
        ("Not/AZone", None),
        (None, None),
    ],
)
def test_the_reach_is_the_share_of_working_hours_in_common(zone: str | None, value: float | None) -> None:
    assert values("time_zone_reach", {"time_zone": zone}) == [value]


def test_across_the_date_line_the_clock_counts_not_the_date() -> None:
    lead = {"time_zone": "Pacific/Honolulu"}
    config = {"time_zone": "Pacific/Kiritimati"}
    assert values("time_zone_reach", lead, **config) == [1.0]


def test_the_reach_is_that_of_the_day_and_summer_time_begins_on_different_ones() -> None:
    days = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 15, tzinfo=UTC))
    leads = [{"time_zone": "America/New_York", "as_of": day} for day in days]
    assert values("time_zone_reach", *leads) == [0.25, 0.375]


@pytest.mark.parametrize(
    ("name", "lead", "said"),
    [
        ("title", {"title": "cto"}, "title 'cto' equals the target 'CTO'"),
        (
            "title",
            {"title": "Chief Technology Officer"},
            "title 'Chief Technology Officer' has the level (C-level) and the department of the target 'CTO'",
        ),
        (
            "title",
            {"title": "Head of Engineering"},
            "title 'Head of Engineering' is 1 level from the target 'VP Engineering', in its department",
        ),
        ("title", {"title": "Cook"}, "title 'Cook' matches none of the targets 'CTO', 'VP Engineering'"),
        ("seniority", {"title": "Engineer"}, "title 'Engineer' has the level individual contributor"),
        (
            "department",
            {"department": "Basket weaving", "title": "CTO"},
            "title 'CTO' is engineering, one of the departments asked for (engineering, sales)",
        ),
        ("decision_maker", {"is_decision_maker": False}, "is not a decision maker"),
        ("time_in_job", {"job_started_on": date(2026, 1, 2)}, "in the job since 2026-01-02"),
        (
            "time_zone_reach",
            {"time_zone": "Asia/Tokyo"},
            "in Asia/Tokyo, which shares 1 of 8 working hours with Europe/Berlin",
        ),
    ],
)
def test_a_sentence_says_how_the_value_came_about(name: str, lead: dict[str, Any], said: str) -> None:
    assert frames.sentence(person.DIMENSIONS, name, lead) == said
