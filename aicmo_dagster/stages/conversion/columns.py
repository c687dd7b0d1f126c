"""Columns of text as numbers, dates or words, and a label of two values."""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.dates import read_date
from aicmo_dagster.stages.words import fold

_NOTHING = frozenset({"", "-", "--", "?", "na", "n/a", "#n/a", "nan", "null", "nil", "none"})
_SIGNS = re.compile(r"[$€£%\s]|(?<=\d),(?=\d{3}\b)")
_MOST_ODD = 0.02
"""A column is of numbers, or of dates, where at most this share of its values is not."""
_YES = frozenset(
    {"yes", "y", "true", "t", "1", "won", "converted", "positive", "success", "ja", "oui", "si", "sim"}
)
_NO = frozenset(
    {"no", "n", "false", "f", "0", "lost", "not converted", "negative", "failure", "nein", "non", "nao"}
)


@dataclass(frozen=True)
class Label:
    """`true` per row with a known label; `known` marks those rows; `positive` is the word that counts as true."""

    true: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    positive: str


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """The columns, given as text: those of numbers as float64, of dates as days since 1970, all others as words.

    Words that mean nothing ("", "n/a") are missing.
    """
    return pd.DataFrame({name: _typed(column) for name, column in table.items()}, index=table.index)


def label(column: pd.Series) -> Label:
    """A column of two values as true and false; of values that nobody knows the rarer one is true.

    Raises ConfigurationError where it has not two values.
    """
    words = _known(column)
    found = words.dropna().value_counts()
    if len(found) != 2:
        some = ", ".join(map(repr, found.index[:5])) or "none"
        raise ConfigurationError(
            f"the label {column.name!r} has {len(found):,} different values ({some}); it has to have two, like yes "
            "and no"
        )
    folded = {str(word): _meaning(str(word)) for word in found.index}
    positive = [word for word, meaning in folded.items() if meaning]
    negative = [word for word, meaning in folded.items() if meaning is False]
    if len(positive) == 1:
        true = positive[0]
    elif len(negative) == 1:
        true = next(word for word in folded if word not in negative)
    else:
        true = str(found.index[-1])
    return Label((words == true).to_numpy(dtype=bool), words.notna().to_numpy(), true)


def _meaning(word: str) -> bool | None:
    text = fold(word.removesuffix(".0"))
    return True if text in _YES else False if text in _NO else None


def _known(column: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(column)
    texts = [str(one).strip() for one in distinct]
    kept = np.array([None if text.casefold() in _NOTHING else text for text in texts] + [None], dtype=object)
    return pd.Series(pd.array(kept[codes], dtype="str"), index=column.index, name=column.name)


def _typed(column: pd.Series) -> pd.Series:
    known = _known(column)
    codes, distinct = pd.factorize(known)
    if not len(distinct):
        return known
    for read in (_numbers, _days):
        values = read([str(one) for one in distinct])
        of_rows = np.append(values, np.nan)[codes]
        if np.isnan(of_rows).sum() - (codes < 0).sum() <= _MOST_ODD * (codes >= 0).sum():
            return pd.Series(of_rows, index=column.index, name=column.name)
    return known


def _numbers(texts: list[str]) -> npt.NDArray[np.float64]:
    plain = pd.Series([_SIGNS.sub("", text) for text in texts], dtype=object)
    values = pd.to_numeric(plain, errors="coerce").to_numpy("float64", na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _days(texts: list[str]) -> npt.NDArray[np.float64]:
    days = [read_date(text) for text in texts]
    return np.array([np.nan if day is None else float(day.toordinal() - 719_163) for day in days])
