"""Which mail of its sequence each enrolled lead gets next, from which mailbox, and when it is due.

Only the next step is ever planned, and its gap counts from the moment the last one was really sent: a lead
that is overdue gets one mail and then waits, and never gets two at once.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.stages.sending_window import IntArray, next_open
from aicmo_dagster.stages.variants import assign, uniform

Winners = Mapping[tuple[str, int, int], str]
"""Sequence, version, step -> the variant that new leads get."""


def plan(
    enrolled: pd.DataFrame,
    sequences: Mapping[tuple[str, int], Sequence],
    config: CampaignConfig,
    winners: Winners,
) -> pd.DataFrame:
    """One row per lead that has a next step: `lead_id, sequence, sequence_version, step, variant, due_at, time_zone,
    sender, priority`.

    `enrolled` has `lead_id, sequence, sequence_version, step` (the last one sent, from 1; 0 = none yet),
    `base_at` (aware: when that was sent, or the enrolment), `time_zone` (str, NA = the campaign's), `country_code`
    (for holidays), `sender` (the mailbox that wrote to it before) and `score`. `step` of the answer counts from 1,
    `variant` is NA for the step's own text, `due_at` is UTC in microseconds, inside the sending window of
    `time_zone`; it lies in the past for a lead that is overdue. Leads past their last step are absent.

    Raises TypeError for times without a time zone, ValueError for missing ones, ConfigurationError for a
    sequence that is not in `sequences`.
    """
    number, days = _days(enrolled, sequences)
    sent = enrolled["step"].to_numpy(dtype=np.int64)
    steps = np.array([len(one) for one in days], dtype=np.int64)[number]
    table = np.zeros((len(days), max(map(len, days), default=0) + 1), dtype=np.int64)
    for row, one in zip(table, days, strict=True):
        row[1 : len(one) + 1] = one
    # Column 0 is the enrolment, on day 0, so that step 1 waits for its own day.
    going = sent < steps
    leads, number, sent = enrolled[going], number[going], sent[going]
    gap = pd.to_timedelta(table[number, sent + 1] - table[number, sent], unit="D")
    due_at = (leads["base_at"] + gap).rename("base_at")
    time_zone = leads["time_zone"].fillna(config.time_zone)
    planned = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "sequence": leads["sequence"],
            "sequence_version": leads["sequence_version"],
            "step": sent + 1,
            "due_at": next_open(due_at, time_zone, leads["country_code"], config.sending),
            "time_zone": time_zone,
            "sender": mailboxes(leads, config),
            "priority": leads["score"].fillna(0.0),
        }
    ).reset_index(drop=True)
    return planned.assign(variant=_variants(planned, sequences, winners))


def mailboxes(leads: pd.DataFrame, config: CampaignConfig) -> "pd.Series[str]":
    """The mailbox that writes to each lead: the one that did before (`sender`), or by weight; NA without any."""
    senders = config.sending.senders
    if not senders:
        return pd.Series(pd.NA, leads.index, "str")
    addresses = np.array([sender.address for sender in senders], dtype=object)
    weights = np.cumsum([sender.weight for sender in senders])
    places = uniform(leads["lead_id"].to_numpy(np.int64), 0) * weights[-1]
    chosen = addresses[np.searchsorted(weights[:-1], places, side="right")]
    return leads["sender"].where(leads["sender"].isin(addresses), pd.Series(chosen, leads.index, "str"))


def _variants(
    planned: pd.DataFrame, sequences: Mapping[tuple[str, int], Sequence], winners: Winners
) -> "pd.Series[str]":
    """The variant of each mail, where its step has any."""
    variants = pd.Series(pd.NA, planned.index, "str")
    for key, sequence in sequences.items():
        for number, step in enumerate(sequence.steps, 1):
            if not step.variants:
                continue
            mails = (
                (planned["sequence"] == key[0])
                & (planned["sequence_version"] == key[1])
                & (planned["step"] == number)
            )
            leads = planned.loc[mails, "lead_id"].to_numpy(np.int64)
            variants[mails] = assign(leads, *key, number, step.variants, winners.get((*key, number)))
    return variants


def _days(
    enrolled: pd.DataFrame, sequences: Mapping[tuple[str, int], Sequence]
) -> tuple[IntArray, list[list[int]]]:
    """Per lead the number of its sequence's version, and per number the days of the steps."""
    names, distinct_names = pd.factorize(enrolled["sequence"])
    versions, distinct_versions = pd.factorize(enrolled["sequence_version"])
    pairs, distinct = pd.factorize(names.astype(np.int64) * (len(distinct_versions) + 1) + versions)
    days = []
    for pair in distinct.tolist():
        name, version = divmod(pair, len(distinct_versions) + 1)
        key = (str(distinct_names[name]), int(distinct_versions[version]))
        if key not in sequences:
            raise ConfigurationError(
                f"sequence {key[0]!r} has no version {key[1]}, but leads are enrolled in it; "
                "versions of sequences must be kept while leads are in them"
            )
        days.append([step.day for step in sequences[key].steps])
    return pairs.astype(np.int64), days
