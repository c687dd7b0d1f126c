"""The sensors: campaigns become partitions, requests become runs. Each is a thin shell over the tables."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import dagster as dg
from dagster import DagsterRunStatus as Status

from aicmo_dagster.jobs import all_jobs
from aicmo_dagster.partitions import campaigns_partitions, missing_keys
from aicmo_dagster.store import campaigns, database, runs
from aicmo_dagster.store.runs import RequestState

RUN_KEY_TAG = "dagster/run_key"

_STATES: Mapping[Status, RequestState] = {
    Status.SUCCESS: "succeeded",
    Status.FAILURE: "failed",
    Status.CANCELED: "canceled",
}


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
        waiting = runs.open_requests(cursor)
        if not waiting:
            return dg.SkipReason("no run is requested")
        found = launched_runs(context.instance, [row["id"] for row in waiting])
        states = {number: (_STATES.get(run.status, "launched"), run.run_id) for number, run in found.items()}
        runs.record_states(cursor, states, datetime.now(UTC))
    new = [row for row in waiting if row["id"] not in found]
    return dg.SensorResult(
        run_requests=[
            dg.RunRequest(run_key=runs.run_key(row["id"]), job_name=row["job"], partition_key=row["key"])
            for row in new
        ],
        dynamic_partitions_requests=[
            campaigns_partitions.build_add_request([key])
            for key in missing_keys(context.instance, sorted({row["key"] for row in new}))
        ],
    )


def launched_runs(instance: dg.DagsterInstance, requests: Iterable[int]) -> dict[int, dg.DagsterRun]:
    """Request -> the Dagster run that was made of it; a retry of Dagster's own counts as the same one's."""
    by_key = {runs.run_key(number): number for number in requests}
    records = instance.get_run_records(dg.RunsFilter(tags={RUN_KEY_TAG: list(by_key)}))
    # Newest first: the last run of a key tells how the request ended.
    found: dict[int, dg.DagsterRun] = {}
    for record in records:
        found.setdefault(by_key[record.dagster_run.tags[RUN_KEY_TAG]], record.dagster_run)
    return found
