"""How good predicted probabilities are, on rows that the model has not learnt from."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from aicmo_dagster.stages.conversion.encoding import FloatArray

_BINS = 10
_TOP = 0.1
_CHI_SQUARED_2_999 = 13.816
"""Of two squared normal deviates, one sum in a thousand is larger."""
_MOST_ERROR = 0.1
"""Of the share of conversions: a smaller error of calibration does no harm, however certain it is."""
LEAST_AUC = 0.55
_CERTAIN = 1.645
"""Standard errors below the previous model that are beyond noise: one chance in twenty."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Evaluation:
    """Figures of predictions for rows with known labels.

    `auc`: chance that a converted row is predicted higher than another; `auc_error` its standard error (DeLong).
    `brier`: mean squared error. `lift`: conversions among the tenth predicted highest, over those among all.
    `calibration_error`: mean distance of predicted and observed shares in ten bins of equally many rows.
    `miscalibration`: chi-squared, of two degrees, of the log-odds needing another slope or offset (Cox 1958).
    `bins`: (rows, mean predicted, share observed).
    """

    rows: int
    conversions: int
    auc: float
    auc_error: float
    brier: float
    lift: float
    calibration_error: float
    miscalibration: float
    bins: tuple[tuple[int, float, float], ...]

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def evaluate(predicted: FloatArray, labels: BoolArray) -> Evaluation:
    """Figures of `predicted` probabilities; ValueError where the labels are all the same."""
    if labels.all() or not labels.any():
        raise ValueError("all labels are the same; nothing can be said of the predictions")
    area, parts = _placements(predicted, labels)
    bins = _bins(predicted, labels)
    rows = len(labels)
    gap = sum(count * abs(mean - share) for count, mean, share in bins) / rows
    top = np.argsort(-predicted, kind="stable")[: max(1, round(rows * _TOP))]
    return Evaluation(
        rows=rows,
        conversions=int(labels.sum()),
        auc=area,
        auc_error=float(np.sqrt(_variance(parts))),
        brier=float(np.mean((predicted - labels) ** 2)),
        lift=float(labels[top].mean() / labels.mean()),
        calibration_error=float(gap),
        miscalibration=_miscalibration(predicted, labels),
        bins=bins,
    )


def evaluation_of(document: dict[str, Any]) -> Evaluation:
    """The figures that `Evaluation.document` describes."""
    bins = tuple((int(rows), float(mean), float(share)) for rows, mean, share in document["bins"])
    return Evaluation(**{**document, "bins": bins})


def problem_of(
    found: Evaluation, predicted: FloatArray, labels: BoolArray, previous: FloatArray | None
) -> str | None:
    """Why predictions are not fit to be used, in a sentence; None where they are.

    `previous` are the predictions of the model in use, for the same rows.
    """
    if found.auc < LEAST_AUC:
        return f"it tells conversions hardly from others: AUC {found.auc:.3f}, at least {LEAST_AUC} is needed"
    rate = found.conversions / found.rows
    if found.miscalibration > _CHI_SQUARED_2_999 and found.calibration_error > _MOST_ERROR * rate:
        return (
            f"its probabilities are not what happens: they are off by {found.calibration_error:.3f} on average, "
            f"where {rate:.3f} convert"
        )
    if previous is not None:
        before, error = difference(predicted, previous, labels)
        if before < -_CERTAIN * error:
            return (
                f"it is worse than the model in use: on the same leads its AUC is {found.auc:.3f}, "
                f"that one's {found.auc - before:.3f}"
            )
    return None


def difference(predicted: FloatArray, other: FloatArray, labels: BoolArray) -> tuple[float, float]:
    """AUC of `predicted` minus that of `other` on the same rows, and the standard error of that (DeLong 1988)."""
    area, parts = _placements(predicted, labels)
    other_area, other_parts = _placements(other, labels)
    both = (parts[0] - other_parts[0], parts[1] - other_parts[1])
    return area - other_area, float(np.sqrt(_variance(both)))


def _placements(predicted: FloatArray, labels: BoolArray) -> tuple[float, tuple[FloatArray, FloatArray]]:
    """AUC, and for each true and each false row the share of the others that it is on the right side of."""
    true, false = predicted[labels], predicted[~labels]
    of_true = _below(np.sort(false), true)
    of_false = 1 - _below(np.sort(true), false)
    return float(of_true.mean()), (of_true, of_false)


def _below(ascending: FloatArray, values: FloatArray) -> FloatArray:
    """Share of `ascending` below each value, equal ones counting half."""
    under = np.searchsorted(ascending, values, side="left")
    up_to = np.searchsorted(ascending, values, side="right")
    return (under + up_to) / (2 * len(ascending))


def _variance(parts: tuple[FloatArray, FloatArray]) -> float:
    return float(sum(part.var(ddof=1) / len(part) for part in parts if len(part) > 1))


def _miscalibration(predicted: FloatArray, labels: BoolArray) -> float:
    """Twice what the logarithm of the likelihood gains by the best slope and offset of the log-odds."""
    kept = np.clip(predicted, 1e-9, 1 - 1e-9)
    columns = np.stack([np.log(kept / (1 - kept)), np.ones(len(kept))], axis=1)
    weights = np.array([1.0, 0.0])
    before = best = _likelihood(columns @ weights, labels)
    for _ in range(25):
        fitted = 1 / (1 + np.exp(-np.clip(columns @ weights, -30, 30)))
        curvature = (columns * (fitted * (1 - fitted))[:, None]).T @ columns + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, columns.T @ (labels - fitted))
        while (gained := _likelihood(columns @ (weights + step), labels)) < best and np.abs(
            step
        ).max() > 1e-9:
            step = step / 2
        if gained - best < 1e-6:
            break
        weights, best = weights + step, gained
    return 2 * (best - before)


def _likelihood(log_odds: FloatArray, labels: BoolArray) -> float:
    """Its logarithm."""
    return float((labels * log_odds - np.logaddexp(0, log_odds)).sum())


def _bins(predicted: FloatArray, labels: BoolArray) -> tuple[tuple[int, float, float], ...]:
    order = np.argsort(predicted, kind="stable")
    return tuple(
        (len(part), float(predicted[part].mean()), float(labels[part].mean()))
        for part in np.array_split(order, min(_BINS, len(order)))
    )
