from typing import Any

import numpy as np
import pandas as pd

from aicmo_dagster.stages.backtest.comparison import THRESHOLDS, Example, Flip, causes, examples, flips


def ended(**changes: list[Any]) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {
        "lead_id": [1, 2],
        "tier": ["HOT", "WARM"],
        "verdict": ["qualified", "rejected"],
        "sequence": ["aggressive_close", "none"],
        "owner": ["Ann", "none"],
        "reason": ["qualified", "low_icp_fit"],
        "owner_reason": ["weighted round robin", ""],
        "cause": [None, None],
        "cause_before": [None, None],
        "cause_after": [None, None],
    }
    return pd.DataFrame({**columns, **changes})


def test_the_dimension_whose_contribution_differs_most_is_the_cause() -> None:
    size, title = np.array([1.0, 1.0]), np.array([0.4, np.nan])
    found = causes(
        ({"size": size, "title": title}, {"size": 0.5, "title": 0.5}),
        ({"size": size, "title": title}, {"size": 0.9, "title": 0.1}),
        unknown=0.5,
    )
    assert found["cause"].tolist() == ["size", "size"]
    assert found["cause_before"].tolist() == [0.5, 0.5]
    assert found["cause_after"].tolist() == [0.9, 0.9]


def test_a_dimension_that_only_one_model_has_counts_with_all_of_its_contribution() -> None:
    one = np.array([0.8])
    found = causes(({"a": one}, {"a": 0.5}), ({"a": one, "b": one}, {"a": 0.5, "b": 0.5}), unknown=0.5)
    assert found[["cause", "cause_before", "cause_after"]].to_numpy().tolist() == [["b", 0.0, 0.4]]


def test_where_no_contribution_differs_the_thresholds_are_the_cause() -> None:
    same = ({"a": np.array([0.8])}, {"a": 1.0})
    assert causes(same, same, unknown=0.5)["cause"].tolist() == [THRESHOLDS]


def test_flips_are_counted_from_what_to_what() -> None:
    after = ended(tier=["WARM", "WARM"], owner=["Bo", "none"])
    assert flips(ended(), after) == [Flip("tier", "HOT", "WARM", 1), Flip("owner", "Ann", "Bo", 1)]
    assert flips(ended(), ended()) == []


def test_an_example_says_what_differs_and_why() -> None:
    after = ended(
        tier=["HOT", "COOL"],
        verdict=["manual_review", "rejected"],
        sequence=["none", "none"],
        owner=["none", "none"],
        reason=["low_intent", "low_icp_fit"],
        cause=["", "industry"],
        cause_before=[np.nan, 0.2],
        cause_after=[np.nan, 0.05],
    )
    first, second = sorted(examples(ended(), after, 3, 10), key=lambda one: one.lead_id)
    assert first.flips["verdict"] == ("qualified", "manual_review")
    assert first.why == ["qualified becomes low_intent"]
    assert second == Example(2, {"tier": ("WARM", "COOL")}, ["industry adds 0.200 to 0.050 to the score"])


def test_examples_are_few_of_each_kind() -> None:
    many = pd.concat([ended().iloc[:1]] * 10, ignore_index=True).assign(lead_id=range(10))
    assert len(examples(many, many.assign(tier="COLD", cause=THRESHOLDS), 3, 30)) == 3
