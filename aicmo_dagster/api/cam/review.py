"""The review queue: who waits for a person and why, and what a person decides."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from aicmo_dagster.api.cam.access import ReviewedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.leads import Judged
from aicmo_dagster.api.cam.moments import Moment
from aicmo_dagster.api.cam.paging import After, Limit
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE, Line
from aicmo_dagster.operations import reviews

routes = APIRouter(route_class=Route, tags=["review"])

_MOST = 1_000


class Why(BaseModel):
    """A rule that a lead failed."""

    code: str
    sentence: str
    evidence: str


class Waiting(BaseModel):
    """A lead that waits for a person."""

    lead_id: int
    email: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    company: str | None
    score: float | None
    tier: str | None
    why: list[Why] = Field(description="The first is the verdict's reason.")
    since: datetime
    age_hours: float
    overdue: bool


class Queue(BaseModel):
    """The queue as a whole."""

    waiting: int
    overdue: int
    snoozed: int
    oldest: datetime | None


class ReviewPage(BaseModel):
    """A page of the queue, and the queue."""

    items: list[Waiting]
    next: str | None = Field(
        description="Where the next page begins: pass it as `after`; null on the last page."
    )
    queue: Queue


class Decision(BaseModel):
    """What a person decides on leads: those with these numbers, or all that wait, or all with a reason."""

    decision: Literal["approve", "reject", "snooze"]
    lead_ids: list[Annotated[int, Field(ge=1, le=2**63 - 1)]] | None = Field(
        None, min_length=1, max_length=_MOST, description="Left out: all that wait."
    )
    of_reason: Line | None = Field(None, max_length=100, description="All that wait with this reason.")
    reason: Line | None = Field(None, max_length=500, description="Why, in your words.")
    until: Moment | None = Field(None, description="When snoozed leads wait again; for a snooze alone.")
    overrule: bool = Field(False, description="Also where another reviewer decided otherwise.")
    skip: bool = Field(
        False, description="Leave out those that it cannot take effect on, instead of refusing all."
    )

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [{"decision": "approve", "lead_ids": [1]}]},
    }

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.lead_ids is not None and self.of_reason is not None:
            raise ValueError("give lead_ids or of_reason, not both")
        if (self.decision == "snooze") != (self.until is not None):
            raise ValueError("until goes with a snooze, and with nothing else")
        if self.until is not None and self.until <= datetime.now(UTC):
            raise ValueError("until is over; give a time to come")
        return self


class Skipped(BaseModel):
    """A lead that could not be decided on."""

    lead_id: int
    why: str


class Decided(BaseModel):
    """What became of a decision."""

    leads: list[Judged]
    skipped: list[Skipped]


@routes.get("/campaigns/{id}/review", responses=responses(401, 403, 404, 409, 422, 429))
def list_reviews(
    scope: ViewedCampaign,
    reason: Annotated[
        str | None, Query(max_length=100, pattern=LINE, description="Only with this reason.")
    ] = None,
    order: Annotated[
        Literal["oldest", "best"], Query(description="Longest waiting or best score first.")
    ] = "oldest",
    limit: Limit = 50,
    after: After = None,
) -> ReviewPage:
    """Who waits for a person, why, and for how long."""
    found = reviews.page(scope.campaign, reason=reason, order=order, after=after, limit=limit)
    return ReviewPage(
        items=[Waiting.model_validate(asdict(one)) for one in found.leads],
        next=found.next,
        queue=Queue.model_validate(asdict(found.queue)),
    )


@routes.post("/campaigns/{id}/review/decisions", responses=responses(400, 401, 403, 404, 409, 413, 422, 429))
def decide_reviews(scope: ReviewedCampaign, wanted: Decision) -> Decided:
    """Approve, reject or snooze leads: at once, and for as long as their facts stay the same."""
    if wanted.lead_ids is None:
        chosen = reviews.waiting(scope.campaign, wanted.of_reason)
    else:
        chosen = reviews.named(scope.campaign, [str(number) for number in wanted.lead_ids])
    found = reviews.decide(
        scope.campaign,
        chosen,
        wanted.decision,
        scope.caller.name,
        reason=wanted.reason,
        until=wanted.until,
        skip=wanted.skip or wanted.lead_ids is None,
        overrule=wanted.overrule,
    )
    return Decided(
        leads=[Judged(**{name: getattr(one, name) for name in Judged.model_fields}) for one in found.leads],
        skipped=[Skipped(lead_id=one.lead_id, why=one.why) for one in found.skipped],
    )
