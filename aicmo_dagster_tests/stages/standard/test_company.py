import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.icp import COMPANY_SIZES, FUNDING_STAGES
from aicmo_dagster.stages.standard.company import DIMENSIONS
from aicmo_dagster_tests.depth import SHORT
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame

BY_NAME = {one.name: one for one in DIMENSIONS}
ASKING_ALL = {
    "company_sizes": ["medium"],
    "industries": ["Software", "Financial services"],
    "revenue_usd": {"min": 2e6, "max": 5e7},
    "locations": ["DACH", "California"],
    "technologies": ["Salesforce", "C#", "Node.js"],
    "keywords": ["SaaS", "payments"],
    "company_age_years": {"min": 3, "max": 15},
    "funding_stages": ["series_a", "series_b"],
    "min_headcount_growth": 0.1,
    "customers": ["customer.example.com"],
}
EVERYTHING = campaign(icp=ASKING_ALL, qualification={"competitors": ["rival.example.com"]})


def values(name: str, *leads: dict[str, Any], config: CampaignConfig = EVERYTHING) -> list[float]:
    return [float(value) for value in BY_NAME[name].rule(lead_frame(*leads), config)]


def asking(**icp: Any) -> CampaignConfig:
    return campaign(icp={"industries": ["Software"], **icp})


def said(name: str, config: CampaignConfig = EVERYTHING, **lead: Any) -> str:
    one = BY_NAME[name]
    facts = dict.fromkeys(one.facts) | lead
    [value] = values(name, lead, config=config)
    return one.sentence(facts, value, config)


def test_ten_dimensions_share_the_weight_of_the_company() -> None:
    assert len(DIMENSIONS) == len(BY_NAME) == 10
    assert math.isclose(sum(one.weight for one in DIMENSIONS), 1)
    assert {one.group for one in DIMENSIONS} == {"company_fit"}


def test_every_dimension_tells_its_source_and_its_rule() -> None:
    for one in DIMENSIONS:
        assert one.source
        assert one.says.endswith(".")


def test_a_campaign_is_only_asked_what_it_has_a_target_for() -> None:
    asked = {one.name for one in DIMENSIONS if one.asked(asking())}
    assert asked == {"industry", "account_relation"}
    assert all(one.asked(EVERYTHING) for one in DIMENSIONS)


def test_a_lead_without_facts_is_unknown() -> None:
    for name in BY_NAME:
        assert np.isnan(values(name, {}))


def test_a_company_of_a_wanted_size_is_best() -> None:
    assert values("company_size", {"employees": 50}, {"employees": 499}, {"company_size": "medium"}) == [
        1,
        1,
        1,
    ]


def test_the_number_of_employees_wins_over_the_size() -> None:
    assert values("company_size", {"employees": 100, "company_size": "startup"}) == [1]


def test_a_size_counts_by_its_distance() -> None:
    [startup, small, medium, enterprise] = values(
        "company_size", *({"company_size": one} for one in COMPANY_SIZES)
    )
    assert medium == 1
    assert 0.1 < startup < small < 1
    assert 0.1 < enterprise < 1


def test_half_the_employees_and_a_tenth_of_them_count_by_ratio() -> None:
    half, tenth, none = values("company_size", {"employees": 25}, {"employees": 5}, {"employees": 0})
    assert half == pytest.approx(0.819, abs=0.001)
    assert tenth == pytest.approx(0.4)
    assert none == 0.1


def test_a_size_in_other_words_is_read() -> None:
    assert values("company_size", {"company_size": "51-200"}, {"company_size": "mid-market"}) == [1, 1]
    assert np.isnan(values("company_size", {"company_size": "SMB"}))


def test_industries_count_by_the_best_target() -> None:
    texts = ["SaaS", "Banking", "IT Services", "Hospitals"]
    assert values("industry", *({"industry": text} for text in texts)) == [1, 1, 0.85, 0.2]


def test_an_industry_that_no_table_has_is_compared_by_words() -> None:
    config = campaign(icp={"industries": ["Xyzzy"]})
    assert values("industry", {"industry": "xyzzy"}, {"industry": "Xyzzy & more"}, config=config) == [1, 0.8]
    assert np.isnan(values("industry", {"industry": "Frobnication"}))
    assert np.isnan(values("industry", {"industry": "Other"}))


def test_revenue_in_the_range_is_best_and_outside_counts_by_ratio() -> None:
    amounts = [2e6, 5e7, 1e6, 1e8, 2e5, 0.0]
    inside, top, half, double, tenth, none = values(
        "revenue", *({"revenue_usd": amount} for amount in amounts)
    )
    assert inside == top == 1
    assert half == double == pytest.approx(0.819, abs=0.001)
    assert tenth == pytest.approx(0.4)
    assert none == 0.1


def test_an_open_end_of_the_range_has_no_limit() -> None:
    assert values("revenue", {"revenue_usd": 1e13}, config=asking(revenue_usd={"min": 1})) == [1]
    assert values("revenue", {"revenue_usd": 0.0}, config=asking(revenue_usd={"max": 0})) == [1]


def test_the_share_of_the_wanted_technologies_counts() -> None:
    texts = ["Salesforce, C#, Node.js, SAP", "salesforce, C++", "SAP"]
    assert values("technologies", *({"technologies": text} for text in texts)) == [1, pytest.approx(1 / 3), 0]


def test_keywords_are_looked_for_in_the_industry_too() -> None:
    lead = {"keywords": "B2B payments", "industry": "SaaS"}
    assert values("keywords", lead, {"industry": "SaaS"}, {"keywords": "farming"}) == [1, 0.5, 0]


def test_without_keywords_an_industry_that_says_nothing_is_unknown() -> None:
    assert np.isnan(values("keywords", {"company": "SaaS Ltd", "industry": "Farming"}))


def test_the_age_of_a_company_counts_at_the_time_of_the_facts() -> None:
    founded = {"founded_year": 2010}
    at = [datetime(year, 6, 1, tzinfo=UTC) for year in (2011, 2020, 2040)]
    young, right, old = values("company_age", *(founded | {"as_of": when} for when in at))
    assert right == 1
    assert 0.1 <= young < 1
    assert 0.1 <= old < 1


def test_a_company_that_is_not_founded_yet_has_no_age() -> None:
    assert np.isnan(values("company_age", {"founded_year": 2027}))


def test_funding_counts_by_the_stages_between() -> None:
    leads = [{"funding_stage": stage} for stage in FUNDING_STAGES]
    assert values("funding_stage", *leads) == pytest.approx([0.4, 0.6, 0.8, 1, 1, 0.8, 0.6, 0.4, 0.2])


def test_growth_below_the_wanted_counts_less() -> None:
    leads = [{"headcount_growth": growth} for growth in (0.5, 0.1, 0.0, -0.1, -0.5)]
    assert values("headcount_growth", *leads) == pytest.approx([1, 1, 0.75, 0.5, 0])


def test_customers_and_competitors_are_nobody_to_win() -> None:
    leads: list[dict[str, Any]] = [
        {"account_domain": "customer.example.com"},
        {"account_domain": "rival.example.com"},
        {"account_domain": "won.example.com", "account_customer": True},
        {"account_domain": "other.example.com", "account_customer": False},
    ]
    assert values("account_relation", *leads) == [0, 0, 0, 1]


def test_a_domain_of_a_customer_below_its_own_is_the_customer() -> None:
    config = asking(customers=["shop.acme.co.uk"])
    leads = [{"account_domain": "acme.co.uk"}, {"account_domain": "rival.co.uk"}]
    assert values("account_relation", *leads, config=config) == [0, 1]


@pytest.mark.parametrize(
    ("name", "lead", "sentence"),
    [
        ("company_size", {"employees": 120}, "120 employees is what the campaign asks for (medium)"),
        ("company_size", {"company_size": "startup"}, "the size 'startup' is far from"),
        (
            "industry",
            {"industry": "SaaS"},
            "'SaaS' (Software Publishers, NAICS 5132) is the target 'Software'",
        ),
        ("industry", {"industry": "IT"}, "NAICS 5415) is akin to the target 'Software'"),
        ("industry", {"industry": "Hospitals"}, "is none of the targets 'Software', 'Financial services'"),
        ("revenue", {"revenue_usd": 1e6}, "1,000,000 USD is outside the range from 2,000,000 to 50,000,000"),
        ("technologies", {"technologies": "C#"}, "uses C# of Salesforce, C#, Node.js"),
        ("technologies", {"technologies": "SAP"}, "uses none of Salesforce, C#, Node.js"),
        ("keywords", {"keywords": "saas payments"}, "speaks of all that is wanted: SaaS, payments"),
        ("company_age", {"founded_year": 2020}, "founded in 2020: inside the range of years from 3 to 15"),
        ("funding_stage", {"funding_stage": "series_a"}, "series a is wanted (series a, series b)"),
        ("headcount_growth", {"headcount_growth": 0.05}, "changed by +5% in a year: less than the +10%"),
        ("account_relation", {"account_domain": "rival.example.com"}, "rival.example.com is a competitor"),
        ("account_relation", {"account_domain": "customer.example.com"}, "is a customer already"),
        ("account_relation", {"account_domain": "x.example.com"}, "is no customer and no competitor"),
    ],
)
def test_sentences_say_why(name: str, lead: dict[str, Any], sentence: str) -> None:
    assert sentence in said(name, **lead)


texts = st.none() | st.text(max_size=12)
any_company = st.fixed_dictionaries(
    {
        "employees": st.none() | st.integers(0, 10_000_000),
        "company_size": texts | st.sampled_from(COMPANY_SIZES),
        "industry": texts | st.sampled_from(["SaaS", "Banking", "Farming", "IT & Software"]),
        "revenue_usd": st.none() | st.floats(0, 1e13),
        "city": texts | st.sampled_from(["Berlin", "Fresno"]),
        "state": texts | st.sampled_from(["CA"]),
        "country_code": st.sampled_from([None, "DE", "US", "FR"]),
        "technologies": texts | st.just("C#, SAP"),
        "keywords": texts | st.just("saas"),
        "company": texts,
        "founded_year": st.none() | st.integers(1500, 2100),
        "funding_stage": st.none() | st.sampled_from(FUNDING_STAGES),
        "headcount_growth": st.none() | st.floats(-1, 100),
        "account_domain": st.sampled_from(
            [None, "customer.example.com", "rival.example.com", "x.example.com"]
        ),
        "account_customer": st.sampled_from([None, True, False]),
    }
)


@settings(deadline=None, max_examples=10 if SHORT else 50)
@given(st.lists(any_company, min_size=1, max_size=5))
def test_values_are_shares_or_unknown_and_no_lead_changes_another(leads: list[dict[str, Any]]) -> None:
    for one in DIMENSIONS:
        together = one.rule(lead_frame(*leads), EVERYTHING)
        assert together.shape == (len(leads),)
        known = together[~np.isnan(together)]
        assert ((known >= 0) & (known <= 1)).all(), one.name
        alone = [one.rule(lead_frame(lead), EVERYTHING)[0] for lead in leads]
        np.testing.assert_array_equal(together, alone, err_msg=one.name)


@settings(deadline=None, max_examples=50)
@given(any_company)
def test_every_known_value_has_a_sentence(lead: dict[str, Any]) -> None:
    frame = lead_frame(lead)
    for one in DIMENSIONS:
        [value] = one.rule(frame, EVERYTHING)
        if not np.isnan(value):
            facts = {"country": None, "as_of": None} | lead
            assert one.sentence({name: facts.get(name) for name in one.facts}, value, EVERYTHING)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 100), min_size=2, max_size=9),
    st.lists(st.integers(450, 10**6), min_size=2, max_size=9),
)
def test_employees_nearer_to_the_wanted_size_are_not_worse(below: list[int], above: list[int]) -> None:
    for amounts in (sorted(below), sorted(above, reverse=True)):
        graded = values("company_size", *({"employees": amount} for amount in amounts))
        assert graded == sorted(graded)


@settings(deadline=None)
@given(
    st.lists(st.floats(0, 3e6), min_size=2, max_size=9),
    st.lists(st.floats(4e7, 1e13), min_size=2, max_size=9),
)
def test_revenue_nearer_to_the_range_is_not_worse(below: list[float], above: list[float]) -> None:
    for amounts in (sorted(below), sorted(above, reverse=True)):
        graded = values("revenue", *({"revenue_usd": amount} for amount in amounts))
        assert graded == sorted(graded)


@settings(deadline=None)
@given(st.floats(-1, 5), st.floats(-1, 5))
def test_more_growth_is_not_worse(one: float, other: float) -> None:
    [less, more] = values("headcount_growth", *({"headcount_growth": each} for each in sorted((one, other))))
    assert less <= more


@settings(deadline=None)
@given(st.text(), st.sampled_from(["Salesforce", "C#", "Node.js"]))
def test_one_more_wanted_technology_is_not_worse(text: str, more: str) -> None:
    [without, with_it] = values("technologies", {"technologies": text}, {"technologies": f"{text}, {more}"})
    assert without <= with_it


@settings(deadline=None)
@given(
    st.sampled_from(["SaaS", "IT", "Farming", "Retail"]), st.sampled_from(["Retail", "Farming", "Chemicals"])
)
def test_one_more_wanted_industry_is_not_worse(text: str, more: str) -> None:
    fewer = values("industry", {"industry": text}, config=campaign(icp={"industries": ["Software"]}))
    config = campaign(icp={"industries": ["Software", more]})
    assert fewer <= values("industry", {"industry": text}, config=config)
