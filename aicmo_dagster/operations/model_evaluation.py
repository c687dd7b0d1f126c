"""Learn from any table with a label, and say how good what was learnt is on rows that were not learnt from."""

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from aicmo_dagster.errors import ConfigurationError, SourceError
from aicmo_dagster.sources.delimited import read_delimited
from aicmo_dagster.stages.conversion.additive import probability
from aicmo_dagster.stages.conversion.columns import label as read_label
from aicmo_dagster.stages.conversion.columns import typed
from aicmo_dagster.stages.conversion.encoding import encode
from aicmo_dagster.stages.conversion.evaluation import Evaluation, evaluate
from aicmo_dagster.stages.conversion.leaks import leaking

SEED = 7
HELD_OUT = 0.25
_FEWEST = 100
_FEWEST_OF_EACH = 20
_TOP = 10


@dataclass(frozen=True)
class Evaluated:
    """What was found out; `left_out` maps columns to why, `top` terms to how much they move the log-odds."""

    file: str
    label: str
    positive: str
    rows: int
    without_label: int
    features: list[str]
    left_out: dict[str, str]
    algorithm: str
    held_out: str
    figures: Evaluation
    top: dict[str, float]
    seconds: float

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def evaluate_file(path: Path, label: str, leave_out: Sequence[str], tell: Callable[[str], None]) -> Evaluated:
    """Train on three quarters of the rows and judge on the rest, both with their share of true labels.

    `tell` hears what is being done. Raises SourceError where the file cannot be read, ConfigurationError where its
    label, or what is left of its columns, does not do.
    """
    started = time.monotonic()
    tell(f"reading {path.name}")
    table = _read(path)
    _known_columns(table, [label, *leave_out], path.name)
    truth = read_label(table[label])
    columns = typed(table.drop(columns=[label]))
    tell("looking for columns that must not be learnt from")
    left_out = dict.fromkeys(leave_out, "you said so")
    left_out |= leaking(columns.drop(columns=list(leave_out)), truth)
    usable = columns.drop(columns=list(left_out))[truth.known].reset_index(drop=True)
    labels = truth.true[truth.known]
    _enough(usable, labels, path.name, label)
    learnt, held_out = _split(labels)

    from aicmo_dagster.stages.conversion import training

    tell(f"learning from {len(learnt):,} rows and {len(usable.columns)} columns")
    trained = training.train(usable.iloc[learnt].reset_index(drop=True), labels[learnt], SEED)
    tell(f"judging on {len(held_out):,} rows")
    codes = encode(trained.model.features, usable.iloc[held_out])
    figures = evaluate(probability(trained.model.log_odds_of(codes)), labels[held_out])
    return Evaluated(
        file=path.name,
        label=label,
        positive=truth.positive,
        rows=len(table),
        without_label=int((~truth.known).sum()),
        features=[str(name) for name in usable.columns],
        left_out=left_out,
        algorithm=trained.algorithm,
        held_out=f"{HELD_OUT:.0%} of the rows, drawn with seed {SEED}, with the same share of {truth.positive!r}",
        figures=figures,
        top=dict(list(trained.model.importance(codes).items())[:_TOP]),
        seconds=round(time.monotonic() - started, 1),
    )


def _read(path: Path) -> pd.DataFrame:
    file = read_delimited(path)
    try:
        return pd.read_csv(
            io.StringIO(file.text),
            sep=file.delimiter,
            names=file.header,
            header=None,
            index_col=False,
            dtype="str",
            keep_default_na=False,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise SourceError(f"{path.name} cannot be split into columns: {error}") from None


def _known_columns(table: pd.DataFrame, names: Sequence[str], file: str) -> None:
    for name in names:
        if name not in table.columns:
            listed = ", ".join(map(str, table.columns))
            raise ConfigurationError(f"{file} has no column {name!r}; its columns are {listed}")


def _enough(table: pd.DataFrame, labels: np.ndarray, file: str, label: str) -> None:
    if table.columns.empty:
        raise ConfigurationError(f"{file}: no column is left to learn from")
    fewer = min(int(labels.sum()), int((~labels).sum()))
    if len(labels) < _FEWEST or fewer < _FEWEST_OF_EACH:
        raise ConfigurationError(
            f"{file} has {len(labels):,} rows with a label, {fewer:,} of the rarer kind of {label!r}; at least "
            f"{_FEWEST} and {_FEWEST_OF_EACH} are needed to learn from some and judge on others"
        )


def _split(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows to learn from, and of those held out."""
    random = np.random.default_rng(SEED)
    held_out = np.zeros(len(labels), dtype=bool)
    for kind in (True, False):
        places = random.permutation(np.flatnonzero(labels == kind))
        held_out[places[: round(HELD_OUT * len(places))]] = True
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)
