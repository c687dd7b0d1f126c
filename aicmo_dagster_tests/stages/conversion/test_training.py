"""What is kept of a model gives what the library gives, and its reasons add up."""

import json

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from aicmo_dagster.stages.conversion.additive import Additive, additive_of, effect, probability
from aicmo_dagster.stages.conversion.training import Trained, predicted_by_library, train
from aicmo_dagster_tests.stages.conversion.tables import table


@pytest.fixture(scope="module", params=["logistic", "ebm"])
def trained(request: pytest.FixtureRequest) -> Trained:
    return train(*table(1_500), seed=7, algorithm=request.param)


@pytest.fixture(scope="module")
def unseen() -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Rows with words, gaps and numbers that were not in what was learnt from."""
    rows, labels = table(4_000, seed=2)
    rows.loc[:50, "trade"] = "fishing"
    rows.loc[51:60, "size"] = 1e12
    rows.loc[61:70, "noise"] = np.nan
    rows.loc[71:80, "empty"] = "something"
    return rows, labels


def test_the_evaluator_gives_the_librarys_own_predictions(
    trained: Trained, unseen: tuple[pd.DataFrame, npt.NDArray[np.bool_]]
) -> None:
    ours = trained.model.log_odds(unseen[0])
    assert np.abs(ours - predicted_by_library(trained, unseen[0])).max() < 1e-9


def test_what_is_stored_gives_the_same_predictions_bit_by_bit(
    trained: Trained, unseen: tuple[pd.DataFrame, npt.NDArray[np.bool_]]
) -> None:
    stored = additive_of(json.loads(json.dumps(trained.model.document())))
    assert stored.log_odds(unseen[0]).tolist() == trained.model.log_odds(unseen[0]).tolist()


def test_the_reasons_of_a_lead_add_up_to_its_log_odds(
    trained: Trained, unseen: tuple[pd.DataFrame, npt.NDArray[np.bool_]]
) -> None:
    log_odds = trained.model.log_odds(unseen[0])
    for place in (0, 55, 65, 75, 3_999):
        reasons = trained.model.reasons(unseen[0].iloc[[place]])
        assert trained.model.base + sum(one.log_odds for one in reasons) == pytest.approx(
            log_odds[place], abs=1e-9
        )
        sizes = [abs(one.log_odds) for one in reasons]
        assert sizes == sorted(sizes, reverse=True)


def test_a_reason_says_the_fact_and_what_it_does(trained: Trained) -> None:
    row = pd.DataFrame({"size": [5.0], "trade": ["mining"], "noise": [0.0], "empty": [None]})
    sentences = [one.sentence for one in trained.model.reasons(row)]
    assert any(one.startswith("trade mining lowers the odds") for one in sentences), sentences


def test_predictions_are_what_happens(
    trained: Trained, unseen: tuple[pd.DataFrame, npt.NDArray[np.bool_]]
) -> None:
    rows, labels = unseen[0].iloc[100:], unseen[1][100:]
    predicted = trained.model.probability(rows)
    for share in np.array_split(np.argsort(predicted), 5):
        assert predicted[share].mean() == pytest.approx(labels[share].mean(), abs=0.08)


def test_order_and_chunks_change_nothing(
    trained: Trained, unseen: tuple[pd.DataFrame, npt.NDArray[np.bool_]]
) -> None:
    rows = unseen[0]
    whole = trained.model.probability(rows)
    order = np.random.default_rng(3).permutation(len(rows))
    assert trained.model.probability(rows.iloc[order]).tolist() == whole[order].tolist()
    parts = [trained.model.probability(rows.iloc[at : at + 999]) for at in range(0, len(rows), 999)]
    assert np.concatenate(parts).tolist() == whole.tolist()


def test_the_same_rows_and_seed_give_the_same_model() -> None:
    first, second = (train(*table(800), seed=7).model.document() for _ in range(2))
    assert first == second


def test_labels_without_a_reason_leave_their_share() -> None:
    rows, _ = table(2_000)
    labels = np.random.default_rng(9).random(2_000) < 0.2
    predicted = train(rows, labels, seed=7).model.probability(rows)
    assert predicted.mean() == pytest.approx(labels.mean(), abs=0.02)
    assert predicted.std() < 0.05


def test_labels_that_are_all_the_same_are_refused() -> None:
    rows, labels = table(200)
    with pytest.raises(ValueError, match="all labels are the same"):
        train(rows, np.ones_like(labels), seed=7)


def test_reasons_are_given_for_one_row() -> None:
    with pytest.raises(ValueError, match="one lead"):
        Additive((), 0.0, ()).reasons(pd.DataFrame({"a": [1, 2]}))


@pytest.mark.parametrize(
    ("log_odds", "words"),
    [
        (np.log(1.5), "raises the odds by 50 %"),
        (-np.log(1.25), "lowers the odds by 20 %"),
        (np.log(3), "raises the odds to 3.0 times"),
        (-np.log(4), "lowers the odds to 1/4.0"),
        (0.0, "changes nothing"),
    ],
)
def test_log_odds_are_said_as_what_they_do_to_the_odds(log_odds: float, words: str) -> None:
    assert effect(log_odds) == words


def test_extreme_log_odds_are_probabilities_all_the_same() -> None:
    assert probability(np.array([-1e6, 0.0, 1e6])).tolist() == [0.0, 0.5, 1.0]
