import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.backtest.outcomes import TierOutcome, auc, brier, outcomes

LEADS = st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.5000001, 0.9]), st.booleans()), max_size=30)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Won 0.9 and 0.4; not won 0.5 and 0.1: three of the four pairs are in the right order.
    assert auc(np.array([0.9, 0.4, 0.5, 0.1]), np.array([True, True, False, False])) == 0.75


def test_equal_scores_count_half() -> None:
    assert auc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5


@given(LEADS)
def test_auc_is_what_comparing_every_pair_gives(leads: list[tuple[float, bool]]) -> None:
    scores, won = np.array([one for one, _ in leads]), np.array([one for _, one in leads], dtype=bool)
    pairs = [(a > b) + (a == b) / 2 for a in scores[won] for b in scores[~won]]
    expected = np.mean(pairs) if pairs else None
    assert auc(scores, won) == (None if expected is None else pytest.approx(expected))


def test_a_lead_has_no_part_in_the_rate_that_it_is_measured_by() -> None:
    tiers = pd.Series(["HOT", "HOT", "COLD"])
    won = np.array([True, False, False])
    # All others: 0 of 2, 1 of 2, 1 of 2. Its tier's others and one such lead: (0 + 0) / 2, (1 + 1/2) / 2, 1/2.
    assert brier(tiers, won) == pytest.approx((1 + 0.75**2 + 0.5**2) / 3)


def test_tiers_that_tell_outcomes_apart_have_the_lower_brier() -> None:
    won = np.array([True] * 20 + [False] * 20)
    apart = brier(pd.Series(["HOT"] * 20 + ["COLD"] * 20), won)
    mixed = brier(pd.Series(["HOT", "COLD"] * 20), won)
    assert apart is not None
    assert mixed is not None
    assert apart < 0.01
    assert mixed > 0.24


def test_of_one_outcome_there_is_nothing_to_tell() -> None:
    found = outcomes(pd.Series(["WARM"]), np.array([0.7]), np.array([True]))
    assert (found.auc, found.brier) == (None, None)
    assert found.tiers == {"WARM": TierOutcome(leads=1, positive=1)}
