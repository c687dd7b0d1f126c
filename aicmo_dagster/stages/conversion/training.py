"""How a model is learnt: boosted additive trees where there is enough to learn from, else logistic regression.

Both are learnt on the codes of `encoding`, so what they have learnt is a table per term. Its log-odds are then
calibrated (Platt 1999) by predictions for rows that were left out of learning in turn.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.stages.conversion.additive import Additive, Term
from aicmo_dagster.stages.conversion.encoding import Codes, Feature, FloatArray, Numbers, encode, learn

Algorithm = Literal["ebm", "logistic"]
Labels = npt.NDArray[np.bool_]

EBM_FROM_ROWS = 5_000
_LOGISTIC_INTERVALS = 6
_FOLDS = 3
_PAIRS = 12
_BAGS = 8
_BAGS_OF_A_FOLD = 4
_PAIR_BINS = 64


@dataclass(frozen=True)
class Trained:
    """A model with the library's own estimator behind it, which `predicted_by_library` asks."""

    algorithm: Algorithm
    model: Additive
    estimator: Any
    calibration: tuple[float, float]


def train(table: pd.DataFrame, labels: Labels, seed: int, algorithm: Algorithm | None = None) -> Trained:
    """Learn to tell rows with a true label from the others; the same rows and seed give the same model.

    `table` has a column per feature, of numbers or words, missing where unknown. `algorithm` None chooses by the
    number of rows. ValueError where all labels are the same.
    """
    if labels.all() or not labels.any():
        raise ValueError("all labels are the same; there is nothing to tell apart")
    algorithm = algorithm or ("ebm" if len(labels) >= EBM_FROM_ROWS else "logistic")
    features = learn(table) if algorithm == "ebm" else learn(table, _LOGISTIC_INTERVALS)
    codes = encode(features, table)
    slope, offset = _calibration(features, codes, labels, algorithm, seed)
    estimator = _fit(features, codes, labels, algorithm, seed)
    raw = _additive(features, codes, estimator, algorithm)
    calibrated = Additive(
        features,
        offset + slope * raw.base,
        tuple(Term(term.features, slope * term.scores) for term in raw.terms),
    )
    return Trained(algorithm, calibrated, estimator, (slope, offset))


def predicted_by_library(trained: Trained, table: pd.DataFrame) -> FloatArray:
    """The calibrated log-odds of each row by the library that the model was learnt with."""
    slope, offset = trained.calibration
    codes = encode(trained.model.features, table)
    features = trained.model.features
    matrix = _matrix(features, codes) if trained.algorithm == "ebm" else _indicators(features, codes)
    return offset + slope * np.asarray(trained.estimator.decision_function(matrix), dtype=np.float64)


def _calibration(
    features: Sequence[Feature], codes: Sequence[Codes], labels: Labels, algorithm: Algorithm, seed: int
) -> tuple[float, float]:
    """Slope and offset that make log-odds of rows that were not learnt from say what happens."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    held_out = np.zeros(len(labels))
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for learnt, left in folds.split(np.zeros(len(labels)), labels):
        part = [column[learnt] for column in codes]
        estimator = _fit(features, part, labels[learnt], algorithm, seed, _BAGS_OF_A_FOLD)
        model = _additive(features, part, estimator, algorithm)
        held_out[left] = model.log_odds_of([column[left] for column in codes])
    platt = LogisticRegression(C=np.inf).fit(held_out.reshape(-1, 1), labels)
    slope = float(platt.coef_[0, 0])
    if slope <= 0:  # it has learnt nothing: what is left is the share of true labels
        return 0.0, float(np.log(labels.mean() / (1 - labels.mean())))
    return slope, float(platt.intercept_[0])


def _fit(
    features: Sequence[Feature],
    codes: Sequence[Codes],
    labels: Labels,
    algorithm: Algorithm,
    seed: int,
    bags: int = _BAGS,
) -> Any:
    if algorithm == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=0.3, max_iter=1_000).fit(_indicators(features, codes), labels)
    from interpret.glassbox import ExplainableBoostingClassifier

    estimator = ExplainableBoostingClassifier(
        feature_names=[feature.name for feature in features],
        feature_types=["continuous" if isinstance(feature, Numbers) else "nominal" for feature in features],
        interactions=min(_PAIRS, len(features) * (len(features) - 1) // 2),
        outer_bags=bags,
        max_interaction_bins=_PAIR_BINS,
        random_state=seed,
        n_jobs=1,  # more are processes, which take longer to come up than they save
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Missing values detected", UserWarning)
        return estimator.fit(_matrix(features, codes), labels)


def _matrix(features: Sequence[Feature], codes: Sequence[Codes]) -> pd.DataFrame:
    """The codes as the EBM takes them: numbers for intervals, text for words, missing where unknown."""
    columns: dict[str, Any] = {}
    for feature, column in zip(features, codes, strict=True):
        known = np.where(column == 0, np.nan, column)
        if isinstance(feature, Numbers):
            columns[feature.name] = known
        else:
            names = np.array([None, *map(str, range(1, feature.size))], dtype=object)
            columns[feature.name] = names[column]
    return pd.DataFrame(columns)


def _indicators(features: Sequence[Feature], codes: Sequence[Codes]) -> Any:
    """The codes as logistic regression takes them: a column of 0 and 1 for each code of each feature."""
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(categories=[range(feature.size) for feature in features])
    return encoder.fit_transform(np.stack(codes, axis=1))


def _additive(
    features: Sequence[Feature],
    codes: Sequence[Codes],
    estimator: Any,
    algorithm: Algorithm,
) -> Additive:
    """The estimator as tables; each term is 0 on the average of the rows it was learnt from."""
    terms = _ebm_terms(features, estimator) if algorithm == "ebm" else _logistic_terms(features, estimator)
    base = float(estimator.intercept_[0])
    centred = []
    for term in terms:
        average = float(term.of(codes).mean())
        base += average
        centred.append(Term(term.features, term.scores - average))
    return Additive(tuple(features), base, tuple(centred))


def _logistic_terms(features: Sequence[Feature], estimator: Any) -> list[Term]:
    starts = np.cumsum([0, *(feature.size for feature in features)])
    weights = estimator.coef_[0]
    return [
        Term((place,), weights[starts[place] : starts[place + 1]].copy()) for place in range(len(features))
    ]


def _ebm_terms(features: Sequence[Feature], estimator: Any) -> list[Term]:
    terms = []
    for places, scores in zip(estimator.term_features_, estimator.term_scores_, strict=True):
        bins = [_ebm_bins(features[place], estimator.bins_[place], len(places)) for place in places]
        terms.append(Term(tuple(places), np.ascontiguousarray(scores[np.ix_(*bins)])))
    return terms


def _ebm_bins(feature: Feature, levels: Sequence[Any], dimensions: int) -> npt.NDArray[np.intp]:
    """Where each code of the feature is in the tables of an EBM; `levels` are its bins by number of dimensions."""
    bins = levels[min(len(levels), dimensions) - 1]
    codes = np.arange(1, feature.size)
    if isinstance(bins, dict):
        # The bin behind the last one is that of words which the EBM has not seen.
        unseen = max(bins.values(), default=0) + 1
        found = [bins.get(str(code), unseen) for code in codes]
    else:
        found = (np.searchsorted(bins, codes, side="right") + 1).tolist()
    return np.array([0, *found], dtype=np.intp)
