"""What is kept of a trained model: tables of log-odds that are added up, and what they say of a lead in words.

Probability = 1 / (1 + exp(-log-odds)); log-odds = `base` + one number per term, found by the codes of its one or
two features. So every prediction is the sum of its reasons, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aicmo_dagster.stages.conversion.encoding import Codes, Feature, FloatArray, encode, feature_of

_CHUNK = 65_536
"""Rows worked on at a time: what one term leaves in the processor's cache the next one finds there."""


@dataclass(frozen=True)
class Term:
    """Log-odds by the codes of one feature or two (places in `Additive.features`); 0 is what an average lead has."""

    features: tuple[int, ...]
    scores: FloatArray

    def of(self, codes: Sequence[Codes], rows: slice = slice(None)) -> FloatArray:
        """The term's log-odds for each row of the features' codes."""
        first, *second = (codes[place][rows] for place in self.features)
        places = first.astype(np.int32) * self.scores.shape[1] + second[0] if second else first
        found: FloatArray = self.scores.ravel().take(places)
        return found


@dataclass(frozen=True)
class Reason:
    """What one term does to a lead's log-odds."""

    features: tuple[str, ...]
    log_odds: float
    sentence: str


@dataclass(frozen=True)
class Additive:
    """A trained and calibrated model."""

    features: tuple[Feature, ...]
    base: float
    terms: tuple[Term, ...]

    def log_odds(self, table: pd.DataFrame) -> FloatArray:
        """The calibrated log-odds of each row of `table`, which has a column of every feature's name."""
        return self.log_odds_of(encode(self.features, table))

    def log_odds_of(self, codes: Sequence[Codes]) -> FloatArray:
        """As `log_odds`, of rows that are encoded already."""
        rows = len(codes[0])
        found = np.full(rows, self.base)
        for start in range(0, rows, _CHUNK):
            part = slice(start, start + _CHUNK)
            for term in self.terms:
                found[part] += term.of(codes, part)
        return found

    def probability(self, table: pd.DataFrame) -> FloatArray:
        """The calibrated probability of each row of `table`."""
        return probability(self.log_odds(table))

    def reasons(self, row: pd.DataFrame, most: int | None = None) -> list[Reason]:
        """What each term does to the log-odds of the one row, the strongest first, at most `most`.

        All of them and `base` add up to its log-odds.
        """
        if len(row) != 1:
            raise ValueError(f"reasons are given for one lead, got {len(row)}")
        codes = encode(self.features, row)
        found = [self._reason(term, codes) for term in self.terms]
        return sorted(found, key=lambda one: -abs(one.log_odds))[:most]

    def _reason(self, term: Term, codes: Sequence[Codes]) -> Reason:
        log_odds = float(term.of(codes)[0])
        of = [self.features[place] for place in term.features]
        what = " together with ".join(
            feature.said(int(codes[place][0])) for feature, place in zip(of, term.features, strict=True)
        )
        return Reason(tuple(feature.name for feature in of), log_odds, f"{what} {effect(log_odds)}")

    def importance(self, codes: Sequence[Codes]) -> dict[str, float]:
        """Term, by its features' names, -> how much it moves the log-odds of these rows on average; most first."""
        found = {
            " × ".join(self.features[place].name for place in term.features): float(
                np.abs(term.of(codes)).mean()
            )
            for term in self.terms
        }
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "features": [feature.document() for feature in self.features],
            "base": self.base,
            "terms": [
                {"features": list(term.features), "scores": term.scores.tolist()} for term in self.terms
            ],
        }


def additive_of(document: dict[str, Any]) -> Additive:
    """The model that `Additive.document` describes."""
    return Additive(
        tuple(feature_of(one) for one in document["features"]),
        float(document["base"]),
        tuple(
            Term(tuple(one["features"]), np.array(one["scores"], dtype=np.float64))
            for one in document["terms"]
        ),
    )


def probability(log_odds: FloatArray) -> FloatArray:
    """The probability that goes with log-odds."""
    # exp of a large number is infinite and its probability 0, as it should be.
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-log_odds))


def effect(log_odds: float) -> str:
    """What log-odds do to the odds, in words."""
    times = float(np.exp(abs(log_odds)))
    if times < 1.005:
        return "changes nothing"
    verb = "raises" if log_odds > 0 else "lowers"
    if times >= 2:
        return (
            f"{verb} the odds to {times:.1f} times" if log_odds > 0 else f"{verb} the odds to 1/{times:.1f}"
        )
    share = times - 1 if log_odds > 0 else 1 - 1 / times
    return f"{verb} the odds by {100 * share:.0f} %"
