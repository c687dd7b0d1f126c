"""Receivers are told within seconds of what happened, and of runs that failed."""

from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from aicmo_dagster import settings
from aicmo_dagster.errors import CampaignNotFoundError
from aicmo_dagster.operations import webhooks as operations
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store import webhooks as store

_LINGER_S = 20.0
"""One run delivers what comes in a row: a run costs more than a hundred deliveries."""


@dg.op
def deliver_webhooks(context: dg.OpExecutionContext) -> None:
    """Deliver what is due. A receiver that fails is no failure of the run: its deliveries are tried again."""
    outcome = operations.deliver(_LINGER_S)
    context.add_output_metadata({"delivered": outcome.delivered, "tries_that_failed": outcome.failed})


@dg.job(executor_def=dg.in_process_executor)
def webhooks() -> None:
    """Tell receivers of what happened."""
    deliver_webhooks()


@dg.sensor(job=webhooks, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def due_webhooks(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Start a run where something is to be told, unless one is at it."""
    with database.transaction() as cursor:
        is_due = store.any_due(cursor, datetime.now(UTC))
    if not is_due:
        return dg.SkipReason("nobody is to be told of anything")
    unfinished = dg.RunsFilter(job_name=webhooks.name, statuses=NOT_FINISHED_STATUSES)
    if context.instance.get_run_ids(unfinished, limit=1):
        return dg.SkipReason("a run is at it")
    return dg.RunRequest()


@dg.run_failure_sensor(minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of a campaign's run that failed."""
    run = context.dagster_run
    key = run.tags.get(PARTITION_NAME_TAG)
    if key is None:
        return dg.SkipReason("the run is no campaign's")
    more = {
        "run": {
            "id": run.run_id,
            "job": run.job_name,
            "url": f"{settings.dagster_url()}/runs/{run.run_id}",
        },
        # Not its message: that may quote what it failed at.
        "steps": sorted({event.step_key for event in context.get_step_failure_events() if event.step_key}),
    }
    with database.transaction() as cursor:
        try:
            campaign = campaigns.get(cursor, key)
        except CampaignNotFoundError:
            return dg.SkipReason("there is no such campaign")
        store.tell(cursor, "run.failed", campaign.id, f"run.failed/{run.run_id}", datetime.now(UTC), more)
    return None
