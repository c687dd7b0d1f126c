"""The model `standard` as a whole: its properties over leads of any kind."""

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.icp import FUNDING_STAGES
from aicmo_dagster.stages.scoring import check_weights, effective_weights, explain, score, totals
from aicmo_dagster.stages.standard.model import STANDARD
from aicmo_dagster_tests.stages.lead_frames import campaign, lead_frame
from aicmo_dagster_tests.stages.standard.frames import any_lead

ICP = {
    "company_sizes": ["medium"],
    "industries": ["Software", "Financial Services"],
    "revenue_usd": {"min": 10_000_000, "max": 50_000_000},
    "locations": ["DACH", "Lyon"],
    "titles": ["CTO", "VP Sales"],
    "departments": ["engineering"],
    "technologies": ["AWS", "Kafka"],
    "keywords": ["b2b", "cloud"],
    "company_age_years": {"min": 3, "max": 15},
    "funding_stages": ["series_a", "series_b"],
    "min_headcount_growth": 0.1,
    "customers": ["customer.example.com"],
}
CONFIG = campaign(
    icp=ICP,
    scoring={"model": "standard", "weights": {"conversion": 0.5}},
    qualification={"competitors": ["rival.example.com"]},
)
UNKNOWN_BUT_TRUE = {"email_status": "missing", "identity_kind": "mailbox", "known_fields": 0, "source": "csv"}
companies: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "employees": st.none() | st.integers(0, 10**6),
        "company_size": st.sampled_from([None, "startup", "medium", "enterprise"]),
        "industry": st.sampled_from([None, "SaaS", "Banking", "Fishing", "no such thing"]),
        "revenue_usd": st.none() | st.floats(0, 1e12),
        "city": st.sampled_from([None, "Berlin", "Lyon", "Austin"]),
        "country_code": st.sampled_from([None, "DE", "FR", "US"]),
        "technologies": st.sampled_from([None, "AWS", "AWS, Kafka", "SAP"]),
        "keywords": st.sampled_from([None, "b2b", "retail, cloud"]),
        "founded_year": st.none() | st.integers(1900, 2030),
        "funding_stage": st.sampled_from([None, *FUNDING_STAGES]),
        "headcount_growth": st.none() | st.floats(-1, 3),
        "account_domain": st.sampled_from(
            [None, "a.example.com", "customer.example.com", "rival.example.com"]
        ),
        "account_customer": st.sampled_from([None, True, False]),
    }
)
leads = st.tuples(any_lead, companies).map(lambda parts: {**parts[0], **parts[1]})


def test_at_least_36_dimensions_in_five_groups() -> None:
    names = [one.name for one in STANDARD.dimensions]
    assert len(names) == len(set(names)) >= 36
    assert {one.group for one in STANDARD.dimensions} == set(STANDARD.groups)
    assert list(STANDARD.groups) == ["company_fit", "person", "intent", "engagement", "data_quality"]
    assert sum(STANDARD.groups.values()) == pytest.approx(1)
    assert all(one.source and one.says for one in STANDARD.dimensions)


def test_every_dimension_has_its_weight_in_the_campaign() -> None:
    weights = effective_weights(CONFIG)
    assert min(weights.values()) > 0
    assert sum(weights.values()) == pytest.approx(1)
    for one in STANDARD.dimensions:
        others = {other.name: 0 for other in STANDARD.dimensions if other.group == one.group}
        alone = campaign(icp=ICP, scoring={"model": "standard", "weights": {**others, one.name: 1}})
        assert effective_weights(alone)[one.name] == pytest.approx(STANDARD.groups[one.group])


def test_a_campaign_weighs_the_groups() -> None:
    config = campaign(icp=ICP, scoring={"model": "standard", "groups": {"engagement": 0, "intent": 0.6}})
    weights = effective_weights(config)
    by_group = dict.fromkeys(STANDARD.groups, 0.0)
    for one in STANDARD.dimensions:
        by_group[one.group] += weights[one.name]
    assert by_group["engagement"] == 0
    assert by_group["intent"] == pytest.approx(0.6 / (0.4 + 0.25 + 0.6 + 0.1))


@pytest.mark.parametrize(
    ("scoring", "said"),
    [
        ({"groups": {"intend": 1}}, r"scoring\.groups names 'intend'.*did you mean 'intent'"),
        ({"groups": dict.fromkeys(STANDARD.groups, 0)}, r"scoring\.groups sum to 0"),
        ({"weights": {"industri": 1}}, r"did you mean 'industry'"),
    ],
)
def test_weights_that_cannot_be_are_refused_with_the_remedy(scoring: dict[str, Any], said: str) -> None:
    with pytest.raises(Exception, match=said):
        check_weights(campaign(icp=ICP, scoring={"model": "standard", **scoring}))


def test_unknown_is_unknown_and_lowers_the_confidence() -> None:
    known = {"industry": "Software", "employees": 200, "country_code": "DE", "title": "CTO"}
    found = score(lead_frame(UNKNOWN_BUT_TRUE, {**UNKNOWN_BUT_TRUE, **known}), CONFIG)
    assert found["icp_fit"].tolist()[0] == 0.5
    assert found["icp_fit"].tolist()[1] > 0.5
    assert found["confidence"].tolist()[0] < 0.15
    assert found["confidence"].tolist()[1] > 0.3
    unknown = found.iloc[0].drop(["lead_id", "tier"])
    assert unknown[["industry", "title", "opens", "hiring", "conversion", "time_in_job"]].isna().all()


@settings(deadline=None, max_examples=60)
@given(rows=st.lists(leads, min_size=1, max_size=6), seed=st.integers(0, 99))
def test_neither_order_nor_company_changes_a_score(rows: list[dict[str, Any]], seed: int) -> None:
    frame = lead_frame(*rows)
    whole = score(frame, CONFIG)
    shuffled = frame.sample(frac=1, random_state=seed)
    pd.testing.assert_frame_equal(score(shuffled, CONFIG).sort_index(), whole)
    cut = random.Random(seed).randrange(len(rows) + 1)
    parts = [score(part, CONFIG) for part in (frame[:cut], frame[cut:]) if len(part)]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_dtype=False)


@settings(deadline=None, max_examples=60)
@given(row=leads)
def test_contributions_add_up_and_what_is_stored_adds_up_to_what_is_stored(row: dict[str, Any]) -> None:
    frame = lead_frame(row)
    found = score(frame, CONFIG).iloc[0]
    numbers = found.drop(["lead_id", "tier"]).astype(float)
    assert ((numbers >= 0) & (numbers <= 1) | numbers.isna()).all()
    why = explain(frame, CONFIG)
    assert sum(reason.contribution for reason in why.reasons) == pytest.approx(found["score"], abs=1e-9)
    stored = {
        one.name: np.array([float(np.float32(found[one.name]))]).round(6) for one in STANDARD.dimensions
    }
    again = totals(stored, CONFIG, STANDARD, frame.index)
    for name in ("icp_fit", "opportunity", "score", "confidence"):
        assert again[name][0] == found[name]
    assert again["tier"].iloc[0] == found["tier"]


_BETTER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"industry": "Fishing"}, {"industry": "Software"}),
    ({"country_code": "US", "city": "Austin"}, {"country_code": "DE", "city": "Berlin"}),
    ({"technologies": "SAP"}, {"technologies": "AWS, Kafka"}),
    ({"technologies": "AWS"}, {"technologies": "AWS, Kafka"}),
    ({"keywords": "retail"}, {"keywords": "b2b, cloud"}),
    ({"founded_year": 1950}, {"founded_year": 2018}),
    ({"funding_stage": "public"}, {"funding_stage": "series_a"}),
    ({"headcount_growth": -0.2}, {"headcount_growth": 0.2}),
    ({"employees": 2}, {"employees": 200}),
    ({"employees": 200_000}, {"employees": 200}),
    ({"revenue_usd": 5e5}, {"revenue_usd": 2e7}),
    ({"account_customer": True}, {"account_customer": False}),
]


@settings(deadline=None, max_examples=80)
@given(row=leads, pair=st.sampled_from(_BETTER))
def test_better_facts_never_lower_a_fit_score(
    row: dict[str, Any], pair: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    worse, better = score(lead_frame({**row, **pair[0]}, {**row, **pair[1]}), CONFIG)["icp_fit"]
    assert better >= worse


@settings(deadline=None, max_examples=60)
@given(row=leads, a=st.integers(0, 10**6), b=st.integers(0, 10**6))
def test_a_revenue_or_headcount_nearer_to_the_target_never_lowers_a_fit_score(
    row: dict[str, Any], a: int, b: int
) -> None:
    near, far = sorted((a, b))
    below = [{**row, "revenue_usd": 10_000_000 - 10 * distance} for distance in (near, far)]
    above = [{**row, "revenue_usd": 50_000_000 + 10 * distance} for distance in (near, far)]
    heads = [{**row, "employees": 499 + distance} for distance in (near, far)]
    found = score(lead_frame(*below, *above, *heads), CONFIG)["icp_fit"].tolist()
    assert found[0] >= found[1]
    assert found[2] >= found[3]
    assert found[4] >= found[5]
