"""What is known of leads, now and as it was known before."""

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.lead import LEAD_COLUMNS, SCORING_COLUMNS
from aicmo_dagster.store import campaigns, database, facts, leads, matches, merges, survivorship
from aicmo_dagster.store.bulk import frames
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.replay import Merging
from aicmo_dagster_tests import outreach, people, pipelines
from aicmo_dagster_tests.outreach import NOW
from aicmo_dagster_tests.people import bring

DAY = timedelta(days=1)
ALL = frozenset(SCORING_COLUMNS)


def read(campaign: Campaign, statement: str, **parameters: object) -> pd.DataFrame:
    with database.connect() as connection:
        chosen = {"campaign": campaign.id, **parameters}
        found = list(frames(connection, statement, chosen, facts.columns(ALL)))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=list(facts.columns(ALL)))


def now(campaign: Campaign, at: datetime) -> pd.DataFrame:
    return read(campaign, facts.select(ALL), now=at)


def then(campaign: Campaign, ids: Collection[int], times: Collection[datetime]) -> pd.DataFrame:
    points = (
        "(SELECT lead_id, as_of FROM unnest(%(ids)s::bigint[]) lead_id, unnest(%(at)s::timestamptz[]) as_of)"
    )
    return read(campaign, facts.select(ALL, points), ids=list(ids), at=list(times))


class History:
    """Three people of a campaign of their own, the last one without an address; one step a day."""

    def __init__(self) -> None:
        mine = uuid.uuid4().hex[:8]
        self.people: tuple[dict[str, Any], ...] = (
            {
                "email": f"one@{mine}.example",
                "account_domain": f"{mine}.example",
                "company": "Placeholder Ltd",
            },
            {"email": f"two@{mine}.example", "account_domain": f"{mine}.example", "first_name": "Specimen"},
            {"first_name": mine, "last_name": "Specimen", "company": "Placeholder Ltd"},
        )
        self.address = f"three@{mine}.example"
        self.at = NOW
        self.elsewhere = bring(
            people.campaign(key=f"other-{mine}"), *self.people[:2], {"email": self.address}, at=self.at
        )
        self.campaign = people.campaign(key=f"test-{mine}")
        self.ids = bring(self.campaign, *self.people, at=self.at)
        self.times: list[datetime] = []
        self.snapshots: list[pd.DataFrame] = []
        self.keep()

    def keep(self) -> None:
        self.times.append(self.at)
        self.snapshots.append(now(self.campaign, self.at))
        self.at += DAY

    def _merging(self) -> Merging:
        return Merging(self.campaign.id, uuid.uuid4(), self.at, self.campaign.config.matching)

    def imported(self, who: int, source: str, said: dict[str, Any]) -> None:
        bring(self.campaign, {**self.people[who], **said}, source=source, label=f"{self.at}", at=self.at)

    def answered(self, who: int, found: bool, said: dict[str, Any]) -> None:
        address = self.address if found else None
        row = {
            "line": 0,
            **dict.fromkeys(LEAD_COLUMNS),
            **self.people[who],
            "identity": address or "nobody",
            **said,
            "email": address,
            "email_status": "valid" if address else None,
            "email_domain": address and address.partition("@")[2],
        }
        frame = pd.DataFrame([row]).astype({"line": "int64", **LEAD_COLUMNS})
        frame = frame.assign(lead_id=self.ids[who], request_id=7, answered_at=self.at)
        origin = leads.Origin(
            self.campaign.id,
            "apollo",
            "apollo",
            uuid.uuid4(),
            self.at,
            "consent",
            self.campaign.config.matching,
        )
        with database.transaction() as cursor:
            leads.enrich(cursor, frame, origin)

    def merged(self, who: int, into: int) -> None:
        if who == into or None in (free := [self._survivor(who), self._survivor(into)]):
            return
        with database.transaction() as cursor:
            campaigns.lock(cursor, self.campaign.id)
            pairs = pd.DataFrame([free], columns=["loser_id", "survivor_id"])
            merges.merge(cursor, pairs, self._merging())

    def _survivor(self, who: int) -> int | None:
        found = pipelines.values("SELECT id FROM leads WHERE id = %s AND merged_into IS NULL", self.ids[who])
        return found[0] if found else None

    def undone(self, who: int) -> None:
        if self._survivor(who) is not None:
            return
        with database.transaction() as cursor:
            campaigns.lock(cursor, self.campaign.id)
            matches.undo(cursor, self.campaign.id, self.ids[who], uuid.uuid4(), self.at, "ann")

    def reverted(self, who: int) -> None:
        """The latest change that a source or a vendor made."""
        chosen = (
            "h.id = (SELECT max(id) FROM lead_changes WHERE lead_id = %(lead)s AND source IN "
            "('csv', 'manual', 'apollo'))"
        )
        with database.transaction() as cursor:
            cursor.execute(
                survivorship.revert_statement(chosen).encode(),
                {"lead": self.ids[who], "run": uuid.uuid4(), "now": self.at, "label": "import 1"},
            )

    def event(self, who: int, kind: str, elsewhere: bool) -> None:
        pipelines.execute(
            "INSERT INTO engagement_events (lead_id, kind, happened_at, created_at) VALUES (%s, %s, %s, %s)",
            (self.elsewhere if elsewhere else self.ids)[who],
            kind,
            self.at,
            self.at,
        )

    def mailed(self, who: int) -> None:
        if not pipelines.values("SELECT id FROM sends WHERE lead_id = %s", self.ids[who]):
            outreach.add_send(self.campaign.id, self.ids[who], started_at=self.at)

    def questioned(self, who: int, other: int) -> None:
        """A probable duplicate is found, or, where it was found before, said to be somebody else."""
        pair = sorted({self.ids[who], self.ids[other]})
        if len(pair) < 2:
            return
        pipelines.execute(
            "INSERT INTO lead_matches (campaign_id, lead_id, other_id, probability, weights, state, run_id, "
            "created_at) VALUES (%s, %s, %s, 0.9, '{}', 'review', %s, %s) ON CONFLICT (lead_id, other_id) "
            "DO UPDATE SET state = 'apart', decided_at = CASE lead_matches.state WHEN 'review' "
            "THEN excluded.created_at ELSE lead_matches.decided_at END",
            self.campaign.id,
            *pair,
            outreach.RUN,
            self.at,
        )


WHO = st.integers(0, 2)
SAID = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["CEO", "Director", "Head of Placeholders"]),
        "employees": st.sampled_from([10, 2**53 + 1]),
        "revenue_usd": st.sampled_from([0.1, 1e7]),
        "recent_activity": st.booleans(),
        "job_started_on": st.sampled_from(["2020-02-29", "2024-01-01"]).map(lambda t: pd.Timestamp(t).date()),
        "extra": st.sampled_from(['{"Note": "a"}', '{"Note": null, "x": "\\"y\\""}']),
        "verification": st.sampled_from(["valid", "invalid"]),
        "country_code": st.sampled_from(["DE", "US"]),
    },
)
STEPS = st.one_of(
    st.tuples(st.just("imported"), WHO, st.sampled_from(["csv", "manual"]), SAID),
    st.tuples(st.just("answered"), WHO, st.booleans(), SAID),
    st.tuples(st.just("merged"), WHO, WHO),
    st.tuples(st.just("undone"), WHO),
    st.tuples(st.just("reverted"), WHO),
    st.tuples(st.just("event"), WHO, st.sampled_from(["converted", "unsubscribed"]), st.booleans()),
    st.tuples(st.just("mailed"), WHO),
    st.tuples(st.just("questioned"), WHO, WHO),
)


@settings(
    max_examples=50,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=1, max_size=8))
def test_facts_as_they_were_known_are_what_a_snapshot_said(store: URL, steps: list[tuple[Any, ...]]) -> None:
    history = History()
    for name, *arguments in steps:
        getattr(history, name)(*arguments)
        history.keep()
    # An import may have brought somebody again whom an answer gave an address, and with it another identity.
    ids = pipelines.values("SELECT id FROM leads WHERE campaign_id = %s", history.campaign.id)
    told = then(history.campaign, ids, history.times)
    expected = pd.concat(history.snapshots).sort_values(["lead_id", "as_of"], ignore_index=True)
    # Who a lead without an address is, is not part of what was known of it; nobody asks.
    for frame in (told, expected):
        frame["identity"] = frame["identity"].where(frame["email"].notna())
    pd.testing.assert_frame_equal(told, expected)


def test_events_of_a_merged_lead_are_the_survivors_from_the_merge_on(store: URL) -> None:
    history = History()
    history.event(0, "opened", False)
    opened, merged = history.at, history.at + DAY
    history.at = merged
    history.merged(0, 1)
    survivor, loser = history.ids[1], history.ids[0]
    with database.transaction() as cursor:
        cursor.execute(facts.EVENTS.encode(), {"leads": [survivor, loser]})
        found = {(lead, created_at) for lead, _, _, created_at, _ in cursor.fetchall()}
    assert found == {(loser, opened), (survivor, merged)}


def test_a_lead_is_not_there_before_it_was_harvested(store: URL) -> None:
    history = History()
    assert then(history.campaign, history.ids, [NOW - DAY / 24]).empty
    assert len(then(history.campaign, history.ids, [NOW])) == len(history.ids)
