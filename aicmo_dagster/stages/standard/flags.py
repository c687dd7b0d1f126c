"""Dimensions of a single fact that is true, false or unknown."""

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray
from aicmo_dagster.stages.signals import known_signal, true_signal


def flag(name: str, group: str, weight: float, fact: str, *, false: float, yes: str, no: str) -> Dimension:
    """The dimension that is 1 where the lead's `fact` is true and `false` where it is not; `yes` and `no` say so."""

    def rule(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
        known = np.where(true_signal(leads, fact), 1.0, false)
        return np.where(known_signal(leads, fact), known, np.nan)

    def sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
        return yes if facts[fact] else no

    return Dimension(
        name=name,
        group=group,
        weight=weight,
        facts=(fact,),
        rule=rule,
        sentence=sentence,
        source=f"the source's or a vendor's {fact}",
        says=f"1 where the lead {yes}, {false:g} where it {no}.",
    )
