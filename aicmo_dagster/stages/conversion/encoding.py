"""Features as small numbers: 0 where unknown, else the interval that a number lies in, or the place of a word.

What a model learns, predicts, gives as reason and is watched by are these numbers, so all of them agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int16]
FloatArray = npt.NDArray[np.float64]

MOST_INTERVALS = 64
MOST_WORDS = 40
_FEWEST_ROWS = 20
"""A word that fewer rows have is `another`: so few say nothing."""


@dataclass(frozen=True)
class Numbers:
    """A feature of numbers, in intervals: interval `i` begins at `cuts[i - 1]` and ends before `cuts[i]`."""

    name: str
    cuts: tuple[float, ...]

    @property
    def size(self) -> int:
        return len(self.cuts) + 2

    def codes(self, column: pd.Series) -> Codes:
        values = column.to_numpy("float64", na_value=np.nan)
        found = np.searchsorted(np.asarray(self.cuts), values, side="right") + 1
        found[np.isnan(values)] = 0
        return found.astype(np.int16)

    def said(self, code: int) -> str:
        if code == 0:
            return f"{self.name} unknown"
        below, above = self.cuts[code - 2 : code - 1], self.cuts[code - 1 : code]
        if code == 1 and above:
            return f"{self.name} below {_number(above[0])}"
        if not above:
            return f"{self.name} {_number(below[0])} or more" if below else f"{self.name} known"
        return f"{self.name} {_number(below[0])} to {_number(above[0])}"

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "cuts": list(self.cuts)}


@dataclass(frozen=True)
class Words:
    """A feature of words; code `i` is `words[i - 1]`, the last one any other word."""

    name: str
    words: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.words) + 2

    def codes(self, column: pd.Series) -> Codes:
        if isinstance(column.dtype, pd.CategoricalDtype):
            places, distinct = column.cat.codes.to_numpy(), column.cat.categories
        else:
            places, found = pd.factorize(column)
            distinct = pd.Index(found)
        place_of = {word: place for place, word in enumerate(self.words, 1)}
        another = len(self.words) + 1
        of_distinct = [*(place_of.get(str(word), another) for word in distinct), 0]
        return np.array(of_distinct, dtype=np.int16)[places]

    def said(self, code: int) -> str:
        if code == 0:
            return f"{self.name} unknown"
        return f"{self.name} {self.words[code - 1] if code <= len(self.words) else 'of another kind'}"

    def document(self) -> dict[str, Any]:
        return {"name": self.name, "words": list(self.words)}


Feature = Numbers | Words


def learn(table: pd.DataFrame, most_intervals: int = MOST_INTERVALS) -> tuple[Feature, ...]:
    """A feature per column of `table`: numbers in intervals that about equally many rows lie in, words by how many
    rows have them, at most `MOST_WORDS`. Columns of numbers are those with a numeric dtype; true and false are
    words.
    """
    return tuple(
        _numbers(str(name), column, most_intervals) if is_numeric(column) else _words(str(name), column)
        for name, column in table.items()
    )


def is_numeric(column: pd.Series) -> bool:
    """Whether the column is of numbers; true and false are not."""
    return pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)


def _numbers(name: str, column: pd.Series, most: int) -> Numbers:
    values = column.to_numpy("float64", na_value=np.nan)
    values = values[np.isfinite(values)]
    if not len(values):
        return Numbers(name, ())
    distinct = np.unique(values)
    if len(distinct) <= most:
        cuts = distinct[1:]
    else:
        quantiles = np.quantile(values, np.arange(1, most) / most, method="higher")
        # A value that many rows have, like 0 for nothing, is kept apart from those that follow it.
        often = quantiles[1:][quantiles[1:] == quantiles[:-1]]
        following = distinct[np.searchsorted(distinct[:-1], often, side="right")]
        cuts = np.unique([*quantiles, *following])
        cuts = cuts[cuts > distinct[0]]
    return Numbers(name, tuple(cuts.tolist()))


def _words(name: str, column: pd.Series) -> Words:
    counts = column.value_counts()
    # Of equally frequent words the first by alphabet, so that the same rows give the same model.
    often = sorted((-int(count), str(word)) for word, count in counts.items() if count >= _FEWEST_ROWS)
    return Words(name, tuple(word for _, word in often[:MOST_WORDS]))


def encode(features: Sequence[Feature], table: pd.DataFrame) -> list[Codes]:
    """The codes of each feature for each row of `table`, which has a column of every feature's name."""
    return [feature.codes(table[feature.name]) for feature in features]


def feature_of(document: dict[str, Any]) -> Feature:
    """The feature that `document()` describes."""
    if "cuts" in document:
        return Numbers(document["name"], tuple(document["cuts"]))
    return Words(document["name"], tuple(document["words"]))


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"
