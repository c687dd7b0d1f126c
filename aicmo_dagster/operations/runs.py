"""Runs as people ask for them and look at them: each is one run of a Dagster job for one campaign.

A run that is asked for is a row of `run_requests` first, with a name of its own; Dagster's daemon makes it a run within
seconds. Runs that were started otherwise, in Dagster's UI or by a schedule, are named as Dagster names them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import dagster as dg
from dagster import DagsterEventType as Event
from dagster import DagsterRunStatus as Status
from dagster._core.launcher import DefaultRunLauncher
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import GRPC_INFO_TAG, MAX_RUNTIME_SECONDS_TAG, PARTITION_NAME_TAG
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConflictError, DeliveryError, RunInTheWayError, RunNotFoundError
from aicmo_dagster.jobs import ASSETS_OF
from aicmo_dagster.operations import pipeline
from aicmo_dagster.store import campaigns, database, runs
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.runs import RequestState, Wish

RUN_KEY_TAG = "dagster/run_key"
BATCH_TAG = "aicmo/batch_size"
"""Tag of a run: how many new leads it harvests at most."""

State = Literal["requested", "queued", "starting", "running", "canceling", "succeeded", "failed", "canceled"]
_MOST_CANCELED = 200
"""Requests on a page that never were a run."""
FINISHED: tuple[State, ...] = ("succeeded", "failed", "canceled")

_OF_DAGSTER: Mapping[Status, State] = {
    Status.QUEUED: "queued",
    Status.NOT_STARTED: "starting",
    Status.MANAGED: "starting",
    Status.STARTING: "starting",
    Status.STARTED: "running",
    Status.CANCELING: "canceling",
    Status.CANCELED: "canceled",
    Status.SUCCESS: "succeeded",
    Status.FAILURE: "failed",
}
_RECORDED: Mapping[Status, RequestState] = {
    Status.SUCCESS: "succeeded",
    Status.FAILURE: "failed",
    Status.CANCELED: "canceled",
}


@dataclass(frozen=True)
class Stage:
    """A step of a run: the asset it makes, what became of it, and its figures (leads, mails, seconds)."""

    asset: str
    state: Literal["waiting", "running", "succeeded", "failed", "skipped"]
    started_at: datetime | None = None
    finished_at: datetime | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CampaignRun:
    """A run, asked for or made by Dagster."""

    id: str
    campaign: str
    job: str
    state: State
    requested_by: str | None
    requested_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    dagster_run_id: str | None = None
    batch_size: int | None = None
    timeout_minutes: int | None = None


def request(
    dagster: dg.DagsterInstance, campaign: Campaign, wish: Wish, *, audited: bool = True
) -> tuple[CampaignRun, bool]:
    """Ask for a run of the campaign; returns it, and whether it is new rather than asked for before.

    Raises CampaignNotRunnableError; RunInTheWayError where another one is not finished and `wish.queued` is false;
    DeliveryError where the idempotency key was used for another wish.
    """
    with database.transaction() as cursor:
        runs.lock(cursor, campaign.id)
        if wish.idempotency_key is not None:
            runs.lock_key(cursor, wish.requested_by, wish.idempotency_key)
            known = runs.with_key(cursor, wish.requested_by, wish.idempotency_key)
            if known is not None:
                return _same(dagster, known, campaign, wish), False
        campaigns.must_run(campaign)
        settle(dagster, runs.open_requests(cursor, campaign_id=campaign.id))
        if not wish.queued and (blocking := _in_the_way(dagster, cursor, campaign)):
            raise RunInTheWayError(
                f"campaign '{campaign.key}' has a run that is not finished; wait for it, cancel it, "
                "or ask with queue=true to run after it",
                blocking,
            )
        number = runs.add(cursor, campaign.id, wish)
        assert number is not None, "under the locks, nobody else used the key"
        made = runs.get(cursor, number)
        if audited:
            asked = {"job": wish.job, "run": str(made["public_id"])}
            record(cursor, wish.requested_by, "run.request", campaign.key, None, asked)
        return _described(made, None), True


def _same(dagster: dg.DagsterInstance, known: dict[str, Any], campaign: Campaign, wish: Wish) -> CampaignRun:
    asked = (campaign.id, wish.job, wish.batch_size, wish.timeout_minutes)
    if (known["campaign_id"], known["job"], known["batch_size"], known["timeout_minutes"]) != asked:
        raise DeliveryError("the Idempotency-Key was used for another run; choose a new one for this")
    return show(dagster, known["public_id"])


def _in_the_way(dagster: dg.DagsterInstance, cursor: Cursor[TupleRow], campaign: Campaign) -> str | None:
    """The name of a run of the campaign that is not finished, or None."""
    waiting = runs.open_requests(cursor, 1, campaign.id)
    if waiting:
        return str(waiting[0]["public_id"])
    unfinished = dg.RunsFilter(tags={PARTITION_NAME_TAG: campaign.key}, statuses=NOT_FINISHED_STATUSES)
    found = dagster.get_run_ids(unfinished, limit=1)
    return found[0] if found else None


def settle(dagster: dg.DagsterInstance, waiting: Sequence[Mapping[str, Any]]) -> dict[int, dg.DagsterRun]:
    """Keep what became of requests at Dagster; returns the run of each that has one."""
    found = launched(dagster, [row["id"] for row in waiting])
    states = {number: (_RECORDED.get(run.status, "launched"), run.run_id) for number, run in found.items()}
    if states:
        with database.transaction() as cursor:
            runs.record_states(cursor, states, datetime.now(UTC))
    return found


def launched(dagster: dg.DagsterInstance, requests: Iterable[int]) -> dict[int, dg.DagsterRun]:
    """Request -> the Dagster run that was made of it; a retry of Dagster's own counts as the same one's."""
    by_key = {runs.run_key(number): number for number in requests}
    if not by_key:
        return {}
    records = dagster.get_run_records(dg.RunsFilter(tags={RUN_KEY_TAG: list(by_key)}))
    # Newest first: the last run of a key tells how the request ended.
    found: dict[int, dg.DagsterRun] = {}
    for one in records:
        found.setdefault(by_key[one.dagster_run.tags[RUN_KEY_TAG]], one.dagster_run)
    return found


def tags_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """The tags of the Dagster run that a request becomes."""
    tags = {}
    if asked["batch_size"] is not None:
        tags[BATCH_TAG] = str(asked["batch_size"])
    if asked["timeout_minutes"] is not None:
        tags[MAX_RUNTIME_SECONDS_TAG] = str(60 * asked["timeout_minutes"])
    return tags


def show(dagster: dg.DagsterInstance, name: UUID) -> CampaignRun:
    """The run of that name, ours or Dagster's. Raises RunNotFoundError."""
    with database.transaction() as cursor:
        asked = runs.named(cursor, name)
    if asked is not None:
        newest = launched(dagster, [asked["id"]]).get(asked["id"])
        return _described(asked, None if newest is None else _record(dagster, newest.run_id))
    found = _record(dagster, str(name))
    if found is None or found.dagster_run.tags.get(PARTITION_NAME_TAG) is None:
        raise RunNotFoundError(f"there is no run {name}; GET /runs lists them")
    number = _number(found.dagster_run)
    with database.transaction() as cursor:
        made_of = runs.of_dagster(cursor, [] if number is None else [number])
    return (
        _of_dagster(found) if number is None or number not in made_of else _described(made_of[number], found)
    )


def _record(dagster: dg.DagsterInstance, run_id: str) -> dg.RunRecord | None:
    return dagster.get_run_record_by_id(run_id)


def listing(
    dagster: dg.DagsterInstance,
    keys: Sequence[str] | None,
    *,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[CampaignRun], str | None]:
    """Runs of campaigns (None = all), the newest first, and where the next page begins (None on the last).

    Requests that are no run yet come first, on the first page; those that were canceled before they were one are
    where they would be, so a page may be longer than `limit`.
    """
    tags: dict[str, str | list[str]] = {} if keys is None else {PARTITION_NAME_TAG: list(keys)}
    found = list(dagster.get_run_records(dg.RunsFilter(tags=tags), cursor=after, limit=limit + 1))
    shown = [one for one in found[:limit] if PARTITION_NAME_TAG in one.dagster_run.tags]
    numbers = {_number(one.dagster_run): one for one in shown}
    with database.transaction() as cursor:
        asked = runs.of_dagster(cursor, [number for number in numbers if number is not None])
        waiting = [] if after else runs.open_requests(cursor)
        before = None if after is None else _record(dagster, after)
        canceled = runs.taken_back(
            cursor,
            keys,
            found[limit - 1].create_timestamp if len(found) > limit else None,
            None if before is None else before.create_timestamp,
            _MOST_CANCELED,
        )
    described = [
        _of_dagster(one) if (number := _number(one.dagster_run)) is None else _described(asked[number], one)
        for one in shown
        if _number(one.dagster_run) is None or _number(one.dagster_run) in asked
    ]
    new = [
        row for row in reversed(waiting) if row["id"] not in numbers and (keys is None or row["key"] in keys)
    ]
    started = launched(dagster, [row["id"] for row in new])
    first = [_described(row, None) for row in new if row["id"] not in started]
    following = found[limit - 1].dagster_run.run_id if len(found) > limit else None
    described += [_described(row, None) for row in canceled]
    return first + sorted(described, key=lambda run: run.requested_at, reverse=True), following


def _number(run: dg.DagsterRun) -> int | None:
    """The request that a run was made of."""
    key = run.tags.get(RUN_KEY_TAG, "")
    return int(key.removeprefix("request-")) if key.startswith("request-") else None


def _described(asked: Mapping[str, Any], found: dg.RunRecord | None) -> CampaignRun:
    """A run that was asked for, as the request and Dagster know it."""
    state: State = "requested"
    if found is not None:
        state = _OF_DAGSTER[found.dagster_run.status]
    elif asked["state"] == "canceled":
        state = "canceled"
    elif asked["state"] in ("succeeded", "failed"):  # Dagster has forgotten it
        state = asked["state"]
    return CampaignRun(
        id=str(asked["public_id"]),
        campaign=asked["key"],
        job=asked["job"],
        state=state,
        requested_by=asked["requested_by"],
        requested_at=asked["created_at"],
        started_at=None if found is None else _moment(found.start_time),
        finished_at=asked["finished_at"] if found is None else _moment(found.end_time),
        dagster_run_id=asked["dagster_run_id"] if found is None else found.dagster_run.run_id,
        batch_size=asked["batch_size"],
        timeout_minutes=asked["timeout_minutes"],
    )


def _of_dagster(found: dg.RunRecord) -> CampaignRun:
    """A run that nobody asked us for."""
    run = found.dagster_run
    return CampaignRun(
        id=run.run_id,
        campaign=run.tags[PARTITION_NAME_TAG],
        job=run.job_name,
        state=_OF_DAGSTER[run.status],
        requested_by=None,
        requested_at=found.create_timestamp,
        started_at=_moment(found.start_time),
        finished_at=_moment(found.end_time),
        dagster_run_id=run.run_id,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def stages(dagster: dg.DagsterInstance, run: CampaignRun) -> list[Stage]:
    """What the run's steps are at, in the order of the pipeline."""
    if run.dagster_run_id is None:
        return [Stage(asset, "waiting") for asset in ASSETS_OF.get(run.job, ())]
    steps = {one.step_key: one for one in dagster.get_run_step_stats(run.dagster_run_id)}
    figures = _figures(dagster, run.dagster_run_id)
    over = run.state in FINISHED
    found = []
    for asset in ASSETS_OF.get(run.job) or steps:
        step = steps.get(asset)
        if step is None or step.start_time is None:
            found.append(Stage(asset, "skipped" if over else "waiting"))
            continue
        said = step.status.value.lower() if step.status else "in_progress"
        state: Literal["running", "succeeded", "failed", "skipped"] = (
            "succeeded"
            if said == "success"
            else "skipped"
            if said == "skipped"
            else "failed"
            if said == "failure" or over
            else "running"
        )
        found.append(
            Stage(asset, state, _moment(step.start_time), _moment(step.end_time), figures.get(asset, {}))
        )
    return found


def _figures(dagster: dg.DagsterInstance, run_id: str) -> dict[str, dict[str, float]]:
    """Asset -> the numbers among what its step says of itself."""
    found = {}
    for one in dagster.all_logs(run_id, of_type=Event.ASSET_MATERIALIZATION):
        event = one.dagster_event
        if event is None or event.asset_key is None:
            continue
        said = event.step_materialization_data.materialization.metadata
        found[event.asset_key.to_user_string()] = {
            name: value.value
            for name, value in said.items()
            if isinstance(value, dg.IntMetadataValue | dg.FloatMetadataValue) and value.value is not None
        }
    return found


def why_failed(dagster: dg.DagsterInstance, run: CampaignRun) -> str | None:
    """The sentence of the first step that failed, of a run that did."""
    if run.state != "failed" or run.dagster_run_id is None:
        return None
    kinds = {Event.ASSET_CHECK_EVALUATION, Event.STEP_FAILURE}
    logs = dagster.all_logs(run.dagster_run_id, of_type=kinds)
    events = [one.dagster_event for one in logs if one.dagster_event is not None]
    return pipeline.why(events) or "its process died; the next run goes on from there"


def cancel(dagster: dg.DagsterInstance, run: CampaignRun, actor: str) -> CampaignRun:
    """End a run, or take it back before it begins; one that is finished stays as it is.

    Raises ConflictError where it cannot be reached, being started only now or in a command line's own process.
    """
    if run.state in FINISHED:
        return run
    with database.transaction() as cursor:
        asked = runs.named(cursor, UUID(run.id))
        taken_back = asked is not None and runs.cancel(cursor, asked["id"], datetime.now(UTC))
        if taken_back:
            _audit_cancel(cursor, run, actor)
    if not taken_back:
        if (now := show(dagster, UUID(run.id))).state in FINISHED:
            return now
        if run.dagster_run_id is None:
            raise ConflictError("the run is being started just now; cancel it again in some seconds")
        if not _takes_orders(dagster, run.dagster_run_id):
            raise ConflictError(
                "the run works in a process that takes no orders; end it where it was started"
            )
        dagster.run_coordinator.cancel_run(run.dagster_run_id)
        with database.transaction() as cursor:
            _audit_cancel(cursor, run, actor)
    return show(dagster, UUID(run.id))


def _audit_cancel(cursor: Cursor[TupleRow], run: CampaignRun, actor: str) -> None:
    record(cursor, actor, "run.cancel", run.campaign, {"run": run.id, "job": run.job}, None)


def _takes_orders(dagster: dg.DagsterInstance, run_id: str) -> bool:
    """Whether a run can be ended from here; one that a command line executes itself cannot, and would not know."""
    found = dagster.get_run_by_id(run_id)
    if found is None or found.status != Status.STARTED:
        return True
    return not isinstance(dagster.run_launcher, DefaultRunLauncher) or GRPC_INFO_TAG in found.tags
