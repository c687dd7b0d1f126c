"""Two configurations side by side: who flips, why, and what would have come of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.tiers import TIERS
from aicmo_dagster.stages.backtest.outcomes import Outcomes
from aicmo_dagster.stages.model import FloatArray

NONE = "none"
"""The sequence and the owner of a lead that is not to be written to."""
THRESHOLDS = "thresholds"
"""Why a tier flips where the score is the same."""
KINDS = ("tier", "verdict", "sequence", "owner")
_DIFFERENT = 1e-9

Weighed = tuple[Mapping[str, FloatArray], Mapping[str, float]]
"""Dimension -> its value for each lead, NaN where unknown; dimension -> its weight."""


@dataclass(frozen=True)
class Flip:
    """How many leads went from one tier, verdict, sequence or owner to another."""

    kind: str
    before: str
    after: str
    leads: int


@dataclass(frozen=True)
class Example:
    """A lead that flips: kind -> (before, after) of what differs, and why, in words."""

    lead_id: int
    flips: dict[str, tuple[str, str]]
    why: list[str]


@dataclass(frozen=True)
class Side:
    """What one configuration makes of the leads. `mails_due` are by day; `mails_within_cap` are in all."""

    tiers: dict[str, int]
    verdicts: dict[str, int]
    reasons: dict[str, int]
    sequences: dict[str, int]
    owners: dict[str, int]
    mails_due: dict[str, int]
    mails_within_cap: int
    outcomes: Outcomes | None


NOTHING = Side(dict.fromkeys(TIERS, 0), {}, {}, {}, {}, {}, 0, None)
"""What a configuration makes of no leads."""


@dataclass(frozen=True)
class Comparison:
    """`changed` leads differ at the end, `ever_changed` at some time; `causes` are the reasons of flips of tiers."""

    leads: int
    changed: int
    ever_changed: int
    flips: list[Flip]
    causes: dict[str, int]
    examples: list[Example]
    before: Side
    after: Side


def causes(before: Weighed, after: Weighed, unknown: float) -> pd.DataFrame:
    """Why each lead's score differs: `cause`, the dimension whose contribution differs most, and what it was
    `cause_before` and `cause_after`; THRESHOLDS and NaN where none differs.

    A value that is not known counts as `unknown`. What a model lacks adds nothing.
    """
    sides = [
        {name: weights[name] * np.nan_to_num(values, nan=unknown) for name, values in valued.items()}
        for valued, weights in (before, after)
    ]
    names = list(dict.fromkeys([*sides[0], *sides[1]]))
    rows = len(next(iter(before[0].values())))
    nothing = np.zeros(rows)
    old, new = (np.column_stack([side.get(name, nothing) for name in names]) for side in sides)
    most = np.abs(new - old).argmax(axis=1)
    at = np.arange(rows)
    same = np.abs(new - old)[at, most] < _DIFFERENT
    return pd.DataFrame(
        {
            "cause": np.where(same, THRESHOLDS, np.array(names, dtype=object)[most]),
            "cause_before": np.where(same, np.nan, old[at, most]),
            "cause_after": np.where(same, np.nan, new[at, most]),
        }
    )


def flips(before: pd.DataFrame, after: pd.DataFrame) -> list[Flip]:
    """Every change of `KINDS` between the two frames, whose rows are the same leads; the most frequent first."""
    found = []
    for kind in KINDS:
        old, new = before[kind].to_numpy(), after[kind].to_numpy()
        other = old != new
        counts = pd.DataFrame({"before": old[other], "after": new[other]}).value_counts()
        found += [
            Flip(kind, str(one), str(two), int(number))
            for (one, two), number in zip(counts.index.to_list(), counts, strict=True)
        ]
    return found


def examples(before: pd.DataFrame, after: pd.DataFrame, most_per_flip: int, most: int) -> list[Example]:
    """Some leads of every flip; the frames are those of `compare`."""
    kinds = {kind: (before[kind].to_numpy(), after[kind].to_numpy()) for kind in KINDS}
    chosen: list[int] = []
    for old, new in kinds.values():
        other = np.flatnonzero(old != new)
        group = pd.Series(old[other]).astype("str") + "\n" + pd.Series(new[other]).astype("str")
        chosen += other[group.groupby(group).cumcount().to_numpy() < most_per_flip].tolist()
    return [_example(before.iloc[row], after.iloc[row]) for row in list(dict.fromkeys(chosen))[:most]]


def _example(before: pd.Series, after: pd.Series) -> Example:
    flipped = {kind: (str(before[kind]), str(after[kind])) for kind in KINDS if before[kind] != after[kind]}
    why = []
    if "tier" in flipped:
        if after["cause"] == THRESHOLDS:
            why.append("the thresholds of the tiers")
        else:
            moved = f"{after['cause_before']:.3f} to {after['cause_after']:.3f}"
            why.append(f"{after['cause']} adds {moved} to the score")
    if "verdict" in flipped:
        why.append(f"{before['reason']} becomes {after['reason']}")
    if "owner" in flipped and NONE not in flipped["owner"]:
        why.append(f"{flipped['owner'][1]}: {after['owner_reason']}")
    return Example(int(after["lead_id"]), flipped, why)


def compare(
    before: pd.DataFrame,
    after: pd.DataFrame,
    ever: "pd.Series[bool]",
    made_before: Side,
    made_after: Side,
    most_per_flip: int,
    most: int,
) -> Comparison:
    """Both sides of the same leads at the end; `ever` says of a `lead_id` whether it differed at some time.

    The frames have `lead_id`, `KINDS`, `reason`, `owner_reason`; `after` has what `causes` gives besides.
    """
    kinds = list(KINDS)
    changed = (before[kinds].to_numpy() != after[kinds].to_numpy()).any(axis=1)
    at_some_time = ever.reindex(after["lead_id"], fill_value=False).to_numpy(dtype=bool) | changed
    other_tier = (before["tier"] != after["tier"]).to_numpy(dtype=bool)
    return Comparison(
        leads=len(after),
        changed=int(changed.sum()),
        ever_changed=int(at_some_time.sum()),
        flips=flips(before, after),
        causes=_counts(after["cause"][other_tier]),
        examples=examples(before, after, most_per_flip, most),
        before=made_before,
        after=made_after,
    )


def side(
    ended: pd.DataFrame, mails_due: dict[str, int], mails_within_cap: int, outcomes: Outcomes | None
) -> Side:
    """The figures of one configuration; `ended` has `KINDS` and `reason` of every lead at the end."""
    counts = {kind: _counts(ended[kind]) for kind in (*KINDS, "reason")}
    return Side(
        {name: counts["tier"].get(name, 0) for name in TIERS},
        counts["verdict"],
        counts["reason"],
        counts["sequence"],
        counts["owner"],
        mails_due,
        mails_within_cap,
        outcomes,
    )


def _counts(column: pd.Series) -> dict[str, int]:
    return {str(name): int(count) for name, count in column.value_counts().items()}
