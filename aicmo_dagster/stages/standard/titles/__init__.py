"""The level and the departments of a job title, from free text in seven languages.

A title is read in roles. A role begins at a comma, a slash and the like, or at an "and" behind which another
rank stands; a part that names no rank and no craft ("Director, Sales") says what the role beside it is about.
Within a role the highest rank counts, but what stands behind "to the" or "of" is another's ("Assistant to the
CEO"), and "CEO assistant" is an assistant. The title has the level of its highest role and that role's
departments.

Levels follow what a sales team expects: account, product and project managers are managers; a managing
director and a president are c_level; a partner of the firm is an owner. Who leads a team or a shift (team
leader, supervisor, foreman, Teamleiter) is a `lead`: above the craft, below the managers.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.icp import DEPARTMENTS, LEVELS, Department, Level
from aicmo_dagster.stages.standard.titles.lexicon import RANK_OF, SAME_WORD, Kind, Term, of_word, phrase_at
from aicmo_dagster.stages.words import fold


@dataclass(frozen=True, slots=True)
class Reading:
    """What a title says: its level, None where there is no word; its departments, most important first."""

    level: Level | None
    departments: tuple[Department, ...] = ()


_GENDERS = re.compile(
    r"\(\s*[mwfdhxig](?:\s?[/|*.,]\s?[mwfdhxig])+\s*\)"
    r"|\b[mwfdhx](?:\s?[/|]\s?[mwfdhx])+\b|\(\s*all genders\s*\)",
    re.IGNORECASE,
)
_FEMALE = re.compile(
    r"(?<=\w\w\w)[:*·•._/(-]{1,2}(?:innen|in|rice|trice|teure|eure|euse|ice|ère|ière|ne|e|a|ora|esse|frau|r)\b\)?",
    re.I,
)
_DOCTOR = re.compile(r"\bM\.\s?D\.")
_CAMEL = re.compile(r"(?<=[a-zäöüß])In(?:nen)?\b")
_ROLE_BREAK = re.compile(r"[,;:/|()\[\]{}\n\t•·–—>+]|\s-+\s|\s-|-\s")
_DOTTED = re.compile(r"\b(?:\w\.)+\w\b\.?|\b(?:\w\.\s?){2,}")
_OTHER_PERSONS = RANK_OF["director"]
_NOT_A_PARTNER = frozenset(
    re.findall(
        r"\w+",
        """business hr channel alliance alliances technology talent people client delivery sales development
        sourcing strategic finance recruiting recruitment acquisition marketing solution solutions
        growth learning engagement training service care life customer partner success community
        dance sparring innovation it data""",
    )
)
_OWNED_IN_NAME = frozenset(
    re.findall(
        r"\w+",
        """product process service system systems data risk platform application development software technology
        solution portfolio program project budget feature content category stream capability api delivery journey""",
    )
)
_SCHOOLS = frozenset(
    re.findall(
        r"\w+",
        """school college elementary high middle primary secondary assistant vice deputy academy""",
    )
)
_CHIEF_OF: dict[str, Department] = {
    "executive": "general_management",
    "operating": "operations",
    "operations": "operations",
    "information": "it",
    "digital": "it",
    "security": "it",
    "technology": "engineering",
    "technical": "engineering",
    "administrative": "administration",
    "strategy": "general_management",
    "business": "general_management",
    "experience": "customer_success",
    "commercial": "sales",
    "content": "marketing",
    "transformation": "general_management",
    "investment": "finance",
}


@dataclass(slots=True)
class _Role:
    level: Level | None = None
    kind: Kind | None = None
    first: list[Department] = field(default_factory=list)
    then: list[Department] = field(default_factory=list)
    last: list[Department] = field(default_factory=list)
    aide: bool = False
    assists: bool = False

    def take(self, term: Term) -> None:
        if term.level and (self.level is None or RANK_OF[term.level] < RANK_OF[self.level]):
            self.level, self.kind = term.level, term.kind
        if term.prefix:
            self.then.append(term.prefix)
        self.about(term)

    def about(self, term: Term) -> None:
        if term.department:
            hard = term.department == "general_management" and term.level in ("owner", "c_level")
            (self.first if hard else self.last if term.weak else self.then).append(term.department)

    def departments(self) -> tuple[Department, ...]:
        office: list[Department] = ["administration"] if self.assists else []
        said = list(dict.fromkeys([*self.first, *self.then, *self.last, *office]))
        if not said and self.level in ("owner", "c_level"):
            return ("general_management",)
        return tuple(said)


def levels(titles: pd.Series) -> pd.Series:
    """The level of each title as an ordered categorical of `LEVELS`, highest first; NA where there is no word."""
    codes, distinct = pd.factorize(titles)
    found = [read(title).level for title in distinct.tolist()]
    places = np.array([*(RANK_OF[level] if level else -1 for level in found), -1], dtype=np.intp)
    categories = pd.Categorical.from_codes(places[codes], pd.Index(LEVELS), ordered=True)
    return pd.Series(categories, index=titles.index, name=titles.name)


def departments(titles: pd.Series) -> pd.Series:
    """The main department of each title, one of `DEPARTMENTS`; NA where the title does not say one."""
    codes, distinct = pd.factorize(titles)
    found = [(*read(title).departments, None)[0] for title in distinct.tolist()]
    names = pd.array([*found, None], dtype="str")
    return pd.Series(names.take(codes), index=titles.index, name=titles.name)


def department_of(text: str) -> Department | None:
    """The department that a source gives in its own words: "Sales & BizDev", "engineering_technical"."""
    words = fold(text.replace("_", " "))
    for department in DEPARTMENTS:
        if words == fold(department.replace("_", " ")):
            return department
    if words in (
        "c suite",
        "executive",
        "executives",
        "management",
        "leadership",
        "founder",
        "entrepreneurship",
    ):
        return "general_management"
    return (*read(text.replace("_", " ")).departments, None)[0]


@lru_cache(maxsize=1 << 17)
def read(title: str) -> Reading:
    """The level and the departments of one title."""
    text = _GENDERS.sub(" ", title)
    text = _CAMEL.sub("in", _FEMALE.sub("", text)).replace("@", " at ")
    if "." in text:
        text = _DOCTOR.sub(" physician ", text)
        text = _DOTTED.sub(lambda dotted: re.sub(r"[.\s]", "", dotted.group()) + " ", text)
    roles: list[_Role] = []
    waiting: list[Term] = []
    others = False
    for segment in _ROLE_BREAK.split(text):
        words = [SAME_WORD.get(word, word) for word in fold(segment).split()]
        # "Physician, MD": a doctor, not a managing director.
        if words and not (words == ["md"] and roles):
            others = _read_segment(words, roles, waiting, others)
    if not roles:
        if not fold(title):
            return Reading(None)
        said = _Role()
        for term in waiting:
            said.about(term)
        return Reading("other", said.departments())
    best = min(roles, key=lambda role: RANK_OF[role.level or "other"])
    if best.level == "owner":
        # To own a firm is no department; what its founder does there stands beside.
        doing = next((role for role in roles if role.level == "c_level" and role.then), None)
        if doing is not None and "general_management" not in doing.first:
            return Reading("owner", tuple(dict.fromkeys([*doing.departments(), *best.departments()])))
    return Reading(best.level, best.departments())


def _read_segment(words: list[str], roles: list[_Role], waiting: list[Term], others: bool) -> bool:
    """Adds the roles of one segment to `roles`; returns whether the ranks that follow are another person's."""
    role = _Role()
    behind = joined = ended = jobless = False
    for_term = list(waiting)
    i = 0
    while i < len(words):
        term, length = _term_at(words, i)
        i += length
        if term is None:
            continue
        kind = term.kind
        if kind is Kind.AND:
            joined = True
        elif kind is Kind.AT:
            break
        elif kind is Kind.OF:
            behind = behind or role.level is not None
            joined = False
        elif kind is Kind.TO:
            if role.level is not None:
                behind = True
                others = others or role.aide
        elif kind is Kind.NO_MORE:
            if i == length and len(words) == length and roles:
                roles.pop()
            ended = True
        elif kind is Kind.NO_JOB:
            jobless = True
        elif kind is Kind.FIELD:
            # What a superior is about does not say what the assistant does.
            if role.level is None:
                for_term.append(term)
            elif not others:
                role.about(term)
        elif ended:
            continue
        elif kind is Kind.TRAINEE:
            role.level, role.kind, ended = "individual_contributor", kind, True
            for one in for_term:
                role.about(one)
            for_term = []
            role.about(term)
        else:
            if (
                role.level is not None
                and (behind or role.kind is Kind.TRAINEE)
                and not (joined and not others)
            ):
                if kind is Kind.CRAFT:
                    role.about(term)
                continue
            if others and term.level and RANK_OF[term.level] <= _OTHER_PERSONS:
                continue
            if joined and role.level is not None and not others:
                roles.append(role)
                role, behind, joined = _Role(), False, False
            for one in for_term:
                role.about(one)
            for_term = []
            if kind in (Kind.AIDE, Kind.AIDE_OR_DEPUTY):
                _assist(role, kind)
            elif role.aide and kind is Kind.RANK and term.level in ("owner", "c_level"):
                continue
            elif role.aide and role.kind is Kind.AIDE:
                role.about(term)
            else:
                if role.aide and kind is Kind.RANK:
                    role.aide = False
                    role.assists = False
                role.take(term)
    if role.level is not None:
        waiting.clear()
        roles.append(role)
        # "Executive Assistant, CEO" assists; a lower rank that follows is a second job.
        return others or role.aide
    if ended or jobless:
        waiting.clear()
        roles.append(_Role(level="other"))
    elif roles:
        for one in for_term:
            roles[-1].about(one)
    else:
        waiting[:] = for_term
    return others


def _assist(role: _Role, kind: Kind) -> None:
    role.level, role.kind, role.aide, role.assists = "individual_contributor", kind, True, True
    role.first.clear()


def _term_at(words: list[str], i: int) -> tuple[Term | None, int]:
    """The term at word `i`, with the words that mean what their neighbours say."""
    word = words[i]
    before = words[i - 1] if i else ""
    after = words[i + 1] if i + 1 < len(words) else ""
    if word == "chief":
        chief = _chief(words, i)
        if chief is not None:
            return chief
    term, length = phrase_at(words, i)
    if length > 1:
        return term, length
    if word == "head":
        follows = of_word(after) if after else None
        if follows is not None and follows.kind is Kind.CRAFT:
            return Term(Kind.RANK, "lead"), 1
    elif word == "principal":
        last = not after or of_word(after) in _CONNECT
        if last and before in _SCHOOLS:
            return Term(Kind.RANK, "head", "education"), 1
        return Term(Kind.RANK, "head" if last and not before else "senior"), 1
    elif word == "partner":
        last = not after or of_word(after) in _CONNECT
        if last and before not in _NOT_A_PARTNER:
            return Term(Kind.RANK, "owner"), 1
        return (Term(Kind.CRAFT, "individual_contributor") if last else Term(Kind.FIELD, None, "sales")), 1
    elif word == "executive":
        if not before and not after:
            return Term(Kind.RANK, "c_level"), 1
        if after == "director":
            unspecific = i + 2 >= len(words) and not before
            return Term(Kind.RANK, "c_level" if unspecific else "director"), 2
        follows = of_word(after) if after else None
        if follows is not None and follows.kind is not Kind.AND:
            return None, 1
    elif (word == "md" and (before or "phd" in words)) or (word == "arts" and not before and not after):
        return Term(Kind.CRAFT, "individual_contributor", "health"), 1
    elif word in ("chef", "cheffe", "chefe") and after in _DE:
        # French and Portuguese: in charge of something; cooks are phrases of the lexicon.
        return Term(Kind.RANK, "manager"), 1
    elif word in ("chef", "cheffe") and after and not before:
        follows = of_word(after)
        if follows is not None and follows.kind is Kind.CRAFT:
            return Term(Kind.RANK, "lead"), 1
    elif word in ("gerant", "gerante") and after in _DE and " ".join(words[i + 2 : i + 3]) not in _FIRMS:
        return Term(Kind.RANK, "manager"), 1
    elif word == "chair":
        return Term(Kind.RANK, "c_level" if before in ("", "board", "co") else "head"), 1
    elif word == "owner" and before in _OWNED_IN_NAME:
        return Term(Kind.CRAFT, "individual_contributor"), 1
    elif word == "bestuurder" and after == "van":
        return Term(Kind.CRAFT, "individual_contributor", "operations"), 1
    return term, length


_DE = frozenset({"de", "d", "des", "du", "da", "do", "van"})
_FIRMS = frozenset({"", "societe", "sarl", "entreprise", "l"})
_CONNECT = tuple(of_word(word) for word in ("of", "at", "and", "to"))


def _chief(words: list[str], start: int) -> tuple[Term, int] | None:
    """ "Chief … officer" as one term, or "chief" before a function without its officer."""
    end = words.index("officer", start) if "officer" in words[start + 1 : start + 8] else None
    last = end if end is not None else start + 2
    between = words[start + 1 : last]
    if not between:
        return None
    department: Department | None = None
    for i, word in enumerate(between):
        if word in _CHIEF_OF and len(between) < 3:
            department = department or _CHIEF_OF[word]
        else:
            term = phrase_at(between, i)[0]
            department = department or (term.department if term else None)
    if end is not None:
        return Term(Kind.RANK, "c_level", department), end - start + 1
    term = phrase_at(words, start)[0]
    if term is not None and len(words) > start + 1 and phrase_at(words, start)[1] > 1:
        return None
    follows = of_word(between[0])
    if between[0] in _CHIEF_OF or (follows is not None and follows.kind is Kind.FIELD):
        return Term(Kind.RANK, "c_level", department), 2
    return None
