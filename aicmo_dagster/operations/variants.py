"""The variants of a campaign's steps side by side, and the choice of one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.steps import BASE, Variant
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages import comparison
from aicmo_dagster.stages.comparison import Comparison, Tally
from aicmo_dagster.store import campaigns, variants
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.variants import Chosen, Counted, Step

TIME_TO_ANSWER = timedelta(days=7)
"""A reply counts when it came so soon after the mail; mails that are younger do not count yet. So mails sent
yesterday, which nobody has answered, do not make a variant look worse than one that was sent last month."""

LIFT = 1.5
"""What `Trial.mails_needed` looks for: half as many replies again."""

_BY = "aicmo"


@dataclass(frozen=True)
class Compared:
    """One variant: its mails and, but for the step's own text, how it compares with that."""

    name: str
    weight: float
    counted: Counted
    comparison: Comparison | None

    @property
    def tally(self) -> Tally:
        """What the comparison is made of."""
        return _tally(self.counted)


@dataclass(frozen=True)
class Trial:
    """A step with variants: its own text comes first."""

    step: Step
    automatic: bool
    variants: tuple[Compared, ...]
    chosen: Chosen | None

    @property
    def winner(self) -> str | None:
        """The variant that has won by now; None while it is open, also where one was chosen already."""
        base, *others = self.variants
        found = [one.comparison for one in others if one.comparison is not None]
        tallies = [one.tally for one in others]
        return comparison.winner([one.name for one in others], base.name, tallies, found)

    def mails_needed(self, one: Compared) -> int | None:
        """Mails of the base and the variant together after which `LIFT` is seen in four of five cases."""
        if one.comparison is None:
            return None
        return comparison.mails_needed(self.variants[0].tally.rate, LIFT, one.weight, len(self.variants) - 1)

    def document(self) -> dict[str, Any]:
        """As JSON takes it, which knows no infinity."""
        sequence, version, step = self.step
        chosen = self.chosen
        return {
            "sequence": sequence,
            "version": version,
            "step": step,
            "winner": self.winner,
            "chosen": chosen and {"variant": chosen.variant, "by": chosen.chosen_by, "at": chosen.chosen_at},
            "variants": [self._row(one) for one in self.variants],
        }

    def _row(self, one: Compared) -> dict[str, Any]:
        by = one.comparison
        row: dict[str, Any] = {
            "variant": one.name,
            "weight": one.weight,
            "mails": one.counted.mails,
            "young": one.counted.young,
            "replies": one.counted.replies,
            "positive": one.counted.positive,
            "rate": one.tally.rate,
            "rate_interval": comparison.wilson(one.tally),
            "mails_needed": self.mails_needed(one),
        }
        if by is not None:
            row |= {"lift": _number(by.lift), "lift_interval": [_number(end) for end in by.lift_interval]}
            row |= {"difference_interval": by.difference, "p": by.p, "by_lot": by.by_lot}
            row |= {"better": by.better, "worse": by.worse}
        return row


def _number(value: float | None) -> float | None:
    return None if value is None or value == float("inf") else value


def _tally(counted: Counted) -> Tally:
    return Tally(counted.mails, counted.replies, counted.positive)


def trials(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> list[Trial]:
    """Every step with variants, of all versions of the sequences; the newest version first."""
    contents = campaigns.sequence_versions(cursor, campaign.id)
    steps: dict[Step, tuple[bool, list[Variant]]] = {
        (name, version, number): (content.choose_winner, step.variants)
        for (name, version), content in sorted(contents.items(), key=lambda one: (one[0][0], -one[0][1]))
        for number, step in enumerate(content.steps, 1)
        if step.variants
    }
    if not steps:
        return []
    counted = variants.counted(cursor, campaign.id, list(steps), now, TIME_TO_ANSWER)
    chosen = variants.chosen(cursor, campaign.id)
    return [
        Trial(step, automatic, tuple(_compared(given, counted[step])), chosen.get(step))
        for step, (automatic, given) in steps.items()
    ]


def _compared(given: list[Variant], counted: dict[str | None, Counted]) -> Iterator[Compared]:
    base = counted.get(None, Counted())
    yield Compared(BASE, 1.0, base, None)
    others = [counted.get(one.name, Counted()) for one in given]
    found = comparison.compare(_tally(base), [_tally(one) for one in others], [one.weight for one in given])
    for variant, one, by in zip(given, others, found, strict=True):
        yield Compared(variant.name, variant.weight, one, by)


def choose_winners(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> dict[Step, str]:
    """Choose for steps whose sequence says `choose_winner` what has won by now: step -> variant. Again, nothing."""
    return {
        trial.step: winner
        for trial in trials(cursor, campaign, now)
        if trial.automatic
        and trial.chosen is None
        and (winner := trial.winner) is not None
        and variants.choose(cursor, campaign.id, trial.step, winner, _BY)
    }


def choose(
    cursor: Cursor[TupleRow], campaign: Campaign, sequence: str, number: int, variant: str | None, by: str
) -> Step:
    """Give new leads one variant of a step of the newest version; None gives them all of them again.

    Raises ConfigurationError with the names that there are.
    """
    contents = campaigns.sequence_versions(cursor, campaign.id)
    versions = [version for name, version in contents if name == sequence]
    if not versions:
        there = ", ".join(sorted({name for name, _ in contents}))
        raise ConfigurationError(
            f"campaign '{campaign.key}' has no sequence '{sequence}'; there are: {there}"
        )
    step = (sequence, max(versions), number)
    steps = contents[sequence, max(versions)].steps
    if not 1 <= number <= len(steps):
        raise ConfigurationError(f"sequence '{sequence}' has no step {number}; it has {len(steps)}")
    names = [BASE, *(one.name for one in steps[number - 1].variants)]
    if variant is None:
        variants.reopen(cursor, campaign.id, step, by)
    elif variant not in names:
        raise ConfigurationError(
            f"step {number} of '{sequence}' has no variant '{variant}'; there are: {', '.join(names)}"
        )
    else:
        variants.choose(cursor, campaign.id, step, variant, by, again=True)
    return step
