from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.stages.standard import intent
from aicmo_dagster_tests.stages.lead_frames import campaign

from . import frames

SIGNALS = [
    ("job_change", "recent_job_change"),
    ("funding", "company_funded_recently"),
    ("hiring", "company_hiring"),
    ("activity", "recent_activity"),
    ("technology_change", "technology_change"),
    ("news", "company_in_news"),
]


def values(name: str, *leads: dict[str, Any], **sections: Any) -> list[float | None]:
    config = campaign(**sections) if sections else frames.ASKING
    return frames.values(intent.DIMENSIONS, name, *leads, config=config)


def test_the_group_intent_is_described() -> None:
    frames.check_description(intent.DIMENSIONS, "intent", 9)


@given(st.lists(frames.any_lead, max_size=4))
@settings(max_examples=20, deadline=None)
def test_every_rule_keeps_to_its_facts_and_the_order_of_leads_is_nothing(leads: list[dict[str, Any]]) -> None:
    frames.check_rules(intent.DIMENSIONS, leads)


@pytest.mark.parametrize(("name", "signal"), SIGNALS)
def test_a_signal_is_high_where_true_low_where_false_and_else_unknown(name: str, signal: str) -> None:
    assert values(name, {signal: True}, {signal: False}, {signal: None}) == [1.0, 0.3, None]


@pytest.mark.parametrize(("name", "signal"), SIGNALS)
def test_a_signal_says_in_words_whether_it_is_true(name: str, signal: str) -> None:
    yes, no = (frames.sentence(intent.DIMENSIONS, name, {signal: one}) for one in (True, False))
    assert [" not " in said for said in (yes, no)] == [False, True]


@pytest.mark.parametrize(
    ("positions", "value"),
    [
        ("Driver, cto", 1.0),
        ("Chief Technology Officer", 1.0),
        ("Interim CTO", 1.0),
        ("Account Executive", 1.0),
        ("Driver", 0.4),
        ("Assistant to the CTO", 0.4),
        (", -", None),
        (None, None),
    ],
)
def test_hiring_counts_most_where_it_is_for_the_titles_or_departments_asked_for(
    positions: str | None, value: float | None
) -> None:
    icp = {"industries": ["Software"], "titles": ["CTO"], "departments": ["sales"]}
    assert values("hiring_role", {"open_positions": positions}, icp=icp) == [value]


def test_hiring_for_a_role_counts_only_where_the_campaign_asks_for_one() -> None:
    asked = frames.of_name(intent.DIMENSIONS, "hiring_role").asked
    assert not asked(campaign())
    assert asked(campaign(icp={"industries": ["Software"], "titles": ["CTO"]}))
    assert asked(campaign(icp={"industries": ["Software"], "departments": ["sales"]}))


def test_visits_of_the_website_add_less_and_less() -> None:
    leads = [{"website_visits": visits} for visits in (0, 5, 10, 10**9, None)]
    assert values("website_visits", *leads) == [0.2, 0.6, 0.8, 1.0, None]


@given(st.lists(st.integers(0, 10**6), max_size=20))
@settings(max_examples=20, deadline=None)
def test_more_visits_are_never_worse(visits: list[int]) -> None:
    found = [
        value or 0 for value in values("website_visits", *({"website_visits": one} for one in sorted(visits)))
    ]
    assert found == sorted(found)


def test_the_predicted_conversion_is_its_probability_and_counts_only_where_a_campaign_weighs_it() -> None:
    assert values("conversion", {"conversion": 0.125}, {"conversion": None}) == [0.125, None]
    assert frames.of_name(intent.DIMENSIONS, "conversion").weight == 0


@pytest.mark.parametrize(
    ("name", "lead", "said"),
    [
        (
            "hiring_role",
            {"open_positions": "Driver, CTO"},
            "the company is hiring for 'CTO', which is what the campaign looks for",
        ),
        (
            "hiring_role",
            {"open_positions": "Driver"},
            "the company is hiring, but not for what the campaign looks for: Driver",
        ),
        ("website_visits", {"website_visits": 1}, "the company visited the website once in thirty days"),
        ("website_visits", {"website_visits": 7}, "the company visited the website 7 times in thirty days"),
        (
            "conversion",
            {"conversion": 0.125},
            "the campaign's predictive model gives it a probability of 12.5% to convert in 90 days",
        ),
    ],
)
def test_a_sentence_says_how_the_value_came_about(name: str, lead: dict[str, Any], said: str) -> None:
    assert frames.sentence(intent.DIMENSIONS, name, lead) == said
