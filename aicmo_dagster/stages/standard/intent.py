"""Intent: whether the company or the person has a reason to buy now."""

from functools import lru_cache

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray
from aicmo_dagster.stages.standard import titles
from aicmo_dagster.stages.standard.flags import flag
from aicmo_dagster.stages.standard.person import CONTAINED, title_match
from aicmo_dagster.stages.words import fold

NO_SIGNAL = 0.3
OTHER_ROLES = 0.4
NO_VISIT = 0.2
HALF_OF_VISITS = 5
"""After so many visits in thirty days the value is halfway from none to the highest."""


def hiring_role(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 where an open position is of the titles or departments that the campaign looks for."""
    codes, distinct = pd.factorize(leads["open_positions"])
    wanted = tuple(config.icp.titles), tuple(config.icp.departments)
    of_distinct = [_hiring(text, *wanted)[0] for text in distinct.tolist()]
    return np.array([*of_distinct, np.nan])[codes]


@lru_cache(maxsize=1 << 16)
def _hiring(positions: str, wanted: tuple[str, ...], departments: tuple[str, ...]) -> tuple[float, str]:
    """The value of open positions, and the one that it is owed to; NaN where the text names none."""
    named = [one.strip() for one in positions.split(",") if fold(one)]
    for position in named:
        if wanted and title_match(position, wanted)[0] >= CONTAINED:
            return 1.0, position
        if not {*departments}.isdisjoint(titles.read(position).departments):
            return 1.0, position
    return (OTHER_ROLES if named else np.nan), ""


def website_visits(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """The more visits the higher, each adding less than the one before."""
    visits = leads["website_visits"].to_numpy(dtype=float, na_value=np.nan)
    return 1.0 - (1.0 - NO_VISIT) * np.exp2(-visits / HALF_OF_VISITS)


def conversion(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """The probability itself."""
    return leads["conversion"].to_numpy(dtype=float, na_value=np.nan)


def _hiring_role_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    positions = str(facts["open_positions"])
    found = _hiring(positions, tuple(config.icp.titles), tuple(config.icp.departments))[1]
    if found:
        return f"the company is hiring for {found!r}, which is what the campaign looks for"
    return f"the company is hiring, but not for what the campaign looks for: {positions}"


def _website_visits_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    if facts["website_visits"] == 1:
        return "the company visited the website once in thirty days"
    return f"the company visited the website {facts['website_visits']} times in thirty days"


def _conversion_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    horizon = config.scoring.conversion.horizon_days
    return (
        f"the campaign's predictive model gives it a probability of {value:.1%} to convert in {horizon} days"
    )


DIMENSIONS: tuple[Dimension, ...] = (
    flag(
        "job_change",
        "intent",
        0.20,
        "recent_job_change",
        false=NO_SIGNAL,
        yes="changed jobs lately",
        no="did not change jobs lately",
    ),
    flag(
        "funding",
        "intent",
        0.18,
        "company_funded_recently",
        false=NO_SIGNAL,
        yes="is of a company that was funded lately",
        no="is of a company that was not funded lately",
    ),
    flag(
        "hiring",
        "intent",
        0.12,
        "company_hiring",
        false=NO_SIGNAL,
        yes="is of a company that is hiring",
        no="is of a company that is not hiring",
    ),
    Dimension(
        name="hiring_role",
        group="intent",
        weight=0.15,
        facts=("open_positions",),
        rule=hiring_role,
        sentence=_hiring_role_sentence,
        asked=lambda config: bool(config.icp.titles or config.icp.departments),
        source="open positions, as the source or a vendor lists them",
        says="1 where an open position is a title or of a department that the campaign looks for, 0.4 where "
        "only others are open.",
    ),
    flag(
        "activity",
        "intent",
        0.12,
        "recent_activity",
        false=NO_SIGNAL,
        yes="was active lately",
        no="was not active lately",
    ),
    flag(
        "technology_change",
        "intent",
        0.10,
        "technology_change",
        false=NO_SIGNAL,
        yes="is of a company that changed its technology lately",
        no="is of a company that did not change its technology lately",
    ),
    flag(
        "news",
        "intent",
        0.05,
        "company_in_news",
        false=NO_SIGNAL,
        yes="is of a company that was in the news lately",
        no="is of a company that was not in the news lately",
    ),
    Dimension(
        name="website_visits",
        group="intent",
        weight=0.08,
        facts=("website_visits",),
        rule=website_visits,
        sentence=_website_visits_sentence,
        source="visits of the company to the website in thirty days, as the source counts them",
        says="0.2 without a visit, 0.6 with five, 0.8 with ten, and so on towards 1.",
    ),
    Dimension(
        name="conversion",
        group="intent",
        weight=0.0,
        facts=("conversion",),
        rule=conversion,
        sentence=_conversion_sentence,
        source="the campaign's predictive model, trained on its outcomes",
        says="The calibrated probability itself; it counts where scoring.weights gives it a weight.",
    ),
)
"""Weights: what comes with a new budget or a new head counts most, being talked about least. The predictive model
counts only where a campaign wants it to, because it learns from the same facts as the others are made of.
"""
