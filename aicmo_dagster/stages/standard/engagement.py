"""Engagement: what the lead did in answer to mails, old events counting less."""

import pandas as pd

from aicmo_dagster.campaign.scoring import Engagement
from aicmo_dagster.stages.model import Dimension

SUMS = ("opens", "clicks", "replies", "meetings", "engaged_days", "last_engaged_at")
"""The columns of `lead.SCORING_COLUMNS` that `sums` computes."""


def sums(events: pd.DataFrame, leads: pd.DataFrame, rules: Engagement) -> pd.DataFrame:
    """`SUMS` of each row of `leads`, in its order and with its index.

    `leads` has `lead_id`, `as_of` and `contacted_at`; a lead may occur several times, at different times.
    `events` has the columns of `store.facts.EVENT_COLUMNS`. An event counts for a row when it had been written down
    (`created_at`) and had happened by `as_of`.
    """
    raise NotImplementedError


DIMENSIONS: tuple[Dimension, ...] = ()
