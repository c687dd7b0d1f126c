"""Vendors of addresses and facts: what they were asked, what they found, what it cost."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.store import database, ledger

routes = APIRouter(route_class=Route, tags=["vendors"])


class Spending(BaseModel):
    """What a vendor was asked for and what came of it."""

    vendor: str
    operation: str
    requests: int
    refused: int
    uncertain: int = Field(description="Requests of which nobody knows whether they were carried out.")
    credits: float = Field(description="Charged or reserved.")
    people: int = Field(description="Answered about.")
    found: int
    share: float | None = Field(
        alias="yield", description="Found of those answered about; null before the first answer."
    )
    latency_s: float | None = Field(description="Mean of the answered requests.")
    fields: dict[str, int] = Field(
        description="How many of the answers that are kept say something of a field."
    )


class UncertainRequest(BaseModel):
    """A request of which nobody knows whether it was carried out."""

    id: int
    vendor: str
    operation: str
    people: int
    credits: float = Field(description="Reserved, and counted as spent.")
    error: str | None
    created_at: datetime


class Released(BaseModel):
    """How many people may be asked about again."""

    people: int


@routes.get("/campaigns/{id}/vendors", responses=responses(401, 403, 404, 422, 429))
def show_spending(scope: ViewedCampaign) -> list[Spending]:
    """Per vendor and operation: people asked about and found, and what it cost."""
    with database.transaction() as cursor:
        return [Spending.model_validate(row) for row in ledger.spending(cursor, scope.campaign.id)]


@routes.get("/campaigns/{id}/vendors/uncertain", responses=responses(401, 403, 404, 422, 429))
def list_uncertain_requests(scope: ViewedCampaign) -> list[UncertainRequest]:
    """Requests of which nobody knows whether they were carried out; their people are not asked about again."""
    with database.transaction() as cursor:
        return [UncertainRequest.model_validate(row) for row in ledger.uncertain(cursor, scope.campaign.id)]


@routes.post(
    "/campaigns/{id}/vendors/uncertain/{number}/release", responses=responses(401, 403, 404, 422, 429)
)
def release_request(
    scope: OperatedCampaign,
    number: Annotated[int, Path(ge=1, le=2**63 - 1, description="The request's number.")],
) -> Released:
    """Let the people of an uncertain request be asked about again; that may cost a second time."""
    with database.transaction() as cursor:
        return Released(people=ledger.release(cursor, scope.campaign.id, number, scope.caller.name))
