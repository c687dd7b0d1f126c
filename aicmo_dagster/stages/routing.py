"""Give a qualified lead its tier, its sequence and its owner, each with the reason."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.campaign.tiers import TIERS
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.owners import OwnerLoad, assign
from aicmo_dagster.stages.scoring import DECIMALS, tiers
from aicmo_dagster.stages.signals import true_signal

__all__ = ["RULES_VERSION", "OwnerLoad", "route"]

RULES_VERSION = 1
"""Grows with every change of a rule; stored with each route."""


def route(
    leads: pd.DataFrame,
    config: CampaignConfig,
    sequence_versions: Mapping[str, int],
    load: OwnerLoad,
    now: datetime,
) -> pd.DataFrame:
    """The route of each lead, in the order of `leads`; every lead gets one.

    `leads` has `lead_id, score`, the six signals and what `owners.assign` reads; rows are ordered by
    `account_id`, those without one last, so that colleagues of a company meet in one chunk or in two
    that follow each other. `sequence_versions` is the current version of each sequence. `load` is brought
    up to date for the next chunk. The answer has `lead_id, tier, routing_score` (0 to 1, six decimals),
    `intent_lifted, sequence, sequence_version, owner, owner_reason`.

    Raises ConfigurationError for a sequence without a version or a territory that is not a country,
    TypeError where a signal is not boolean or `now` has no time zone.
    """
    if now.tzinfo is None:
        raise TypeError(f"now is {now!r}, which has no time zone; pass an aware datetime, like UTC")
    rules = config.routing
    lifted = sum(true_signal(leads, name).astype(int) for name in SIGNALS) >= rules.strong_intent_signals
    score = leads["score"].to_numpy(dtype=float)
    routing_score = np.minimum(score + np.where(lifted, rules.intent_lift, 0.0), 1.0).round(DECIMALS)
    tier = tiers(routing_score, config.scoring.tiers, leads.index)
    numbers = pd.Index(TIERS).get_indexer(pd.Index(tier))
    return pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "tier": tier,
            "routing_score": routing_score,
            "intent_lifted": lifted,
            "sequence": pd.array([rules.sequences[name] for name in TIERS], dtype="str").take(numbers),
            "sequence_version": np.array(_versions(config, sequence_versions))[numbers],
            **assign(leads, config, load, now),
        },
        index=leads.index,
    )


def _versions(config: CampaignConfig, versions: Mapping[str, int]) -> list[int]:
    for tier, sequence in config.routing.sequences.items():
        if sequence not in versions:
            raise ConfigurationError(
                f"campaign {config.key!r}: tier {tier} is routed to sequence {sequence!r}, which is not "
                "stored; run `aicmo campaigns apply` on the campaign's file again"
            )
    return [versions[config.routing.sequences[tier]] for tier in TIERS]
