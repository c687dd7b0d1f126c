"""What leads are scored by: their own facts, what they did, and what the predictive model makes of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.lead import SCORING_COLUMNS
from aicmo_dagster.stages.model import Model
from aicmo_dagster.stages.scoring import counting
from aicmo_dagster.stages.standard import engagement
from aicmo_dagster.store import database, facts

Predict = Callable[[pd.DataFrame], "pd.Series[float]"]
"""Conversion probability of each lead of a frame of `SCORING_COLUMNS`, NaN where it cannot tell."""


@dataclass(frozen=True)
class ScoringFacts:
    """How frames of `lead.SCORING_COLUMNS` come about, as far as `needed` are needed.

    Frames read by `select` with `dtypes` are made whole by `completed`; they have `lead_id` and `revision` besides.
    """

    campaign_id: int
    config: CampaignConfig
    needed: frozenset[str]
    predict: Predict | None = None
    now: datetime | None = None
    constants: frozenset[str] = frozenset()
    """Without points: the present time, and the columns of which `store.facts.constants` says that all are equal."""

    @property
    def selected(self) -> frozenset[str]:
        sums = {"contacted_at"} if self.needed & {*engagement.SUMS} else set()
        return self.needed | sums

    @property
    def dtypes(self) -> Mapping[str, str]:
        return facts.columns(self.selected, self._left_out)

    def select(self, points: str | None = None, where: str = "true") -> str:
        """As `store.facts.select`: takes %(campaign)s, and without `points` %(now)s."""
        return facts.select(self.selected, points, where, self._left_out)

    @property
    def _left_out(self) -> frozenset[str]:
        return self.constants if self.now is None else self.constants | {"as_of"}

    def completed(self, leads: pd.DataFrame) -> pd.DataFrame:
        """The frame with the columns that no statement gives: what events sum up to, what is predicted."""
        if self._left_out:
            leads = leads.assign(**{name: self._constant(name, leads) for name in self._left_out})
        if self.needed & {*engagement.SUMS}:
            leads = leads.assign(**self._engaged(leads))
        if "conversion" in self.needed:
            predicted = self.predict(leads) if self.predict else pd.Series(pd.NA, leads.index)
            leads = leads.assign(conversion=predicted.astype("Float64"))
        return leads

    def _constant(self, name: str, leads: pd.DataFrame) -> "pd.Series[Any]":
        value = {"as_of": self.now, "account_customer": False, "opted_out_elsewhere": False}.get(name, pd.NA)
        return pd.Series(value, leads.index, SCORING_COLUMNS[name])

    def _engaged(self, leads: pd.DataFrame) -> pd.DataFrame:
        with database.transaction() as cursor:
            events = pd.DataFrame(self._events(cursor, leads), columns=list(facts.EVENT_COLUMNS))
        if events.empty and leads["contacted_at"].isna().all():
            unknown = {name: pd.Series(pd.NA, leads.index, SCORING_COLUMNS[name]) for name in engagement.SUMS}
            return pd.DataFrame(unknown)
        sums = engagement.sums(events.astype(facts.EVENT_COLUMNS), leads, self.config.scoring.engagement)
        unseen = [name for name in ("opens", "clicks") if name not in self._tracked]
        return sums.assign(**{name: pd.Series(pd.NA, leads.index, "Float64") for name in unseen})

    def _events(self, cursor: Cursor[TupleRow], leads: pd.DataFrame) -> list[TupleRow]:
        if "account_customer" in self.constants:
            return []
        return cursor.execute(facts.EVENTS.encode(), {"leads": leads["lead_id"].unique().tolist()}).fetchall()

    @cached_property
    def _tracked(self) -> frozenset[str]:
        """What the campaign can see at all: without tracking, that nobody opens or clicks says nothing."""
        with database.transaction() as cursor:
            kinds = facts.tracked(cursor, self.campaign_id)
        return frozenset({"opened": "opens", "clicked": "clicks"}[kind] for kind in kinds)


def needed_by(config: CampaignConfig, model: Model | None = None) -> frozenset[str]:
    """The columns of `SCORING_COLUMNS` that count in the campaign's score by its model, or by `model`."""
    return frozenset(fact for dimension in counting(config, model) for fact in dimension.facts)
