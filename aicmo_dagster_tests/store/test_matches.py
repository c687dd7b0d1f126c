"""Merging leads and taking merges back."""

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.errors import AicmoError
from aicmo_dagster.store import campaigns, database, matches, merges
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.replay import Merging
from aicmo_dagster_tests import outreach, people, pipelines
from aicmo_dagster_tests.outreach import NOW
from aicmo_dagster_tests.people import PERSON, bring, compare, lead

ONE = {**PERSON, "email": "t.specimen@placeholder.example"}
TWO = {**PERSON, "email": "test@other.example", "title": "CEO", "extra": '{"Note": "two"}'}
THREE = {**PERSON, "email": "third@placeholder.example", "industry": "Software"}


def merge(campaign: Campaign, *pairs: tuple[int, int]) -> None:
    """Merge (survivor, loser) pairs in one step."""
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        frame = pd.DataFrame(pairs, columns=["survivor_id", "loser_id"])
        merges.merge(cursor, frame, Merging(campaign.id, uuid.uuid4(), NOW, campaign.config.matching))


def undo(campaign: Campaign, lead_id: int) -> int:
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        return matches.undo(cursor, campaign.id, lead_id, uuid.uuid4(), NOW, "ann")


def survivors(ids: Sequence[int]) -> list[int | None]:
    return [lead(one)["merged_into"] for one in ids]


def test_an_undo_restores_both_leads_exactly(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    before = [lead(one), lead(two)]
    merge(campaign, (one, two))
    assert lead(one)["title"] == "CEO"
    assert lead(one)["extra"] == {"Note": "two"}
    assert undo(campaign, two) == one
    assert [lead(one), lead(two)] == before


def test_an_undo_of_a_lead_that_is_not_merged_is_refused(store: URL) -> None:
    campaign = people.campaign()
    (one,) = bring(campaign, ONE)
    with pytest.raises(AicmoError, match="not merged"):
        undo(campaign, one)


def test_after_an_undo_the_two_are_never_merged_again(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    assert compare(campaign).merged == 1
    undo(campaign, two)
    bring(campaign, {**TWO, "title": "Director"}, {**ONE, "title": "CTO"}, label="again.csv")
    assert compare(campaign).merged == 0
    assert survivors([one, two]) == [None, None]
    assert database.fetch("SELECT state, decided_by FROM lead_matches") == [
        {"state": "apart", "decided_by": "ann"}
    ]
    assert pipelines.values(
        "SELECT actor || ' ' || action || ' ' || subject FROM audit_log WHERE actor = 'ann'"
    ) == [f"ann lead.unmerge {two}"]


def test_what_others_said_since_stays_when_a_merge_is_undone(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    merge(campaign, (one, two))
    bring(campaign, {**ONE, "title": "CTO", "website": "https://placeholder.example"}, source="manual")
    undo(campaign, two)
    assert lead(one)["title"] == "CTO"
    assert lead(one)["website"] == "https://placeholder.example"
    assert lead(one)["extra"] is None


def test_an_undo_in_a_chain_of_merges_takes_out_just_that_lead(store: URL) -> None:
    campaign = people.campaign()
    one, two, three = bring(campaign, ONE, TWO, THREE)
    before = [lead(one), lead(two), lead(three)]
    merge(campaign, (two, three))
    merge(campaign, (one, two))
    assert survivors([one, two, three]) == [None, one, one]
    assert (lead(one)["title"], lead(one)["industry"]) == ("CEO", "Software")
    undo(campaign, two)
    assert survivors([one, two, three]) == [None, None, one]
    assert (lead(one)["title"], lead(one)["industry"]) == (None, "Software")
    assert lead(two) == before[1]
    undo(campaign, three)
    assert [lead(one), lead(two), lead(three)] == before


def test_a_fact_of_one_that_goes_gives_way_to_that_of_another_that_stays(store: URL) -> None:
    campaign = people.campaign()
    (one,) = bring(campaign, ONE)
    (two,) = bring(campaign, TWO, source="manual")
    (three,) = bring(campaign, {**THREE, "title": "Head of Sales"})
    merge(campaign, (one, two), (one, three))
    assert lead(one)["title"] == "CEO"
    undo(campaign, two)
    assert lead(one)["title"] == "Head of Sales"


def test_a_pair_merged_again_after_an_undo_gives_the_same(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    merge(campaign, (one, two))
    before = lead(one)
    undo(campaign, two)
    merge(campaign, (one, two))
    assert lead(one) == before


def test_an_undo_gives_the_lead_its_place_in_the_stages_and_its_open_mails_back(store: URL) -> None:
    campaign = people.campaign()
    (one,) = bring(campaign, ONE)
    two = outreach.add_lead(campaign.id, TWO["email"])
    pipelines.execute(
        "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, owner, "
        "owner_reason, rules_version, campaign_version, run_id, enrolled_at) VALUES (%s, 'HOT', 0.9, false, "
        "'aggressive_close', 1, 'Ann', 'only owner', 1, 1, %s, %s)",
        two,
        outreach.RUN,
        NOW,
    )
    sent = outreach.add_send(campaign.id, two, state="sent", sent_at=NOW, started_at=NOW)
    planned = outreach.add_send(campaign.id, two, step=2)
    skipped = outreach.add_send(campaign.id, two, step=3, state="skipped", reason="replied")
    held = outreach.add_send(campaign.id, two, step=4, state="held", attempts=1, next_try_at=NOW)
    tables = ("lead_verdicts", "lead_routes")
    before = [database.fetch(f"SELECT * FROM {table}") for table in tables]
    merge(campaign, (one, two))
    assert [database.fetch(f"SELECT * FROM {table}") for table in tables] == [[], []]
    assert outreach.states() == {sent: "sent", planned: "skipped", skipped: "skipped", held: "skipped"}
    undo(campaign, two)
    assert [database.fetch(f"SELECT * FROM {table}") for table in tables] == before
    assert outreach.states() == {sent: "sent", planned: "planned", skipped: "skipped", held: "held"}


def test_a_mail_under_way_is_left_alone(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    under_way = outreach.add_send(campaign.id, two, state="sending", started_at=NOW)
    merge(campaign, (one, two))
    assert outreach.states() == {under_way: "sending"}


SOURCES = ["manual", "api", "dropcontact", "apollo", "http"]
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["CEO", "CTO", "VP"]),
        "industry": st.sampled_from(["Software", "Retail"]),
        "employees": st.integers(1, 3),
        "revenue_usd": st.sampled_from([1.5, 2e7]),
        "is_decision_maker": st.booleans(),
        "consent": st.sampled_from(["express", "purchase"]),
        "consent_on": st.sampled_from([date(2025, 1, 2), date(2026, 1, 2)]),
    },
)


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    told=st.lists(FACTS, min_size=3, max_size=5),
    sources=st.permutations(SOURCES),
    at_once=st.booleans(),
    chain=st.booleans(),
    gone=st.integers(1, 4),
)
@example(
    told=[
        {"industry": "Software", "employees": 2, "is_decision_maker": True, "title": "VP"},
        {"industry": "Software", "employees": 1, "is_decision_maker": False},
        {"industry": "Retail", "employees": 2, "is_decision_maker": True, "title": "VP", "revenue_usd": 1.5},
        {
            "industry": "Software",
            "employees": 1,
            "is_decision_maker": True,
            "title": "CEO",
            "revenue_usd": 2e7,
        },
    ],
    sources=["apollo", "api", "dropcontact", "manual", "http"],
    at_once=False,
    chain=True,
    gone=2,
)
@example(
    told=[{"title": "CEO"}, {"title": "CEO"}, {"title": "VP"}, {"title": "CTO"}],
    sources=["apollo", "manual", "dropcontact", "api", "http"],
    at_once=False,
    chain=False,
    gone=3,
)
@example(
    told=[{"title": "CEO"}, {"title": "CTO"}, {"title": "VP"}, {"title": "VP"}],
    sources=["http", "api", "dropcontact", "manual", "apollo"],
    at_once=False,
    chain=False,
    gone=1,
)
def test_after_an_undo_the_survivor_is_as_if_that_lead_had_never_been_merged(
    store: URL,
    told: list[dict[str, Any]],
    sources: list[str],
    at_once: bool,
    chain: bool,
    gone: int,
) -> None:
    gone = min(gone, len(told) - 1)
    outcomes = []
    for without in (False, True):
        campaign = people.campaign(key=f"c{uuid.uuid4().hex[:12]}")
        ids = [
            bring(
                campaign,
                {"email": f"{number}@example.org", "extra": f'{{"K{number}": "v"}}', **facts},
                source=source,
            )[0]
            for number, (facts, source) in enumerate(zip(told, sources, strict=False))
        ]
        untouched = [lead(one) for one in ids]
        pairs = [
            (ids[0], one) for number, one in enumerate(ids) if number and not (without and number == gone)
        ]
        if chain and not without and len(pairs) > 1:
            merge(campaign, *((pairs[0][1], loser) for _, loser in pairs[1:]))
            pairs = pairs[:1]
        for step in [pairs] if at_once else [[pair] for pair in pairs]:
            merge(campaign, *step)
        if not without:
            undo(campaign, ids[gone])
            assert lead(ids[gone]) == untouched[gone]
        survivor = lead(ids[0])
        outcomes.append(
            {name: survivor[name] for name in survivor if name not in ("id", "campaign_id", "first_run_id")}
        )
    assert outcomes[0] == outcomes[1]
