"""The level and the departments of a job title, from free text in seven languages.

A title is read in roles. A role begins at a comma, a slash and the like, or at an "and" behind which another
rank stands; a part that names no rank and no craft ("Director, Sales") says what the role beside it is about.
Within a role the highest rank counts, but what stands behind "to the" or "of" is another's ("Assistant to the
CEO"), and a "CEO assistant" is an assistant. The title has the level of its highest role and that role's
departments.

Levels follow what a sales team expects: account, product and project managers are managers; a managing
director and a president are c_level; a partner of the firm is an owner. Who leads a team or a shift (team
leader, supervisor, foreman, Teamleiter) is a `lead`: above the craft, below the managers. Who is named by a
craft is an `individual_contributor`, also as an intern; `other` is who has no job or says nothing of it.
"""

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.icp import DEPARTMENTS, LEVELS, Department
from aicmo_dagster.stages.standard.titles.lexicon import RANK_OF
from aicmo_dagster.stages.standard.titles.reading import Reading, read
from aicmo_dagster.stages.words import fold

__all__ = ["Reading", "department_of", "departments", "levels", "read"]

_MANAGEMENT = frozenset(
    ("c suite", "executive", "executives", "management", "leadership", "founder", "entrepreneurship")
)


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
    spaced = text.replace("_", " ")
    words = fold(spaced)
    for department in DEPARTMENTS:
        if words == department.replace("_", " "):
            return department
    if words in _MANAGEMENT:
        return "general_management"
    return (*read(spaced).departments, None)[0]
