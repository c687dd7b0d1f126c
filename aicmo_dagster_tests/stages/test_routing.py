from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig, ManualSource, Owner, Routing
from aicmo_dagster.campaign.icp import Icp
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.routing import OwnerLoad, route

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
VERSIONS = {"aggressive_close": 1, "regular_nurture": 2, "long_term_nurture": 3, "cold_outreach": 4}


def campaign() -> CampaignConfig:
    return CampaignConfig(
        key="eu-saas",
        name="Test",
        icp=Icp(industries=["Software"]),
        sources=[ManualSource()],
        routing=Routing(owners=[Owner(name="Ann", email="ann@example.com")]),
    )


def leads(*scored: tuple[float, int]) -> pd.DataFrame:
    """Leads with a score and so many true signals; the next one is false, the others are unknown."""
    signals = [([True] * true + [False] + [None] * 6)[:6] for _score, true in scored]
    count = len(scored)
    columns: dict[str, Any] = {
        "lead_id": range(1, count + 1),
        "score": [score for score, _true in scored],
        **{name: pd.array([row[i] for row in signals], dtype="boolean") for i, name in enumerate(SIGNALS)},
        **{name: pd.Series([None] * count, dtype="str") for name in ("country_code", "account_owner")},
        "account_id": pd.array([None] * count, dtype="Int64"),
    }
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    ("score", "tier", "sequence", "version"),
    [
        (1.0, "HOT", "aggressive_close", 1),
        (0.85, "HOT", "aggressive_close", 1),
        (0.849999, "WARM", "regular_nurture", 2),
        (0.70, "WARM", "regular_nurture", 2),
        (0.699999, "COOL", "long_term_nurture", 3),
        (0.50, "COOL", "long_term_nurture", 3),
        (0.499999, "COLD", "cold_outreach", 4),
        (0.0, "COLD", "cold_outreach", 4),
    ],
)
def test_the_score_decides_tier_and_sequence(score: float, tier: str, sequence: str, version: int) -> None:
    found = route(leads((score, 2)), campaign(), VERSIONS, OwnerLoad(), NOW).iloc[0]
    assert (found["tier"], found["sequence"], found["sequence_version"]) == (tier, sequence, version)
    assert found["routing_score"] == score
    assert not found["intent_lifted"]


@pytest.mark.parametrize(("score", "lifted"), [(0.70, 0.85), (0.55, 0.70), (0.9, 1.0)])
def test_three_true_signals_lift_the_score_for_routing_to_at_most_one(score: float, lifted: float) -> None:
    found = route(leads((score, 3)), campaign(), VERSIONS, OwnerLoad(), NOW).iloc[0]
    assert found["routing_score"] == lifted
    assert found["intent_lifted"]
    assert found["tier"] == ("WARM" if score == 0.55 else "HOT")


def test_the_columns_are_those_of_the_table_and_the_index_is_kept() -> None:
    rows = leads((0.9, 0), (0.1, 6)).set_index(pd.Index([7, 3]))
    found = route(rows, campaign(), VERSIONS, OwnerLoad(), NOW)
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        "lead_id": "int64",
        "tier": "str",
        "routing_score": "float64",
        "intent_lifted": "bool",
        "sequence": "str",
        "sequence_version": "int64",
        "owner": "str",
        "owner_reason": "str",
    }
    assert found.index.tolist() == [7, 3]
    assert found["lead_id"].tolist() == [1, 2]
    assert found["owner"].tolist() == ["Ann", "Ann"]


def test_no_leads_have_no_routes() -> None:
    assert route(leads(), campaign(), VERSIONS, OwnerLoad(), NOW).empty


def test_signals_as_text_are_refused() -> None:
    rows = leads((0.5, 0)).assign(company_hiring="False")
    with pytest.raises(TypeError, match="company_hiring"):
        route(rows, campaign(), VERSIONS, OwnerLoad(), NOW)


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(TypeError, match="no time zone"):
        route(leads((0.5, 0)), campaign(), VERSIONS, OwnerLoad(), NOW.replace(tzinfo=None))


def test_a_sequence_that_is_not_stored_is_named() -> None:
    with pytest.raises(ConfigurationError, match="tier COOL is routed to sequence 'long_term_nurture'"):
        route(leads((0.5, 0)), campaign(), {k: 1 for k in VERSIONS if k[0] != "l"}, OwnerLoad(), NOW)
