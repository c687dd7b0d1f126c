"""What a scoring model is: dimensions in groups, each a rule over a lead's facts, with weights."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
Facts = Mapping[str, object]
"""Column -> value of one lead; None where unknown."""
Rule = Callable[[pd.DataFrame, CampaignConfig], FloatArray]
Sentence = Callable[[Facts, float, CampaignConfig], str]


def _always(config: CampaignConfig) -> bool:  # noqa: ARG001
    return True


@dataclass(frozen=True)
class Dimension:
    """One thing a lead is judged by.

    `rule` gives a value from 0 to 1 per lead, NaN where its facts are unknown; `facts` are the columns it
    reads. `sentence` says in words how a known value came about. `asked` tells whether the campaign asks
    for the dimension; the weight of one that it does not ask for goes to the others of the group. `source` says
    where its facts come from, `says` what the rule is: the pages that list a model's dimensions show both.
    """

    name: str
    group: str
    weight: float
    facts: tuple[str, ...]
    rule: Rule
    sentence: Sentence
    asked: Callable[[CampaignConfig], bool] = _always
    source: str = ""
    says: str = ""


@dataclass(frozen=True)
class Model:
    """A scoring model. `groups` maps each group to its share of the score; the shares sum to 1. A campaign may
    weigh the groups, and the dimensions within them, otherwise.

    The groups in `fit` make up the ICP fit, the others the opportunity. `version` grows with every change
    of a rule or weight, because it is stored with each score.
    """

    name: str
    version: int
    dimensions: tuple[Dimension, ...]
    groups: Mapping[str, float]
    fit: frozenset[str]
