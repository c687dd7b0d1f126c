"""What would have followed from verdicts over time: who is enrolled when, goes to whom, and gets which mails."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.campaign.steps import Sequence
from aicmo_dagster.stages.routing import OwnerLoad, route
from aicmo_dagster.stages.sending_window import next_open

NEVER = pd.Timestamp("2262-01-01", tz="UTC").as_unit("us")
_LONGEST_WAIT = timedelta(days=14)
"""Longer than any sending window is closed."""


def enrolments(judged: pd.DataFrame, start: datetime) -> pd.DataFrame:
    """The rows of `judged` at which leads would have been enrolled, with `enrolled_at` and `stopped_at`.

    `judged` has `lead_id`, `as_of`, `known_at`, `harvested_at`, `replied_at` (when the first event that ends a
    sequence was written down) and `verdict`, ordered by lead and time. A lead is enrolled when it is qualified
    for the first time: at `known_at`, or, where it was at `start` already, when it was harvested. It is stopped
    (else NEVER) by such an event, and by a later verdict that is another one.
    """
    rows = len(judged)
    place = np.arange(rows)
    lead = np.cumsum(np.diff(judged["lead_id"].to_numpy(), prepend=-1) != 0) - 1
    qualified = (judged["verdict"] == "qualified").to_numpy(dtype=bool)
    first = np.full(lead[-1] + 1 if rows else 0, rows)
    np.minimum.at(first, lead[qualified], place[qualified])
    lost = ~qualified & (place > first[lead])
    ended = np.full(len(first), rows)
    np.minimum.at(ended, lead[lost], place[lost])

    enrolled = judged.iloc[first[first < rows]].reset_index(drop=True)
    at_start = enrolled["as_of"] == pd.Timestamp(start)
    ended_at = judged["known_at"].reset_index(drop=True).reindex(ended[first < rows]).fillna(NEVER)
    ended_at = ended_at.reset_index(drop=True)
    replied_at = enrolled["replied_at"].fillna(NEVER)
    return enrolled.assign(
        enrolled_at=enrolled["known_at"].mask(at_start, enrolled["harvested_at"]),
        stopped_at=ended_at.where(ended_at < replied_at, replied_at),
    )


def routed(enrolled: pd.DataFrame, config: CampaignConfig, sequences: Mapping[str, Sequence]) -> pd.DataFrame:
    """`enrolled` with its `sequence`, `owner`, `owner_reason` and `left_at`, routed day by day.

    `enrolled` has `lead_id`, `score`, the signals, `account` (what stands for the company), `country_code`,
    `enrolled_at` and `stopped_at`. Owners begin with nobody; a lead counts until it is stopped or its sequence
    is over. Owners' working hours are asked at the last enrolment of a day.
    """
    accounts, known = pd.factorize(enrolled["account"], sort=True)
    leads = enrolled.assign(
        account_id=pd.Series(accounts, enrolled.index, "Int64").mask(accounts < 0),
        day=enrolled["enrolled_at"].dt.floor("D"),
        place=np.where(accounts < 0, len(known), accounts),
    ).sort_values(["day", "place", "lead_id"], ignore_index=True)
    versions = dict.fromkeys(sequences, 1)
    length = {name: pd.Timedelta(days=one.days) for name, one in sequences.items()}
    first_owner: dict[int, str] = {}
    active = leads.iloc[:0].assign(owner="", left_at=leads["enrolled_at"].iloc[:0])[["owner", "left_at"]]
    done = []
    for day, today in leads.groupby("day", sort=True):
        active = active[active["left_at"] > day]
        load = OwnerLoad({str(owner): int(count) for owner, count in active["owner"].value_counts().items()})
        asked = today[["lead_id", "score", *SIGNALS, "account_id", "country_code"]].assign(
            account_owner=today["account_id"].map(first_owner).astype("str")
        )
        answer = route(asked, config, versions, load, today["enrolled_at"].max().to_pydatetime())
        over_at = today["enrolled_at"] + answer["sequence"].map(length)
        taken = today.assign(
            sequence=answer["sequence"],
            owner=answer["owner"],
            owner_reason=answer["owner_reason"],
            left_at=over_at.where(over_at < today["stopped_at"], today["stopped_at"]),
        )
        with_account = taken[taken["account_id"].notna()].drop_duplicates("account_id")
        first_owner = {
            **dict(zip(with_account["account_id"], with_account["owner"], strict=True)),
            **first_owner,
        }
        active = pd.concat([active, taken[["owner", "left_at"]]])
        done.append(taken)
    empty = leads.assign(
        sequence=pd.Series(dtype="str"),
        owner=pd.Series(dtype="str"),
        owner_reason=pd.Series(dtype="str"),
        left_at=leads["enrolled_at"],
    )
    return pd.concat(done, ignore_index=True) if done else empty


def mails(
    enrolled: pd.DataFrame,
    config: CampaignConfig,
    sequences: Mapping[str, Sequence],
    start: datetime,
    end: datetime,
) -> dict[str, int]:
    """Day (of the campaign's zone) -> mails that fall due on it, from `start` to `end`; days without are absent.

    Each step is due so many days after the enrolment, in the sending window of the lead's zone, unless the lead
    was stopped by then. Days count from the enrolment, not from the mail before, and nothing is held back.
    """
    zone = enrolled["time_zone"].fillna(config.time_zone)
    found = []
    for name, leads in enrolled.groupby("sequence"):
        for step in sequences[str(name)].steps:
            at = leads["enrolled_at"] + pd.Timedelta(days=step.day)
            at = at[(at > pd.Timestamp(start - _LONGEST_WAIT)) & (at <= pd.Timestamp(end))]
            due = next_open(at, zone[at.index], enrolled["country_code"][at.index], config.sending)
            sent = (
                (due >= pd.Timestamp(start))
                & (due <= pd.Timestamp(end))
                & (due < leads["stopped_at"][at.index])
            )
            found.append(due[sent])
    if not found:
        return {}
    days = pd.concat(found).dt.tz_convert(config.time_zone).dt.strftime("%Y-%m-%d").value_counts()
    return {str(day): int(count) for day, count in days.sort_index().items()}


def within_cap(by_day: Mapping[str, int], cap_per_day: int, last: date) -> int:
    """How many of the mails leave until the day `last` at so many a day, the rest waiting."""
    sent = waiting = 0
    for day in pd.date_range(min(by_day, default=last), last).strftime("%Y-%m-%d"):
        waiting += by_day.get(day, 0)
        leaving = min(waiting, cap_per_day)
        sent += leaving
        waiting -= leaving
    return sent
