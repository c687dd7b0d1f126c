"""Judge leads as they were known at times past by two configurations, and change nothing.

Everything is read in transactions that may not write. Leads come in chunks; of each the states at its points are judged
by both sides, and what the comparison needs is kept: a row a lead.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign import sequences
from aicmo_dagster.campaign.config import SIGNALS, CampaignConfig
from aicmo_dagster.campaign.scoring import OUTCOMES
from aicmo_dagster.flow.conversion import predictor_of
from aicmo_dagster.flow.facts import Predict, ScoringFacts, needed_by
from aicmo_dagster.stages.backtest import comparison, enrolment
from aicmo_dagster.stages.backtest.comparison import NONE, Comparison, Side
from aicmo_dagster.stages.backtest.outcomes import Outcomes, outcomes
from aicmo_dagster.stages.conversion.features import FACTS
from aicmo_dagster.stages.model import FloatArray
from aicmo_dagster.stages.qualification import JUDGED_COLUMNS, qualify
from aicmo_dagster.stages.scoring import UNKNOWN_VALUE, effective_weights, score
from aicmo_dagster.store import backtests, conversion_models, database
from aicmo_dagster.store.bulk import frames

CHUNK_LEADS = 10_000
SEED = 4
EXAMPLES, EXAMPLES_PER_FLIP = 30, 3
ENDING = [
    "replied", "interested", "meeting", "bounced", "unsubscribed", "complained", "converted", "lost",
]  # fmt: skip
"""Events after which a lead gets no more mails of its sequence."""

_KEPT = [
    "lead_id", "as_of", "known_at", "harvested_at", "replied_at", "passing", "converted", "time_zone",
    "country_code", "account", *SIGNALS,
]  # fmt: skip
_ENDED = ["lead_id", "tier", "verdict", "reason", "cause", "cause_before", "cause_after"]
_AN_INSTANT = pd.Timedelta(microseconds=1)


@dataclass(frozen=True)
class Replay:
    """Which leads of a campaign to judge, by which two configurations, from `start` to `end` (aware, UTC)."""

    campaign_id: int
    before: CampaignConfig
    after: CampaignConfig
    start: datetime
    end: datetime
    most_leads: int | None = None


@dataclass(frozen=True)
class Replayed:
    """What came out: `of_leads` is how many the campaign has, `points` how often they were judged."""

    comparison: Comparison
    of_leads: int
    points: int


def replay(wanted: Replay, progress: Callable[[int, int], None]) -> Replayed:
    """Compare the two configurations; `progress` is told how many leads are done, of how many."""
    differing: list[pd.Series] = []
    points = 0
    with _reading() as cursor:
        sides = [_Judge(cursor, wanted, config) for config in (wanted.before, wanted.after)]
        of_leads = backtests.counted(cursor, wanted.campaign_id)
        leads = backtests.sample(cursor, wanted.campaign_id, wanted.most_leads, SEED)
        reader = _Reader(cursor, wanted, frozenset().union(*(side.facts.selected for side in sides)))
        for first in range(0, len(leads), CHUNK_LEADS):
            chunk = leads[first : first + CHUNK_LEADS]
            known = reader.known(chunk)
            if not known.empty:
                before, after = (side.judge(known) for side in sides)
                differing.append(_ever(before, after))
                sides[0].keep(before)
                sides[1].keep(_explain(sides, before, after))
                points += int(known["passing"].sum())
            progress(min(first + CHUNK_LEADS, len(leads)), len(leads))
    (ended_before, side_before), (ended_after, side_after) = (side.made() for side in sides)
    ever = pd.concat(differing) if differing else pd.Series(dtype=bool)
    found = comparison.compare(
        ended_before, ended_after, ever, side_before, side_after, EXAMPLES_PER_FLIP, EXAMPLES
    )
    return Replayed(found, of_leads, points)


@contextmanager
def _reading() -> Iterator[Cursor[TupleRow]]:
    with database.transaction() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield cursor


class _Reader:
    """The states of leads at their points, with everything that both sides judge them by."""

    def __init__(self, cursor: Cursor[TupleRow], wanted: Replay, needed: frozenset[str]) -> None:
        self.cursor = cursor
        self.wanted = wanted
        columns = {
            *needed,
            *JUDGED_COLUMNS,
            *SIGNALS,
            "identity",
            "account_domain",
            "time_zone",
            "country_code",
        }
        self.facts = ScoringFacts(wanted.campaign_id, wanted.before, frozenset(columns))
        self.domains = backtests.suppressed_domains(cursor)
        self.accounts = backtests.accounts(cursor, wanted.campaign_id)
        self.trials = self._trials()

    def _trials(self) -> pd.DataFrame:
        """Leads whose outcome is known: when they were first written to, and whether they were won."""
        rules = self.wanted.before.scoring.conversion
        self.cursor.execute(
            conversion_models.TRIALS.encode(),
            {
                "campaign": self.wanted.campaign_id,
                "outcomes": list(OUTCOMES),
                "positive": list(rules.positive),
                "horizon": timedelta(days=rules.horizon_days),
                "now": self.wanted.end,
                "most": None,
            },
        )
        columns = conversion_models.TRIAL_COLUMNS
        found = pd.DataFrame(self.cursor.fetchall(), columns=list(columns)).astype(columns)
        return found.dropna(subset="converted")

    def known(self, leads: list[int]) -> pd.DataFrame:
        points = backtests.points(self.cursor, leads, self.wanted.start, self.wanted.end, ENDING)
        points = self._with_trials(points.assign(passing=True))
        statement = self.facts.select(backtests.POINTS)
        parameters = {"campaign": self.wanted.campaign_id, **backtests.listed(points)}
        connection = self.cursor.connection
        read = list(frames(connection, statement, parameters, self.facts.dtypes, max(len(points), 1)))
        if not read:
            return pd.DataFrame()
        known = pd.concat(read, ignore_index=True).merge(points, on=["lead_id", "as_of"], validate="1:1")
        account = known["account_domain"]
        return known.assign(
            suppressed=self._suppressed(known, leads),
            takes_mail=known["email_domain"].map(self._takes_mail(known)).astype("boolean"),
            decision=self._decisions(known, leads),
            account=account.map(self.accounts).astype("str").fillna(account) if self.accounts else account,
        )

    def _with_trials(self, points: pd.DataFrame) -> pd.DataFrame:
        """The points, and for leads with a known outcome the instant before they were first written to."""
        mine = self.trials[self.trials["lead_id"].isin(points["lead_id"])]
        if mine.empty:
            return points.assign(converted=pd.Series(pd.NA, points.index, "boolean"))
        of_lead = points.drop_duplicates("lead_id").drop(columns=["as_of", "known_at", "passing"])
        mine = mine.merge(of_lead, on="lead_id")
        before = mine["as_of"] - _AN_INSTANT
        mine["as_of"] = before.where(before > mine["harvested_at"], mine["harvested_at"])
        both = points.merge(mine[["lead_id", "as_of", "converted"]], on=["lead_id", "as_of"], how="outer")
        added = both["passing"].isna()
        of_lead = of_lead.set_index("lead_id")
        for name in of_lead:
            both.loc[added, name] = both.loc[added, "lead_id"].map(of_lead[name])
        both["known_at"] = both["known_at"].fillna(both["as_of"])
        both["passing"] = ~added
        return both.sort_values(["lead_id", "as_of"], ignore_index=True)

    def _suppressed(self, known: pd.DataFrame, leads: list[int]) -> pd.Series:
        identities = known["identity"].dropna().unique().tolist()
        found = backtests.suppressed_since(self.cursor, identities, leads)
        by_identity = found.dropna(subset="identity").set_index("identity")["since"]
        by_lead = found.dropna(subset="lead_id").set_index("lead_id")["since"]
        of_domain = {
            str(domain): min(
                (self.domains[one] for one in _with_parents(str(domain)) if one in self.domains),
                default=pd.NaT,
            )
            for domain in (known["email_domain"].dropna().unique() if self.domains else ())
        }
        result = np.zeros(len(known), dtype=bool)
        for column, since in (
            ("identity", by_identity),
            ("lead_id", by_lead),
            ("email_domain", pd.Series(of_domain, dtype="datetime64[us, UTC]")),
        ):
            if len(since):
                result |= (known[column].map(since) <= known["as_of"]).to_numpy(dtype=bool)
        return pd.Series(result, known.index)

    def _takes_mail(self, known: pd.DataFrame) -> dict[str, bool]:
        return backtests.mail_domains(self.cursor, known["email_domain"].dropna().unique().tolist())

    def _decisions(self, known: pd.DataFrame, leads: list[int]) -> pd.Series:
        """The last decision on each state, where it was made on the facts of that state."""
        made = backtests.decisions(self.cursor, leads)
        if made.empty:
            return pd.Series(None, known.index, dtype="str")
        at = known[["lead_id", "as_of", "revision"]].sort_values("as_of", kind="stable")
        last = pd.merge_asof(at, made, left_on="as_of", right_on="decided_at", by="lead_id").set_index(
            at.index
        )
        decision = last["decision"].where(last["lead_revision"] == last["revision"])
        return decision.reindex(known.index).astype("str")


@dataclass(frozen=True)
class _Judged:
    """States with `score`, `tier`, `verdict`, `reason`, and the values of the score's dimensions."""

    states: pd.DataFrame
    values: Mapping[str, FloatArray]


class _Judge:
    """One side: its verdicts over time, and of every lead what the comparison needs."""

    def __init__(self, cursor: Cursor[TupleRow], wanted: Replay, config: CampaignConfig) -> None:
        self.wanted = wanted
        self.config = config
        self.weights = effective_weights(config)
        predict = _predictor(cursor, wanted.campaign_id) if self.weights.get("conversion") else None
        needed = needed_by(config) | (FACTS if predict else frozenset())
        self.facts = ScoringFacts(wanted.campaign_id, config, needed, predict)
        self._ended = [pd.DataFrame(columns=_ENDED)]
        self._enrolled: list[pd.DataFrame] = []
        self._tried: list[pd.DataFrame] = []

    def judge(self, known: pd.DataFrame) -> _Judged:
        scored = score(self.facts.completed(known), self.config)
        verdicts = qualify(known.assign(icp_fit=scored["icp_fit"])[list(JUDGED_COLUMNS)], self.config)
        states = known[_KEPT].assign(
            score=scored["score"], tier=scored["tier"], verdict=verdicts["verdict"], reason=verdicts["reason"]
        )
        return _Judged(states, {name: scored[name].to_numpy() for name in self.weights})

    def keep(self, judged: _Judged) -> None:
        """Remember how each lead ended, when it would have been enrolled, and how it stood before its outcome."""
        passing = judged.states[judged.states["passing"]].reset_index(drop=True)
        last = passing[~passing["lead_id"].duplicated(keep="last")]
        self._ended.append(last.reindex(columns=_ENDED))
        self._enrolled.append(enrolment.enrolments(passing, self.wanted.start))
        tried = judged.states[judged.states["converted"].notna()]
        self._tried.append(tried[["lead_id", "tier", "score", "converted"]])

    def made(self) -> tuple[pd.DataFrame, Side]:
        """Every lead at the end (`comparison.KINDS`, reasons and causes), and the figures of this side."""
        ended = pd.concat(self._ended[1:] or self._ended, ignore_index=True)
        if ended.empty:
            return ended.assign(sequence="", owner="", owner_reason=""), comparison.NOTHING
        config, contents = self.config, sequences.of(self.config)
        routes = enrolment.routed(pd.concat(self._enrolled, ignore_index=True), config, contents)
        of_lead = routes.set_index("lead_id")[["sequence", "owner", "owner_reason"]]
        enrolled = ended["lead_id"].isin(of_lead.index) & (ended["verdict"] == "qualified")
        for name, nothing in (("sequence", NONE), ("owner", NONE), ("owner_reason", "")):
            ended[name] = ended["lead_id"].map(of_lead[name]).astype("str").where(enrolled, nothing)
        by_day = enrolment.mails(routes, config, contents, self.wanted.start, self.wanted.end)
        last_day = self.wanted.end.astimezone(ZoneInfo(config.time_zone)).date()
        leaving = enrolment.within_cap(by_day, config.sending.cap_per_day, last_day)
        return ended, comparison.side(ended, by_day, leaving, self._outcomes())

    def _outcomes(self) -> Outcomes | None:
        tried = pd.concat(self._tried, ignore_index=True)
        if tried.empty:
            return None
        return outcomes(tried["tier"], tried["score"].to_numpy(), tried["converted"].to_numpy(dtype=bool))


def _predictor(cursor: Cursor[TupleRow], campaign_id: int) -> Predict | None:
    """The model in use, for the time since it was trained: before that nobody knew what it says."""
    stored = conversion_models.in_use(cursor, campaign_id)
    predictor = predictor_of(stored) if stored else None
    if stored is None or predictor is None:
        return None
    trained_at = pd.Timestamp(stored.trained_at)
    return lambda leads: predictor(leads).where(leads["as_of"] >= trained_at)


def _explain(sides: Sequence["_Judge"], before: _Judged, after: _Judged) -> _Judged:
    """The new side's states with the cause of every flip of a tier."""
    rows = np.flatnonzero((before.states["tier"] != after.states["tier"]).to_numpy())
    if not len(rows):
        return after
    old, new = (
        ({name: values[rows] for name, values in judged.values.items()}, side.weights)
        for side, judged in zip(sides, (before, after), strict=True)
    )
    found = comparison.causes(old, new, UNKNOWN_VALUE).set_axis(after.states.index[rows])
    return replace(after, states=after.states.join(found))


def _ever(before: _Judged, after: _Judged) -> pd.Series:
    """Lead -> whether its tier or its verdict differed at any time of the window."""
    two = ["tier", "verdict"]
    other = (before.states[two].to_numpy() != after.states[two].to_numpy()).any(axis=1)
    return (
        pd.Series(other & after.states["passing"].to_numpy())
        .groupby(after.states["lead_id"].to_numpy())
        .any()
    )


def _with_parents(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]
