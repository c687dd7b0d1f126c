"""Why a lead has its score: the stored values with the weights and the facts of the time when it was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.flow.conversion import Predictor
from aicmo_dagster.operations.explanation.known import SAME, History, Recomputed, differs
from aicmo_dagster.stages import scoring
from aicmo_dagster.stages.conversion.additive import Reason as Predicted
from aicmo_dagster.stages.conversion.features import FACTS
from aicmo_dagster.stages.model import Model
from aicmo_dagster.stages.scoring import Reason

_TOTALS = ("icp_fit", "opportunity", "score", "confidence")
_CLOSE = 1e-9
_MOST_PREDICTED = 5


@dataclass(frozen=True)
class Group:
    """A group of dimensions: its share of the score, what it adds to it, and its dimensions in the model's order."""

    name: str
    weight: float
    contribution: float
    dimensions: tuple[Reason, ...]


@dataclass(frozen=True)
class Prediction:
    """What the predictive model said: its number, the probability, and what moved it most."""

    number: int
    probability: float | None
    reasons: tuple[Predicted, ...]


@dataclass(frozen=True)
class Score:
    """A stored score. The contributions of all dimensions add up to `score`.

    `lead_revision` is which facts it was made on, `facts_changed` whether the lead has others by now.
    """

    icp_fit: float
    opportunity: float
    score: float
    confidence: float
    tier: str
    model: str
    model_version: int
    campaign_version: int
    lead_revision: int | None
    facts_changed: bool
    scored_at: datetime
    groups: tuple[Group, ...]
    prediction: Prediction | None
    recomputed: Recomputed


def explained_score(history: History) -> Score | None:
    """The lead's score by the campaign's version that it was made with; None where it has none."""
    row = history.row("score")
    if row is None:
        return None
    config = history.config(row["campaign_version"])
    known = history.at(row["scored_at"], row["lead_revision"])
    model, problem = _model(row, known)
    groups: tuple[Group, ...] = ()
    prediction = None
    recomputed = Recomputed(None, problem)
    if model is not None:
        predictor = history.predictor(row["conversion_model"])
        leads = completed(history, known, config, model, predictor)
        values = {
            one.name: np.nan if value is None else round(value, scoring.VALUE_DECIMALS)
            for one, value in zip(model.dimensions, row["dimensions"], strict=True)
        }
        groups = _grouped(scoring.reasons(leads, values, config, model), model)
        if row["conversion_model"] is not None:
            prediction = _prediction(row["conversion_model"], predictor, leads)
        recomputed = _recomputed(row, values, leads, config, model, prediction)
    own = ("tier", "model", "model_version", "campaign_version", "lead_revision", "scored_at", *_TOTALS)
    return Score(
        **{name: row[name] for name in own},
        facts_changed=row["lead_revision"] not in (None, history.lead["revision"]),
        groups=groups,
        prediction=prediction,
        recomputed=recomputed,
    )


def completed(
    history: History, known: pd.DataFrame, config: CampaignConfig, model: Model, predictor: Predictor | None
) -> pd.DataFrame:
    """The facts with everything that the model reads."""
    needed = frozenset(fact for one in model.dimensions for fact in one.facts)
    return history.completed(known, config, needed | (FACTS if predictor else frozenset()), predictor)


def _model(row: Mapping[str, Any], known: pd.DataFrame) -> tuple[Model | None, str]:
    """The model that the score was made with, or why it cannot be made again."""
    model = scoring.MODELS.get(row["model"])
    if model is None:
        return None, f"cannot be recomputed: there is no model {row['model']!r} any more"
    if model.version != row["model_version"]:
        return None, (
            f"cannot be recomputed: it was made with version {row['model_version']} of the model {model.name!r}, "
            f"and this program has version {model.version}; the next run scores the lead anew"
        )
    if known.empty:
        return None, "cannot be recomputed: what was known of the lead at that time is not kept"
    return model, ""


def _grouped(reasons: tuple[Reason, ...], model: Model) -> tuple[Group, ...]:
    found = []
    for name in model.groups:
        own = tuple(one for one in reasons if one.group == name)
        weight, contribution = (sum(getattr(one, of) for one in own) for of in ("weight", "contribution"))
        found.append(Group(name, weight, contribution, own))
    return tuple(found)


def _prediction(number: int, predictor: Predictor | None, leads: pd.DataFrame) -> Prediction:
    if predictor is None:
        return Prediction(number, None, ())
    reasons = tuple(predictor.reasons(leads, _MOST_PREDICTED))
    return Prediction(number, float(predictor(leads).iloc[0]), reasons)


def _recomputed(
    row: Mapping[str, Any],
    values: Mapping[str, float],
    leads: pd.DataFrame,
    config: CampaignConfig,
    model: Model,
    prediction: Prediction | None,
) -> Recomputed:
    if prediction is not None and prediction.probability is None:
        return Recomputed(
            None, f"cannot be recomputed: the predictive model {prediction.number} reads other features now"
        )
    again = scoring.score(leads, config, model).iloc[0]
    different = [
        name
        for name, value in values.items()
        if not np.isclose(again[name], value, rtol=0, atol=_CLOSE, equal_nan=True)
    ]
    different += [name for name in _TOTALS if abs(again[name] - row[name]) > _CLOSE]
    different += ["tier"] if again["tier"] != row["tier"] else []
    return differs(different) if different else SAME
