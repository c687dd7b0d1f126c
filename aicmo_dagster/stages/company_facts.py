"""Reading what sources say of a company's history and growth: founding year, funding, staff growth, visits."""

import re
import unicodedata

from aicmo_dagster.campaign.icp import FundingStage
from aicmo_dagster.stages.dates import read_date

_YEARS = (1600, 2100)
_MOST_VISITS = 1_000_000_000
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_SHARE = re.compile(r"([+-]?)\s?(\d+(?:[.,]\d+)?)\s?(%|percent|prozent)?")
_GROUPED = re.compile(r"\d{1,3}(?:[,.' ]\d{3})+")

# Besides "Series A" and the like: the words of Crunchbase ("Last Funding Type"), Apollo ("Latest Funding") and
# LinkedIn that say how far a company is. "Venture (Round not Specified)", "Debt Financing", "Grant", "Convertible
# Note", "Corporate Round" and "Other" leave that open.
_STAGES: dict[str, FundingStage] = {
    **dict.fromkeys(("bootstrapped", "bootstrap", "self funded", "unfunded", "no funding"), "bootstrapped"),
    **dict.fromkeys(("pre seed", "preseed", "angel", "angel round", "friends and family"), "pre_seed"),
    **dict.fromkeys(("seed", "seed round", "seed stage", "seed plus"), "seed"),
    **dict.fromkeys(("late", "late stage", "late stage venture", "growth", "pre ipo"), "late"),
    **dict.fromkeys(
        ("private equity", "private equity round", "pe", "pe backed", "buyout"), "private_equity"
    ),
    **dict.fromkeys(
        (
            "public",
            "publicly traded",
            "public company",
            "ipo",
            "post ipo",
            "post ipo equity",
            "post ipo debt",
            "post ipo secondary",
        ),
        "public",
    ),
}
_SERIES: dict[str, FundingStage] = {
    "a": "series_a",
    "b": "series_b",
    "c": "series_c",
    **dict.fromkeys("defghij", "late"),
}


def read_founded_year(text: str) -> int | None:
    """Returns the year, 1600 to 2100, that a text like "1998", "1998.0" or a date says."""
    found = re.fullmatch(r"(\d{4})(?:\.0+)?", text.strip())
    if found:
        return int(found[1]) if _YEARS[0] <= int(found[1]) <= _YEARS[1] else None
    day = read_date(text)
    return day.year if day else None


def read_funding_stage(text: str) -> FundingStage | None:
    """Returns the stage that words such as "Series B1", "Pre-Seed" or "Post-IPO Equity" say; None for others."""
    words = " ".join(re.findall(r"[^\W_]+", _plain(text)))
    series = re.fullmatch(r"series ([a-j])(?: ?(?:\d|i{1,3}|round|plus|extension))*", words)
    return _SERIES[series[1]] if series else _STAGES.get(words)


def read_headcount_growth(text: str) -> float | None:
    """Returns the growth as a share: "12%" and "0.12" are 0.12, -1 at least and 100 at most.

    A number without a percent sign below 1 is a share and from 2 on it is percent, since hardly a company triples
    its staff in a year; what is between may be either and is not read.
    """
    found = _SHARE.fullmatch(_plain(text))
    if found is None or re.fullmatch(r"\d{1,3},\d{3}", found[2]):
        return None
    number = float(found[2].replace(",", "."))
    if not found[3] and 1 <= number < 2:
        return None
    share = number / 100 if found[3] or number >= 2 else number
    share = -share if found[1] == "-" else share
    return round(share, 6) + 0.0 if -1 <= share <= 100 else None


def read_visits(text: str) -> int | None:
    """Returns a count such as "12", "1,234" or "12.0"."""
    text = re.sub(r"\.0+$", "", text.strip())
    if _GROUPED.fullmatch(text):
        text = re.sub(r"\D", "", text)
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= _MOST_VISITS else None


def _plain(text: str) -> str:
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text)).casefold().strip()
