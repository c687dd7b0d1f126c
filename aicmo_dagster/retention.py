"""Old runs leave Dagster's storage: their events, about 60 a run, would otherwise grow without bound.

`dagster.yaml` purges the ticks of schedules and sensors; for runs Dagster leaves it to us.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
from dagster import DagsterRunStatus as Status

from aicmo_dagster.store import database, migrate, webhooks

KEEP_DAYS = 90
_BATCH = 500
_ENDED = [Status.SUCCESS, Status.FAILURE, Status.CANCELED]


def forget_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Delete the runs, with their events, that ended and were not touched since `before`; returns how many."""
    forgotten = 0
    while records := instance.get_run_records(
        dg.RunsFilter(statuses=_ENDED, updated_before=before), limit=_BATCH
    ):
        for record in records:
            instance.delete_run(record.dagster_run.run_id)
        forgotten += len(records)
    return forgotten


@dg.op
def forget_old_runs(context: dg.OpExecutionContext) -> None:
    """Delete what is older than `KEEP_DAYS`; the application's own tables keep their history."""
    forgotten = forget_runs(context.instance, datetime.now(UTC) - timedelta(days=KEEP_DAYS))
    context.log.info(f"{forgotten} runs older than {KEEP_DAYS} days are gone from Dagster's storage")


@dg.op
def forget_old_messages(context: dg.OpExecutionContext) -> None:
    """Delete what webhooks were told long ago."""
    migrate.ensure_current()
    now = datetime.now(UTC)
    with database.transaction() as cursor:
        webhooks.give_up(cursor, now)
        forgotten = webhooks.forget_old(cursor, now)
    context.log.info(f"{forgotten} messages to webhooks older than {webhooks.KEPT.days} days are gone")


@dg.job(executor_def=dg.in_process_executor)
def retention() -> None:
    """Delete old runs from Dagster's storage, and old messages to webhooks."""
    forget_old_runs()
    forget_old_messages()


@dg.schedule(
    job=retention,
    cron_schedule="30 4 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_retention(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest]:
    """Once a day."""
    yield dg.RunRequest(run_key=f"retention:{context.scheduled_execution_time:%Y-%m-%d}")
