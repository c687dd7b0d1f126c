"""One lead's facts as they were known when decisions were made on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.errors import CampaignNotFoundError
from aicmo_dagster.flow.conversion import Predictor, predictor_of
from aicmo_dagster.flow.facts import ScoringFacts
from aicmo_dagster.lead import SCORING_COLUMNS
from aicmo_dagster.store import campaigns, conversion_models
from aicmo_dagster.store.bulk import frames
from aicmo_dagster.store.campaigns import Campaign

_POINTS = "(SELECT %(lead)s::bigint AS lead_id, p.as_of FROM unnest(%(times)s::timestamptz[]) AS p(as_of))"


@dataclass(frozen=True)
class Recomputed:
    """Whether a stored decision comes out again: True or False, None where it cannot be tried; and why, in words."""

    same: bool | None
    sentence: str


SAME = Recomputed(True, "recomputed from the facts and the rules of that time, it is the same")


def differs(what: Sequence[str]) -> Recomputed:
    """Of a decision that comes out otherwise."""
    return Recomputed(
        False, f"recomputed from the facts and the rules of that time, it differs in {', '.join(what)}"
    )


def uncertain(what: Sequence[str]) -> Recomputed:
    """Of a decision that comes out otherwise, where the score that it was made on is not kept."""
    return Recomputed(
        None,
        "cannot be recomputed for certain: the lead was scored anew since, and the score of that time, computed once "
        f"more by the present version of the model, leads to another answer in {', '.join(what)}",
    )


@dataclass(frozen=True)
class History:
    """What is read of a lead once: its rows by stage (`store.leads.show`), and its facts at any time."""

    cursor: Cursor[TupleRow]
    campaign: Campaign
    parts: Mapping[str, Any]

    @property
    def lead(self) -> Mapping[str, Any]:
        """Its row."""
        lead: Mapping[str, Any] = self.parts["lead"]
        return lead

    @property
    def changes(self) -> list[dict[str, Any]]:
        """What changed in it, oldest first."""
        changes: list[dict[str, Any]] = self.parts["changes"]
        return changes

    def row(self, stage: str) -> dict[str, Any] | None:
        """What a stage decided; None where it has not."""
        found = self.parts[stage]
        return found[0] if found else None

    def scored_since(self, moment: datetime) -> bool:
        """Whether the score that a decision at `moment` was made on has been replaced."""
        score = self.row("score")
        return score is not None and score["scored_at"] > moment

    def config(self, version: int) -> CampaignConfig:
        """The campaign's document of that version; the present one where it is not kept."""
        if version == self.campaign.version:
            return self.campaign.config
        try:
            return campaigns.version(self.cursor, self.campaign.id, version)
        except CampaignNotFoundError:
            return self.campaign.config

    @cached_property
    def _known(self) -> pd.DataFrame:
        stamps = {"score": "scored_at", "verdict": "judged_at", "route": "enrolled_at"}
        times = {row[at] for stage, at in stamps.items() if (row := self.row(stage))}
        times |= {self.lead["harvested_at"], *(change["changed_at"] for change in self.changes)}
        facts = ScoringFacts(self.campaign.id, self.campaign.config, frozenset(SCORING_COLUMNS))
        parameters = {"campaign": self.campaign.id, "lead": self.lead["id"], "times": sorted(times)}
        read = list(frames(self.cursor.connection, facts.select(_POINTS), parameters, facts.dtypes))
        if not read:
            return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in facts.dtypes.items()})
        return pd.concat(read, ignore_index=True)

    def at(self, moment: datetime, revision: int | None = None) -> pd.DataFrame:
        """The facts known at `moment`, as a frame of one row of `lead.SCORING_COLUMNS` (without sums of events).

        A run reads its leads a little after the moment that it stamps on its decisions: where `revision` says that it
        saw later facts, these. Empty where nothing is known of then.
        """
        known = self._known[self._known["as_of"] >= pd.Timestamp(moment)]
        seen = known[known["revision"] == revision] if revision is not None else known
        found = (seen if len(seen) else known).head(1)
        return found.reset_index(drop=True)

    def every(self) -> pd.DataFrame:
        """The facts at every time at which they changed or something was decided on them."""
        return self._known

    def completed(
        self, known: pd.DataFrame, config: CampaignConfig, needed: frozenset[str], predictor: Predictor | None
    ) -> pd.DataFrame:
        """`known` with the sums of events, and with what the predictive model said."""
        facts = ScoringFacts(self.campaign.id, config, needed, predictor)
        return facts.completed(known)

    def predictor(self, number: int | None) -> Predictor | None:
        """The predictive model of that number; None where there is none, or it reads other features now."""
        stored = None if number is None else conversion_models.numbered(self.cursor, self.campaign.id, number)
        return predictor_of(stored) if stored else None


def plain(known: pd.DataFrame) -> dict[str, Any]:
    """The one row as plain values, None where missing."""
    return {
        str(name): None if pd.isna(value) else value.item() if hasattr(value, "item") else value
        for name, value in known.iloc[0].items()
    }
