"""How well replies are sorted, on replies in seven languages that were labelled apart from the rules.

The files lie in `replies/` beside this module, each with the columns text (the new words alone), subject,
language and category: what a sales lead would do with the mail. `tuning.csv` holds replies that the rules are
mended after, `held_out.csv` replies that only measure.
"""

from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from aicmo_dagster.errors import SourceError
from aicmo_dagster.mail.replies import Category, auto_reply, categorise
from aicmo_dagster.mail.replies.category import Name

FOLDER = Path(__file__).parent / "replies"
CATEGORIES: tuple[str, ...] = get_args(Name)
AUTOMATIC = "auto_reply"
"""Kept apart before replies are sorted, by headers or subject; here they have no such headers."""
SURE = 0.6
"""From this confidence on a category is acted on without a person."""

_RECEIVED_AT = datetime(2026, 11, 23, tzinfo=UTC)


def run(folder: Path = FOLDER) -> dict[str, Any]:
    """Returns `files`: per file of `folder` the figures of `measure`."""
    return {"files": {path.name: measure(read_file(path)) for path in sorted(folder.glob("*.csv"))}}


def read_file(path: Path) -> pd.DataFrame:
    """The labelled replies of a CSV file.

    Raises:
        SourceError: a category is none of ours.
    """
    labelled = pd.read_csv(path, dtype="str", keep_default_na=False)
    allowed = dict.fromkeys((*CATEGORIES, AUTOMATIC))
    wrong = labelled[~labelled["category"].isin(list(allowed))]
    if len(wrong):
        raise SourceError(
            f"{path}, reply {wrong.index[0] + 1}: '{wrong['category'].iloc[0]}' is no category; "
            f"use one of {', '.join(allowed)}"
        )
    return labelled


def measure(labelled: pd.DataFrame) -> dict[str, Any]:
    """Shares read right, overall, per category, per language, and of those that no person sees.

    Returns:
        `replies`, `accuracy`, `languages` (accuracy of each), `categories` (`precision` and `recall` of each,
        None where nothing was read or labelled so), `confusion` (labelled, then read), `reviewed` (share below
        `SURE`), `accuracy_unreviewed` (of the others, None without any) and `unsubscribe_missed` (wishes that
        were sorted elsewhere and surely).
    """
    read = [_read(*reply) for reply in zip(labelled["text"], labelled["subject"], strict=True)]
    truth = labelled["category"]
    names = pd.Series([AUTOMATIC if one is None else one.name for one in read], labelled.index, dtype="str")
    sure = pd.Series([one is None or one.confidence >= SURE for one in read], labelled.index, dtype="bool")
    right = truth == names
    kinds = list(dict.fromkeys((*CATEGORIES, AUTOMATIC)))
    confusion = pd.crosstab(truth, names).reindex(index=kinds, columns=kinds, fill_value=0)
    return {
        "replies": len(labelled),
        "accuracy": _share(right),
        "reviewed": _share(~sure),
        "accuracy_unreviewed": _share(right[sure]),
        "unsubscribe_missed": int(((truth == "unsubscribe") & ~right & sure).sum()),
        "languages": {str(one): _share(right[rows.index]) for one, rows in labelled.groupby("language")},
        "categories": {
            kind: {"precision": _share(right[names == kind]), "recall": _share(right[truth == kind])}
            for kind in kinds
        },
        "confusion": confusion.to_dict("index"),
    }


def _read(text: str, subject: str) -> Category | None:
    """None for what no person wrote."""
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content(text)
    return None if auto_reply(message.as_bytes(), _RECEIVED_AT) else categorise(text, subject)


def _share(right: "pd.Series[bool]") -> float | None:
    return float(right.mean()) if len(right) else None
