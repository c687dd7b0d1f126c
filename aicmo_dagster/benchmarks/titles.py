"""How well levels and departments of job titles are read, on titles labelled by people.

The files lie in `titles/` beside this module, each with the columns title, language, level, department
(empty where the title says none) and source. `tuning.csv` holds titles that the reader was made with, `seen.csv`
those that it was mended after, `held_out.csv` titles that its maker has not seen.
"""

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from aicmo_dagster.campaign.icp import DEPARTMENTS, LEVELS, Level
from aicmo_dagster.errors import SourceError
from aicmo_dagster.stages.standard import titles
from aicmo_dagster.stages.words import fold

FOLDER = Path(__file__).parent / "titles"
TUNED = ("tuning.csv", "seen.csv")
CLASS_OF: Mapping[Level, str] = {
    "owner": "C-Suite",
    "c_level": "C-Suite",
    "vp": "VP",
    "head": "Director",
    "director": "Director",
    "manager": "Manager",
    "lead": "Manager",
    "senior": "Other",
    "individual_contributor": "Other",
    "other": "Other",
}
"""The five classes in which levels of titles are compared. A lead is with the managers: team leaders,
supervisors and foremen lead people.
"""
CLASSES = tuple(dict.fromkeys(CLASS_OF.values()))


def run(folder: Path = FOLDER) -> dict[str, Any]:
    """Returns `files`: per file of `folder` the figures of `measure`.

    Titles that occur in one of `TUNED` as well are left out of the files behind it: `left_out` says how many.
    """
    tuned: set[str] = set()
    files: dict[str, Any] = {}
    for path in sorted(
        folder.glob("*.csv"), key=lambda path: (*(path.name != name for name in TUNED), path.name)
    ):
        labelled = read_file(path)
        folded = labelled["title"].map(fold)
        fresh = labelled[~folded.isin(tuned)]
        if path.name in TUNED:
            tuned |= set(folded)
        files[path.name] = {**measure(fresh), "left_out": len(labelled) - len(fresh)}
    return {"files": files}


def read_file(path: Path) -> pd.DataFrame:
    """The labelled titles of a CSV file.

    Raises:
        SourceError: a level or department is none of ours.
    """
    labelled = pd.read_csv(path, dtype="str", keep_default_na=False)
    for column, allowed in (("level", LEVELS), ("department", ("", *DEPARTMENTS))):
        wrong = labelled[~labelled[column].isin(allowed)]
        if len(wrong):
            raise SourceError(
                f"{path}, line {wrong.index[0] + 2}: '{wrong[column].iloc[0]}' is no {column}; "
                f"use one of {', '.join(filter(None, allowed))}"
            )
    return labelled


def measure(labelled: pd.DataFrame) -> dict[str, Any]:
    """The shares read right (`classes`, `levels`, `departments`), `confusion` and `titles_per_s`.

    A department counts as right when the main department is the labelled one, or both are missing.
    `confusion` counts titles by labelled class and the class that was read.
    """
    titles.levels(labelled["title"])  # so that words are known, as they are in a large file
    titles.read.cache_clear()
    start = perf_counter()
    levels = titles.levels(labelled["title"]).astype("str").fillna("other")
    departments = titles.departments(labelled["title"]).fillna("")
    seconds = perf_counter() - start
    truth, read = labelled["level"].map(CLASS_OF), levels.map(CLASS_OF)
    confusion = pd.crosstab(truth, read).reindex(index=CLASSES, columns=CLASSES, fill_value=0)
    return {
        "titles": len(labelled),
        "classes": float((truth == read).mean()),
        "levels": float((labelled["level"] == levels).mean()),
        "departments": float((labelled["department"] == departments).mean()),
        "confusion": confusion.to_dict("index"),
        "titles_per_s": len(labelled) / seconds,
    }
