"""Runs: ask for one, follow it stage by stage, end it. Each is a run of the real Dagster job for that campaign."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, Field

from aicmo_dagster import settings
from aicmo_dagster.api.cam import dagster
from aicmo_dagster.api.cam.access import Caller, OperatedCampaign, Operator, ViewedCampaign, Viewer
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.errors import RunNotFoundError
from aicmo_dagster.jobs import PIPELINE
from aicmo_dagster.operations import runs
from aicmo_dagster.operations.runs import CampaignRun, State
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.runs import Wish

routes = APIRouter(route_class=Route, tags=["runs"])

Stage = Literal[
    "harvest", "enrich", "score", "qualify", "route", "nurture", "engage", "train", "crm", "full-pipeline"
]
"""What may be run: a stage alone, or all of them."""


class Links(BaseModel):
    """Where more about a run is."""

    self: str
    campaign: str
    dagster: str = Field(description="The run at Dagster's pages.")


class Run(BaseModel):
    """A run of a campaign."""

    id: UUID
    campaign: str
    job: str
    state: State = Field(description="requested: not yet seen by Dagster; queued: waits for a place there.")
    requested_by: str | None = Field(
        description="null where nobody asked for it here: Dagster's pages, a daily run."
    )
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    dagster_run_id: str | None
    batch_size: int | None = Field(description="At most so many new leads; null: as the campaign says.")
    timeout_minutes: int | None
    links: Links


class StageOfRun(BaseModel):
    """A step of a run."""

    asset: str
    state: Literal["waiting", "running", "succeeded", "failed", "skipped"]
    started_at: datetime | None
    finished_at: datetime | None
    figures: dict[str, float] = Field(
        description="What the step says of itself: leads, mails, rates, seconds."
    )


class RunInDetail(Run):
    """A run, stage by stage."""

    stages: list[StageOfRun]
    stages_done: int
    error: str | None = Field(description="Why it failed, in a sentence.")


Queue = Annotated[bool, Query(description="Run after those that are not finished, instead of 409.")]
BatchSize = Annotated[int | None, Query(ge=1, le=1_000_000, description="At most so many new leads.")]
Timeout = Annotated[int | None, Query(ge=1, le=10_080, description="End it after so many minutes.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Asked again with the same key, it is the same run.",
        pattern="^[!-~]{1,255}$",
        examples=["2026-11-23-morning"],
    ),
]


@routes.post(
    "/campaigns/{id}/execute/{stage}",
    status_code=202,
    responses={
        200: {
            "model": Run,
            "description": "The run that was asked for before, with the same Idempotency-Key",
        },
        **responses(401, 403, 404, 409, 422, 429),
    },
)
def execute_stage(
    scope: OperatedCampaign,
    stage: Stage,
    answer: Response,
    queue: Queue = False,
    batch_size: BatchSize = None,
    timeout_minutes: Timeout = None,
    key: IdempotencyKey = None,
) -> Run:
    """Run a stage, or all of them, of a campaign: 202 with the run, which starts within seconds."""
    job = PIPELINE if stage == "full-pipeline" else stage
    wish = Wish(job, scope.caller.name, batch_size, timeout_minutes, queue, key)
    found, new = runs.request(dagster.instance(), scope.campaign, wish)
    answer.status_code = 202 if new else 200
    answer.headers["Location"] = f"/api/v1/cam/runs/{found.id}"
    return described(found)


@routes.get("/runs", responses=responses(401, 403, 422, 429))
def list_runs(caller: Viewer, limit: Limit = 50, after: After = None) -> Page[Run]:
    """Runs of the campaigns that the key may see, the newest first."""
    return _page(_keys(caller), limit, after)


@routes.get("/campaigns/{id}/runs", responses=responses(401, 403, 404, 422, 429))
def list_campaign_runs(scope: ViewedCampaign, limit: Limit = 50, after: After = None) -> Page[Run]:
    """Runs of the campaign, the newest first."""
    return _page([scope.campaign.key], limit, after)


@routes.get("/runs/{run_id}", responses=responses(401, 403, 404, 422, 429))
def show_run(caller: Viewer, run_id: UUID) -> RunInDetail:
    """A run, stage by stage; `run_id` is ours or Dagster's."""
    return in_detail(_visible(caller, run_id))


@routes.post("/runs/{run_id}/cancel", status_code=202, responses=responses(401, 403, 404, 409, 422, 429))
def cancel_run(caller: Operator, run_id: UUID) -> Run:
    """End a run, or take it back before it begins; a finished one stays as it is."""
    return described(runs.cancel(dagster.instance(), _visible(caller, run_id), caller.name))


def in_detail(found: CampaignRun) -> RunInDetail:
    """A run, stage by stage."""
    instance = dagster.instance()
    stages = runs.stages(instance, found)
    return RunInDetail(
        **described(found).model_dump(),
        stages=[StageOfRun.model_validate(one, from_attributes=True) for one in stages],
        stages_done=sum(one.state == "succeeded" for one in stages),
        error=runs.why_failed(instance, found),
    )


def described(found: CampaignRun) -> Run:
    """A run as it is shown."""
    ui = settings.dagster_url()
    at_dagster = (
        f"{ui}/runs/{found.dagster_run_id}"
        if found.dagster_run_id
        else f"{ui}/runs?q[0]=tag%3Adagster%2Fpartition%3D{found.campaign}"
    )
    return Run(
        **vars(found),
        links=Links(
            self=f"/api/v1/cam/runs/{found.id}",
            campaign=f"/api/v1/cam/campaigns/{found.campaign}",
            dagster=at_dagster,
        ),
    )


def _page(keys: Sequence[str] | None, limit: int, after: str | None) -> Page[Run]:
    place = position(after, [str])
    found, following = runs.listing(
        dagster.instance(), keys, after=None if place is None else str(place[0]), limit=limit
    )
    return Page(items=[described(one) for one in found], next=None if following is None else token(following))


def _keys(caller: Caller) -> list[str] | None:
    """The keys of the campaigns that the caller may see; None = all."""
    if caller.campaign_ids is None:
        return None
    with database.transaction() as cursor:
        return [one.key for one in campaigns.listing(cursor) if caller.sees(one.id)]


def _visible(caller: Caller, run_id: UUID) -> CampaignRun:
    """The run. Raises RunNotFoundError also where the caller may not see its campaign."""
    found = runs.show(dagster.instance(), run_id)
    keys = _keys(caller)
    if keys is not None and found.campaign not in keys:
        raise RunNotFoundError(f"there is no run {run_id}; GET /runs lists them")
    return found
