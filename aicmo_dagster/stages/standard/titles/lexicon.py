"""What a word or phrase of a title says: a rank, a craft, a department, or whose the rank is."""

import re
from dataclasses import dataclass
from functools import lru_cache

from aicmo_dagster.campaign.icp import DEPARTMENTS, LEVELS, Department, Level
from aicmo_dagster.stages.standard.titles.crafts import ANY_CRAFTS, CRAFTS
from aicmo_dagster.stages.standard.titles.fields import FIELDS
from aicmo_dagster.stages.standard.titles.marks import AIDES, MARKS, NOT_RANKS, Kind
from aicmo_dagster.stages.standard.titles.ranks import RANKS, ROLES
from aicmo_dagster.stages.standard.titles.stems import STEMS, WEAK
from aicmo_dagster.stages.words import fold


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of the lexicon. `weak` departments stand behind all others of their role."""

    kind: Kind
    level: Level | None = None
    department: Department | None = None
    prefix: Department | None = None
    weak: bool = False


def phrases(text: str) -> list[str]:
    """The phrases of a text of vocabulary, folded, and folded with ä, ö, ü written as ae, oe, ue."""
    found = []
    for raw in text.split(","):
        phrase = raw.strip()
        found.append(fold(phrase))
        spelled = phrase.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
        if spelled != phrase:
            found.append(fold(spelled))
    return [phrase for phrase in found if phrase]


def _lexicon() -> dict[str, Term]:
    terms: dict[str, Term] = {}
    weak = frozenset(phrases(WEAK))
    for department, text in FIELDS.items():
        for phrase in phrases(text):
            terms.setdefault(phrase, Term(Kind.FIELD, None, department, weak=phrase in weak))
    for phrase in phrases(ANY_CRAFTS):
        field = terms.get(phrase)
        department_ = field.department if field else None
        terms[phrase] = Term(Kind.CRAFT, "individual_contributor", department_, weak=phrase in weak)
    for department, text in CRAFTS.items():
        for phrase in phrases(text):
            terms[phrase] = Term(Kind.CRAFT, "individual_contributor", department, weak=phrase in weak)
    for level, text in RANKS.items():
        for phrase in phrases(text):
            terms[phrase] = Term(Kind.RANK, level)
    for (level, department), text in ROLES.items():
        for phrase in phrases(text):
            last = level in ("manager", "lead") and department == "operations"
            terms[phrase] = Term(Kind.RANK, level, department, weak=last)
    for phrase in phrases(AIDES):
        terms[phrase] = Term(Kind.AIDE, "individual_contributor", "administration", weak=True)
    for kind, text in [*MARKS.items(), *NOT_RANKS.items()]:
        for phrase in phrases(text):
            known = terms.get(phrase)
            level_: Level | None = "individual_contributor" if kind in _WORKS else None
            terms[phrase] = Term(kind, level_, known.department if known else None)
    return terms


_WORKS = (Kind.CRAFT, Kind.AIDE_OR_DEPUTY, Kind.TRAINEE)
_TERMS = _lexicon()
_PHRASES: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
for _phrase, _term in _TERMS.items():
    _first, *_rest = _phrase.split()
    if _rest:
        _PHRASES.setdefault(_first, []).append((tuple(_rest), _term))
for _of_word in _PHRASES.values():
    _of_word.sort(key=lambda entry: -len(entry[0]))

_STEMS = sorted(
    ((stem, department) for department, text in STEMS.items() for stem in phrases(text)),
    key=lambda entry: -len(entry[0]),
)
# A shorter ending says too little; "arzt", "arts", "koch" and "chef" do end compounds.
_SHORTEST_ENDING = 5
_SHORTEST_FIELD = 7
_NO_ENDINGS = frozenset({"rector", "rektor", "patron", "chief", "intendant", "doyen"})
_SHORT_ENDINGS = {
    "chef": Term(Kind.RANK, "head"),
    "lead": Term(Kind.RANK, "lead"),
    "arzt": Term(Kind.CRAFT, "individual_contributor", "health"),
    "arts": Term(Kind.CRAFT, "individual_contributor", "health"),
    "koch": Term(Kind.CRAFT, "individual_contributor", "other"),
    "baas": Term(Kind.RANK, "lead"),
}
_SCIENCE_ENDING = re.compile(
    r"\w+(?:ologists?|ologues?|ologo|ologa|ologe|ologin|oloog|ographers?|ografo|ografa)"
)
_CRAFT_ENDING = re.compile(
    r"\w{2,}(?:er|or|ist|ista|iste|ian|ien|ienne|eur|euse|iere|ador|adora|dor|dora|ero|era|eiro|eira|tore"
    r"|trice|man|woman|mann|frau|kraft|eer|ster|wright|smith|erin|orin|istin|ente|(?<!m)ent|ant|ograf|onom"
    r"|urg|eut|aar|smid|kundige|ão|wart|thecaire|onome|iatre|opathe|ographe)"
)


def phrase_at(words: list[str], start: int) -> tuple[Term | None, int]:
    """The longest term that begins at word `start`, and how many words it takes."""
    word = words[start]
    for rest, term in _PHRASES.get(word, ()):
        end = start + 1 + len(rest)
        if tuple(words[start + 1 : end]) == rest:
            return term, 1 + len(rest)
    return of_word(word), 1


@lru_cache(maxsize=1 << 16)
def of_word(word: str) -> Term | None:
    """The term of a single word: itself, its masculine or singular, a compound, a craft by its ending."""
    known = _TERMS.get(word)
    if known is not None:
        return known
    if word.endswith("in") and (known := _TERMS.get(word[:-2])) is not None and known.level:
        return known
    if word.endswith("innen") and (known := _TERMS.get(word[:-5])) is not None:
        return known
    if word.endswith("s") and len(word) > 4:
        known = _TERMS.get(word[:-1])
        if known is not None and known.level not in ("owner", "c_level", "vp", "head", "director"):
            return known
    stem = next((department for stem, department in _STEMS if word.startswith(stem)), None)
    bare = word.removesuffix("in") if len(word) > 7 else word
    for start in range(2, len(bare) - 3):
        ending = bare[start:]
        known = _TERMS.get(ending) if len(ending) >= _SHORTEST_ENDING else _SHORT_ENDINGS.get(ending)
        if known is None or not known.level or ending in _NO_ENDINGS:
            continue
        if known.kind in (Kind.RANK, Kind.CRAFT, Kind.AIDE):
            return Term(
                known.kind, known.level, known.department, _field_of(bare[:start]) or stem, known.weak
            )
    if _SCIENCE_ENDING.fullmatch(word):
        return Term(Kind.CRAFT, "individual_contributor", stem or "research")
    if _CRAFT_ENDING.fullmatch(word):
        return Term(Kind.CRAFT, "individual_contributor", stem)
    return Term(Kind.FIELD, None, stem or _ending_of(word)) if stem or _ending_of(word) else None


def _ending_of(word: str) -> Department | None:
    """The department of the last part of a compound: "productie" in "gasproductie"."""
    for start in range(3, len(word) - _SHORTEST_FIELD + 1):
        known = _TERMS.get(word[start:])
        if known is not None and known.kind is Kind.FIELD and known.department:
            return known.department
    return None


def _field_of(beginning: str) -> Department | None:
    """The department of the first part of a compound: "innovations" in "Innovationsmanager"."""
    for part in (beginning, beginning.removesuffix("s"), beginning.removesuffix("n")):
        known = _TERMS.get(part)
        if known is not None and known.kind is Kind.FIELD:
            return known.department
    return None


RANK_OF = {level: place for place, level in enumerate(LEVELS)}
"""The place of a level, 0 the highest."""
assert set(FIELDS) <= set(DEPARTMENTS)
