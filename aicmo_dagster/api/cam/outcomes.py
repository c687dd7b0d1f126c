"""How leads ended, as people and their CRM tell it, and all that came back of the mails."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path as File
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ReviewedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.files import brought, documented
from aicmo_dagster.api.cam.leads import LeadId
from aicmo_dagster.api.cam.moments import Moment
from aicmo_dagster.api.cam.paging import After, Limit, Page, moment, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.campaign.scoring import EventKind, Outcome
from aicmo_dagster.operations import outcomes as operations
from aicmo_dagster.store import database, figures, outcomes

routes = APIRouter(route_class=Route, tags=["engagement"])


Word = Literal["interested", "meeting", "converted", "won", "lost"]
"""An outcome; won is another word for converted."""


class NewOutcome(BaseModel):
    """How a lead ended."""

    outcome: Word
    at: Moment | None = Field(None, description="Now, where it is left out.")
    value: Decimal | None = Field(
        None, ge=0, max_digits=14, decimal_places=2, description="What it is worth, in whatever you count in."
    )

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [{"outcome": "meeting"}, {"outcome": "won", "value": 12000}]},
    }


class Recorded(BaseModel):
    """An outcome as it was understood."""

    outcome: Outcome
    at: datetime
    new: bool = Field(description="False where the same was known, and worth the same.")


class OutcomeOfLead(BaseModel):
    """An outcome of a lead."""

    lead_id: int
    address: str
    outcome: Outcome
    happened_at: datetime
    value: float | None = Field(description="What it is worth.")
    recorded_at: datetime
    recorded_by: str | None = Field(description="null where the program read it from a reply.")


class BadOutcome(BaseModel):
    """A row that was not recorded."""

    line: int
    field: str
    problem: str


class Imported(BaseModel):
    """What became of a file of outcomes."""

    rows: int
    recorded: int
    known: int
    bad: list[BadOutcome]


class Event(BaseModel):
    """Something that came back."""

    id: int
    lead_id: int
    send_id: int | None
    kind: EventKind
    happened_at: datetime
    human: float | None = Field(description="Probability that a person did it; null = certain.")


class Counted(BaseModel):
    """Events of a kind."""

    kind: EventKind
    events: int
    leads: int
    rate: float | None = Field(
        description="Leads with such an event among those written to; null before any."
    )


@routes.get("/campaigns/{id}/outcomes", responses=responses(401, 403, 404, 422, 429))
def list_outcomes(scope: ViewedCampaign, limit: Limit = 50, after: After = None) -> Page[OutcomeOfLead]:
    """The outcomes of the campaign's leads, the newest first."""
    place = position(after, [str, int])
    with database.transaction() as cursor:
        found = outcomes.listing(
            cursor, scope.campaign.id, limit + 1, None if place is None else (moment(place[0]), int(place[1]))
        )
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=[OutcomeOfLead.model_validate(row) for row in found[:limit]],
        next=None if last is None else token(last["happened_at"].isoformat(), last["id"]),
    )


@routes.post(
    "/campaigns/{id}/outcomes/import",
    responses=responses(401, 403, 404, 409, 413, 422, 429),
    openapi_extra=documented("text/csv", "address,outcome,date\nann@example.com,meeting,2026-03-02\n"),
)
def import_outcomes(
    scope: OperatedCampaign, path: Annotated[File, Depends(brought("outcomes.csv"))]
) -> Imported:
    """Record the outcomes of a CSV file with the columns address (or lead number), outcome, date and perhaps value."""
    with database.transaction() as cursor:
        found = operations.import_file(cursor, scope.campaign, path, scope.caller.name)
    return Imported.model_validate(found, from_attributes=True)


@routes.post(
    "/campaigns/{id}/leads/{lead_id:int}/outcomes",
    status_code=201,
    responses=responses(400, 401, 403, 404, 409, 413, 422, 429),
)
def record_outcome(scope: ReviewedCampaign, lead_id: LeadId, wanted: NewOutcome) -> Recorded:
    """Record how a lead ended."""
    with database.transaction() as cursor:
        outcome, at, new = operations.record(
            cursor,
            scope.campaign,
            str(lead_id),
            wanted.outcome,
            None if wanted.at is None else wanted.at.isoformat(),
            scope.caller.name,
            wanted.value,
            "API",
        )
    return Recorded(outcome=outcome, at=at, new=new)


@routes.delete(
    "/campaigns/{id}/leads/{lead_id:int}/outcomes/{outcome}",
    status_code=204,
    responses=responses(401, 403, 404, 409, 422, 429),
)
def withdraw_outcome(scope: ReviewedCampaign, lead_id: LeadId, outcome: Word) -> None:
    """Take back an outcome that was recorded by mistake."""
    with database.transaction() as cursor:
        operations.withdraw(cursor, scope.campaign, str(lead_id), outcome, scope.caller.name)


@routes.get("/campaigns/{id}/engagement", responses=responses(401, 403, 404, 422, 429))
def list_engagement(
    scope: ViewedCampaign,
    kind: EventKind | None = None,
    lead: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Event]:
    """What came back of the campaign's mails, the newest first."""
    place = position(after, [int])
    wanted: dict[str, Any] = {
        "campaign": scope.campaign.id,
        "kind": kind,
        "lead": lead,
        "after": None if place is None else place[0],
        "limit": limit + 1,
    }
    with database.transaction() as cursor:
        found = database.rows(
            cursor,
            "SELECT e.id, e.lead_id, e.send_id, e.kind, e.happened_at, e.human FROM engagement_events e "
            "JOIN leads l ON l.id = e.lead_id WHERE l.campaign_id = %(campaign)s "
            "AND (%(kind)s::text IS NULL OR e.kind = %(kind)s) AND (%(lead)s::bigint IS NULL OR e.lead_id = %(lead)s) "
            "AND (%(after)s::bigint IS NULL OR e.id < %(after)s) ORDER BY e.id DESC LIMIT %(limit)s",
            wanted,
        )
    shown = found[:limit]
    return Page(
        items=[Event.model_validate(row) for row in shown],
        next=token(shown[-1]["id"]) if len(found) > limit else None,
    )


@routes.get("/campaigns/{id}/engagement/summary", responses=responses(401, 403, 404, 422, 429))
def summarise_engagement(scope: ViewedCampaign) -> list[Counted]:
    """Events by kind, and the share of the leads written to that had one."""
    with database.transaction() as cursor:
        contacted = figures.funnel(cursor, scope.campaign.id)["contacted"]
        found = figures.engagement(cursor, scope.campaign.id)
    return [Counted(**row, rate=row["leads"] / contacted if contacted else None) for row in found]
