"""A title read in roles, word by word."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from aicmo_dagster.campaign.icp import Department, Level
from aicmo_dagster.stages.standard.titles.lexicon import RANK_OF, Term
from aicmo_dagster.stages.standard.titles.marks import SAME_WORD, Kind
from aicmo_dagster.stages.standard.titles.neighbours import term_at
from aicmo_dagster.stages.words import fold


@dataclass(frozen=True, slots=True)
class Reading:
    """What a title says: its level, None where there is no word; its departments, most important first."""

    level: Level | None
    departments: tuple[Department, ...] = ()


# "(m/w/d)", "H/F"; "Leiter/in", "Directeur·rice", "Gérant(e)"; "GeschäftsführerIn".
_GENDERS = re.compile(
    r"\(\s*[mwfdhxig](?:\s?[/|*.,]\s?[mwfdhxig])+\s*\)"
    r"|\b[mwfdhx](?:\s?[/|]\s?[mwfdhx])+\b|\(\s*all genders\s*\)",
    re.IGNORECASE,
)
_FEMALE = re.compile(
    r"(?<=\w\w\w)[:*·•._/(-]{1,2}(?:innen|in|rice|trice|teure|eure|euse|ice|ère|ière|ne|e|a|ora|esse|frau|r)\b\)?",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-zäöüß])In(?:nen)?\b")
_DOCTOR = re.compile(r"\bM\.\s?D\.")
_DOTTED = re.compile(r"\b(?:\w\.)+\w\b\.?|\b(?:\w\.\s?){2,}")
_ROLE_BREAK = re.compile(r"[,;:/|()\[\]{}\n\t•·–—>+]|\s-+\s|\s-|-\s")
# "Directeur / Directrice des achats", "Vendeur/vendeuse": one office, named for either sex.
_PAIR = re.compile(r"\b(\w{3,})(?: (\w{3,}))?\s?/\s?(\w{3,})(?: (\w{3,}))?")
_FEMALE_ENDING = re.compile(r"(?:\w{0,3}(?:e|a|in|ster))?")
_SUPERIORS = RANK_OF["director"]


@lru_cache(maxsize=1 << 17)
def read(title: str) -> Reading:
    """The level and the departments of one title."""
    text = _CAMEL.sub("in", _FEMALE.sub("", _GENDERS.sub(" ", title))).replace("@", " at ")
    if "." in text:
        text = _DOCTOR.sub(" physician ", text)
        text = _DOTTED.sub(lambda dotted: re.sub(r"[.\s]", "", dotted.group()) + " ", text)
    reader = _Reader()
    for segment in _ROLE_BREAK.split(_PAIR.sub(_one_of_pair, text)):
        words = [SAME_WORD.get(word, word) for word in fold(segment).split()]
        # "Physician, MD": a doctor, not a managing director.
        if words and not (words == ["md"] and reader.roles):
            reader.segment(words)
    if reader.roles:
        return _sum(reader.roles)
    if not fold(title):
        return Reading(None)
    return Reading("other", _Role(fields=reader.waiting).departments())


def _one_of_pair(pair: re.Match[str]) -> str:
    one, more, other, more_of_other = pair.groups()
    if not _same_office(fold(one), fold(other)):
        return pair.group()
    if more is None:
        return f"{one} {more_of_other or ''}"
    both = more_of_other and _same_office(fold(more), fold(more_of_other))
    return f"{one} {more}" if both else pair.group()


def _same_office(male: str, female: str) -> bool:
    pairs = enumerate(zip(male, female, strict=False))
    same = next((place for place, (one, other) in pairs if one != other), min(len(male), len(female)))
    return same >= 3 and len(male) - same <= 4 and bool(_FEMALE_ENDING.fullmatch(female[same:]))


@dataclass(slots=True)
class _Role:
    level: Level | None = None
    kind: Kind | None = None
    fields: list[Term] = field(default_factory=list)
    assists: bool = False

    def take(self, term: Term) -> None:
        if term.level and (self.level is None or RANK_OF[term.level] < RANK_OF[self.level]):
            self.level, self.kind = term.level, term.kind
        self.fields.append(term)

    def departments(self) -> tuple[Department, ...]:
        """What is said of the work, in the order of the words, but that of the whole firm before it and weak
        ones behind; and at last that of assistants, whose work is that of others.
        """
        first: list[Department] = []
        then: list[Department] = []
        last: list[Department] = []
        for term in self.fields:
            if term.prefix:
                then.append(term.prefix)
            if term.department:
                whole = term.department == "general_management" and term.level in ("owner", "c_level")
                (first if whole else last if term.weak else then).append(term.department)
        if self.assists:
            last.append("administration")
        said = tuple(dict.fromkeys([*first, *then, *last]))
        if said[:2] == ("engineering", "it"):  # "ingénieur réseaux", as "network engineer"
            said = said[1:]
        return said or (("general_management",) if self.level in ("owner", "c_level") else ())


def _sum(roles: list[_Role]) -> Reading:
    best = min(roles, key=lambda role: RANK_OF[role.level or "other"])
    # "VP, Director of Sales": the highest rank says nothing, the next one does.
    said_by_each = (role.departments() for role in (best, *roles))
    departments: tuple[Department, ...] = next(filter(None, said_by_each), ())
    if best.level == "owner":
        # To own a firm is no department; what its founder does there stands beside.
        beside = [role.departments() for role in roles if role.level == "c_level"]
        doing = next((said for said in beside if said[0] != "general_management"), ())
        departments = tuple(dict.fromkeys([*doing, *departments]))
    return Reading(best.level, departments)


class _Reader:
    """Reads segment by segment; `waiting` are fields before the first role, `others` says that the ranks that
    follow are of those whom the person assists.
    """

    def __init__(self) -> None:
        self.roles: list[_Role] = []
        self.waiting: list[Term] = []
        self.others = False

    def segment(self, words: list[str]) -> None:
        """Adds the roles of one segment; one without a role says what the role beside it is about."""
        self._role = _Role()
        self._fields = list(self.waiting)
        self._behind = self._joined = ended = jobless = False
        i = 0
        while i < len(words):
            term, length = term_at(words, i)
            i += length
            if term is None:
                continue
            match term.kind:
                case Kind.AND:
                    self._joined = True
                case Kind.AT:
                    break
                case Kind.OF:
                    self._behind = self._behind or self._role.level is not None
                    self._joined = False
                case Kind.TO if self._role.level is not None:
                    self._behind = True
                    self.others = self.others or self._role.assists
                case Kind.TO:
                    pass
                case Kind.NO_MORE:
                    if len(words) == length and self.roles:
                        self.roles.pop()
                    ended = True
                case Kind.NO_JOB:
                    jobless = True
                case Kind.FIELD:
                    self._field(term)
                case Kind.TRAINEE if not ended:
                    self._begin()
                    self._role.level, self._role.kind, ended = "individual_contributor", term.kind, True
                case _ if not ended:
                    self._person(term)
        if self._role.level is None and (ended or jobless):
            self._role.level = "other"
        if self._role.level is not None:
            self.waiting.clear()
            self.roles.append(self._role)
            # "Executive Assistant, CEO" assists; a lower rank that follows is a second job.
            self.others = self.others or self._role.assists
        elif self.roles:
            self.roles[-1].fields.extend(self._fields)
        else:
            self.waiting = self._fields

    def _field(self, term: Term) -> None:
        if self._role.level is None:
            self._fields.append(term)
        elif not self.others:  # what a superior is about does not say what the assistant does
            self._role.fields.append(term)

    def _begin(self) -> None:
        self._role.fields.extend(self._fields)
        self._fields = []

    def _person(self, term: Term) -> None:
        """Takes a word of rank, a craft or an assistant into the role, or into a new one behind "and"."""
        role = self._role
        if role.level is not None:
            if self._joined and not self.others:
                self.roles.append(role)
                role = self._role = _Role()
                self._behind = self._joined = False
            elif self._behind:
                if term.kind is Kind.CRAFT:
                    role.fields.append(term)
                return
        if self.others and term.level and RANK_OF[term.level] <= _SUPERIORS:
            return
        self._begin()
        if term.kind in (Kind.AIDE, Kind.AIDE_OR_DEPUTY):
            role.level, role.kind, role.assists = "individual_contributor", term.kind, True
            role.fields = [said for said in role.fields if said.level not in ("owner", "c_level")]
        elif not role.assists or term.kind is Kind.CRAFT:
            role.take(term)
        elif term.level in ("owner", "c_level"):
            pass  # "assistant CEO" is short for an assistant to the CEO
        elif role.kind is Kind.AIDE:
            role.fields.append(term)
        else:
            role.assists = False  # an "assistant manager" manages
            role.take(term)
