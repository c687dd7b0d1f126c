import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.model import Dimension, Model
from aicmo_dagster.stages.scoring import MODELS, check_weights, effective_weights, explain, score

from . import lead_frames
from .lead_frames import lead_frame


def campaign(**sections: Any) -> CampaignConfig:
    """A campaign that scores by the model `classic`, small enough to reckon by hand."""
    scoring = {"model": "classic", **sections.pop("scoring", {})}
    return lead_frames.campaign(scoring=scoring, **sections)


FULL_ICP = {
    "company_sizes": ["medium"],
    "industries": ["Software"],
    "revenue_usd": {"min": 10_000_000, "max": 50_000_000},
    "locations": ["Germany"],
    "titles": ["CTO", "VP Engineering"],
}
IDEAL: dict[str, Any] = {
    "employees": 200,
    "industry": "Software",
    "revenue_usd": 20_000_000,
    "country": "Germany",
    "country_code": "DE",
    "title": "CTO",
    **dict.fromkeys(SIGNALS, True),
}

texts = (
    st.none()
    | st.text(max_size=12)
    | st.sampled_from(["Software", "Software & IT", "CTO", "VP Sales", "Germany", "DE"])
)
leads_strategy: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "employees": st.none() | st.integers(0, 10**7),
        "company_size": texts,
        "industry": texts,
        "revenue_usd": st.none() | st.floats(0, 1e13),
        "city": texts,
        "country": texts,
        "country_code": st.sampled_from([None, "DE", "US"]),
        "title": texts,
    }
    | {str(name): st.sampled_from([None, True, False]) for name in SIGNALS}
)


def row(lead: dict[str, Any], **sections: Any) -> dict[str, Any]:
    sections.setdefault("icp", FULL_ICP)
    found = score(lead_frame(lead), campaign(**sections)).iloc[0]
    return {str(name): value for name, value in found.items()}


def test_an_ideal_lead_scores_one() -> None:
    found = row(IDEAL)
    assert [found[name] for name in ("icp_fit", "opportunity", "score", "confidence", "tier")] == [
        1,
        1,
        1,
        1,
        "HOT",
    ]


def test_a_lead_of_which_nothing_is_known_scores_a_half_without_confidence() -> None:
    found = row({})
    assert [found[name] for name in ("icp_fit", "opportunity", "score", "confidence")] == [0.5, 0.5, 0.5, 0]
    assert found["tier"] == "COOL"
    assert math.isnan(found["industry"])


def test_the_score_computed_by_hand_of_a_lead_that_half_fits() -> None:
    found = row(
        {
            "employees": 30,  # small, one step from medium: 0.8
            "industry": "Computer Software",  # contains the target: 0.8
            "revenue_usd": 5_000_000,  # half of the least: 0.5
            "country_code": "FR",  # elsewhere: 0.4
            "title": "Director",  # no target: 0.3; level director: 0.9
            "recent_job_change": True,  # 0.5 + 0.25
            "company_hiring": False,
        }
    )
    assert found["icp_fit"] == 0.665  # .30*.8 + .30*.8 + .25*.5 + .15*.4 = .24 + .24 + .125 + .06
    assert found["opportunity"] == 0.63  # .35*.3 + .25*.9 + .40*.75 = .105 + .225 + .30
    assert found["score"] == 0.6475
    assert found["confidence"] == 1.0
    assert found["tier"] == "COOL"


def test_the_score_computed_by_hand_of_a_lead_partly_unknown() -> None:
    found = row(
        {"employees": 200, "title": "VP Engineering", "recent_activity": True, "has_budget_authority": True}
    )
    assert found["icp_fit"] == 0.65  # .30*1 + .70*.5
    assert found["opportunity"] == 0.8675  # .35*1 + .25*.95 + .40*(.5+.10+.10) = .35 + .2375 + .28
    assert found["score"] == 0.75875
    assert found["confidence"] == 0.65  # half of .30, and the other half whole: .15 + .50
    assert found["tier"] == "WARM"


def test_the_score_computed_by_hand_of_a_lead_that_fits_badly() -> None:
    found = row(
        {
            "employees": 3,  # startup, two steps: 0.6
            "industry": "Banking",  # 0.3
            "revenue_usd": 500_000_000,  # a tenth: at least 0.3
            "city": "Lyon",  # 0.4
            "title": "Coordinator",  # 0.3, other: 0.5
            **dict.fromkeys(SIGNALS, False),  # 0.5
        }
    )
    assert found["icp_fit"] == 0.405  # .18 + .09 + .075 + .06
    assert found["opportunity"] == 0.43  # .105 + .125 + .20
    assert found["score"] == 0.4175
    assert found["tier"] == "COLD"


def test_the_campaigns_profile_decides() -> None:
    other = {**FULL_ICP, "industries": ["Banking"], "locations": ["France"]}
    assert row(IDEAL, icp=other)["icp_fit"] < row(IDEAL)["icp_fit"]


def test_what_the_campaign_does_not_ask_for_does_not_count() -> None:
    found = row({"industry": "Software"}, icp={"industries": ["Software"]})
    assert found["icp_fit"] == 1.0
    assert found["confidence"] == 0.5
    weights = effective_weights(campaign(icp={"industries": ["Software"], "company_sizes": ["small"]}))
    assert weights == {
        "company_size": 0.25,
        "industry": 0.25,
        "revenue": 0.0,
        "location": 0.0,
        "title": pytest.approx(0.175),
        "seniority": pytest.approx(0.125),
        "signals": pytest.approx(0.2),
    }


def test_a_campaign_weighs_as_it_likes() -> None:
    weights = effective_weights(
        campaign(icp=FULL_ICP, scoring={"weights": {"signals": 0, "title": 3, "seniority": 1}})
    )
    assert [weights[name] for name in ("signals", "title", "seniority")] == [0.0, 0.375, 0.125]


def test_an_unknown_weight_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigurationError, match=r"'industri'.*did you mean 'industry'"):
        check_weights(campaign(scoring={"weights": {"industri": 1}}))


def test_a_group_without_weight_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="group 'icp_fit'"):
        check_weights(campaign(scoring={"weights": {"industry": 0}}))


@pytest.mark.parametrize("weight", [math.inf, math.nan])
def test_an_infinite_weight_is_refused(weight: float) -> None:
    config = campaign()
    broken = config.model_copy(
        update={"scoring": config.scoring.model_copy(update={"weights": {"title": weight}})}
    )
    with pytest.raises(ConfigurationError, match="group 'opportunity'"):
        check_weights(broken)


@pytest.mark.parametrize(("edge", "tier"), [(0.85, "HOT"), (0.7, "WARM"), (0.5, "COOL")])
def test_a_tier_begins_exactly_at_its_threshold(edge: float, tier: str) -> None:
    def constant(value: float) -> Model:
        one = Dimension("only", "all", 1, (), lambda leads, _: np.full(len(leads), value), lambda *_: "")
        return Model("constant", 1, (one,), {"all": 1.0}, frozenset({"all"}))

    leads = lead_frame({})
    assert score(leads, campaign(), constant(edge - 1e-12))["tier"].tolist() == [tier]
    assert score(leads, campaign(), constant(edge - 1e-5))["tier"].tolist() != [tier]


def test_thresholds_are_the_campaigns() -> None:
    tiers = {"hot": 0.6, "warm": 0.5, "cool": 0.4}
    assert row({}, scoring={"tiers": tiers})["tier"] == "WARM"


def test_a_model_of_forty_dimensions_in_five_groups_adds_up() -> None:
    def rule(leads: pd.DataFrame, _: object) -> np.ndarray[Any, np.dtype[np.float64]]:
        return leads["employees"].to_numpy(dtype=float, na_value=np.nan) / 100

    groups = {"company": 0.3, "person": 0.2, "intent": 0.2, "engagement": 0.2, "quality": 0.1}
    dimensions = tuple(
        Dimension(f"d{i}", list(groups)[i % 5], 1 + i % 3, ("employees",), rule, lambda *_: "")
        for i in range(40)
    )
    model = Model("wide", 1, dimensions, groups, frozenset({"company", "quality"}))
    found = score(lead_frame({"employees": 40}, {}), campaign(), model)
    assert found["score"].tolist() == [0.4, 0.5]
    assert found["icp_fit"].tolist() == [0.4, 0.5]
    assert found["opportunity"].tolist() == [0.4, 0.5]
    assert found["confidence"].tolist() == [1.0, 0.0]


def test_text_for_a_signal_is_refused() -> None:
    leads = lead_frame(IDEAL).astype({"company_hiring": "str"})
    with pytest.raises(TypeError, match="company_hiring"):
        score(leads, campaign())


def test_no_leads_give_no_scores() -> None:
    found = score(lead_frame(), campaign())
    assert len(found) == 0
    assert list(found.columns[:6]) == ["lead_id", "icp_fit", "opportunity", "score", "confidence", "tier"]


def test_rows_keep_their_order_and_index() -> None:
    leads = lead_frame({"industry": "Banking"}, {"industry": "Software"}, {}).set_index(pd.Index([9, 4, 6]))
    found = score(leads, campaign())
    assert found.index.tolist() == [9, 4, 6]
    assert found["lead_id"].tolist() == [1, 2, 3]
    assert found["icp_fit"].tolist() == [0.3, 1.0, 0.5]


def test_an_explanation_names_values_weights_facts_and_words() -> None:
    why = explain(lead_frame({**IDEAL, "revenue_usd": None}), campaign(icp={**FULL_ICP, "locations": []}))
    by_name = {reason.name: reason for reason in why.reasons}
    assert by_name["industry"].sentence == "industry 'Software' equals the target 'Software'"
    assert by_name["industry"].facts == {"industry": "Software"}
    assert by_name["industry"].value == 1.0
    assert by_name["revenue"].value is None
    assert by_name["revenue"].sentence == "unknown, so it counts as 0.5"
    assert by_name["revenue"].contribution == by_name["revenue"].weight / 2 > 0
    assert by_name["location"].weight == by_name["location"].contribution == 0
    assert by_name["location"].sentence == "the campaign does not ask for it, so it does not count"
    assert by_name["seniority"].sentence == "title 'CTO' has the level c_level"
    assert by_name["company_size"].facts == {"employees": 200, "company_size": None}


def test_only_one_lead_is_explained_at_a_time() -> None:
    with pytest.raises(ValueError, match="got 2"):
        explain(lead_frame({}, {}), campaign())


@settings(deadline=None)
@given(st.lists(leads_strategy, min_size=1, max_size=5))
def test_scores_stay_in_range_and_equal_their_explanations(rows: list[dict[str, Any]]) -> None:
    config, leads = campaign(icp=FULL_ICP), lead_frame(*rows)
    found = score(leads, config)
    numbers = found.drop(columns=["lead_id", "tier"])
    assert ((numbers >= 0) & (numbers <= 1) | numbers.isna()).all(axis=None)
    for i in range(len(rows)):
        why = explain(leads.iloc[[i]], config)
        assert [getattr(why, name) for name in ("icp_fit", "opportunity", "score", "confidence", "tier")] == [
            found[name].iloc[i] for name in ("icp_fit", "opportunity", "score", "confidence", "tier")
        ]
        assert sum(reason.contribution for reason in why.reasons) == pytest.approx(why.score, abs=1e-6)
        assert all(reason.sentence for reason in why.reasons)
        assert len(why.reasons) == len(MODELS["classic"].dimensions)


@settings(deadline=None)
@given(leads_strategy, st.sampled_from(SIGNALS))
def test_one_more_true_signal_never_lowers_the_score(lead: dict[str, Any], signal: str) -> None:
    without, with_it = score(
        lead_frame({**lead, signal: False}, {**lead, signal: True}), campaign(icp=FULL_ICP)
    )["score"]
    assert with_it >= without


@settings(deadline=None)
@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_revenue_nearer_to_the_range_never_scores_lower(a: float, b: float) -> None:
    low, high = sorted((a, b))
    found = score(lead_frame({"revenue_usd": low}, {"revenue_usd": high}), campaign(icp=FULL_ICP))["icp_fit"]
    assert found[0] <= found[1]
