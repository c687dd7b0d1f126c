"""Engagement: what the lead did in answer to mails, old events counting less.

Silence after a mail says the more, the more usual the answer is: most people open, few reply, and hardly anybody meets.
So the value of silence is far below the neutral 0.5 for opens and near to it for meetings, and one open of a
lead leaves it better off than a lead that was never mailed.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.scoring import Decay, Engagement
from aicmo_dagster.stages.model import Dimension, Facts, FloatArray, IntArray, Rule, Sentence
from aicmo_dagster.stages.standard.ages import days_before

SUMS = ("opens", "clicks", "replies", "meetings", "engaged_days", "last_engaged_at")
"""The columns of `lead.SCORING_COLUMNS` that `sums` computes."""

SILENCE: Mapping[str, float] = {
    "opens": 0.2,
    "clicks": 0.35,
    "replies": 0.4,
    "meetings": 0.45,
    "recency": 0.2,
    "frequency": 0.2,
}
"""Dimension -> its value for a lead that was mailed and did nothing."""

_DECAYED = SUMS[:4]
_ACTS = {"opened": 0, "clicked": 1, "replied": 2, "interested": 2, "meeting": 3}
_DAY_US = 86_400_000_000
_MILLION = 1_000_000


def sums(events: pd.DataFrame, leads: pd.DataFrame, rules: Engagement) -> pd.DataFrame:
    """`SUMS` of each row of `leads`, in its order and with its index.

    `leads` has `lead_id`, `as_of` and `contacted_at`; a lead may occur several times, at different times.
    `events` has the columns of `store.facts.EVENT_COLUMNS`. An event counts for a row when it had been written down
    (`created_at`) and had happened by `as_of`, with the probability that a human did it. What comes of one kind
    on one UTC day is capped at `most_per_day`, then halved with every half-life of whole days. A day counts
    for `engaged_days` with its likeliest event; `last_engaged_at` is the latest event that a human did rather
    than not. All are missing for a lead that has no events and was not contacted `patience_days` ago or longer.
    """
    rows = pd.DataFrame({"lead_id": leads["lead_id"].to_numpy(), "row": np.arange(len(leads))})
    pairs = rows.merge(_acts(events), on="lead_id")
    row = pairs["row"].to_numpy()
    happened = _microseconds(pairs["happened_at"])
    as_of = _microseconds(leads["as_of"])[row]
    counts = (happened <= as_of) & (_microseconds(pairs["created_at"]) <= as_of)
    row, happened, as_of = row[counts], happened[counts], as_of[counts]
    day = happened // _DAY_US
    age = as_of // _DAY_US - day
    act = pairs["act"].to_numpy()[counts]
    human = pairs["human"].to_numpy()[counts]

    known = days_before(leads["as_of"], leads["contacted_at"]) >= rules.patience_days
    known[row] = True
    columns = _daily(len(leads), row, day, age, act, human, rules)
    answer = pd.DataFrame(
        {name: np.where(known, sum_, np.nan) for name, sum_ in columns.items()}, leads.index
    )
    likely = human >= _MILLION / 2
    latest = np.full(len(leads), np.iinfo(np.int64).min)
    np.maximum.at(latest, row[likely], happened[likely])
    # The lowest integer is how numpy writes "not a time".
    return answer.astype("Float64").assign(last_engaged_at=pd.DatetimeIndex(latest.view("M8[us]"), tz="UTC"))


def _acts(events: pd.DataFrame) -> pd.DataFrame:
    """The events that are signs of a lead: `act` is the position in `SUMS`, `human` in millionths.

    Whole numbers add up to the same in every order.
    """
    codes, kinds = pd.factorize(events["kind"])
    act = np.array([*(_ACTS.get(kind, -1) for kind in kinds.tolist()), -1])[codes]
    human = (events["human"].fillna(1.0).to_numpy(dtype=float) * _MILLION).round()
    return events[["lead_id", "happened_at", "created_at"]].assign(act=act, human=human)[act >= 0]


def _daily(
    n: int, row: IntArray, day: IntArray, age: IntArray, act: IntArray, human: FloatArray, rules: Engagement
) -> dict[str, FloatArray]:
    """The decayed sums of `n` rows, and the days with a sign."""
    if not len(row):
        return dict.fromkeys(SUMS[:-1], np.zeros(n))
    kinds = len(_DECAYED)
    days = row * (day.max() - day.min() + 1) + day - day.min()
    key = days * kinds + act
    order = np.argsort(key)
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    first = order[starts]
    decays = [_decay(rules, name) for name in _DECAYED]
    most = np.array([one.most_per_day for one in decays])[act[first]]
    half_life = np.array([one.half_life_days for one in decays])[act[first]]
    of_day = np.add.reduceat(human[order], starts) / _MILLION
    worth = np.minimum(of_day, most) * np.exp2(-age[first] / half_life)
    decayed = np.bincount(row[first] * kinds + act[first], worth, n * kinds).reshape(n, kinds)

    starts = np.flatnonzero(np.diff(days[order], prepend=-1))
    first = order[starts]
    likeliest = np.maximum.reduceat(human[order], starts) * (age[first] < rules.frequency_days)
    engaged = np.bincount(row[first], likeliest, n) / _MILLION
    return {**dict(zip(_DECAYED, decayed.T, strict=True)), "engaged_days": engaged}


def _microseconds(column: pd.Series) -> IntArray:
    return column.to_numpy(dtype="datetime64[us]").view(np.int64)


def _decay(rules: Engagement, name: str) -> Decay:
    decay: Decay = getattr(rules, name)
    return decay


def _above_silence(name: str, share: FloatArray) -> FloatArray:
    return SILENCE[name] + (1 - SILENCE[name]) * share


def _sum(name: str) -> Rule:
    def rule(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
        """The decayed sum as a share of the one that is the most."""
        full = _decay(config.scoring.engagement, name).full
        return _above_silence(name, np.minimum(_numbers(leads[name]) / full, 1.0))

    return rule


def recency(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """How lately the lead gave a sign; unknown where it gave none and was not mailed long enough ago."""
    age = np.maximum(days_before(leads["as_of"], leads["last_engaged_at"]), 0)
    share = np.exp2(-age / config.scoring.engagement.recency_half_life_days)
    silent = np.where(leads["engaged_days"].notna().to_numpy(), SILENCE["recency"], np.nan)
    return np.where(np.isnan(share), silent, _above_silence("recency", share))


def frequency(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:
    """On how many of the last days the lead gave a sign."""
    share = _numbers(leads["engaged_days"]) / config.scoring.engagement.frequency_full
    return _above_silence("frequency", np.minimum(share, 1.0))


def opt_outs(leads: pd.DataFrame, config: CampaignConfig) -> FloatArray:  # noqa: ARG001
    """0 where the person opted out of another campaign."""
    return 1.0 - leads["opted_out_elsewhere"].to_numpy(dtype=float, na_value=np.nan)


def _numbers(column: pd.Series) -> FloatArray:
    return column.to_numpy(dtype=float, na_value=np.nan)


def _sum_sentence(name: str, done: str) -> Sentence:
    def sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
        decay = _decay(config.scoring.engagement, name)
        if not facts[name]:
            return f"was mailed and has not {done}"
        return (
            f"{name} add up to {facts[name]:.2f}, each counting half after {decay.half_life_days:g} days; "
            f"{decay.full:g} is the most"
        )

    return sentence


def _recency_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    if facts["last_engaged_at"] is None:
        return "was mailed and has given no sign yet"
    half_life = config.scoring.engagement.recency_half_life_days
    return (
        f"gave the last sign on {facts['last_engaged_at']:%Y-%m-%d}; it counts half after {half_life:g} days"
    )


def _frequency_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    rules = config.scoring.engagement
    return (
        f"gave a sign on {facts['engaged_days']:g} of the last {rules.frequency_days} days; "
        f"{rules.frequency_full:g} is the most"
    )


def _opt_outs_sentence(facts: Facts, value: float, config: CampaignConfig) -> str:  # noqa: ARG001
    if facts["opted_out_elsewhere"]:
        return "unsubscribed from, or complained about, another campaign"
    return "has not opted out of any other campaign"


_MAILS = "events of the campaign's mails"

DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(
        name="opens",
        group="engagement",
        weight=0.08,
        facts=("opens",),
        rule=_sum("opens"),
        sentence=_sum_sentence("opens", "opened any"),
        source=_MAILS,
        says="Opens, each with the probability that a human did it, capped per day and decayed, as a share of "
        "the campaign's most; 0.2 after mails without one.",
    ),
    Dimension(
        name="clicks",
        group="engagement",
        weight=0.14,
        facts=("clicks",),
        rule=_sum("clicks"),
        sentence=_sum_sentence("clicks", "clicked"),
        source=_MAILS,
        says="Clicks, counted as opens are; 0.35 after mails without one.",
    ),
    Dimension(
        name="replies",
        group="engagement",
        weight=0.26,
        facts=("replies",),
        rule=_sum("replies"),
        sentence=_sum_sentence("replies", "replied"),
        source=_MAILS,
        says="Replies, capped per day and decayed, as a share of the campaign's most; 0.4 after mails without "
        "one.",
    ),
    Dimension(
        name="meetings",
        group="engagement",
        weight=0.22,
        facts=("meetings",),
        rule=_sum("meetings"),
        sentence=_sum_sentence("meetings", "met anybody"),
        source="meetings that people record",
        says="Meetings, capped per day and decayed, as a share of the campaign's most; 0.45 after mails "
        "without one.",
    ),
    Dimension(
        name="recency",
        group="engagement",
        weight=0.14,
        facts=("as_of", "engaged_days", "last_engaged_at"),
        rule=recency,
        sentence=_recency_sentence,
        source=_MAILS,
        says="Highest on the day of the last open, click, reply or meeting, and falling to 0.2, halfway there "
        "after the campaign's half-life.",
    ),
    Dimension(
        name="frequency",
        group="engagement",
        weight=0.06,
        facts=("engaged_days",),
        rule=frequency,
        sentence=_frequency_sentence,
        source=_MAILS,
        says="Days with an open, click, reply or meeting among the last ones, as a share of the campaign's "
        "most; 0.2 after mails without any.",
    ),
    Dimension(
        name="opt_outs",
        group="engagement",
        weight=0.10,
        facts=("opted_out_elsewhere",),
        rule=opt_outs,
        sentence=_opt_outs_sentence,
        source="unsubscribes and complaints in other campaigns",
        says="0 where the person opted out of another campaign, else 1.",
    ),
)
"""Weights: the more an act costs the lead, the more it counts. Machines open and click, nobody meets by accident."""
