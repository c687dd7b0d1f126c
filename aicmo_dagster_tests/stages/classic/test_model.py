import math
from typing import Any

import pytest

from aicmo_dagster.stages.classic import model as classic
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame


def values(rule: Any, icp: dict[str, Any], *leads: dict[str, Any]) -> list[float | None]:
    found = rule(lead_frame(*leads), campaign(icp=icp))
    return [None if math.isnan(value) else round(value, 9) for value in found.tolist()]


@pytest.mark.parametrize(
    ("employees", "value"),
    [(0, 1.0), (9, 1.0), (10, 0.8), (49, 0.8), (50, 0.6), (499, 0.6), (500, 0.5), (9000, 0.5)],
)
def test_company_size_falls_with_the_distance_to_startup(employees: int, value: float) -> None:
    assert values(classic.company_size, {"company_sizes": ["startup"]}, {"employees": employees}) == [value]


def test_the_nearest_company_size_counts() -> None:
    icp = {"company_sizes": ["startup", "enterprise"]}
    assert values(classic.company_size, icp, {"employees": 100}, {"employees": 600}) == [0.8, 1.0]


def test_company_size_is_read_from_text_where_employees_are_unknown() -> None:
    said = ["medium", "51-200 employees", "10,001+", "a few", "11-50"]
    leads = [{"company_size": text} for text in said]
    found = values(classic.company_size, {"company_sizes": ["medium"]}, *leads)
    assert found == [1.0, 1.0, 0.8, None, 0.8]


def test_employees_win_over_the_text() -> None:
    lead = {"employees": 5, "company_size": "enterprise"}
    assert values(classic.company_size, {"company_sizes": ["startup"]}, lead, {}) == [1.0, None]


def test_industry_equal_contained_and_different() -> None:
    texts = ["software", "Software Development", "Wetware", "Banking", None, "--"]
    found = values(classic.industry, {"industries": ["Software", "IT"]}, *({"industry": t} for t in texts))
    assert found == [1.0, 0.8, 0.3, 0.3, None, None]


def test_the_best_industry_counts_whatever_its_place() -> None:
    icp = {"industries": ["Software Development", "Software"]}
    assert values(classic.industry, icp, {"industry": "Software"}) == [1.0]


@pytest.mark.parametrize(
    ("revenue", "value"),
    [
        (1e6, 1.0),
        (4e6, 1.0),
        (2e6, 1.0),
        (5e5, 0.5),
        (1e5, 0.3),
        (0, 0.3),
        (8e6, 0.5),
        (1e9, 0.3),
        (None, None),
    ],
)
def test_revenue_is_the_ratio_to_the_nearer_end(revenue: float | None, value: float | None) -> None:
    assert values(classic.revenue, {"revenue_usd": {"min": 1e6, "max": 4e6}}, {"revenue_usd": revenue}) == [
        value
    ]


def test_an_open_end_of_the_revenue_takes_everything() -> None:
    assert values(classic.revenue, {"revenue_usd": {"min": 1e6}}, {"revenue_usd": 1e12}) == [1.0]
    assert values(classic.revenue, {"revenue_usd": {"max": 1e6}}, {"revenue_usd": 0}) == [1.0]
    assert values(classic.revenue, {"revenue_usd": {"min": 0}}, {"revenue_usd": 0}) == [1.0]


@pytest.mark.parametrize("target", ["Germany", "Deutschland", "DE", "Allemagne"])
def test_a_country_matches_by_its_code_in_any_language(target: str) -> None:
    leads = [{"country": "Germany", "country_code": "DE"}, {"country_code": "FR"}, {"city": "Bonn"}]
    assert values(classic.location, {"locations": [target]}, *leads) == [1.0, 0.4, 0.4]


def test_a_location_equal_contained_elsewhere_and_unknown() -> None:
    leads = [{"city": "München"}, {"state": "Greater Munchen Area"}, {"city": "Bonn"}, {}]
    assert values(classic.location, {"locations": ["München"]}, *leads) == [1.0, 0.8, 0.4, None]


def test_every_part_of_a_location_has_to_match() -> None:
    leads = [
        {"city": "Berlin", "country_code": "DE"},
        {"city": "Bonn", "country_code": "DE"},
        {"city": "Berlin", "country_code": "US"},
        {"city": "Berlin, Germany"},
    ]
    assert values(classic.location, {"locations": ["Berlin, Germany"]}, *leads) == [1.0, 0.4, 0.4, 1.0]


def test_a_country_code_is_no_part_of_a_city() -> None:
    assert values(classic.location, {"locations": ["DE"]}, {"city": "Rio de Janeiro"}) == [0.4]


def test_the_title_is_compared_with_the_targets() -> None:
    icp = {"industries": ["Software"], "titles": ["CTO", "Head of Sales"]}
    texts = ["cto", "Head of Sales, EMEA", "Sales", "Director", "Coordinator", None]
    found = values(classic.title, icp, *({"title": text} for text in texts))
    assert found == [1.0, 0.8, 0.8, 0.3, 0.3, None]


def test_without_targets_a_title_has_a_fixed_value() -> None:
    assert values(classic.title, {"industries": ["Software"]}, {"title": "CTO"}, {}) == [0.6, None]


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("CEO", 1.0),
        ("Founder", 1.0),
        ("President", 0.95),
        ("VP Sales", 0.95),
        ("Executive Director", 0.95),
        ("Director", 0.9),
        ("Head of IT", 0.9),
        ("Manager", 0.7),
        ("Tech Lead", 0.65),
        ("Senior Engineer", 0.6),
        ("Coordinator", 0.5),
        (None, None),
    ],
)
def test_seniority_has_the_value_of_its_level(title: str | None, value: float | None) -> None:
    assert values(classic.seniority, {"industries": ["Software"]}, {"title": title}) == [value]


def test_signals_add_up_to_at_most_one() -> None:
    names = list(classic.SIGNAL_WEIGHTS)
    leads: list[dict[str, Any]] = [{name: True} for name in names]
    leads += [dict.fromkeys(names, True), dict.fromkeys(names, False), {}, {"company_hiring": False}]
    found = values(classic.signals, {"industries": ["Software"]}, *leads)
    assert found == [0.75, 0.65, 0.6, 0.6, 0.65, 0.6, 1.0, 0.5, None, 0.5]


def test_a_false_signal_is_not_true() -> None:
    false, true = values(
        classic.signals,
        {"industries": ["Software"]},
        {"recent_job_change": False},
        {"recent_job_change": True},
    )
    assert (false, true) == (0.5, 0.75)
