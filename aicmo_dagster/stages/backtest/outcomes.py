"""How well scores and tiers foretold what became of leads."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from aicmo_dagster.campaign.tiers import TIERS
from aicmo_dagster.stages.model import FloatArray

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TierOutcome:
    """Leads of a tier whose outcome is known, and how many of them were won."""

    leads: int
    positive: int


@dataclass(frozen=True)
class Outcomes:
    """`auc` is None where all ended alike, `brier` also where fewer than two ended."""

    auc: float | None
    brier: float | None
    tiers: dict[str, TierOutcome]


def outcomes(tiers: pd.Series, scores: FloatArray, positive: BoolArray) -> Outcomes:
    """What became of leads, by the tier and the score that they had before."""
    by_tier = {name: (tiers == name).to_numpy(dtype=bool) for name in TIERS}
    return Outcomes(
        auc(scores, positive),
        brier(tiers, positive),
        {
            name: TierOutcome(int(which.sum()), int(positive[which].sum()))
            for name, which in by_tier.items()
            if which.any()
        },
    )


def auc(scores: FloatArray, positive: BoolArray) -> float | None:
    """The probability that a won lead has a higher score than one that was not; equal scores count half.

    By ranks (Mann and Whitney), so the scale of the score does not matter. None where all ended alike.
    """
    won, rest = int(positive.sum()), int((~positive).sum())
    if not won or not rest:
        return None
    ranks = pd.Series(scores).rank(method="average").to_numpy()
    return float((ranks[positive].sum() - won * (won + 1) / 2) / (won * rest))


def brier(tiers: pd.Series, positive: BoolArray) -> float | None:
    """The mean squared difference between what became of a lead (1 or 0) and its tier's rate of conversion.

    A score is no probability, but its tier has a rate. A lead has no part in the rate that it is measured by:
    that is the rate of the others of its tier, together with one lead at the rate of all others, so that a tier
    with a single lead has one too. None for fewer than two leads.
    """
    if len(positive) < 2:
        return None
    won = positive.astype(float)
    codes = pd.factorize(tiers)[0]
    leads, converted = np.bincount(codes), np.bincount(codes, won)
    others = (won.sum() - won) / (len(won) - 1)
    rate = (converted[codes] - won + others) / leads[codes]
    return float(((rate - won) ** 2).mean())
