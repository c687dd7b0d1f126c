"""Schedules: when jobs of a campaign run, beside or instead of the daily run of its document."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, field_validator

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.campaign.texts import TimeZone
from aicmo_dagster.jobs import PIPELINE
from aicmo_dagster.operations import schedules as operations
from aicmo_dagster.store import database, schedules
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.schedules import Timing

routes = APIRouter(route_class=Route, tags=["schedules"])

Job = Literal[
    "lead_pipeline", "harvest", "enrich", "score", "qualify", "route", "nurture", "engage", "train", "crm"
]


class NewSchedule(BaseModel):
    """When a job is to run: daily at `hour` and `minute`, or by `cron`."""

    job: Job = Field("lead_pipeline", description="lead_pipeline is all stages.")
    hour: int | None = Field(None, ge=0, le=23)
    minute: int | None = Field(None, ge=0, le=59)
    cron: str | None = Field(
        None,
        max_length=100,
        description="Minute, hour, day of the month, month, day of the week.",
        examples=["30 6 * * mon-fri"],
    )
    time_zone: TimeZone | None = Field(None, description="The campaign's own where none is given.")
    batch_size: int | None = Field(None, ge=1, le=1_000_000, description="At most so many new leads a run.")
    timeout_minutes: int | None = Field(
        None, ge=1, le=10_080, description="A run is ended after so many minutes."
    )
    enabled: bool = True

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [{"job": "lead_pipeline", "hour": 6, "minute": 30, "time_zone": "Europe/Berlin"}]
        },
    }

    @field_validator("cron")
    @classmethod
    def _one_line(cls, value: str | None) -> str | None:
        return None if value is None else " ".join(value.split())


class Schedule(BaseModel):
    """When a job runs."""

    job: str
    cron: str
    time_zone: str
    batch_size: int | None
    timeout_minutes: int | None
    enabled: bool
    source: Literal["document", "api"] = Field(
        description="document: the daily run of the campaign's document."
    )
    next_run_at: datetime | None = Field(description="null while it is off or the campaign is not active.")
    created_by: str | None
    updated_at: datetime | None


@routes.post(
    "/campaigns/{id}/schedule", status_code=201, responses=responses(400, 401, 403, 404, 413, 422, 429)
)
def put_schedule(scope: OperatedCampaign, wanted: NewSchedule) -> Schedule:
    """Say when a job of the campaign runs, in the place of what was said before; it holds at once.

    For lead_pipeline it takes the place of the daily run of the campaign's document, until it is deleted.
    """
    timing = Timing(
        job=wanted.job,
        cron=operations.cron_of(wanted.hour, wanted.minute, wanted.cron),
        time_zone=wanted.time_zone or scope.campaign.config.time_zone,
        batch_size=wanted.batch_size,
        timeout_minutes=wanted.timeout_minutes,
        enabled=wanted.enabled,
    )
    with database.transaction() as cursor:
        return _shown(operations.put(cursor, scope.campaign, timing, scope.caller.name), scope.campaign)


@routes.get("/campaigns/{id}/schedule", responses=responses(401, 403, 404, 422, 429))
def list_schedules(scope: ViewedCampaign) -> list[Schedule]:
    """When jobs of the campaign run."""
    with database.transaction() as cursor:
        found = schedules.of_campaign(cursor, scope.campaign.id)
    listed = [_shown(row, scope.campaign) for row in found]
    if all(row["job"] != PIPELINE for row in found):
        listed.insert(0, _of_document(scope.campaign))
    return listed


@routes.get("/campaigns/{id}/schedule/{job}", responses=responses(401, 403, 404, 422, 429))
def show_schedule(scope: ViewedCampaign, job: Annotated[Job, Path()]) -> Schedule:
    """When a job of the campaign runs."""
    with database.transaction() as cursor:
        found = schedules.find(cursor, scope.campaign.id, job)
        if found is None and job != PIPELINE:
            schedules.get(cursor, scope.campaign.id, job)
    return _of_document(scope.campaign) if found is None else _shown(found, scope.campaign)


@routes.delete(
    "/campaigns/{id}/schedule/{job}", status_code=204, responses=responses(401, 403, 404, 422, 429)
)
def delete_schedule(scope: OperatedCampaign, job: Annotated[Job, Path()]) -> None:
    """Have the campaign's document alone say when the job runs."""
    with database.transaction() as cursor:
        schedules.delete(cursor, scope.campaign.id, scope.campaign.key, job, scope.caller.name)


def _shown(row: dict[str, Any], campaign: Campaign) -> Schedule:
    runs = row["enabled"] and campaign.state == "active"
    following = operations.following(row["cron"], row["time_zone"], datetime.now(UTC)) if runs else None
    return Schedule(**{name: row[name] for name in _OF_ROW}, source="api", next_run_at=following)


_OF_ROW = ("job", "cron", "time_zone", "batch_size", "timeout_minutes", "enabled", "created_by", "updated_at")


def _of_document(campaign: Campaign) -> Schedule:
    daily = campaign.config.schedule
    cron = f"{daily.minute} {daily.hour} * * *"
    runs = daily.enabled and campaign.state == "active"
    return Schedule(
        job=PIPELINE,
        cron=cron,
        time_zone=campaign.config.time_zone,
        batch_size=None,
        timeout_minutes=None,
        enabled=daily.enabled,
        source="document",
        next_run_at=operations.following(cron, campaign.config.time_zone, datetime.now(UTC))
        if runs
        else None,
        created_by=None,
        updated_at=None,
    )
