"""Which words of a step bring more replies, and the choice of one variant."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import Line
from aicmo_dagster.operations import variants as operations
from aicmo_dagster.store import database

routes = APIRouter(route_class=Route, tags=["mails"])

Interval = Annotated[list[float | None], Field(min_length=2, max_length=2)]


class Compared(BaseModel):
    """A variant; from `lift` on null for the step's own text, which the others are compared with."""

    variant: str
    weight: float = Field(description="Share of leads; the step's own text has 1.")
    mails: int = Field(description="Old enough to have been answered.")
    young: int = Field(description="Mails that are not yet.")
    replies: int
    positive: int
    rate: float
    rate_interval: Interval = Field(description="95 %.")
    mails_needed: int | None = Field(description="To see half as many replies again.")
    lift: float | None = Field(
        None, description="Ratio of the reply rates; null also where it has no number."
    )
    lift_interval: Interval | None = Field(None, description="An end that is null is infinite.")
    difference_interval: Interval | None = None
    p: float | None = Field(None, description="Corrected for looking often, and at several.")
    by_lot: bool | None = Field(
        None, description="False: not sent as its weight says, so its replies prove nothing."
    )
    better: bool | None = Field(None, description="Significantly.")
    worse: bool | None = Field(None, description="Significantly.")


class Choice(BaseModel):
    """What was chosen."""

    variant: str
    by: str
    at: datetime


class Trial(BaseModel):
    """A step with variants."""

    sequence: str
    version: int
    step: int
    winner: str | None = Field(description="The variant that has won by now; null while it is open.")
    chosen: Choice | None = Field(description="What new leads get; null: all variants.")
    variants: list[Compared] = Field(description="The step's own text comes first.")


class Wish(BaseModel):
    """What new leads are to get; those that have a variant keep it."""

    sequence: Annotated[Line, Field(min_length=1, max_length=100)]
    step: int = Field(ge=1, le=30)
    variant: Annotated[Line, Field(max_length=40)] | None = Field(
        description="base is the step's own text; null gives them all variants again."
    )

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [{"sequence": "cold_outreach", "step": 1, "variant": "short"}]},
    }


@routes.get("/campaigns/{id}/variants", responses=responses(401, 403, 404, 422, 429))
def list_variants(scope: ViewedCampaign) -> list[Trial]:
    """Every step with variants, the newest version of a sequence first."""
    with database.transaction() as cursor:
        found = operations.trials(cursor, scope.campaign, datetime.now(UTC))
    return [Trial.model_validate(one.document()) for one in found]


@routes.post("/campaigns/{id}/variants/choose", responses=responses(400, 401, 403, 404, 413, 422, 429))
def choose_variant(scope: OperatedCampaign, wish: Wish) -> list[Trial]:
    """Give new leads one variant of a step of the newest version, or all of them again."""
    with database.transaction() as cursor:
        operations.choose(cursor, scope.campaign, wish.sequence, wish.step, wish.variant, scope.caller.name)
    return list_variants(scope)
