import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from aicmo_dagster.stages.conversion.evaluation import difference, evaluate, evaluation_of, problem_of

Sample = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]


def sample(rows: int = 4_000, seed: int = 1, spread: float = 1.0) -> Sample:
    """Probabilities, and labels that come about with them."""
    random = np.random.default_rng(seed)
    predicted = 1 / (1 + np.exp(1.5 - spread * random.normal(size=rows)))
    return predicted, random.random(rows) < predicted


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=80))
def test_auc_and_brier_are_those_of_scikit_learn(pairs: list[tuple[int, bool]]) -> None:
    predicted, labels = np.array([one / 5 for one, _ in pairs]), np.array([two for _, two in pairs])
    if labels.all() or not labels.any():
        return
    found = evaluate(predicted, labels)
    assert found.auc == pytest.approx(roc_auc_score(labels, predicted), abs=1e-12)
    assert found.brier == pytest.approx(brier_score_loss(labels, predicted), abs=1e-12)


def test_the_error_of_the_auc_is_what_samples_differ_by() -> None:
    found = [evaluate(*sample(500, seed)) for seed in range(60)]
    areas = np.array([one.auc for one in found])
    assert np.mean([one.auc_error for one in found]) == pytest.approx(areas.std(), rel=0.35)


def test_lift_is_the_share_among_the_tenth_predicted_highest() -> None:
    predicted = np.arange(100) / 100
    labels = np.zeros(100, dtype=bool)
    labels[[99, 98, 97, 96, 95, 3, 2, 1, 0, 50]] = True
    assert evaluate(predicted, labels).lift == pytest.approx(0.5 / 0.1)


def test_figures_survive_json() -> None:
    found = evaluate(*sample())
    assert evaluation_of(json.loads(json.dumps(found.document()))) == found


def test_honest_predictions_have_no_problem() -> None:
    problems = [problem_of(evaluate(*one), *one, None) for one in (sample(seed=seed) for seed in range(40))]
    assert problems == [None] * 40


def test_predictions_that_tell_nothing_are_a_problem() -> None:
    predicted, labels = sample()
    shuffled = np.random.default_rng(2).permutation(predicted)
    assert "tells conversions hardly from others" in str(
        problem_of(evaluate(shuffled, labels), shuffled, labels, None)
    )


@pytest.mark.parametrize("wrong", [np.square, np.sqrt, lambda p: p * 0.5])
def test_predictions_that_are_not_what_happens_are_a_problem(wrong: Callable[[Any], Any]) -> None:
    predicted, labels = sample()
    predicted = wrong(predicted)
    assert "not what happens" in str(problem_of(evaluate(predicted, labels), predicted, labels, None))


def test_being_worse_than_the_model_in_use_is_a_problem() -> None:
    better, labels = sample(spread=2)
    noise = np.random.default_rng(5).normal(size=len(better))
    log_odds = np.log(better / (1 - better))
    worse = 1 / (1 + np.exp(1.2 - 0.45 * (log_odds + 1.5 + 2 * noise)))
    gain, error = difference(worse, better, labels)
    assert gain < -3 * error
    assert "worse than the model in use" in str(problem_of(evaluate(better, labels), worse, labels, better))


def test_being_as_good_as_the_model_in_use_is_none() -> None:
    predicted, labels = sample()
    other = np.clip(predicted + np.random.default_rng(4).normal(0, 0.005, len(predicted)), 0.001, 0.999)
    assert problem_of(evaluate(other, labels), other, labels, predicted) is None


def test_labels_that_are_all_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="all labels are the same"):
        evaluate(np.array([0.1, 0.2]), np.array([False, False]))
