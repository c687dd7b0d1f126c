"""Probable duplicates, from new leads to merged ones, on a real database."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.flow import match
from aicmo_dagster.flow.run import Run
from aicmo_dagster.operations import matches as operations
from aicmo_dagster.store import campaigns, database, match_keys
from aicmo_dagster_tests import outreach, people, pipelines
from aicmo_dagster_tests.outreach import NOW
from aicmo_dagster_tests.people import PERSON, bring, compare, lead

ONE = {**PERSON, "email": "t.specimen@placeholder.example"}
TWO = {**PERSON, "email": "test@other.example", "title": "CEO"}
STRANGER = {
    "first_name": "Carla",
    "last_name": "Fixture",
    "company": "Mockup Limited",
    "account_domain": "mockup.example",
    "email": "carla@mockup.example",
}
DOUBTFUL = {
    "first_name": "Test",
    "last_name": "Specimen",
    "company": "Placeholder Works",
    "city": "Berlin",
    "email": "hello@third.example",
}


def merged() -> dict[int, int]:
    """Merged lead -> survivor."""
    found = database.fetch("SELECT id, merged_into FROM leads WHERE merged_into IS NOT NULL")
    return {row["id"]: row["merged_into"] for row in found}


def states() -> list[str]:
    return pipelines.values("SELECT state FROM lead_matches ORDER BY lead_id, other_id")


def test_two_addresses_of_one_person_become_one_lead_with_the_facts_of_both(store: URL) -> None:
    campaign = people.campaign()
    one, two, stranger = bring(campaign, ONE, TWO, STRANGER)
    found = compare(campaign)
    assert (found.compared, found.merged, found.review) == (3, 1, 0)
    assert merged() == {two: one}
    assert lead(one)["title"] == "CEO"
    assert lead(one)["email"] == ONE["email"]
    assert lead(stranger)["merged_into"] is None


def test_a_second_run_reads_and_writes_nothing(store: URL) -> None:
    campaign = people.campaign()
    bring(campaign, ONE, TWO, DOUBTFUL, STRANGER)
    compare(campaign)
    before = pipelines.row_versions()
    assert compare(campaign) == match.Matched()
    assert pipelines.row_versions() == before


def test_comparing_all_leads_again_writes_nothing_new(store: URL) -> None:
    campaign = people.campaign()
    bring(campaign, ONE, TWO, DOUBTFUL, STRANGER)
    compare(campaign)
    before = pipelines.row_versions()
    pipelines.execute("DELETE FROM match_marks")
    pipelines.execute("DELETE FROM lead_keys")
    assert compare(campaign).merged == 0
    after = pipelines.row_versions()
    assert {table for table in after if after[table] != before[table]} <= {"match_marks", "lead_keys"}


def test_a_campaign_that_does_not_want_it_merges_nothing(store: URL) -> None:
    campaign = people.campaign(matching={"enabled": False})
    bring(campaign, ONE, TWO)
    assert compare(campaign) == match.Matched()
    assert merged() == {}


def test_a_later_lead_finds_the_person_among_older_ones(store: URL) -> None:
    campaign = people.campaign()
    (one, _) = bring(campaign, ONE, STRANGER)
    compare(campaign)
    (two,) = bring(campaign, TWO)
    assert compare(campaign).compared == 1
    assert merged() == {two: one}


def test_a_lead_that_becomes_alike_by_a_change_is_found(store: URL) -> None:
    campaign = people.campaign()
    (one,) = bring(campaign, ONE)
    (two,) = bring(campaign, {"email": "test@other.example", "company": "Elsewhere"})
    compare(campaign)
    bring(campaign, TWO, label="more.csv", at=NOW + timedelta(days=1))
    found = compare(campaign)
    assert (found.compared, found.merged) == (1, 1)
    assert merged() == {two: one}


def test_a_third_duplicate_finds_the_person_through_the_merged_one(store: URL) -> None:
    campaign = people.campaign()
    (one,) = bring(campaign, {**ONE, "linkedin_url": None})
    (two,) = bring(campaign, {**TWO, "phone": None})
    compare(campaign)
    (three,) = bring(campaign, {**PERSON, "company": None, "phone": None, "email": "private@mail.example"})
    compare(campaign)
    assert merged() == {two: one, three: one}


def test_a_pair_between_the_thresholds_waits_and_nobody_is_merged(store: URL) -> None:
    campaign = people.campaign(matching={"accept": 1.0, "review": 0.5})
    bring(campaign, ONE, TWO)
    assert compare(campaign).review == 1
    assert merged() == {}
    assert states() == ["review"]


def test_what_is_asked_is_asked_no_more_when_the_facts_change(store: URL) -> None:
    campaign = people.campaign(matching={"accept": 1.0, "review": 0.5})
    bring(campaign, ONE)
    bring(campaign, TWO, source="csv")
    compare(campaign)
    assert states() == ["review"]
    bring(
        campaign,
        {
            **STRANGER,
            "email": TWO["email"],
            "phone": "+4940555",
            "linkedin_url": "https://www.linkedin.com/in/x",
        },
        source="manual",
        at=NOW + timedelta(days=1),
    )
    compare(campaign)
    assert states() == []


def test_more_trusted_and_newer_facts_of_the_other_lead_count(store: URL) -> None:
    campaign = people.campaign()
    (one,) = bring(
        campaign, {**ONE, "industry": "Old", "street": "1 Old Street"}, at=NOW - timedelta(days=900)
    )
    (two,) = bring(campaign, {**TWO, "industry": "New"}, source="manual")
    compare(campaign)
    assert merged() == {two: one}
    assert lead(one)["industry"] == "New"
    assert lead(one)["street"] == "1 Old Street"
    assert lead(one)["field_origins"]["industry"][0] == "manual"


def test_of_facts_that_weigh_the_same_the_survivors_stay(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, {**ONE, "industry": "Software"}, {**TWO, "industry": "Retail"})
    compare(campaign)
    assert merged() == {two: one}
    assert lead(one)["industry"] == "Software"


def test_the_lead_that_was_written_to_survives(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    outreach.add_send(campaign.id, two, state="sent", sent_at=NOW, started_at=NOW, recipient=TWO["email"])
    compare(campaign)
    assert merged() == {one: two}
    assert lead(two)["email"] == TWO["email"]


def test_the_lead_with_a_valid_address_survives(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, {**PERSON}, TWO)
    compare(campaign)
    assert merged() == {one: two}


def test_open_mails_of_the_other_lead_are_skipped_and_the_survivors_stay(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    sent = outreach.add_send(campaign.id, one, state="sent", sent_at=NOW, started_at=NOW)
    mine = outreach.add_send(campaign.id, one, step=2)
    theirs = outreach.add_send(campaign.id, two)
    before = database.fetch("SELECT * FROM sends WHERE lead_id = %s ORDER BY id", [one])
    compare(campaign)
    assert outreach.states() == {sent: "sent", mine: "planned", theirs: "skipped"}
    assert database.fetch("SELECT * FROM sends WHERE lead_id = %s ORDER BY id", [one]) == before


def test_a_merged_lead_leaves_the_stages(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    for lead_id in (one, two):
        pipelines.execute(
            "INSERT INTO lead_verdicts (lead_id, verdict, reason, failed, intent, rules_version, "
            "campaign_version, run_id, judged_at) VALUES (%s, 'qualified', 'qualified', '{}', 1, 1, 1, %s, %s)",
            lead_id,
            outreach.RUN,
            NOW,
        )
    compare(campaign)
    assert pipelines.values("SELECT lead_id FROM lead_verdicts") == [one]
    assert pipelines.values("SELECT lead_id FROM lead_status") == [one]


def test_a_reviewers_no_to_one_of_them_is_a_no_to_the_person(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    pipelines.execute(
        "INSERT INTO reviews (lead_id, lead_revision, decision, reason, reviewer) "
        "VALUES (%s, 1, 'reject', 'asked us not to', 'ann')",
        two,
    )
    compare(campaign)
    assert merged() == {two: one}
    assert pipelines.values(
        "SELECT r.decision || ' ' || r.reviewer FROM reviews r JOIN leads l ON l.id = r.lead_id "
        "AND l.revision = r.lead_revision WHERE l.id = %s",
        one,
    ) == ["reject ann"]


def test_a_merged_lead_that_is_imported_again_is_no_new_lead_and_tells_the_survivor(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    compare(campaign)
    assert bring(campaign, {**TWO, "website": "https://www.placeholder.example"}) == [two]
    found = compare(campaign, NOW + timedelta(days=1))
    assert (found.compared, found.merged) == (1, 0)
    assert merged() == {two: one}
    assert lead(one)["website"] == "https://www.placeholder.example"
    assert pipelines.values("SELECT count(*) FROM leads") == [2]


def test_leads_of_other_campaigns_are_not_compared(store: URL) -> None:
    first, second = people.campaign(), people.campaign(key="other")
    bring(first, ONE)
    bring(second, TWO)
    assert compare(first).merged == compare(second).merged == 0
    assert merged() == {}


def test_a_person_told_apart_from_one_is_not_merged_through_a_third(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    pipelines.execute(
        "INSERT INTO lead_matches (campaign_id, lead_id, other_id, probability, weights, state, run_id) "
        "VALUES (%s, %s, %s, 0, '{}', 'apart', %s)",
        campaign.id,
        one,
        two,
        outreach.RUN,
    )
    compare(campaign)
    assert merged() == {}
    bring(campaign, {**PERSON, "email": "third@placeholder.example"})
    compare(campaign)
    assert merged() == {}
    assert sorted(states()) == ["apart", "review", "review"]


def test_leads_that_are_known_to_be_one_are_united_and_it_can_be_seen_and_undone(store: URL) -> None:
    campaign = people.campaign()
    one, stranger = bring(campaign, ONE, STRANGER)
    compare(campaign)
    pairs = pd.DataFrame({"lead_id": [stranger], "other_id": [one], "probability": [1.0]})
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        assert match.unite(Run(campaign, outreach.RUN, NOW), cursor, pairs) == 1
    assert merged() == {stranger: one}
    (pair,) = pipelines.values("SELECT id FROM lead_matches WHERE state = 'merged'")
    with database.transaction() as cursor:
        assert operations.apart(cursor, campaign, pair, "ann") == stranger
    assert merged() == {}
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        assert match.unite(Run(campaign, outreach.RUN, NOW), cursor, pairs) == 0


def test_two_persons_do_not_become_one_through_a_third(store: URL) -> None:
    campaign = people.campaign()
    names = {"first_name": "T", "linkedin_url": None}
    ids = bring(
        campaign,
        {**ONE, **names, "first_name": "Thomas", "phone": "+4930111"},
        {**TWO, **names, "phone": None},
        {**PERSON, **names, "first_name": "Tabea", "phone": "+4930222", "email": "tabea@third.example"},
    )
    compare(campaign)
    assert not {ids[0], ids[2]} <= {one for pair in merged().items() for one in pair}


@pytest.mark.parametrize("size", [60, 240])
def test_a_new_lead_reads_as_many_candidates_whatever_the_campaigns_size(
    store: URL, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = people.campaign()
    crowd = [
        {
            **STRANGER,
            "first_name": f"Sample{chr(97 + number % 26)}",
            "email": f"{number}@company{number}.example",
        }
        | {"company": f"Company {number} Ltd", "account_domain": f"company{number}.example"}
        for number in range(size)
    ]
    bring(campaign, ONE, *crowd)
    compare(campaign)
    bring(campaign, TWO)
    read: list[int] = []
    facts, bearers = match_keys.facts, match_keys.bearers
    monkeypatch.setattr(match_keys, "facts", lambda *given: _counted(facts(*given), read))
    monkeypatch.setattr(match_keys, "bearers", lambda *given: _counted(bearers(*given), read))
    assert compare(campaign).merged == 1
    assert read[1] == 2
    assert read[0] <= 20


def _counted(frame: Any, read: list[int]) -> Any:
    read.append(len(frame))
    return frame


def test_a_large_campaign_is_compared_in_parts_as_in_one(store: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for key, (leads, keys, pairs) in {"one": (10**6, 10**6, 10**6), "parts": (3, 7, 2)}.items():
        monkeypatch.setattr(match, "_LEADS_AT_ONCE", leads)
        monkeypatch.setattr(match, "_KEYS_AT_ONCE", keys)
        monkeypatch.setattr(match, "_PAIRS_AT_ONCE", pairs)
        campaign = people.campaign(key=key)
        persons = [
            {**PERSON, "first_name": f"Test{'abcdef'[number // 2]}", "phone": f"+49301234{number // 2}00"}
            | {
                "linkedin_url": f"https://www.linkedin.com/in/{number // 2}",
                "email": f"{number}@x{number}.example",
            }
            for number in range(10)
        ]
        ids = bring(campaign, *persons)
        match.match(Run(campaign, outreach.RUN, NOW, chunk_rows=2))
        survivor = merged()
        found.append([ids.index(survivor.get(one, one)) for one in ids])
    assert found[0] == found[1] == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8]


def _match(key: str, environment: dict[str, str]) -> None:
    os.environ.update(environment)
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, key)
    compare(campaign)


def _spawned() -> Any:
    process = multiprocessing.get_context("forkserver").Process(
        target=_match, args=("test", dict(os.environ))
    )
    process.start()
    return process


def test_two_runs_at_once_merge_everybody_once(store: URL) -> None:
    campaign = people.campaign()
    one, two, _ = bring(campaign, ONE, TWO, STRANGER)
    processes = [_spawned(), _spawned()]
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert merged() == {two: one}
    assert pipelines.values("SELECT count(*) FROM lead_changes WHERE source = 'merge'") == [2]


def test_a_run_that_is_killed_halfway_leaves_nothing_and_the_next_one_does_all(store: URL) -> None:
    campaign = people.campaign()
    one, two = bring(campaign, ONE, TWO)
    before = pipelines.row_versions()
    with psycopg.connect(database.libpq_url(store)) as connection:
        # The last thing that a run writes is its mark: there it waits.
        connection.execute("LOCK TABLE aicmo.match_marks IN EXCLUSIVE MODE")
        process = _spawned()
        until = time.monotonic() + 60
        while not _waiting():
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.join(60)
    until = time.monotonic() + 60
    while database.fetch(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    ):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert pipelines.row_versions() == before
    compare(campaign)
    assert merged() == {two: one}


def _waiting() -> bool:
    return bool(
        database.fetch(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' "
            "AND query LIKE '%match_marks%'"
        )
    )


def test_an_imported_duplicate_is_mailed_once_and_not_again_when_it_comes_again(project: Path) -> None:
    same = {"Last Name": "Specimen", "Company": "Placeholder Works Ltd", "City": "Berlin"}
    rows = [
        pipelines.ideal(1, **same, **{"Email": "t.specimen@placeholder.example", "First Name": "Test"}),
        pipelines.ideal(2, **same, **{"Email": "test.specimen@placeholder.example", "First Name": "Test"}),
    ]
    pipelines.write_leads(project / "leads.csv", rows)
    pipelines.apply(project, pipelines.config(matching={"accept": 0.5, "review": 0.5}))
    pipelines.run()
    assert len(merged()) == 1
    assert pipelines.values("SELECT count(*) FROM sends WHERE state = 'sent'") == [1]
    rows[1]["Title"] = "Chief Executive Officer"
    pipelines.write_leads(project / "leads.csv", rows)
    pipelines.run()
    assert len(merged()) == 1
    assert pipelines.values("SELECT count(*) FROM sends WHERE state = 'sent'") == [1]
    assert pipelines.values("SELECT count(*) FROM leads") == [2]


def test_a_company_under_two_domains_is_one_account_of_one_owner(project: Path) -> None:
    rows = [
        pipelines.ideal(
            number,
            **{"Email": f"person{number}@{domain}", "First Name": first, "Company": f"Specimenfabrik {form}"},
        )
        for number, (first, domain, form) in enumerate(
            [
                ("Ada", "specimenfabrik.de", "GmbH"),
                ("Bruno", "specimenfabrik.com", "Ltd"),
                ("Carla", "specimenfabrik.de", "GmbH"),
                ("Farid", "specimenfabrik.de", "GmbH"),
                ("Dmitri", "company4.example.org", "4 Ltd"),
                ("Elena", "company5.example.org", "5 Ltd"),
            ]
        )
    ]
    pipelines.write_leads(project / "leads.csv", rows)
    owners = [{"name": name, "email": f"{name}@example.com"} for name in ("one", "two", "three")]
    pipelines.apply(project, pipelines.config(routing={"owners": owners}, matching={"enabled": True}))
    pipelines.run()
    assert pipelines.values("SELECT count(*) FROM account_aliases") == [1]
    found = pipelines.values(
        "SELECT r.owner FROM lead_routes r JOIN leads l ON l.id = r.lead_id "
        "WHERE l.account_domain LIKE 'specimenfabrik%%' ORDER BY l.id",
    )
    assert len(found) == 4
    assert len(set(found)) == 1
    before = pipelines.row_versions()["account_aliases"]
    rows.append(pipelines.ideal(9, **{"Email": "late@specimenfabrik.com", "Company": "Specimenfabrik Ltd"}))
    pipelines.write_leads(project / "leads.csv", rows)
    pipelines.run()
    assert pipelines.row_versions()["account_aliases"] == before
    late = pipelines.values(
        "SELECT r.owner FROM lead_routes r JOIN leads l ON l.id = r.lead_id WHERE l.email LIKE 'late%%'"
    )
    assert late == found[:1]


def test_neither_a_merge_nor_its_undo_sends_a_mail_again(project: Path) -> None:
    same = {"First Name": "Test", "Last Name": "Specimen", "Company": "Placeholder Works Ltd"}
    rows = [
        pipelines.ideal(1, **same, Email="t.specimen@placeholder.example"),
        pipelines.ideal(2, **same, Email="test.specimen@placeholder.example"),
    ]
    pipelines.write_leads(project / "leads.csv", rows)
    pipelines.apply(project, pipelines.config())
    pipelines.run()
    mails = "SELECT recipient || ' ' || step FROM sends WHERE state = 'sent' ORDER BY 1"
    before = pipelines.values(mails)
    assert len(before) == 2
    matching = {"enabled": True, "accept": 0.5, "review": 0.5}
    campaign = pipelines.apply(project, pipelines.config(matching=matching))
    pipelines.run()
    assert len(merged()) == 1
    assert pipelines.values(mails) == before
    (pair,) = pipelines.values("SELECT id FROM lead_matches")
    with database.transaction() as cursor:
        operations.apart(cursor, campaign, pair, "ann")
    pipelines.run()
    assert merged() == {}
    assert pipelines.values(mails) == before
    later = datetime.now(UTC) + timedelta(days=60)
    for days in range(4):
        pipelines.run(at=later + timedelta(days=15 * days))
    assert Counter(pipelines.values(mails)) == Counter(set(pipelines.values(mails)))
    assert len(pipelines.values(mails)) == 6
