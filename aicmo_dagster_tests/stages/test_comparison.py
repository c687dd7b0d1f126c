import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aicmo_dagster.stages.comparison import (
    ERROR,
    Tally,
    compare,
    log_evidence,
    mails_needed,
    newcombe,
    wilson,
    winner,
)


def _ever(share: float, chance: float, replies: int, error: float) -> float:
    """The exact probability that the evidence reaches 1/error at any time up to so many replies.

    Each reply is ours with probability `chance`; the look is after every single one.
    """
    found, open_ = 0.0, np.array([1.0])  # open_[k]: probability of k ours, never significant so far
    for total in range(1, replies + 1):
        moved = np.zeros(total + 1)
        moved[:-1] += open_ * (1 - chance)
        moved[1:] += open_ * chance
        evidence = np.array([log_evidence(ours, total - ours, share, share) for ours in range(total + 1)])
        there = evidence >= -np.log(error)
        found += moved[there].sum()
        open_ = np.where(there, 0.0, moved)
    return found


@pytest.mark.parametrize("share", [0.5, 0.25, 0.75, 0.05])
def test_looking_after_every_reply_finds_a_difference_that_is_not_there_in_one_of_twenty_cases_at_most(
    share: float,
) -> None:
    assert 0.005 < _ever(share, share, 600, ERROR) <= ERROR


def test_the_test_finds_what_is_there() -> None:
    assert _ever(0.5, 2 / 3, 150, ERROR) > 0.9  # twice the rate
    assert _ever(0.5, 0.6, 400, ERROR) > 0.85  # half as many again


def test_a_reply_changes_the_evidence_fairly() -> None:
    for ours, others, share in [(0, 0, 0.5), (3, 9, 0.25), (40, 12, 0.8)]:
        after = [log_evidence(ours + 1, others, share, share), log_evidence(ours, others + 1, share, share)]
        expected = share * np.exp(after[0]) + (1 - share) * np.exp(after[1])
        assert expected == pytest.approx(np.exp(log_evidence(ours, others, share, share)))


def test_false_winners_stay_below_five_percent_with_three_variants_and_a_look_a_day() -> None:
    generator, false, campaigns, days = np.random.default_rng(7), 0, 500, 60
    weights = [1.0, 1.0, 2.0]
    chances = np.array([1.0, *weights]) / (1 + sum(weights))
    for _ in range(campaigns):
        mails = generator.multinomial(60, chances, size=days).cumsum(0)
        replies = generator.binomial(np.diff(mails, axis=0, prepend=0), 0.05).cumsum(0)
        for day in range(days):
            base, *others = (Tally(int(n), int(k)) for n, k in zip(mails[day], replies[day], strict=True))
            found = compare(base, others, weights)
            if any(one.better or one.worse for one in found):
                false += 1
                break
    assert false / campaigns <= ERROR


def test_the_best_of_several_better_variants_wins() -> None:
    base, others = Tally(2_000, 40), [Tally(2_000, 120), Tally(2_000, 160), Tally(2_000, 45)]
    found = compare(base, others, [1, 1, 1])
    assert [one.better for one in found] == [True, True, False]
    assert winner(["a", "b", "c"], "base", others, found) == "b"


def test_the_base_wins_only_where_every_variant_is_worse() -> None:
    base, others = Tally(2_000, 160), [Tally(2_000, 40), Tally(2_000, 150)]
    found = compare(base, others, [1, 1])
    assert [one.worse for one in found] == [True, False]
    assert winner(["a", "b"], "base", others, found) is None
    assert winner(["a"], "base", others[:1], compare(base, others[:1], [1])) == "base"


def test_without_a_difference_nobody_wins() -> None:
    assert winner(["a"], "base", [Tally(500, 20)], compare(Tally(500, 22), [Tally(500, 20)], [1])) is None


def test_without_mails_there_is_nothing_to_say() -> None:
    (one,) = compare(Tally(0, 0), [Tally(0, 0)], [1])
    assert (one.p, one.lift, one.better, one.worse) == (1.0, None, False, False)
    assert one.lift_interval[0] < 0.01
    assert one.lift_interval[1] > 100


def test_mails_that_are_not_spread_by_lot_prove_nothing() -> None:
    (one,) = compare(Tally(1_000, 100), [Tally(100, 2)], [1])
    assert one.p < 0.001
    assert not one.by_lot
    assert not one.worse


def test_several_variants_need_more_evidence_than_one() -> None:
    base, one = Tally(1_000, 40), Tally(1_000, 75)
    (alone,) = compare(base, [one], [1])
    together = compare(base, [one, Tally(1_000, 40), Tally(1_000, 41)], [1, 1, 1])[0]
    assert together.p == pytest.approx(3 * alone.p)


def test_a_heavier_variant_is_no_better_for_its_many_replies() -> None:
    (one,) = compare(Tally(500, 25), [Tally(1_500, 75)], [3])
    assert one.lift == pytest.approx(1)
    assert one.p > 0.9


@given(
    base=st.tuples(st.integers(1, 5_000), st.floats(0, 1)),
    one=st.tuples(st.integers(1, 5_000), st.floats(0, 1)),
)
def test_the_lift_lies_in_its_interval_which_excludes_one_when_it_is_significant(
    base: tuple[int, float], one: tuple[int, float]
) -> None:
    mails = base[0]
    tallies = Tally(mails, int(mails * base[1])), Tally(mails, int(mails * one[1]))
    (found,) = compare(tallies[0], [tallies[1]], [1])
    low, high = found.lift_interval
    if found.lift is not None:
        assert low * (1 - 1e-9) <= found.lift
        assert found.lift * (1 - 1e-9) <= high
    if abs(found.p - ERROR) > 1e-6:
        assert (low <= 1 <= high) == (found.p > ERROR)


# Newcombe, Statistics in Medicine 17 (1998), 857-872 and 873-890.
@pytest.mark.parametrize(
    ("tally", "interval"),
    [
        ((263, 81), (0.2553, 0.3662)),
        ((148, 15), (0.0624, 0.1605)),
        ((20, 0), (0, 0.1611)),
        ((29, 1), (0.0061, 0.1718)),
    ],
)
def test_the_interval_of_a_rate_is_that_of_the_literature(
    tally: tuple[int, int], interval: tuple[float, float]
) -> None:
    assert wilson(Tally(*tally)) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(
    ("one", "base", "interval"),
    [
        ((70, 56), (80, 48), (0.0524, 0.3339)),
        ((10, 9), (10, 3), (0.1705, 0.8090)),
        ((10, 10), (20, 0), (0.6791, 1.0)),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_literature(
    one: tuple[int, int], base: tuple[int, int], interval: tuple[float, float]
) -> None:
    assert newcombe(Tally(*one), Tally(*base)) == pytest.approx(interval, abs=5e-5)


@pytest.mark.parametrize(("rate", "lift", "weight"), [(0.03, 2.0, 1.0), (0.05, 1.5, 1.0), (0.1, 0.5, 2.0)])
def test_with_as_many_mails_as_needed_four_of_five_lifts_are_seen(
    rate: float, lift: float, weight: float
) -> None:
    generator, seen = np.random.default_rng(3), 0
    needed = mails_needed(rate, lift, weight)
    assert needed is not None
    for _ in range(1_000):
        ours = int(generator.binomial(needed, weight / (1 + weight)))
        one = Tally(ours, int(generator.binomial(ours, rate * lift)))
        base = Tally(needed - ours, int(generator.binomial(needed - ours, rate)))
        (found,) = compare(base, [one], [weight])
        seen += found.better if lift > 1 else found.worse
    assert 0.75 <= seen / 1_000 <= 0.87


def test_more_variants_and_smaller_lifts_need_more_mails() -> None:
    usual = mails_needed(0.05, 1.5)
    assert usual is not None
    assert (mails_needed(0.05, 1.2) or 0) > 4 * usual
    assert (mails_needed(0.05, 1.5, variants=4) or 0) > usual


@pytest.mark.parametrize(("rate", "lift", "weight"), [(0, 1.5, 1), (0.05, 1, 1), (0.05, 1.5, 0)])
def test_some_things_are_never_seen(rate: float, lift: float, weight: float) -> None:
    assert mails_needed(rate, lift, weight) is None
