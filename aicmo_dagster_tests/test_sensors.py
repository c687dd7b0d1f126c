from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from aicmo_dagster.definitions import defs
from aicmo_dagster.operations import pipeline
from aicmo_dagster.sensors import campaign_partitions, run_requests, vendor_answers
from aicmo_dagster.store import campaigns, database, runs
from aicmo_dagster_tests import pipelines


@pytest.fixture
def instance(project: Path) -> Iterator[dg.DagsterInstance]:
    pipelines.apply(project, pipelines.config())
    with pipeline.instance() as opened:
        yield opened


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance) -> dg.SensorResult:
    """Evaluate the sensor and do what the daemon would do of it, except to start the runs."""
    with dg.build_sensor_context(instance, definitions=defs) as context:
        result = sensor(context)
    if not isinstance(result, dg.SensorResult):
        return dg.SensorResult()
    for request in result.dynamic_partitions_requests or []:
        assert isinstance(request, dg.AddDynamicPartitionsRequest)
        instance.add_dynamic_partitions("campaigns", list(request.partition_keys))
    return result


def launch(instance: dg.DagsterInstance, request: dg.RunRequest, status: dg.DagsterRunStatus) -> str:
    """Do what the daemon does of a run request, up to the run's end."""
    assert request.job_name is not None
    run = instance.create_run_for_job(
        defs.resolve_job_def(request.job_name),
        tags={"dagster/run_key": str(request.run_key), "dagster/partition": str(request.partition_key)},
        status=status,
    )
    return run.run_id


def request(job: str = "lead_pipeline") -> int:
    (campaign,) = pipelines.values("SELECT id FROM campaigns WHERE key = 'test'")
    with database.transaction() as cursor:
        return runs.request(cursor, campaign, job, "test")


def states() -> dict[int, str]:
    return {
        row["id"]: row["state"] for row in database.fetch("SELECT id, state FROM run_requests ORDER BY id")
    }


def test_a_campaign_gets_its_partition_once(instance: dg.DagsterInstance, project: Path) -> None:
    tick(campaign_partitions, instance)
    assert instance.get_dynamic_partitions("campaigns") == ["test"]
    pipelines.apply(project, pipelines.config(key="other"))
    tick(campaign_partitions, instance)
    assert sorted(instance.get_dynamic_partitions("campaigns")) == ["other", "test"]
    assert not tick(campaign_partitions, instance).dynamic_partitions_requests


def test_no_partition_is_ever_taken_away(instance: dg.DagsterInstance) -> None:
    instance.add_dynamic_partitions("campaigns", ["of-an-older-database"])
    tick(campaign_partitions, instance)
    assert set(instance.get_dynamic_partitions("campaigns")) == {"of-an-older-database", "test"}


def test_a_request_becomes_one_run_however_often_the_sensor_ticks(instance: dg.DagsterInstance) -> None:
    number = request("score")
    first, again = tick(run_requests, instance).run_requests, tick(run_requests, instance).run_requests
    assert first is not None
    # Before the run exists both ticks ask for it under one key, which Dagster takes once.
    assert first == again
    (asked,) = first
    assert (asked.run_key, asked.job_name, asked.partition_key) == (f"request-{number}", "score", "test")
    launch(instance, asked, dg.DagsterRunStatus.STARTED)
    assert not tick(run_requests, instance).run_requests
    assert states() == {number: "launched"}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (dg.DagsterRunStatus.SUCCESS, "succeeded"),
        (dg.DagsterRunStatus.FAILURE, "failed"),
        (dg.DagsterRunStatus.CANCELED, "canceled"),
    ],
)
def test_the_end_of_a_run_closes_its_request(
    instance: dg.DagsterInstance, status: dg.DagsterRunStatus, state: str
) -> None:
    number = request()
    (asked,) = tick(run_requests, instance).run_requests or []
    run_id = launch(instance, asked, status)
    assert not tick(run_requests, instance).run_requests
    (row,) = database.fetch("SELECT id, state, dagster_run_id, finished_at FROM run_requests")
    assert (row["id"], row["state"], row["dagster_run_id"]) == (number, state, run_id)
    assert row["finished_at"] is not None


def test_a_request_that_commits_after_a_later_one_is_not_missed(instance: dg.DagsterInstance) -> None:
    (campaign,) = pipelines.values("SELECT id FROM campaigns WHERE key = 'test'")
    with database.connect() as slow, slow.cursor() as cursor:
        early = runs.request(cursor, campaign, "harvest", "test")
        late = request("score")
        assert late > early
        (asked,) = tick(run_requests, instance).run_requests or []
        launch(instance, asked, dg.DagsterRunStatus.SUCCESS)
        tick(run_requests, instance)
        slow.commit()
    assert [one.run_key for one in tick(run_requests, instance).run_requests or []] == [f"request-{early}"]


def test_a_request_for_a_campaign_that_dagster_does_not_know_yet_brings_its_partition(
    instance: dg.DagsterInstance,
) -> None:
    request()
    tick(run_requests, instance)
    assert instance.get_dynamic_partitions("campaigns") == ["test"]


def pending(due: str = "-1 minute") -> int:
    """The number of a request that a vendor is at work on, to be looked at after the interval."""
    (number,) = pipelines.values(
        "INSERT INTO vendor_requests (campaign_id, run_id, vendor, operation, state, subjects, credits, "
        "vendor_request_id, next_poll_at) SELECT id, gen_random_uuid(), 'dropcontact', 'enrich', 'pending', 1, 1, "
        "'abc', now() + %s::interval FROM campaigns WHERE key = 'test' RETURNING id",
        due,
    )
    return int(number)


def test_answers_that_are_due_are_fetched_by_one_run(instance: dg.DagsterInstance) -> None:
    pending()
    pending()
    first, again = tick(vendor_answers, instance).run_requests, tick(vendor_answers, instance).run_requests
    assert first is not None
    assert first == again
    (asked,) = first
    assert asked.partition_key == "test"
    assert instance.get_dynamic_partitions("campaigns") == ["test"]


def test_a_request_that_is_looked_at_again_later_is_another_run(instance: dg.DagsterInstance) -> None:
    pending()
    (first,) = tick(vendor_answers, instance).run_requests or []
    pipelines.execute("UPDATE vendor_requests SET next_poll_at = next_poll_at + interval '30 seconds'")
    (second,) = tick(vendor_answers, instance).run_requests or []
    assert first.run_key != second.run_key


@pytest.mark.parametrize("state", ["answered", "uncertain"])
def test_no_run_fetches_what_is_not_pending(instance: dg.DagsterInstance, state: str) -> None:
    pending()
    pipelines.execute("UPDATE vendor_requests SET state = %s", state)
    assert not tick(vendor_answers, instance).run_requests


def test_no_run_fetches_what_is_not_due(instance: dg.DagsterInstance) -> None:
    pending("1 minute")
    assert not tick(vendor_answers, instance).run_requests


def test_no_run_fetches_for_a_campaign_that_is_paused(instance: dg.DagsterInstance) -> None:
    pending()
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "test", "paused", "test")
    assert not tick(vendor_answers, instance).run_requests


def test_no_run_fetches_while_the_campaign_is_running(instance: dg.DagsterInstance) -> None:
    pending()
    instance.add_dynamic_partitions("campaigns", ["test"])
    running = dg.RunRequest(run_key="by-hand", job_name="harvest", partition_key="test")
    launch(instance, running, dg.DagsterRunStatus.STARTED)
    assert not tick(vendor_answers, instance).run_requests
