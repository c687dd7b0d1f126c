"""The sensors: campaigns become partitions, requests become runs. Each is a thin shell over the tables."""

from datetime import UTC, datetime

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from aicmo_dagster.jobs import all_jobs, answers
from aicmo_dagster.operations import runs as operations
from aicmo_dagster.operations import schedules
from aicmo_dagster.partitions import campaigns_partitions, missing_keys
from aicmo_dagster.store import campaigns, database, enrichments, runs


@dg.sensor(minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def campaign_partitions(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Give Dagster a partition for every campaign in the table; none is ever taken away."""
    with database.transaction() as cursor:
        keys = [campaign.key for campaign in campaigns.listing(cursor)]
    missing = missing_keys(context.instance, keys)
    if not missing:
        return dg.SkipReason(f"all {len(keys)} campaigns have their partition")
    return dg.SensorResult(dynamic_partitions_requests=[campaigns_partitions.build_add_request(missing)])


@dg.sensor(jobs=all_jobs, minimum_interval_seconds=5, default_status=dg.DefaultSensorStatus.RUNNING)
def run_requests(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Launch a run for every open request and record what became of those launched before."""
    with database.transaction() as cursor:
        schedules.request_due(cursor, datetime.now(UTC))
    with database.transaction() as cursor:
        waiting = runs.open_requests(cursor)
    if not waiting:
        return dg.SkipReason("no run is requested")
    found = operations.settle(context.instance, waiting)
    with database.transaction() as cursor:
        new = runs.launch(cursor, [row["id"] for row in waiting if row["id"] not in found])
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(
                run_key=runs.run_key(row["id"]),
                job_name=row["job"],
                partition_key=row["key"],
                tags=operations.tags_of(row),
            )
            for row in new
        ],
        dynamic_partitions_requests=[
            campaigns_partitions.build_add_request([key])
            for key in missing_keys(context.instance, sorted({row["key"] for row in new}))
        ],
    )


@dg.sensor(job=answers, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.RUNNING)
def vendor_answers(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Fetch answers that vendors took their time for: one run for what is due in a campaign, unless one is going on."""
    with database.transaction() as cursor:
        due = enrichments.due_answers(cursor, datetime.now(UTC))
    idle = [row for row in due if not _is_running(context.instance, row["key"])]
    if not idle:
        return dg.SkipReason(f"no answer is due, or its campaign is running ({len(due)} are)")
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=f"answers:{row['key']}:{row['requests']}", partition_key=row["key"])
            for row in idle
        ],
        dynamic_partitions_requests=[
            campaigns_partitions.build_add_request([key])
            for key in missing_keys(context.instance, [row["key"] for row in idle])
        ],
    )


def _is_running(instance: dg.DagsterInstance, key: str) -> bool:
    unfinished = dg.RunsFilter(tags={PARTITION_NAME_TAG: key}, statuses=NOT_FINISHED_STATUSES)
    return bool(instance.get_run_ids(unfinished, limit=1))
