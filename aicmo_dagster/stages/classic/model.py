"""The scoring model `classic`: four dimensions of ICP fit, three of opportunity."""

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.campaign.icp import COMPANY_SIZES
from aicmo_dagster.campaign.section import Range
from aicmo_dagster.stages.classic.titles import LEVELS, level, levels
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray, IntArray, Model, Sentence
from aicmo_dagster.stages.places import country_code
from aicmo_dagster.stages.signals import known_signal, true_signal
from aicmo_dagster.stages.words import contains_words, equal_words, fold

EQUAL, CONTAINED, DIFFERENT = 1.0, 0.8, 0.3
ELSEWHERE = 0.4
NO_TARGET_TITLES = 0.6
SIZE_EDGES = (10, 50, 500)
"""Employees from which a company is small, medium, enterprise."""
SENIORITY: dict[str, float] = {
    "c_level": 1.0,
    "founder": 1.0,
    "president": 0.95,
    "vp": 0.95,
    "executive": 0.95,
    "director": 0.90,
    "head": 0.90,
    "manager": 0.70,
    "lead": 0.65,
    "senior": 0.60,
    "other": 0.50,
}
SIGNAL_WEIGHTS: dict[str, float] = {
    "recent_job_change": 0.25,
    "company_funded_recently": 0.15,
    "company_hiring": 0.10,
    "recent_activity": 0.10,
    "is_decision_maker": 0.15,
    "has_budget_authority": 0.10,
}
_PLACE_COLUMNS = ("city", "state", "country", "country_code")
_NUMBER = re.compile(r"\d+(?:[,.' ]\d{3})*")


def company_size(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """Steps between the lead's size and the nearest one asked for; `employees` wins over `company_size`."""
    wanted = [COMPANY_SIZES.index(size) for size in config.icp.company_sizes]
    by_size = [max(0.5, 1 - 0.2 * min(abs(size - one) for one in wanted)) for size in range(4)]
    employees = leads["employees"].to_numpy(dtype=float, na_value=np.nan)
    codes, distinct = pd.factorize(leads["company_size"])
    said = np.array([_size_said(text) for text in distinct.tolist()] + [-1])[codes]
    sizes = np.where(np.isnan(employees), said, np.searchsorted(SIZE_EDGES, employees, side="right"))
    return np.array([*by_size, np.nan])[sizes]


def _size_said(text: str) -> int:
    """The size that a text such as "medium" or "51-200 employees" names, from 0; -1 where none.

    Of a range the lower end counts: "11-50" is small, "501-1,000" an enterprise.
    """
    word = fold(text)
    if word in COMPANY_SIZES:
        return COMPANY_SIZES.index(word)
    number = _NUMBER.search(text)
    if not number:
        return -1
    return int(np.searchsorted(SIZE_EDGES, float(re.sub(r"\D", "", number.group())), side="right"))


def industry(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How well the lead's industry matches the best target."""
    return _match(leads["industry"], config.icp.industries)


def revenue(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 inside the range, outside the ratio to the nearer end."""
    wanted = config.icp.revenue_usd
    amount = leads["revenue_usd"].to_numpy(dtype=float, na_value=np.nan)
    values = np.where(np.isnan(amount), np.nan, 1.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if wanted and wanted.min is not None:
            values = np.where(amount < wanted.min, np.maximum(DIFFERENT, amount / wanted.min), values)
        if wanted and wanted.max is not None:
            values = np.where(amount > wanted.max, np.maximum(DIFFERENT, wanted.max / amount), values)
    return values


def location(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How well the best target matches city, state or country.

    Of "Berlin, Germany" each part has to match. A part that names a country, in whatever language, equals
    the lead's `country_code`.
    """
    places = {}
    known = np.zeros(len(leads), dtype=bool)
    for name in _PLACE_COLUMNS:
        codes, distinct = pd.factorize(leads[name])
        places[name] = (codes, [f" {fold(text)} " for text in distinct.tolist()])
        known |= codes >= 0
    values = np.where(known, ELSEWHERE, np.nan)
    for target in config.icp.locations:
        parts = [part for part in target.split(",") if fold(part)]
        if parts:
            here = np.minimum.reduce([_place(places, part, country_code(part)) for part in parts])
            if len(parts) > 1:
                here = np.maximum(here, _place(places, target, None))
            values = np.where(here > values, here, values)
    return values


def _place(places: Mapping[str, tuple[IntArray, list[str]]], text: str, country: str | None) -> FloatArray:
    """How well `text`, which may name a country, matches any column; 0 where it does not."""
    word = f" {fold(text)} "
    best = np.zeros(len(places["city"][0]))
    for name, (codes, distinct) in places.items():
        same = (word, f" {country} ".lower()) if country and name == "country_code" else (word,)
        # Two letters are a code: Germany's is no part of "Rio de Janeiro".
        of_distinct = [
            EQUAL if place in same else CONTAINED if len(word) > 4 and word in place else 0.0
            for place in distinct
        ]
        best = np.maximum(best, np.array([*of_distinct, 0.0])[codes])
    return best


def title(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How well the title matches the best target; a fixed value where the campaign has no target."""
    if config.icp.titles:
        return _match(leads["title"], config.icp.titles)
    return np.where(leads["title"].notna(), NO_TARGET_TITLES, np.nan)


def seniority(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """What the level of the title is worth."""
    by_level = np.array([*(SENIORITY[name] for name in LEVELS), np.nan])
    return by_level[levels(leads["title"]).cat.codes.to_numpy()]


def signals(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """0.5 and what each true signal adds, at most 1; unknown where all six are."""
    total = np.full(len(leads), 0.5)
    known = np.zeros(len(leads), dtype=bool)
    for name, weight in SIGNAL_WEIGHTS.items():
        total += weight * true_signal(leads, name)
        known |= known_signal(leads, name)
    return np.where(known, np.minimum(total, 1.0), np.nan)


def _match(column: pd.Series, targets: Sequence[str]) -> FloatArray:
    """How well each text matches the best target by whole words; NaN where it has no word."""
    codes, distinct = pd.factorize(column)
    of_distinct = [_best(text, targets)[0] if fold(text) else np.nan for text in distinct.tolist()]
    return np.array([*of_distinct, np.nan])[codes]


def _best(text: str, targets: Sequence[str]) -> tuple[float, str]:
    """The best value that a target gives `text`, and that target."""
    best = (DIFFERENT, "")
    for target in targets:
        if equal_words(text, target):
            return EQUAL, target
        if best[0] < CONTAINED and contains_words(text, target):
            best = (CONTAINED, target)
    return best


def _size_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    size = facts["company_size"] if facts["employees"] is None else f"{facts['employees']} employees"
    wanted = ", ".join(config.icp.company_sizes)
    if value == EQUAL:
        return f"{size}: one of the company sizes asked for ({wanted})"
    return f"{size}: not among the company sizes asked for ({wanted})"


def _match_sentence(name: str, targets: Callable[[CampaignConfig], Sequence[str]]) -> Sentence:
    def sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
        text = str(facts[name])
        target = _best(text, targets(config))[1]
        if value == EQUAL:
            return f"{name} {text!r} equals the target {target!r}"
        if value == CONTAINED:
            return f"{name} {text!r} and the target {target!r}: one contains the words of the other"
        if value == NO_TARGET_TITLES:
            return f"{name} {text!r}; the campaign has no target to compare it with"
        return f"{name} {text!r} matches none of the targets {', '.join(map(repr, targets(config)))}"

    return sentence


def _revenue_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    wanted = config.icp.revenue_usd or Range(min=0)
    lowest = "" if wanted.min is None else f" from {wanted.min:,.0f}"
    highest = "" if wanted.max is None else f" to {wanted.max:,.0f}"
    inside = "inside" if value == EQUAL else "outside"
    return f"a revenue of {facts['revenue_usd']:,.0f} USD is {inside} the range{lowest}{highest}"


def _location_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    here = ", ".join(str(facts[name]) for name in _PLACE_COLUMNS if facts[name] is not None)
    said = {EQUAL: "equals a target", CONTAINED: "contains a target"}.get(value, "matches no target")
    return f"{here} {said} ({'; '.join(config.icp.locations)})"


def _seniority_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    return f"title {facts['title']!r} has the level {level(str(facts['title']))}"


def _signals_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    true = [name for name in SIGNAL_WEIGHTS if facts[name]]
    return f"true: {', '.join(true)}" if true else "none of the known signals is true"


CLASSIC = Model(
    name="classic",
    version=1,
    groups={"icp_fit": 0.5, "opportunity": 0.5},
    fit=frozenset({"icp_fit"}),
    dimensions=(
        Dimension(
            name="company_size",
            group="icp_fit",
            weight=0.30,
            facts=("employees", "company_size"),
            rule=company_size,
            sentence=_size_sentence,
            asked=lambda config: bool(config.icp.company_sizes),
        ),
        Dimension(
            name="industry",
            group="icp_fit",
            weight=0.30,
            facts=("industry",),
            rule=industry,
            sentence=_match_sentence("industry", lambda config: config.icp.industries),
            asked=lambda config: bool(config.icp.industries),
        ),
        Dimension(
            name="revenue",
            group="icp_fit",
            weight=0.25,
            facts=("revenue_usd",),
            rule=revenue,
            sentence=_revenue_sentence,
            asked=lambda config: config.icp.revenue_usd is not None,
        ),
        Dimension(
            name="location",
            group="icp_fit",
            weight=0.15,
            facts=_PLACE_COLUMNS,
            rule=location,
            sentence=_location_sentence,
            asked=lambda config: bool(config.icp.locations),
        ),
        Dimension(
            name="title",
            group="opportunity",
            weight=0.35,
            facts=("title",),
            rule=title,
            sentence=_match_sentence("title", lambda config: config.icp.titles),
        ),
        Dimension(
            name="seniority",
            group="opportunity",
            weight=0.25,
            facts=("title",),
            rule=seniority,
            sentence=_seniority_sentence,
        ),
        Dimension(
            name="signals",
            group="opportunity",
            weight=0.40,
            facts=SIGNALS,
            rule=signals,
            sentence=_signals_sentence,
        ),
    ),
)
