"""Reading signals, employees, company sizes and revenue as people write them."""

import re
import unicodedata
from dataclasses import dataclass

from aicmo_dagster.campaign.icp import CompanySize
from aicmo_dagster.stages.currencies import USD, without_currency

_YES = frozenset("true t yes y 1 1.0 x on wahr ja j oui vrai si sí sì vero verdadero sim".split())  # noqa: SIM905
_NO = frozenset("false f no n 0 0.0 off falsch nein non faux falso não nao".split())  # noqa: SIM905

_UNITS = {
    **dict.fromkeys(["k", "thousand", "tsd", "tausend", "duizend", "mille", "mila"], 1e3),
    **dict.fromkeys(["lakh", "lakhs", "lac", "lacs"], 1e5),
    **dict.fromkeys(["m", "mn", "mm", "mio", "mill", "mln", "million", "millions", "millionen"], 1e6),
    **dict.fromkeys(["millón", "millones", "milione", "milioni", "milhão", "milhões", "miljoen"], 1e6),
    **dict.fromkeys(["crore", "crores", "cr"], 1e7),
    **dict.fromkeys(["億", "亿", "억"], 1e8),
    **dict.fromkeys(["b", "bn", "mrd", "mia", "md", "mds", "mld", "mlrd", "billion", "billions"], 1e9),
    **dict.fromkeys(
        ["milliarde", "milliarden", "milliard", "milliards", "miljard", "miliardo", "miliardi"], 1e9
    ),
    **dict.fromkeys(["mil millones", "mil milhões", "bilhão", "bilhões"], 1e9),
    **dict.fromkeys(["tn", "trillion"], 1e12),
    "万": 1e4,
}
"""Of words that mean one thing in a language and another elsewhere ("mil", "billones") none is read."""
_NUMBER = r"(\d[\d., ']*)\s*(?:(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")\.?)?"
_QUANTITY = re.compile(
    rf"{_NUMBER}(?:(?:\s*-\s*|\s+(?:to|bis|à|a|y|e|et|and|und)\s+){_NUMBER}|\s*(?:\+|or more|and more|and above))?"
)
_ABOUT = re.compile(
    r"^(?:~|>=?|≥|approx\.?|approximately|about|around|circa|ca\.?|over|more than|at least|über|rund|mehr als"
    r"|env\.?|environ|plus de|más de|unos|oltre|mais de|between|zwischen|entre|tra|from|von|de)\s*"
)
_UNIT_BEFORE = re.compile(r"^([km]) (\d.*)$")
"""What "TEUR 500" leaves."""
_SIMPLE_DOLLARS = re.compile(r"\$?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15}(?:\.[0-9]{1,2})?)")
"""What most columns hold, a million different ones: not worth the way through all currencies."""
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?e\+?\d{1,2}")
_LONGEST = 100
_AT_MOST = re.compile(
    r"^(?:<=?|≤|under|below|less than|up to|unter|bis zu|weniger als|moins de|menos de|meno di)\s*"
)
_PEOPLE = re.compile(r"\b(?:employees?|people|persons?|staff|ftes?|mitarbeiter(?:innen)?|salari[ée]s)\b")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")

_SIZE_WORDS: dict[str, CompanySize] = {
    **dict.fromkeys(
        ("startup", "start up", "micro", "micro business", "self employed", "freelancer"), "startup"
    ),
    **dict.fromkeys(("small", "small business", "small company"), "small"),
    **dict.fromkeys(
        (
            "medium",
            "medium business",
            "medium sized",
            "mid",
            "mid market",
            "midmarket",
            "mid size",
            "mid sized",
        ),
        "medium",
    ),
    **dict.fromkeys(("enterprise", "large", "large enterprise", "large business", "corporate"), "enterprise"),
}
_MOST_EMPLOYEES = 10_000_000
_MOST_REVENUE = 1e13


@dataclass(frozen=True)
class Quantity:
    """A number or a range; `exact` if the text was nothing but the number."""

    low: float
    high: float
    exact: bool

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


def read_signal(text: str) -> bool | None:
    """Returns what a yes or no says, in the usual words of six languages; None for anything else."""
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def read_employees(text: str) -> Quantity | None:
    """Returns how many employees a text like "1,234", "51-200", "10k" or "500+" says; None if it does not."""
    quantity = _read(_PEOPLE.sub("", _plain(text)), dot_groups=True)
    return quantity if quantity and quantity.high <= _MOST_EMPLOYEES else None


def read_revenue_usd(text: str) -> Quantity | None:
    """Returns the US dollars a text like "10M", "$10M-$50M", "1,2 Mio. €" or "₹50 crore" says.

    An amount without a currency is in dollars; one of another is converted by `currencies.USD`. Of "under 1M"
    the middle is half of it. None for a currency without a rate there.
    """
    if simple := _SIMPLE_DOLLARS.fullmatch(text):
        dollars = float(simple[1].replace(",", ""))
        return Quantity(dollars, dollars, simple[1] == text) if dollars <= _MOST_REVENUE else None
    plain = _plain(text) if len(text) < _LONGEST else ""
    found = without_currency(plain)
    if found is None:
        return None
    amount, currency = found
    amount = _UNIT_BEFORE.sub(r"\2 \1", " ".join(amount.split()))
    at_most = _AT_MOST.match(amount)
    amount = amount[at_most.end() :] if at_most else _ABOUT.sub("", amount)
    if _SCIENTIFIC.fullmatch(amount):
        amount = f"{float(amount):.2f}"
    quantity = _read(amount, dot_groups=False)
    if quantity is None:
        return None
    rate = USD[currency or "USD"]
    low, high = 0.0 if at_most else round(quantity.low * rate, 2), round(quantity.high * rate, 2)
    return Quantity(low, high, quantity.exact and amount == plain) if high <= _MOST_REVENUE else None


def size_of(employees: float) -> CompanySize:
    """Returns the company size of a number of employees: startup below 10, small 50, medium 500."""
    return (
        "startup"
        if employees < 10
        else "small"
        if employees < 50
        else "medium"
        if employees < 500
        else "enterprise"
    )


def size_of_words(text: str) -> CompanySize | None:
    """Returns the company size that words such as "mid-market" mean; None for others ("SMB" is two sizes)."""
    return _SIZE_WORDS.get(re.sub(r"[\s_-]+", " ", text.strip().casefold()))


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    return _DASHES.sub("-", text).casefold().strip()


def _read(text: str, dot_groups: bool) -> Quantity | None:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 16:
        return Quantity(float(text), float(text), True)
    found = _QUANTITY.fullmatch(text.removeprefix("~").strip()) if len(text) < _LONGEST else None
    if found is None:
        return None
    dot_groups = dot_groups or not (found[2] or found[4])  # nobody gives a tenth of a cent
    low = _number(found[1], dot_groups)
    high = low if found[3] is None else _number(found[3], dot_groups)
    if low is None or high is None:
        return None
    high_unit = found[4] or (found[2] if found[3] is None else None)
    low_unit = found[2] or (found[4] if found[3] is not None else None)  # "1-10M" is in millions at both ends
    low, high = low * _UNITS.get(low_unit or "", 1), high * _UNITS.get(high_unit or "", 1)
    return Quantity(low, high, False) if low <= high else None


def _number(text: str, dot_groups: bool) -> float | None:
    """Returns the number; a separator before each three digits groups, a single other one is the decimal."""
    text = text.strip()
    if re.fullmatch(r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d+)?", text):
        text = text.replace(" ", "").replace("'", "")
    groups = r"\d{1,3}(?:\.\d{3})+" if dot_groups else r"\d{1,3}(?:\.\d{3}){2,}"
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    elif re.fullmatch(groups + r"(?:,\d+)?", text):
        text = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d+,\d{1,2}", text):
        text = text.replace(",", ".")
    return float(text) if re.fullmatch(r"\d+(?:\.\d*)?", text) else None
