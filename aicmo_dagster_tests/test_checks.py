"""The checks, each with the fault it looks for planted behind the pipeline's back."""

from pathlib import Path

import dagster as dg
import pytest

from aicmo_dagster import settings
from aicmo_dagster.errors import AicmoError
from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import database, suppressions
from aicmo_dagster_tests import pipelines

STAGES = ("lead_scores", "lead_verdicts", "lead_routes", "sends")


@pytest.fixture
def campaign(project: Path) -> int:
    """A campaign with five leads."""
    pipelines.write_leads(project / "leads.csv", map(pipelines.ideal, range(5)))
    return pipelines.apply(project, pipelines.config()).id


def rows_of_stages() -> list[int]:
    return [pipelines.values(f"SELECT count(*) FROM {table}")[0] for table in STAGES]


def mails() -> int:
    return len(list(settings.home().rglob("*.eml")))


def test_an_address_that_two_leads_share_stops_the_run_before_the_scores(campaign: int) -> None:
    pipelines.run(job="harvest")
    pipelines.execute("UPDATE leads SET email = (SELECT upper(max(email)) FROM leads) WHERE id = 1")
    pipelines.execute("UPDATE leads SET identity = 'person:planted' WHERE id = 1")
    pipelines.write_leads(Path("leads.csv"), [pipelines.ideal(4)])
    with pytest.raises(AicmoError, match="unique_addresses: 1 addresses that several leads share"):
        pipelines.run()
    assert rows_of_stages() == [0, 0, 0, 0]


def test_a_score_out_of_range_stops_the_run_before_the_verdicts(campaign: int) -> None:
    pipelines.execute("ALTER TABLE lead_scores DROP CONSTRAINT lead_scores_score_check")
    pipelines.execute(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.score = 1.5; RETURN NEW; END$$"
    )
    pipelines.execute(
        "CREATE TRIGGER spoil BEFORE INSERT OR UPDATE ON lead_scores FOR EACH ROW EXECUTE FUNCTION spoil()"
    )
    with pytest.raises(AicmoError, match="without a score between 0 and 1"):
        pipelines.run()
    assert rows_of_stages() == [5, 0, 0, 0]


def test_a_mail_planned_to_a_suppressed_address_stops_the_run_before_the_first_mail(campaign: int) -> None:
    with database.transaction() as cursor:
        suppressions.add(cursor, "address", str(pipelines.ideal(3)["Email"]), "asked", "test")
    # As if nothing between the list and the ledger worked: what is skipped is planned again at once.
    pipelines.execute(
        "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.state = 'planned'; RETURN NEW; END$$"
    )
    pipelines.execute(
        "CREATE TRIGGER spoil BEFORE UPDATE ON sends FOR EACH ROW WHEN (NEW.state = 'skipped') "
        "EXECUTE FUNCTION spoil()"
    )
    pipelines.execute(
        "CREATE FUNCTION approve() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN NEW.verdict = 'qualified'; RETURN NEW; END$$"
    )
    pipelines.execute(
        "CREATE TRIGGER approve BEFORE INSERT ON lead_verdicts FOR EACH ROW EXECUTE FUNCTION approve()"
    )
    with pytest.raises(AicmoError, match=r"no mail was sent: 1 open sends to suppressed addresses"):
        pipelines.run()
    assert mails() == 0
    assert pipelines.values("SELECT DISTINCT state FROM sends") == ["planned"]


def test_leads_that_wait_too_long_for_a_person_are_warned_of_and_hold_nobody_up(campaign: int) -> None:
    weak = dict.fromkeys(list(pipelines.IDEAL)[-6:], "")
    pipelines.write_leads(Path("leads.csv"), [pipelines.ideal(0, **weak), *map(pipelines.ideal, range(1, 5))])
    pipelines.run()
    pipelines.execute("UPDATE lead_verdicts SET since = now() - interval '4 days'")
    with pipeline.instance() as instance:
        run = instance.get_run_by_id(pipelines.run())
        assert run is not None
        assert run.status == dg.DagsterRunStatus.SUCCESS
        events = [event.dagster_event for event in instance.all_logs(run.run_id)]
    (check,) = [
        event.asset_check_evaluation_data
        for event in events
        if event
        and event.event_type_value == "ASSET_CHECK_EVALUATION"
        and event.asset_check_evaluation_data.check_name == "reviews_in_time"
    ]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == "1 leads wait for a review for more than 72 hours"
    (told,) = [
        event.step_materialization_data.materialization.metadata
        for event in events
        if event
        and event.event_type_value == "ASSET_MATERIALIZATION"
        and event.asset_key == dg.AssetKey("qualified_leads")
    ]
    assert (told["reviews_waiting"].value, told["reviews_overdue"].value) == (1, 1)
    assert told["oldest_review_hours"].value == pytest.approx(96, abs=0.2)
    assert mails() == 4


def test_the_same_campaign_without_the_fault_passes_every_check(campaign: int) -> None:
    pipelines.run()
    assert rows_of_stages() == [5, 5, 5, 10]
    assert mails() == 5
