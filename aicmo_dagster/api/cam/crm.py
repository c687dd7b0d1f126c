"""A campaign's CRMs: what they were told, and what they refused."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.kept import kept
from aicmo_dagster.api.cam.paging import MOST
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.campaign.crm import CrmName
from aicmo_dagster.operations import crm as operations
from aicmo_dagster.store import audit, database

routes = APIRouter(route_class=Route, tags=["crm"])


class Refusal(BaseModel):
    """An error, and how many leads it befell."""

    error: str
    leads: int
    example: int = Field(description="The number of one of them.")
    next_try_at: datetime | None


class Standing(BaseModel):
    """How a CRM stands."""

    crm: CrmName
    synced: int = Field(
        description="Leads that are known there as they are here, or were when they last changed."
    )
    failed: int = Field(description="Leads of which something was refused.")
    waiting: int = Field(description="Leads that are told in the next push.")
    pushed_at: datetime | None
    next_try_at: datetime | None = Field(description="Of what was refused.")
    errors: list[Refusal]
    skipped: str = Field(description="Why nothing is pushed; empty where it is.")
    missing: list[str] = Field(description="Environment variables that are not set on the server.")


class Standings(BaseModel):
    """All of a campaign's CRMs."""

    as_of: datetime = Field(description="When this was counted.")
    crms: list[Standing]


class RefusedLead(BaseModel):
    """A lead that a CRM refused."""

    crm: CrmName
    lead: int
    error: str | None
    attempts: int
    next_try_at: datetime | None


class Retried(BaseModel):
    """How many leads the next push tries again."""

    leads: int


@routes.get("/campaigns/{id}/crm", responses=responses(401, 403, 404, 422, 429))
def show_crms(scope: ViewedCampaign) -> Standings:
    """What each CRM knows, refused and is told next, as counted moments ago."""

    def count() -> dict[str, Any]:
        now = datetime.now(UTC)
        with database.transaction() as cursor:
            return {
                "as_of": now,
                "crms": [asdict(one) for one in operations.standings(cursor, scope.campaign, now)],
            }

    return Standings.model_validate(kept(("crm", scope.campaign.id, scope.campaign.version), count))


@routes.get("/campaigns/{id}/crm/failed", responses=responses(401, 403, 404, 422, 429))
def list_refused(
    scope: ViewedCampaign,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most, per CRM.")] = 50,
) -> list[RefusedLead]:
    """Leads that a CRM refused, with the error and when they are tried again."""
    with database.transaction() as cursor:
        found = operations.failed(cursor, scope.campaign, limit)
    return [RefusedLead.model_validate(one) for one in found]


@routes.post("/campaigns/{id}/crm/retry", responses=responses(401, 403, 404, 422, 429))
def retry_refused(scope: OperatedCampaign) -> Retried:
    """Have the next push try all that was refused; `POST /campaigns/{id}/execute/crm` pushes at once."""
    with database.transaction() as cursor:
        leads = operations.retry(cursor, scope.campaign)
        if leads:
            audit.record(cursor, scope.caller.name, "crm.retry", scope.campaign.key, None, {"leads": leads})
    return Retried(leads=leads)
