"""The opposite of each fault that the earlier system had, on the pipeline as a whole.

Numbered as in the list of them; those that a module's tests show better:
1 chain from CSV to mail, 7 sent and stored, 8 one step at a time: `test_end_to_end`. 4 titles by whole words:
`stages.test_titles`. 9 two runs at once: `test_concurrency`. 10 bad rows: also `sources.test_rows`. 11 adding to
many: `flow.test_harvest`. 12 schedules from the table: `test_schedules`. 15 counts from the ledger: also
`mail.test_delivery`.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from aicmo_dagster.operations import pipeline, reviews
from aicmo_dagster.store import campaigns, database, suppressions
from aicmo_dagster_tests import pipelines


def start(project: Path, *rows: dict[str, str], **changes: object) -> None:
    pipelines.write_leads(project / "leads.csv", rows)
    pipelines.apply(project, pipelines.config(**changes))
    pipelines.run()


def by_address(statement: str) -> dict[str, object]:
    """Address -> the second column."""
    return {row["email"]: row["value"] for row in database.fetch(statement)}


VERDICTS = "SELECT l.email, v.verdict || ':' || v.reason AS value FROM leads l JOIN lead_verdicts v ON v.lead_id = l.id"


def test_1_ideal_leads_reach_the_last_stage(project: Path) -> None:
    start(project, *map(pipelines.ideal, range(20)))
    assert pipelines.values("SELECT count(*) FROM sends WHERE state = 'sent'") == [20]


def test_2_the_score_depends_on_the_campaigns_profile(project: Path) -> None:
    start(project, pipelines.ideal(1), pipelines.ideal(2, Industry="Forestry", Country="Peru", City="Lima"))
    icp = {"company_sizes": ["medium"], "industries": ["Forestry"], "locations": ["Peru"]}
    pipelines.apply(project, pipelines.config(key="other", icp=icp))
    pipelines.run("other")
    best = pipelines.values(
        "SELECT DISTINCT ON (campaign_id) first_name FROM leads JOIN lead_scores ON lead_id = id "
        "ORDER BY campaign_id, icp_fit DESC"
    )
    assert best == ["Test1", "Test2"]


def test_3_a_signal_that_says_false_is_false(project: Path) -> None:
    signals = list(pipelines.IDEAL)[-6:]
    start(project, pipelines.ideal(1, **dict.fromkeys(signals, "False")))
    assert pipelines.values("SELECT recent_job_change::text || is_decision_maker::text FROM leads") == [
        "falsefalse"
    ]
    assert by_address(VERDICTS) == {pipelines.ideal(1)["Email"]: "manual_review:low_intent"}


def test_4_a_director_and_a_coordinator_are_no_chiefs(project: Path) -> None:
    titles = ["CTO", "Director of Sales", "Marketing Coordinator"]
    start(project, *(pipelines.ideal(n, Title=title) for n, title in enumerate(titles)))
    scores = pipelines.values("SELECT score FROM lead_scores JOIN leads ON id = lead_id ORDER BY source_line")
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_5_people_whose_address_looks_like_a_machines_are_people(project: Path) -> None:
    addresses = ["abbott@people.example.org", "jane@abbott.example.org", "bo@botanical.example.org"]
    machines = ["noreply@people.example.org", "info@people.example.org"]
    start(project, *(pipelines.ideal(0, Email=address) for address in addresses + machines))
    verdicts = by_address(VERDICTS)
    assert [verdicts[one] for one in addresses] == ["qualified:qualified"] * 3
    assert [verdicts[one] for one in machines] == ["rejected:automated_sender", "rejected:role_account"]


def test_6_leads_in_review_are_kept_listed_and_block_nobody(project: Path) -> None:
    signals = dict.fromkeys(list(pipelines.IDEAL)[-6:], "")
    waiting = [pipelines.ideal(n, **signals) for n in range(150)]
    start(project, *waiting, pipelines.ideal(500))
    assert Counter(by_address(VERDICTS).values()) == {
        "manual_review:low_intent": 150,
        "qualified:qualified": 1,
    }
    assert pipelines.values("SELECT recipient FROM sends WHERE state = 'sent'") == [
        pipelines.ideal(500)["Email"]
    ]
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, "test")
    listed = reviews.page(campaign, limit=200).leads
    assert {lead.email for lead in listed} == {row["Email"] for row in waiting}
    reviews.decide(campaign, reviews.named(campaign, [waiting[0]["Email"]]), "approve", "test")
    pipelines.run()
    assert set(pipelines.values("SELECT recipient FROM sends WHERE state = 'sent'")) == {
        pipelines.ideal(500)["Email"],
        waiting[0]["Email"],
    }


def test_7_a_new_process_goes_on_where_the_last_one_ended(project: Path) -> None:
    start(project, pipelines.ideal(1))
    process = pipelines.spawn()
    process.join()
    assert process.exitcode == 0
    assert pipelines.values("SELECT state || step FROM sends ORDER BY step") == ["sent1", "planned2"]


def test_10_a_bad_row_costs_only_itself(project: Path) -> None:
    good = pipelines.ideal(1)
    pipelines.write_leads(project / "leads.csv", [good, pipelines.ideal(2)])
    with (project / "leads.csv").open("a") as file:
        file.write(",,,Nobody\n")
    pipelines.apply(project, pipelines.config())
    pipelines.run()
    assert pipelines.values("SELECT count(*) FROM leads") == [2]
    (row,) = database.fetch("SELECT line, reason, raw FROM rejected_rows")
    assert row["line"] == 4
    assert row["reason"]
    assert "Nobody" in row["raw"]


@pytest.mark.parametrize("address", ["not an address", "lead@", "lead@nowhere", "a@b@example.org"])
def test_13_an_address_that_cannot_be_verified_is_not_approved(project: Path, address: str) -> None:
    start(project, pipelines.ideal(1), pipelines.ideal(2, Email=address))
    assert pipelines.values("SELECT count(*) FROM sends") == [2]
    assert pipelines.values("SELECT count(*) FROM lead_verdicts WHERE verdict = 'qualified'") == [1]


def test_14_every_time_in_the_tables_has_a_zone(project: Path) -> None:
    naive = pipelines.values(
        "SELECT table_name || '.' || column_name FROM information_schema.columns "
        "WHERE table_schema = 'aicmo' AND data_type = 'timestamp without time zone'"
    )
    assert naive == []
    moment = datetime(2026, 3, 3, 9, tzinfo=UTC)
    pipelines.write_leads(project / "leads.csv", [pipelines.ideal(1)])
    pipelines.apply(project, pipelines.config())
    pipelines.run(at=moment)
    (sent_at,) = pipelines.values("SELECT sent_at FROM sends WHERE state = 'sent'")
    assert 0 <= (sent_at - moment).total_seconds() < 60


def test_15_the_mails_counted_are_those_that_left(project: Path) -> None:
    start(project, *map(pipelines.ideal, range(5)), sending={"cap_per_day": 2})
    with pipeline.instance() as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("nurture_sends"))
    assert event is not None
    assert event.asset_materialization is not None
    assert event.asset_materialization.metadata["sent"].value == 2
    assert len(list(project.rglob("*.eml"))) == 2


def test_16_pause_review_and_suppression_are_read_by_what_sends(project: Path) -> None:
    silent = {"window": {"start": "00:00", "end": "00:00:00.000001"}}
    start(project, *map(pipelines.ideal, range(4)), sending=silent)
    assert pipelines.values("SELECT count(*) FROM sends WHERE state = 'planned'") == [4]
    pipelines.apply(project, pipelines.config())
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", str(pipelines.ideal(0)["Email"]), "asked", "test")
        suppressions.add(cursor, "domain", "company1.example.org", "asked", "test")
        cursor.execute("UPDATE sends SET due_at = now() - interval '1 minute'")
        cursor.execute(
            "INSERT INTO reviews (lead_id, lead_revision, decision, reviewer) "
            "SELECT id, revision, 'reject', 'test' FROM leads WHERE first_name = 'Test2'"
        )
        campaigns.set_state(cursor, "test", "paused", "test")
    with pytest.raises(Exception, match="paused"):
        pipelines.run()
    assert not list(project.rglob("*.eml"))
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "active", "test")
    pipelines.run()
    assert pipelines.values("SELECT recipient FROM sends WHERE state = 'sent'") == [
        pipelines.ideal(3)["Email"]
    ]
