"""Which columns of a table must not be learnt from: they say what is known only afterwards, or nothing at all."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from aicmo_dagster.stages.conversion.columns import Label
from aicmo_dagster.stages.conversion.encoding import encode, is_numeric, learn
from aicmo_dagster.stages.conversion.evaluation import evaluate
from aicmo_dagster.stages.words import fold

_PERFECT = 0.98
_DISTINCT = 0.95
_FEWEST = 20
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_EARLIER = frozenset({"previous", "prev", "prior", "last", "earlier", "past", "former", "old"})
"""Words of a column about an earlier campaign, which was over before."""
_AFTER = {
    "duration": "how long the contact took is known only when it is over",
    "closed": "it is known only when the deal is closed",
    "close": "it is known only when the deal is closed",
    "won": "it is known only when the deal is won",
    "lost": "it is known only when the deal is lost",
    "converted": "it is known only after the conversion",
    "conversion": "it is known only after the conversion",
    "churned": "it is known only afterwards",
    "outcome": "it is an outcome",
    "result": "it is a result",
    "disposition": "it is an outcome",
    **dict.fromkeys(("reply", "replies", "replied"), "what was replied is known only after the contact"),
    **dict.fromkeys(("unsubscribe", "unsubscribed"), "it is known only after the contact"),
}
_AFTER_WITH = {"status", "stage"}
_OF_A_DEAL = frozenset(
    {
        "lead", "deal", "opportunity", "sales", "sale", "pipeline", "contact", "call", "application", "order", "final",
        "current", "contract", "campaign", "subscription", "crm", "customer", "funnel", "lifecycle",
    }
)  # fmt: skip
_IDENTIFIER = frozenset({"id", "uuid", "guid", "key", "index", "number", "nr", "no", "identifier"})


def leaking(table: pd.DataFrame, label: Label) -> dict[str, str]:
    """Column -> why it is left out. `table` is as `columns.typed` makes it, without the label's own column."""
    found: dict[str, str] = {}
    for name, column in table.items():
        for judge in _JUDGES:
            why = judge(str(name), column)
            if why is not None:
                found[str(name)] = why
                break
        else:
            area = max(_area_alone(column, label), _area_by_order(column, label))
            if area > _PERFECT:
                found[str(name)] = (
                    f"it tells the label alone (AUC {area:.3f}), which only what is known afterwards does"
                )
    return found


def _constant(name: str, column: pd.Series) -> str | None:  # noqa: ARG001
    if column.nunique(dropna=False) > 1:
        return None
    return "it is the same in every row" if column.notna().any() else "it is empty"


def _afterwards(name: str, column: pd.Series) -> str | None:  # noqa: ARG001
    words = _words(name)
    if words & _EARLIER:
        return None
    for word, why in _AFTER.items():
        if word in words:
            return why
    state = words & _AFTER_WITH
    if state and (words == state or words & _OF_A_DEAL):
        return "it says how far things have come since"
    return None


def _identifier(name: str, column: pd.Series) -> str | None:
    known = column.dropna()
    if len(known) < _FEWEST or known.nunique() < _DISTINCT * len(known):
        return None
    if not is_numeric(column):
        return "it is different in almost every row, as names and numbers of records are"
    values = known.to_numpy("float64")
    whole = bool((values == np.floor(values)).all())
    dense = whole and values.max() - values.min() < 2 * len(values)
    if dense and known.nunique() == len(known):
        return "it numbers the rows"
    if whole and _words(name) & _IDENTIFIER:
        return "it is the number of a record"
    return None


_JUDGES: tuple[Callable[[str, pd.Series], str | None], ...] = (_constant, _afterwards, _identifier)


def _words(name: str) -> set[str]:
    return set(fold(_HUMP.sub(" ", name)).split())


def _area_by_order(column: pd.Series, label: Label) -> float:
    """AUC of the column's numbers as they are, whichever way they go: no interval of `encode` mixes them."""
    if not is_numeric(column):
        return 0.5
    values = column.to_numpy("float64")
    known = label.known & ~np.isnan(values)
    true = label.true[known]
    if known.sum() * 2 < label.known.sum() or not true.any() or true.all():
        return 0.5
    ranks = pd.Series(values[known]).rank().to_numpy()
    wins = ranks[true].sum() - true.sum() * (true.sum() + 1) / 2
    area = float(wins / (true.sum() * (~true).sum()))
    return max(area, 1 - area)


def _area_alone(column: pd.Series, label: Label) -> float:
    """AUC of the label's share by the column's value, each half of the rows judged by the other half."""
    table = column.to_frame()
    (codes,) = encode(learn(table), table)
    usable = np.flatnonzero(label.known)
    areas = []
    for half in (0, 1):
        here, there = usable[half::2], usable[1 - half :: 2]
        truth = label.true[there]
        if not truth.any() or truth.all():
            return 0.5
        rows = np.bincount(codes[here])
        true = np.bincount(codes[here], weights=label.true[here])
        shares = np.full(max(int(codes.max()) + 1, len(rows)), label.true[here].mean())
        shares[: len(rows)] = (true + shares[0]) / (rows + 1)
        areas.append(evaluate(shares[codes[there]], truth).auc)
    return min(areas)
