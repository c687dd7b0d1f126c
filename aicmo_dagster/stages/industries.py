"""Industries: free text to codes of NAICS 2022, and how near two of them are.

NAICS, because it is published, free of rights, revised every five years, and tells apart what B2B campaigns tell apart
(software publishers, computer services, hosting, web portals), where ISIC and NACE have fewer classes.
Where its tree parts one market, `industry_names.KIN` says how near its parts are.
"""

import difflib
import re
from collections.abc import Iterable
from functools import cache, lru_cache

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.industry_names import COMPOUNDS, INDUSTRIES, KIN
from aicmo_dagster.stages.words import equal_words, fold

SAME, SAME_GROUP, SAME_SUBSECTOR, SAME_SECTOR, DIFFERENT = 1.0, 0.9, 0.7, 0.5, 0.2
BROADER = 0.7
"""Of a lead that says "Manufacturing" where a campaign wants pharmaceuticals: it may be."""

LONGEST_NAME = 100
"""A longer text is a description, not the name of an industry; the rest is not read."""

_ONE_SUBSECTOR = frozenset({"22", "54", "55", "61"})
"""Sectors with a single subsector: to share it says no more than to share the sector."""
_SECTORS = {"32": "31", "33": "31", "45": "44", "49": "48"}
_FILLERS = frozenset(
    """
    and the of for in industry industries industrie sector sektor secteur settore setor branche company companies
    und der die das im et de la le les des du del della di do da el los van het
    """.split()  # noqa: SIM905
)
_PARTS = re.compile(r"[,;/|>&+·•]|\s-\s|\s(?:and|und|et|y|e|ed|en)\s", re.IGNORECASE)
_CODE = re.compile(r"(?:naics\W*)?(\d{6})\b")
_LONGEST_IN_WORDS = 6
_SHORTEST_IN_TEXT = 3
"""Letters of a word that means an industry within a longer text: "it" and "ai" mean one only on their own."""
_GENERIC_IN_TEXT = frozenset(
    """
    service servicio servizi servico production industrial information platform digital web online internet
    technik engineering storage power art post agent
    """.split()  # noqa: SIM905
)
"""Words that mean an industry on their own, and hardly anything within a longer text."""


def industries_of(text: str) -> tuple[str, ...]:
    """The industries that a text names, as codes of NAICS 2022; empty where it names none that is known.

    A code has two to six digits. `5132/5415` stands for one of several, `5132+52` for both at once. Takes the
    name of an industry, several of them with commas or "and", a NAICS code of six digits, or a text with such
    a name in it.
    """
    return _industries_of(text[:LONGEST_NAME])


@lru_cache(maxsize=1 << 16)
def _industries_of(text: str) -> tuple[str, ...]:
    if (code := _CODE.match(text.strip().lower())) and _known_code(code[1]):
        return (code[1],)
    if found := _named(text):
        return (found,)
    parts = [_named(part) for part in _PARTS.split(text) if fold(part)]
    if len(parts) > 1 and all(parts):
        return tuple(_lowest(dict.fromkeys(filter(None, parts))))
    found = _in_words(_key(text).split())
    return (found,) if found else ()


def _named(text: str) -> str | None:
    return _codes_by_name().get(fold(text)) or _codes_by_key().get(_key(text))


def _in_words(words: list[str]) -> str | None:
    """All industries at once whose names stand in a text, at each place the longest name."""
    known, first_words, start, found = _codes_by_key(), _first_words(), 0, []
    while start < len(words):
        if words[start] not in first_words:
            start += 1
            continue
        for end in range(min(len(words), start + _LONGEST_IN_WORDS), start, -1):
            name = " ".join(words[start:end])
            if len(name) >= _SHORTEST_IN_TEXT and name not in _GENERIC_IN_TEXT and name in known:
                found.append(known[name])
                start = end
                break
        else:
            start += 1
    single = {code: None for entry in found if "/" not in entry for code in entry.split("+")}
    return "+".join(sorted(_lowest(single))) or next(iter(found), None)


def _lowest(codes: Iterable[str]) -> list[str]:
    """Without the levels above others: "Medical device manufacturing" is no other manufacturing."""
    codes = list(codes)
    above = {up for code in codes if code.isdigit() for up in _path(code)[:-1]}
    return [code for code in codes if code not in above]


@cache
def _first_words() -> frozenset[str]:
    return frozenset(key.partition(" ")[0] for key in _codes_by_key())


def _known_code(code: str) -> bool:
    sector = _path(code)[0]
    return any(_path(known)[0] == sector for known in INDUSTRIES)


@lru_cache(maxsize=1 << 16)
def similarity(text: str, target: str) -> float | None:
    """How near the industry that `text` names is to the one that `target` names, 0.2 to 1; None where unknown.

    The same words are 1, whatever they mean, and so is a part of what the target names. Of a text with several
    industries the nearest counts.
    """
    if equal_words(text, target):
        return SAME
    ours, wanted = industries_of(text), industries_of(target)
    if ours and wanted:
        return max(_nearness(one, other) for one in ours for other in wanted)
    return None


def _nearness(ours: str, wanted: str) -> float:
    """Between two entries of `industries_of`; of `a/b` on our side the mean, as nobody knows which it is."""
    alternatives = ours.split("/")
    return sum(_to_wanted(one.split("+"), wanted) for one in alternatives) / len(alternatives)


def _to_wanted(ours: list[str], wanted: str) -> float:
    if "+" in wanted:
        codes = wanted.split("+")
        return sum(max(_near(one, code) for one in ours) for code in codes) / len(codes)
    return max(_near(one, code) for one in ours for code in wanted.split("/"))


@cache
def _near(ours: str, wanted: str) -> float:
    """Between two codes: by the first level of the tree that they do not share, or as `KIN` says."""
    own, other = _path(ours), _path(wanted)
    shared = next((level for level, (a, b) in enumerate(zip(own, other, strict=False)) if a != b), None)
    if shared is None:
        return SAME if len(own) >= len(other) else BROADER
    for value, codes in KIN:
        ones = {code for code in codes.split() if code in own}
        others = {code for code in codes.split() if code in other}
        if ones and others and ones != others:
            return value
    if shared == 2 and own[0] in _ONE_SUBSECTOR:
        return SAME_SECTOR
    return (DIFFERENT, SAME_SECTOR, SAME_SUBSECTOR, SAME_GROUP)[min(shared, 3)]


@cache
def _path(code: str) -> tuple[str, ...]:
    """From the sector down: 541511 is 54, 541, 5415, 54151, 541511."""
    sector = _SECTORS.get(code[:2], code[:2])
    return (sector, *(code[:digits] for digits in range(3, len(code) + 1)))


def title_of(code: str) -> str:
    """What NAICS calls an entry of `industries_of`, or the nearest level above it that is in the table."""

    def one(single: str) -> str:
        return next(INDUSTRIES[up][0] for up in reversed(_path(single)) if up in INDUSTRIES)

    either = " or ".join(one(part) for part in code.split("/")) if "/" in code else ""
    return either or " and ".join(one(part) for part in code.split("+"))


def names() -> tuple[str, ...]:
    """All names of industries that are known, as they are written in the tables."""
    return tuple(name for name, _code in _written())


def _written() -> Iterable[tuple[str, str]]:
    """Names with their codes; what stands later is only taken where the name is not known yet."""
    for code, (title, words) in INDUSTRIES.items():
        yield title, code
        for name in filter(None, words.split(", ")):
            yield name, code
    for code, words in COMPOUNDS.items():
        for name in words.split(", "):
            yield name, code


@cache
def _codes_by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for name, code in _written():
        found.setdefault(fold(name), code)
    return found


@cache
def _codes_by_key() -> dict[str, str]:
    """A name that is its own key goes first: "security" is not "securities"."""
    found: dict[str, str] = {}
    for name, code in sorted(_codes_by_name().items(), key=lambda item: item[0] != _key(item[0])):
        found.setdefault(_key(name), code)
    return found


@lru_cache(maxsize=1 << 16)
def _key(text: str) -> str:
    """Folded words without fillers, in the singular: "Logistics & Supply-Chain Industry" is "logistic supply chain"."""
    words = fold(text).split()
    kept = [word for word in words if word not in _FILLERS] or words
    return " ".join(map(_singular, kept))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def check_industries(config: CampaignConfig) -> None:
    """Raise ConfigurationError where the campaign's model is `standard` and an industry that it wants is not known."""
    if config.scoring.model != "standard":
        return
    unknown = [name for name in config.icp.industries if not industries_of(name)]
    if unknown:
        raise ConfigurationError(
            f"campaign {config.key!r}: icp.industries: "
            + "; ".join(f"unknown industry {name!r}, {_instead(name)}" for name in unknown)
        )


def _instead(name: str) -> str:
    known = {fold(one): one for one in names()}
    close = difflib.get_close_matches(fold(name), known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {known[close[0]]!r}?"
    return "use a name of NAICS 2022 or a usual word, such as 'Software', 'Financial services', 'Healthcare'"
