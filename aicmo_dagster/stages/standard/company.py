"""Company fit: how well the company is what the campaign asks for.

What a campaign gives no target for is not asked. Amounts outside a wanted range count by their ratio to its nearer end,
1 falling by 0.6 with every factor of ten and never below 0.1, so nearer is never worse: half of what is wanted is 0.82.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.icp import COMPANY_SIZES, FUNDING_STAGES
from aicmo_dagster.campaign.section import Range
from aicmo_dagster.stages.industries import DIFFERENT, industries_of, similarity, title_of
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray
from aicmo_dagster.stages.quantities import read_employees, size_of, size_of_words
from aicmo_dagster.stages.standard import location
from aicmo_dagster.stages.standard.found_words import found, found_in
from aicmo_dagster.stages.words import contains_words, fold

SIZES = {"startup": (1, 9), "small": (10, 49), "medium": (50, 499), "enterprise": (500, np.inf)}
"""Employees of each size, both ends inclusive, as `quantities.size_of` has them."""
_USUAL = {"startup": 3, "small": 22, "medium": 158, "enterprise": 1_500}
"""What a size counts for where the number of employees is not known: its middle by ratios."""
PER_FACTOR_OF_TEN, LEAST = 0.6, 0.1
CONTAINED = 0.8
PER_FUNDING_STAGE, LEAST_FUNDING = 0.2, 0.2
HALF_GROWTH = 0.2
"""So far below the least growth that is wanted, or the least itself where it is more, a company counts half."""
_KEYWORD_COLUMNS = ("keywords", "industry")


def company_size(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 in a wanted size, else by the ratio to the nearest one; `employees` wins over `company_size`."""
    employees = leads["employees"].to_numpy(dtype=float, na_value=np.nan)
    unknown = np.isnan(employees)
    if unknown.any():
        codes, distinct = pd.factorize(leads["company_size"])
        usual = np.array([*(_usual(text) for text in distinct.tolist()), np.nan])
        employees = np.where(unknown, usual[codes], employees)
    employees = np.maximum(employees, 1)
    nearest: FloatArray = np.maximum.reduce(
        [_within(employees, *SIZES[size]) for size in config.icp.company_sizes]
    )
    return nearest


def _usual(text: str) -> float:
    word = fold(text)
    if word not in COMPANY_SIZES:
        read = read_employees(text)
        word = size_of(read.middle) if read else size_of_words(text) or ""
    return _USUAL.get(word, np.nan)


def _within(amount: FloatArray, low: float | None, high: float | None) -> FloatArray:
    """1 within the range, outside by the ratio to its nearer end; NaN stays."""
    ratio = np.ones(len(amount))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if low is not None:
            ratio = np.where(amount < low, low / amount, ratio)
        if high is not None:
            ratio = np.where(amount > high, amount / high, ratio)
        graded = np.maximum(1 - PER_FACTOR_OF_TEN * np.log10(ratio), LEAST)
    return np.where(np.isnan(amount), np.nan, graded)


def industry(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How near the lead's industry is to the nearest target, see `industries.similarity`."""
    codes, distinct = pd.factorize(leads["industry"])
    return np.array([*(_industry(text, config.icp.industries)[0] for text in distinct.tolist()), np.nan])[
        codes
    ]


def _industry(text: str, targets: Sequence[str]) -> tuple[float, str]:
    """The best value that a target gives, and that target; NaN where the text says nothing that is known."""
    best = (np.nan, "")
    for target in targets:
        value = similarity(text, target)
        if contains_words(text, target):
            value = max(value or 0, CONTAINED)
        if value is not None and not value <= best[0]:
            best = (value, target)
    return best


def revenue(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 inside the range, outside by the ratio to its nearer end."""
    wanted = config.icp.revenue_usd or Range(min=0)
    return _within(leads["revenue_usd"].to_numpy(dtype=float, na_value=np.nan), wanted.min, wanted.max)


def technologies(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """The share of the wanted technologies that the company is known to use."""
    wanted = config.icp.technologies
    share = found(leads["technologies"], wanted).mean(axis=1)
    return np.where(leads["technologies"].notna().to_numpy(), share, np.nan)


def keywords(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """The share of the wanted words that are in keywords or industry of the company.

    A lead without keywords is only known where its industry has one: that it lacks it says nothing.
    """
    here = np.logical_or.reduce([found(leads[name], config.icp.keywords) for name in _KEYWORD_COLUMNS])
    share = here.mean(axis=1)
    return np.where(leads["keywords"].notna().to_numpy() | (share > 0), share, np.nan)


def company_age(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 inside the range of years since the foundation, outside by the ratio to its nearer end.

    Years count from 1, so that a company of this year has a ratio. A year to come is no known year.
    """
    wanted = config.icp.company_age_years or Range(min=0)
    year = leads["as_of"].dt.tz_localize(None).to_numpy().astype("datetime64[Y]").astype(np.int64) + 1970
    age = year - leads["founded_year"].to_numpy(dtype=float, na_value=np.nan)
    return _within(
        np.where(age >= 0, age + 1, np.nan),
        None if wanted.min is None else wanted.min + 1,
        None if wanted.max is None else wanted.max + 1,
    )


def funding_stage(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 at a wanted stage, 0.2 less for each stage between, at least 0.2."""
    wanted = [FUNDING_STAGES.index(stage) for stage in config.icp.funding_stages]
    by_stage = {
        stage: max(1 - PER_FUNDING_STAGE * min(abs(number - one) for one in wanted), LEAST_FUNDING)
        for number, stage in enumerate(FUNDING_STAGES)
    }
    codes, distinct = pd.factorize(leads["funding_stage"])
    return np.array([*(by_stage.get(stage, np.nan) for stage in distinct.tolist()), np.nan])[codes]


def headcount_growth(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """1 from the least growth that is wanted; half where it is missed by 0.2, or by itself if that is more."""
    least = config.icp.min_headcount_growth or 0.0
    growth = leads["headcount_growth"].to_numpy(dtype=float, na_value=np.nan)
    return np.clip(1 - (least - growth) / (2 * max(HALF_GROWTH, least)), 0.0, 1.0)


def account_relation(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """0 for a customer or competitor, 1 for any other account that is known."""
    domains = leads["account_domain"]
    ours = domains.isin(_with_parents(config.icp.customers) | _with_parents(config.qualification.competitors))
    customer = leads["account_customer"].to_numpy(dtype=bool, na_value=False)
    values = np.where(domains.notna().to_numpy(), 1.0, np.nan)
    return np.where(customer | ours.to_numpy(dtype=bool), 0.0, values)


def _with_parents(domains: Sequence[str]) -> set[str]:
    """The domains and those above them: `account_domain` is the registrable one, a campaign may name one below."""
    return {
        ".".join(labels[start:])
        for labels in (domain.split(".") for domain in domains)
        for start in range(len(labels) - 1)
    }


def _size_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    employees = facts["employees"]
    size = f"{employees} employees" if employees is not None else f"the size {facts['company_size']!r}"
    fits = "is" if value == 1 else "is near" if value >= 0.5 else "is far from"
    return f"{size} {fits} what the campaign asks for ({', '.join(config.icp.company_sizes)})"


def _industry_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    text = str(facts["industry"])
    target = _industry(text, config.icp.industries)[1]
    codes = industries_of(text)
    read = f" ({' / '.join(map(title_of, codes))}, NAICS {', '.join(codes)})" if codes else ""
    if value == 1:
        return f"{text!r}{read} is the target {target!r}"
    if value <= DIFFERENT:
        return f"{text!r}{read} is none of the targets {', '.join(map(repr, config.icp.industries))}"
    return f"{text!r}{read} is akin to the target {target!r}"


def _revenue_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    fits = "inside" if value == 1 else "outside"
    return f"a revenue of {facts['revenue_usd']:,.0f} USD is {fits} the range{_ends(config.icp.revenue_usd)}"


def _ends(wanted: Range | None) -> str:
    low = "" if wanted is None or wanted.min is None else f" from {wanted.min:,.15g}"
    high = "" if wanted is None or wanted.max is None else f" to {wanted.max:,.15g}"
    return low + high


def _technologies_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    used = found_in(facts["technologies"], config.icp.technologies)
    return "uses " + _of_wanted(used, config.icp.technologies)


def _keywords_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    wanted = config.icp.keywords
    here = {words for name in _KEYWORD_COLUMNS for words in found_in(facts[name], wanted)}
    return "speaks of " + _of_wanted([words for words in wanted if words in here], wanted)


def _of_wanted(here: Sequence[str], wanted: Sequence[str]) -> str:
    if len(here) == len(wanted):
        return f"all that is wanted: {', '.join(wanted)}"
    return f"{', '.join(here) if here else 'none'} of {', '.join(wanted)}"


def _age_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    fits = "inside" if value == 1 else "outside"
    return (
        f"founded in {facts['founded_year']}: {fits} the range of years{_ends(config.icp.company_age_years)}"
    )


def _funding_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    wanted = ", ".join(stage.replace("_", " ") for stage in config.icp.funding_stages)
    fits = "is wanted" if value == 1 else "is not the one that is wanted"
    return f"the funding stage {str(facts['funding_stage']).replace('_', ' ')} {fits} ({wanted})"


def _growth_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    least = config.icp.min_headcount_growth or 0.0
    fits = "at least" if value == 1 else "less than"
    return f"its staff changed by {facts['headcount_growth']:+.0%} in a year: {fits} the {least:+.0%} that is wanted"


def _relation_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    if value == 1:
        return f"{facts['account_domain']} is no customer and no competitor"
    if facts["account_domain"] in _with_parents(config.qualification.competitors):
        return f"{facts['account_domain']} is a competitor"
    return f"{facts['account_domain']} is a customer already"


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        name="company_size",
        group="company_fit",
        weight=0.17,
        facts=("employees", "company_size"),
        rule=company_size,
        sentence=_size_sentence,
        asked=lambda config: bool(config.icp.company_sizes),
        source="Number of employees, or the size, from the import or the enrichment",
        says="1 in a size that is wanted; outside 0.6 less per factor of ten to the nearest one, at least 0.1.",
    ),
    Dimension(
        name="industry",
        group="company_fit",
        weight=0.22,
        facts=("industry",),
        rule=industry,
        sentence=_industry_sentence,
        asked=lambda config: bool(config.icp.industries),
        source="Industry from the import or the enrichment, read as NAICS 2022",
        says="1 for a target or a part of it; 0.9 in the same industry group, 0.7 in the subsector, 0.5 in the sector, "
        "else 0.2; one market in several sectors, such as software and IT services, up to 0.85.",
    ),
    Dimension(
        name="revenue",
        group="company_fit",
        weight=0.10,
        facts=("revenue_usd",),
        rule=revenue,
        sentence=_revenue_sentence,
        asked=lambda config: config.icp.revenue_usd is not None,
        source="Yearly revenue from the import or the enrichment, in US dollars",
        says="1 inside the range; outside 0.6 less per factor of ten to its nearer end, at least 0.1.",
    ),
    Dimension(
        name="location",
        group="company_fit",
        weight=0.15,
        facts=location.FACTS,
        rule=location.location,
        sentence=location.sentence,
        asked=lambda config: bool(config.icp.locations),
        source="City, state and country from the import or the enrichment",
        says="1 in a target; else 0.6 in the same part of the world as a wanted country or in the country of a wanted "
        "city, 0.4 on the same continent, 0.2 elsewhere.",
    ),
    Dimension(
        name="technologies",
        group="company_fit",
        weight=0.08,
        facts=("technologies",),
        rule=technologies,
        sentence=_technologies_sentence,
        asked=lambda config: bool(config.icp.technologies),
        source="What the company uses, from the import or the enrichment",
        says="The share of the wanted technologies that it uses.",
    ),
    Dimension(
        name="company_age",
        group="company_fit",
        weight=0.04,
        facts=("founded_year", "as_of"),
        rule=company_age,
        sentence=_age_sentence,
        asked=lambda config: config.icp.company_age_years is not None,
        source="Year of foundation from the import or the enrichment",
        says="1 inside the range of years; outside 0.6 less per factor of ten to its nearer end, at least 0.1.",
    ),
    Dimension(
        name="funding_stage",
        group="company_fit",
        weight=0.04,
        facts=("funding_stage",),
        rule=funding_stage,
        sentence=_funding_sentence,
        asked=lambda config: bool(config.icp.funding_stages),
        source="Latest funding from the import or the enrichment",
        says="1 at a wanted stage; 0.2 less for each stage between, at least 0.2.",
    ),
    Dimension(
        name="headcount_growth",
        group="company_fit",
        weight=0.04,
        facts=("headcount_growth",),
        rule=headcount_growth,
        sentence=_growth_sentence,
        asked=lambda config: config.icp.min_headcount_growth is not None,
        source="Growth of the staff in a year, from the import or the enrichment",
        says="1 from the least growth that is wanted; falling to half where it is missed by 20 points, or by itself "
        "where it is more.",
    ),
    Dimension(
        name="keywords",
        group="company_fit",
        weight=0.06,
        facts=_KEYWORD_COLUMNS,
        rule=keywords,
        sentence=_keywords_sentence,
        asked=lambda config: bool(config.icp.keywords),
        source="Keywords and industry of the company, from the import or the enrichment",
        says="The share of the wanted words that are found; unknown without keywords unless the industry has one.",
    ),
    Dimension(
        name="account_relation",
        group="company_fit",
        weight=0.10,
        facts=("account_domain", "account_customer"),
        rule=account_relation,
        sentence=_relation_sentence,
        source="Customers and competitors of the campaign, and customers won in any campaign",
        says="0 for a customer or competitor, 1 for any other company whose domain is known.",
    ),
)
"""Weights: industry, size and location are what nearly every campaign asks for and nearly every source knows; revenue
is often an estimate. Who is a customer already counts as much as revenue, because it is asked of every lead.
"""
