"""Score leads by a model of weighted dimensions, and say why.

An unknown dimension counts as 0.5 and lowers the `confidence`, the share of weight that was known. A
dimension that the campaign does not ask for counts not at all: its weight goes to the others of its group.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.scoring import TierThresholds
from aicmo_dagster.campaign.tiers import TIERS
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.lead import LEAD_COLUMNS, SCORING_COLUMNS
from aicmo_dagster.stages.classic.model import CLASSIC
from aicmo_dagster.stages.model import Dimension, FloatArray, Model
from aicmo_dagster.stages.standard.model import STANDARD

RULES_VERSION = 1
"""Grows when this module computes something else from the same dimensions; a model has its own version."""

MODELS: Mapping[str, Model] = {model.name: model for model in (STANDARD, CLASSIC)}

UNKNOWN_VALUE = 0.5
VALUE_DECIMALS = 6
"""Of a dimension's value: so many survive the table's `real`, so what is stored adds up to what is stored."""
DECIMALS = 12
"""Of what values add up to, where 0.7 computed is often 0.6999999999999999."""
_BESIDE = SCORING_COLUMNS.keys() - LEAD_COLUMNS.keys()


@dataclass(frozen=True)
class Reason:
    """What one dimension did to a lead's score; `value` is None where it was unknown or not asked for."""

    name: str
    group: str
    value: float | None
    weight: float
    contribution: float
    facts: dict[str, object]
    sentence: str


@dataclass(frozen=True)
class Explanation:
    """A lead's score with its reasons; their contributions sum to `score`."""

    icp_fit: float
    opportunity: float
    score: float
    confidence: float
    tier: str
    reasons: tuple[Reason, ...]


def score(leads: pd.DataFrame, config: CampaignConfig, model: Model | None = None) -> pd.DataFrame:
    """Score each lead by the campaign's model, or by `model`.

    `leads` has `lead_id` and `lead.SCORING_COLUMNS`. The answer has its rows in the same order: `lead_id`,
    `icp_fit`, `opportunity`, `score`, `confidence` (0 to 1), `tier`, and per dimension its
    value, NaN where unknown or not asked for. Raises TypeError where a signal is not boolean and
    ConfigurationError where the weights are not acceptable.
    """
    model = model or MODELS[config.scoring.model]
    counted = counting(config, model)
    values = {
        one.name: _values(one, leads, config) if one in counted else np.full(len(leads), np.nan)
        for one in model.dimensions
    }
    return pd.DataFrame(
        {"lead_id": leads["lead_id"], **totals(values, config, model, leads.index), **values},
    )


def score_alone(leads: pd.DataFrame, config: CampaignConfig, now: datetime) -> pd.DataFrame:
    """As `score`, for leads of which only `lead_id` and `lead.LEAD_COLUMNS` are known: nothing beside them is
    looked up. For questions of order, such as who is asked about first.
    """
    beside = {name: pd.Series(pd.NA, leads.index, SCORING_COLUMNS[name]) for name in _BESIDE}
    beside["as_of"] = pd.Series(now, leads.index, SCORING_COLUMNS["as_of"])
    return score(leads.assign(**beside), config)


def totals(
    values: Mapping[str, FloatArray], config: CampaignConfig, model: Model, index: pd.Index
) -> dict[str, Any]:
    """What the values of all dimensions (NaN where unknown) add up to: `icp_fit`, `opportunity`, `score`,
    `confidence`, `tier`. Stored values give the stored totals again.
    """
    weights = effective_weights(config, model)
    sums = dict.fromkeys(("icp_fit", "opportunity", "confidence"), np.zeros(len(index)))
    shares = {"icp_fit": 0.0, "opportunity": 0.0}
    for one in model.dimensions:
        weight = weights[one.name]
        if weight == 0:
            continue
        part = "icp_fit" if one.group in model.fit else "opportunity"
        unknown = np.isnan(values[one.name])
        # Column by column, not as a product of matrices, whose rounding depends on the number of rows.
        sums[part] = sums[part] + weight * np.where(unknown, UNKNOWN_VALUE, values[one.name])
        sums["confidence"] = sums["confidence"] + weight * ~unknown
        shares[part] += weight
    whole = (sums["icp_fit"] + sums["opportunity"]).round(DECIMALS)
    parts = {
        part: np.minimum(sums[part] / share, 1.0).round(DECIMALS) if share else np.full(len(index), 0.5)
        for part, share in shares.items()
    }
    return {
        **parts,
        "score": np.minimum(whole, 1.0),
        "confidence": np.minimum(sums["confidence"], 1.0).round(DECIMALS),
        "tier": tiers(whole, config.scoring.tiers, index),
    }


def explain(lead: pd.DataFrame, config: CampaignConfig, model: Model | None = None) -> Explanation:
    """Why one lead has its score. `lead` is a frame of one row as `score` takes; ValueError otherwise."""
    if len(lead) != 1:
        raise ValueError(f"explain takes one lead, got {len(lead)}")
    model = model or MODELS[config.scoring.model]
    scored = score(lead, config, model).iloc[0]
    return Explanation(
        icp_fit=float(scored["icp_fit"]),
        opportunity=float(scored["opportunity"]),
        score=float(scored["score"]),
        confidence=float(scored["confidence"]),
        tier=str(scored["tier"]),
        reasons=reasons(lead, {one.name: float(scored[one.name]) for one in model.dimensions}, config, model),
    )


def reasons(
    lead: pd.DataFrame, values: Mapping[str, float], config: CampaignConfig, model: Model
) -> tuple[Reason, ...]:
    """What each value (NaN where unknown) did to the score, with the facts of the one lead that it was made of."""
    weights = effective_weights(config, model)
    return tuple(_reason(one, lead, config, weights[one.name], values[one.name]) for one in model.dimensions)


def effective_weights(config: CampaignConfig, model: Model | None = None) -> dict[str, float]:
    """Dimension -> its share of the score; they sum to 1.

    ConfigurationError where the campaign weighs a dimension that the model lacks, or leaves a group nothing.
    """
    model = model or MODELS[config.scoring.model]
    own = config.scoring.weights
    names = [one.name for one in model.dimensions]
    for name in own:
        if name not in names:
            raise ConfigurationError(
                f"campaign {config.key!r}: scoring.weights names {name!r}, which the model {model.name!r} "
                f"does not have; {_instead(name, names)}"
            )
    shares = _group_shares(config, model)
    raw = {one.name: own.get(one.name, one.weight) if one.asked(config) else 0.0 for one in model.dimensions}
    of_group = dict.fromkeys(model.groups, 0.0)
    for one in model.dimensions:
        of_group[one.group] += raw[one.name]
    for group, total in of_group.items():
        if shares[group] and not 0 < total < np.inf:
            members = ", ".join(one.name for one in model.dimensions if one.group == group)
            raise ConfigurationError(
                f"campaign {config.key!r}: the weights of the group {group!r} ({members}) sum to {total:g} "
                "over what the campaign asks for; give at least one of them a weight above 0, or fill in "
                "the part of icp that belongs to it"
            )
    return {
        one.name: shares[one.group] * raw[one.name] / of_group[one.group] if shares[one.group] else 0.0
        for one in model.dimensions
    }


def own_weights(model: Model) -> dict[str, float]:
    """Dimension -> its share of the score where a campaign asks for everything and weighs nothing otherwise."""
    of_group = {
        group: sum(one.weight for one in model.dimensions if one.group == group) for group in model.groups
    }
    return {one.name: model.groups[one.group] * one.weight / of_group[one.group] for one in model.dimensions}


def _group_shares(config: CampaignConfig, model: Model) -> dict[str, float]:
    """Group -> its share of the score; they sum to 1."""
    own = config.scoring.groups
    for name in own:
        if name not in model.groups:
            raise ConfigurationError(
                f"campaign {config.key!r}: scoring.groups names {name!r}, which the model {model.name!r} does "
                f"not have; {_instead(name, list(model.groups))}"
            )
    weights = {group: own.get(group, share) for group, share in model.groups.items()}
    whole = sum(weights.values())
    if not 0 < whole < np.inf:
        raise ConfigurationError(
            f"campaign {config.key!r}: the weights in scoring.groups sum to {whole:g}; give at least one of "
            f"{', '.join(model.groups)} a weight above 0"
        )
    return {group: weight / whole for group, weight in weights.items()}


def _instead(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use {', '.join(names)}"


def counting(config: CampaignConfig, model: Model | None = None) -> tuple[Dimension, ...]:
    """The dimensions that have a weight in the campaign's score: only their rules are run."""
    model = model or MODELS[config.scoring.model]
    weights = effective_weights(config, model)
    return tuple(one for one in model.dimensions if weights[one.name] > 0)


def check_weights(config: CampaignConfig) -> None:
    """Raise ConfigurationError where the campaign's weights do not fit its model."""
    effective_weights(config)


def _values(one: Dimension, leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    return one.rule(leads, config).round(VALUE_DECIMALS)


def tiers(scores: FloatArray, thresholds: TierThresholds, index: pd.Index) -> pd.Series:
    """The tier of each score: the one table for the whole system, of routing too."""
    ascending = [round(edge, DECIMALS) for edge in (thresholds.cool, thresholds.warm, thresholds.hot)]
    reached = np.searchsorted(ascending, scores, side="right")
    names = pd.array(TIERS[::-1], dtype="str").take(reached)
    return pd.Series(names, index=index)


def _reason(
    one: Dimension, lead: pd.DataFrame, config: CampaignConfig, weight: float, value: float
) -> Reason:
    facts = {column: _plain(lead[column].iloc[0]) for column in one.facts if column in lead}
    unknown = np.isnan(value)
    if not one.asked(config):
        sentence = "the campaign does not ask for it, so it does not count"
    elif weight == 0:
        sentence = "the campaign gives it no weight, so it does not count"
    elif unknown:
        sentence = f"unknown, so it counts as {UNKNOWN_VALUE:g}"
    else:
        sentence = one.sentence(facts, value, config)
    return Reason(
        name=one.name,
        group=one.group,
        value=None if unknown else value,
        weight=weight,
        contribution=weight * (UNKNOWN_VALUE if unknown else value),
        facts=facts,
        sentence=sentence,
    )


def _plain(value: object) -> object:
    """A cell as a plain Python value, None where missing."""
    if pd.isna(value):  # type: ignore[call-overload]
        return None
    return value.item() if isinstance(value, np.generic) else value
