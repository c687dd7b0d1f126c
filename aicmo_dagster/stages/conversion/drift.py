"""How far leads have moved away from those that a model learnt from: the population stability index (PSI).

PSI = sum over bins of (now - then) * ln(now / then) of the shares of rows. Below 0.1 nothing has happened, above
0.25 the leads are others: the limits that credit scoring has used since the nineties.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aicmo_dagster.stages.conversion.additive import Additive, probability
from aicmo_dagster.stages.conversion.encoding import Codes, FloatArray, Numbers

_BINS = 10
_LEAST = 1e-4
"""An empty bin counts as this share: its logarithm would be infinite."""
FEWEST_ROWS = 200
"""Of fewer leads the index is mostly chance: it grows by about bins / rows."""


@dataclass(frozen=True)
class Population:
    """How rows are spread: their number, counts by bin of the probability (parted at `edges`), and by feature."""

    edges: tuple[float, ...]
    scores: npt.NDArray[np.int64]
    features: dict[str, npt.NDArray[np.int64]]

    @property
    def rows(self) -> int:
        return int(self.scores.sum())

    def __add__(self, other: "Population") -> "Population":
        return Population(
            self.edges,
            self.scores + other.scores,
            {name: counts + other.features[name] for name, counts in self.features.items()},
        )

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "edges": list(self.edges),
            "scores": self.scores.tolist(),
            "features": {name: counts.tolist() for name, counts in self.features.items()},
        }


def population_of(document: dict[str, Any]) -> Population:
    """The population that `Population.document` describes."""
    return Population(
        tuple(document["edges"]),
        np.array(document["scores"], dtype=np.int64),
        {name: np.array(counts, dtype=np.int64) for name, counts in document["features"].items()},
    )


def reference(model: Additive, codes: Sequence[Codes]) -> Population:
    """The rows that the model learnt from: in ten bins of the probability that about equally many are in."""
    scores = probability(model.log_odds_of(codes))
    return population(
        model, codes, tuple(np.unique(np.quantile(scores, np.arange(1, _BINS) / _BINS)).tolist())
    )


def population(model: Additive, codes: Sequence[Codes], edges: tuple[float, ...]) -> Population:
    """Rows, spread over the bins that `edges` part; codes are those of `encoding.encode`."""
    scores: FloatArray = probability(model.log_odds_of(codes))
    places = np.searchsorted(np.asarray(edges), scores, side="right")
    return Population(
        edges,
        np.bincount(places, minlength=len(edges) + 1),
        {
            feature.name: np.bincount(column, minlength=feature.size)
            for feature, column in zip(model.features, codes, strict=True)
        },
    )


def score_drift(then: Population, now: Population) -> float:
    """PSI of the predicted probability."""
    return psi(then.scores, now.scores)


def feature_drift(model: Additive, then: Population, now: Population) -> dict[str, float]:
    """PSI of each feature, the largest first; intervals of numbers are joined to ten that were equally full."""
    found = {}
    for feature in model.features:
        before, after = then.features[feature.name], now.features[feature.name]
        if isinstance(feature, Numbers):
            before, after = _joined(before, before), _joined(after, before)
        found[feature.name] = psi(before, after)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def psi(then: npt.NDArray[np.int64], now: npt.NDArray[np.int64]) -> float:
    """The index of two counts over the same bins; 0 where either is of nothing."""
    if not then.sum() or not now.sum():
        return 0.0
    before = np.maximum(then / then.sum(), _LEAST)
    after = np.maximum(now / now.sum(), _LEAST)
    return float(((after - before) * np.log(after / before)).sum())


def _joined(counts: npt.NDArray[np.int64], by: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The unknown, and the intervals in up to ten groups of about a tenth of `by` each."""
    reached = np.cumsum(by[1:]) / max(by[1:].sum(), 1)
    groups = np.minimum((reached * _BINS - 1e-9).astype(np.int64), _BINS - 1)
    known = np.bincount(groups, weights=counts[1:], minlength=_BINS).astype(np.int64)
    return np.concatenate([counts[:1], known])
