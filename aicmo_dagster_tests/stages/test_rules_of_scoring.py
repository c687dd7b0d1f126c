"""The rules of scoring by their number: section 4 of the pipeline's rules, one test a sentence or row of its tables."""

from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.stages.scoring import explain, score
from aicmo_dagster.stages.standard.model import STANDARD
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame

ICP = {
    "company_sizes": ["medium"],
    "industries": ["Software"],
    "revenue_usd": {"min": 10_000_000, "max": 50_000_000},
    "locations": ["Germany"],
    "titles": ["VP Engineering"],
}
CLASSIC = campaign(icp=ICP, scoring={"model": "classic"})
COMPLETE: dict[str, Any] = {
    "employees": 200,
    "industry": "Software",
    "revenue_usd": 2e7,
    "country_code": "DE",
    "title": "VP Engineering",
    **{str(name): True for name in SIGNALS},
}


def of(name: str, *leads: dict[str, Any]) -> list[float]:
    return [round(value, 4) for value in score(lead_frame(*leads), CLASSIC)[name].tolist()]


def test_4_a_score_is_half_icp_fit_and_half_opportunity() -> None:
    found = score(lead_frame({**COMPLETE, "industry": "Banking"}), CLASSIC).iloc[0]
    assert found["score"] == pytest.approx(0.5 * found["icp_fit"] + 0.5 * found["opportunity"])
    assert found["icp_fit"] == pytest.approx(1 - 0.30 * 0.7)


def test_4_unknown_is_a_half_and_lowers_confidence_by_its_weight() -> None:
    found = score(lead_frame({**COMPLETE, "revenue_usd": None}), CLASSIC).iloc[0]
    assert pd.isna(found["revenue"])
    assert found["icp_fit"] == pytest.approx(1 - 0.25 * 0.5)
    assert found["confidence"] == pytest.approx(1 - 0.5 * 0.25)


def test_4_company_size_by_the_distance_of_sizes() -> None:
    assert of("company_size", *({"employees": count} for count in (9, 10, 50, 499, 500))) == [
        0.6, 0.8, 1.0, 1.0, 0.8,
    ]  # fmt: skip


def test_4_industry_equal_contained_or_different() -> None:
    texts = ("Software", "Software Development", "Banking", "Softwares")
    assert of("industry", *({"industry": text} for text in texts)) == [1.0, 0.8, 0.3, 0.3]


def test_4_revenue_in_range_or_by_its_ratio() -> None:
    amounts = (10e6, 50e6, 5e6, 1e6, 100e6, 1e9)
    assert of("revenue", *({"revenue_usd": amount} for amount in amounts)) == [1.0, 1.0, 0.5, 0.3, 0.5, 0.3]


def test_4_location_equal_contained_or_elsewhere() -> None:
    leads = ({"country_code": "DE"}, {"state": "North Germany"}, {"country_code": "FR"})
    assert of("location", *leads) == [1.0, 0.8, 0.4]


def test_4_title_against_the_targets() -> None:
    texts = ("VP Engineering", "Senior VP Engineering", "Nurse")
    assert of("title", *({"title": text} for text in texts)) == [1.0, 0.8, 0.3]
    untargeted = campaign(icp={"industries": ["Software"]}, scoring={"model": "classic"})
    assert score(lead_frame({"title": "Nurse"}), untargeted)["title"].tolist() == [0.6]


def test_4_seniority_by_whole_words_in_several_languages() -> None:
    ranks = {
        "CEO": 1.0, "Founder": 1.0, "Geschäftsführerin": 1.0, "Vice President": 0.95, "President": 0.95,
        "Director of Sales": 0.90, "Head of IT": 0.90, "Manager": 0.70, "Tech Lead": 0.65, "Senior Engineer": 0.60,
        "Coordinator": 0.5,
    }  # fmt: skip
    assert of("seniority", *({"title": title} for title in ranks)) == list(ranks.values())


def test_4_signals_add_up_to_at_most_one() -> None:
    one_each: list[dict[str, Any]] = [{name: True} for name in SIGNALS]
    all_true: dict[str, Any] = dict.fromkeys(SIGNALS, True)
    none_true: dict[str, Any] = dict.fromkeys(SIGNALS, False)
    assert of("signals", *one_each, all_true, none_true) == [
        0.75, 0.65, 0.60, 0.60, 0.65, 0.60, 1.0, 0.5,
    ]  # fmt: skip


def test_4_the_standard_model_has_at_least_36_dimensions_in_its_five_groups() -> None:
    names = {
        group: {one.name for one in STANDARD.dimensions if one.group == group} for group in STANDARD.groups
    }
    assert sum(map(len, names.values())) >= 36
    assert names["company_fit"] == {
        "company_size", "industry", "revenue", "location", "technologies", "company_age", "funding_stage",
        "headcount_growth", "keywords", "account_relation",
    }  # fmt: skip
    assert names["person"] == {
        "title", "seniority", "department", "decision_maker", "budget_authority", "time_in_job", "time_zone_reach",
    }  # fmt: skip
    assert names["intent"] == {
        "job_change", "funding", "hiring", "hiring_role", "activity", "technology_change", "news",
        "website_visits", "conversion",
    }  # fmt: skip
    assert names["engagement"] == {
        "opens", "clicks", "replies", "meetings", "recency", "frequency", "opt_outs",
    }  # fmt: skip
    assert names["data_quality"] == {
        "address_verified", "address_kind", "completeness", "freshness", "source_reliability",
        "identity_confidence",
    }  # fmt: skip


def test_4_the_standard_model_is_the_default() -> None:
    assert campaign(icp=ICP).scoring.model == "standard"


def test_4_one_table_of_tiers() -> None:
    config = campaign(icp=ICP).scoring.tiers
    assert (config.hot, config.warm, config.cool) == (0.85, 0.70, 0.50)


@pytest.mark.parametrize("model", ["classic", "standard"])
def test_4_every_score_says_value_weight_contribution_and_facts(model: str) -> None:
    why = explain(lead_frame({**COMPLETE, "source": "csv"}), campaign(icp=ICP, scoring={"model": model}))
    assert sum(reason.contribution for reason in why.reasons) == pytest.approx(why.score, abs=1e-9)
    industry = next(reason for reason in why.reasons if reason.name == "industry")
    assert (industry.value, industry.facts) == (1.0, {"industry": "Software"})
    assert industry.contribution == industry.weight > 0
    assert "Software" in industry.sentence
