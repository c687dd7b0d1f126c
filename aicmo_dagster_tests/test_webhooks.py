"""The job and the sensors that tell receivers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

import aicmo_dagster.webhooks as shell
from aicmo_dagster.definitions import defs
from aicmo_dagster.operations import pipeline
from aicmo_dagster.operations import webhooks as operations
from aicmo_dagster.store import database
from aicmo_dagster.store import webhooks as store
from aicmo_dagster_tests import pipelines
from aicmo_dagster_tests.hook_server import HookServer, serving


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[HookServer]:
    monkeypatch.setenv(operations.LOCAL, "1")
    monkeypatch.setattr(shell, "_LINGER_S", 0.0)
    with serving() as server:
        yield server


def add(hooks: HookServer) -> None:
    with database.transaction() as cursor:
        operations.add(cursor, hooks.url, ["run.failed"], None, "test")


def tick(instance: dg.DagsterInstance) -> bool:
    with dg.build_sensor_context(instance, definitions=defs) as context:
        return isinstance(shell.due_webhooks(context), dg.RunRequest)


def test_a_run_is_started_where_there_is_something_to_tell_and_none_is_at_it(
    project: Path, hooks: HookServer
) -> None:
    add(hooks)
    with pipeline.instance() as instance:
        assert not tick(instance)
        with database.transaction() as cursor:
            store.tell(cursor, "run.failed", None, "run.failed/1", datetime.now(UTC), {})
        assert tick(instance)
        run = instance.create_run_for_job(shell.webhooks, status=dg.DagsterRunStatus.STARTED)
        assert not tick(instance)
        instance.report_run_failed(run)
        assert tick(instance)
        assert shell.webhooks.execute_in_process(instance=instance).success
        assert len(hooks.received) == 1
        assert not tick(instance)


def test_a_campaigns_run_that_failed_is_told_of_without_its_message(project: Path, hooks: HookServer) -> None:
    pipelines.apply(project, pipelines.config())
    add(hooks)
    with pipeline.instance() as instance:
        with pytest.raises(Exception, match="leads"):
            pipeline.execute("test", "harvest")
        (run,) = instance.get_runs()
        (event,) = [
            one.event_log_entry.dagster_event
            for one in instance.fetch_run_status_changes(dg.DagsterEventType.RUN_FAILURE, limit=10).records
        ]
        assert event is not None
        context = dg.build_run_status_sensor_context("failed_runs", event, instance, run).for_run_failure()
        for _ in range(2):
            shell.failed_runs(context)
    operations.deliver()
    (told,) = [json.loads(one.body) for one in hooks.received]
    assert told["type"] == "run.failed"
    assert told["data"]["campaign"]["key"] == "test"
    assert told["data"]["run"]["id"] == run.run_id
    assert told["data"]["run"]["job"] == "harvest"
    assert told["data"]["steps"] == ["raw_leads"]
    assert "leads.csv" not in str(told)


def test_a_run_of_no_campaign_is_not_told_of(project: Path, hooks: HookServer) -> None:
    add(hooks)
    with pipeline.instance() as instance:
        run = instance.create_run_for_job(shell.webhooks, status=dg.DagsterRunStatus.STARTED)
        event = instance.report_run_failed(run)
        context = dg.build_run_status_sensor_context("failed_runs", event, instance, run).for_run_failure()
        assert isinstance(shell.failed_runs(context), dg.SkipReason | type(None))
        with database.transaction() as cursor:
            assert not store.any_due(cursor, datetime.now(UTC))
