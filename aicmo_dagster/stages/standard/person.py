"""The person: whether it is the one to talk to, and can be reached."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.icp import LEVELS, Department, Level
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray
from aicmo_dagster.stages.standard import titles
from aicmo_dagster.stages.standard.ages import days_before
from aicmo_dagster.stages.standard.flags import flag
from aicmo_dagster.stages.words import contains_words, equal_words, fold

EQUAL, SAME, CONTAINED, DIFFERENT = 1.0, 0.9, 0.8, 0.3
NEAR: Mapping[int, float] = {1: 0.7, 2: 0.5}
"""Levels apart in the same department -> value of a title."""
SENIORITY: Mapping[Level, float] = {
    "owner": 1.0,
    "c_level": 1.0,
    "vp": 0.95,
    "head": 0.9,
    "director": 0.9,
    "manager": 0.7,
    "lead": 0.65,
    "senior": 0.6,
    "individual_contributor": 0.4,
    "other": 0.3,
}
IN_DEPARTMENT, OVER_ALL, BESIDE, ELSEWHERE = 1.0, 0.7, 0.6, 0.2
BESIDES: tuple[frozenset[Department], ...] = (
    frozenset({"sales", "marketing", "customer_success"}),
    frozenset({"product", "engineering", "it", "data", "research"}),
    frozenset({"product", "design", "marketing"}),
    frozenset({"finance", "procurement", "operations"}),
    frozenset({"human_resources", "administration"}),
)
"""Departments that work closely together; one beside the department asked for is nearer than any other."""
NO_SIGNAL = 0.2
DAYS_IN_JOB = (0, 90, 365, 730, 1_825)
OF_DAYS_IN_JOB = (0.8, 1.0, 1.0, 0.7, 0.4)
"""Value after so many days in a job, on straight lines between. Who is new looks around first, then changes things."""
WORKING_HOURS = 8
"""From nine to five."""


def title(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How well the title matches the best of the campaign's."""
    wanted = tuple(config.icp.titles)
    codes, distinct = pd.factorize(leads["title"])
    of_distinct = [title_match(text, wanted)[0] if fold(text) else np.nan for text in distinct.tolist()]
    return np.array([*of_distinct, np.nan])[codes]


@lru_cache(maxsize=1 << 16)
def title_match(text: str, wanted: tuple[str, ...]) -> tuple[float, str]:
    """How well a title matches the best of `wanted`, and that one.

    The same words are `EQUAL`. The same level and a department in common are the `SAME`. Where one contains
    the words of the other it is `CONTAINED`, unless what the title says besides makes it a far lower level,
    as in "assistant to the CEO". A level or two apart in the same department is `NEAR`, all else `DIFFERENT`.
    """
    best = (DIFFERENT, "")
    for target in wanted:
        value = _match(text, target)
        if value > best[0]:
            best = (value, target)
    return best


def _match(text: str, target: str) -> float:
    if equal_words(text, target):
        return EQUAL
    ours, theirs = titles.read(text), titles.read(target)
    our_level, their_level = ours.level or "other", theirs.level or "other"
    lower = LEVELS.index(our_level) - LEVELS.index(their_level)
    together = not {*ours.departments}.isdisjoint(theirs.departments)
    comparable = together and "other" not in (our_level, their_level)
    if comparable and lower == 0:
        return SAME
    belittled = len(fold(text)) > len(fold(target)) and their_level != "other" and lower > max(NEAR)
    if contains_words(text, target) and not belittled:
        return CONTAINED
    return NEAR.get(abs(lower), DIFFERENT) if comparable else DIFFERENT


def seniority(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """What the level of the title is worth."""
    by_level = np.array([*(SENIORITY[level] for level in LEVELS), np.nan])
    return by_level[titles.levels(leads["title"]).cat.codes.to_numpy()]


def department(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How near the person's department is to the best of the campaign's."""
    wanted = tuple(config.icp.departments)
    values = _by_department(leads["title"], wanted, of_title=True)
    if leads["department"].notna().any():
        said = _by_department(leads["department"], wanted, of_title=False)
        values = np.where(np.isnan(said), values, said)
    return values


def _by_department(column: pd.Series, wanted: tuple[Department, ...], *, of_title: bool) -> FloatArray:
    codes, distinct = pd.factorize(column)
    of_distinct = [_nearness(_departments(text, of_title=of_title), wanted) for text in distinct.tolist()]
    return np.array([*of_distinct, np.nan])[codes]


def _departments(text: str, *, of_title: bool) -> tuple[Department, ...]:
    """What a title, or the name of a department, is about; nothing where it does not tell."""
    found = titles.read(text).departments if of_title else (titles.department_of(text),)
    return tuple(one for one in found if one is not None and one != "other")


@lru_cache(maxsize=1 << 12)
def _nearness(found: tuple[Department, ...], wanted: tuple[Department, ...]) -> float:
    if not found:
        return np.nan
    if {*found} & {*wanted}:
        return IN_DEPARTMENT
    if "general_management" in found:
        return OVER_ALL
    beside = any(group & {*found} and group & {*wanted} for group in BESIDES)
    return BESIDE if beside else ELSEWHERE


def time_in_job(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """Highest from the third month to the twelfth; a start that is still to come says nothing."""
    days = days_before(leads["as_of"], leads["job_started_on"])
    return np.where(days < 0, np.nan, np.interp(days, DAYS_IN_JOB, OF_DAYS_IN_JOB))


def time_zone_reach(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """The share of the campaign's working hours that are the lead's too, on the day of `as_of`."""
    codes, zones = pd.factorize(leads["time_zone"])
    moments, days = pd.factorize(leads["as_of"].to_numpy(dtype="datetime64[D]"))
    of_distinct = [
        [*(_shared(zone, config.time_zone, day) for zone in zones.tolist()), np.nan] for day in days.tolist()
    ]
    return np.array(of_distinct).reshape(len(days), len(zones) + 1)[moments, codes]


@lru_cache(maxsize=1 << 16)
def _shared(zone: str, other: str, day: date) -> float:
    """The share of the working hours in `other` that are working hours in `zone`, NaN where it is no zone."""
    noon = datetime.combine(day, time(12), UTC)
    try:
        clocks = [noon.astimezone(ZoneInfo(name)).replace(tzinfo=None) for name in (zone, other)]
    except (ZoneInfoNotFoundError, ValueError):
        return np.nan
    hours = abs(clocks[0] - clocks[1]) / timedelta(hours=1)
    # Fourteen hours behind is ten ahead, of another day.
    return max(0.0, 1.0 - min(hours, 24 - hours) / WORKING_HOURS)


def _level_of(text: str) -> str:
    return _said(titles.read(text).level or "other")


def _said(name: str) -> str:
    """A level or department as people write it."""
    return {"c_level": "C-level", "vp": "VP", "it": "IT"}.get(name, name.replace("_", " "))


def _title_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    text = str(facts["title"])
    target = title_match(text, tuple(config.icp.titles))[1]
    if value == EQUAL:
        return f"title {text!r} equals the target {target!r}"
    if value == SAME:
        level = _level_of(text)
        return f"title {text!r} has the level ({level}) and the department of the target {target!r}"
    if value == CONTAINED:
        return f"title {text!r} and the target {target!r}: one contains the words of the other"
    if value > DIFFERENT:
        apart = next(steps for steps, one in NEAR.items() if one == value)
        return f"title {text!r} is {apart} level{'s' * (apart > 1)} from the target {target!r}, in its department"
    return f"title {text!r} matches none of the targets {', '.join(map(repr, config.icp.titles))}"


def _seniority_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    return f"title {facts['title']!r} has the level {_level_of(str(facts['title']))}"


def _department_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    found: tuple[Department, ...] = ()
    said = ""
    for name in ("department", "title"):
        if not found and facts[name] is not None:
            found = _departments(str(facts[name]), of_title=name == "title")
            said = f"{name} {facts[name]!r} is {' and '.join(map(_said, found))}"
    wanted = ", ".join(map(_said, config.icp.departments))
    how = {
        IN_DEPARTMENT: f"one of the departments asked for ({wanted})",
        OVER_ALL: f"which is over those asked for ({wanted})",
        BESIDE: f"which works closely with those asked for ({wanted})",
    }
    return f"{said}, {how.get(value, f'none of the departments asked for ({wanted})')}"


def _time_in_job_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    return f"in the job since {facts['job_started_on']}"


def _time_zone_reach_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:
    hours = f"{value * WORKING_HOURS:.2g} of {WORKING_HOURS}"
    return f"in {facts['time_zone']}, which shares {hours} working hours with {config.time_zone}"


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        name="title",
        group="person",
        weight=0.30,
        facts=("title",),
        rule=title,
        sentence=_title_sentence,
        asked=lambda config: bool(config.icp.titles),
        source="the lead's job title",
        says="The same words as a title of the ICP 1; the same level and department 0.9; one contains the "
        "other 0.8; one level apart in the department 0.7, two 0.5; else 0.3.",
    ),
    Dimension(
        name="seniority",
        group="person",
        weight=0.20,
        facts=("title",),
        rule=seniority,
        sentence=_seniority_sentence,
        source="the level that is read from the job title",
        says="Owner and C-level 1; VP 0.95; head and director 0.9; manager 0.7; lead 0.65; senior 0.6; "
        "individual contributor 0.4; a title without a level 0.3.",
    ),
    Dimension(
        name="department",
        group="person",
        weight=0.15,
        facts=("department", "title"),
        rule=department,
        sentence=_department_sentence,
        asked=lambda config: bool(config.icp.departments),
        source="the department that the source gives, else the one that is read from the job title",
        says="A department of the ICP 1; general management 0.7; one that works closely with it 0.6; else 0.2.",
    ),
    flag(
        "decision_maker",
        "person",
        0.12,
        "is_decision_maker",
        false=NO_SIGNAL,
        yes="is a decision maker",
        no="is not a decision maker",
    ),
    flag(
        "budget_authority",
        "person",
        0.08,
        "has_budget_authority",
        false=NO_SIGNAL,
        yes="decides on a budget",
        no="does not decide on a budget",
    ),
    Dimension(
        name="time_in_job",
        group="person",
        weight=0.08,
        facts=("as_of", "job_started_on"),
        rule=time_in_job,
        sentence=_time_in_job_sentence,
        source="the day on which the person started in the job",
        says="1 from the third month to the twelfth, 0.8 on the first day, 0.7 after two years, 0.4 after five, "
        "on straight lines between.",
    ),
    Dimension(
        name="time_zone_reach",
        group="person",
        weight=0.07,
        facts=("as_of", "time_zone"),
        rule=time_zone_reach,
        sentence=_time_zone_reach_sentence,
        source="the time zone of the lead's place",
        says="The share of the hours from nine to five in the campaign's time zone that are from nine to five "
        "in the lead's.",
    ),
)
"""Weights: half is what the campaign asks for (title and department), a fifth the rank; what sources seldom know,
and what only says when to call, counts little.
"""
