"""The ledger of mails: look at it, hold a mail, let it go on, say what became of an uncertain one."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.moments import Moment
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE, Line, Number
from aicmo_dagster.errors import ConflictError
from aicmo_dagster.store import database, sends
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.sends import State

routes = APIRouter(route_class=Route, tags=["mails"])


class Send(BaseModel):
    """A mail of the ledger."""

    id: int
    lead_id: int
    email: str | None = Field(description="Whom it went to, or would go to now.")
    sequence: str
    sequence_version: int
    step: int
    variant: str | None = Field(description="Null: the step's own text.")
    state: State
    reason: str | None = Field(description="Why it is held, failed, skipped or uncertain.")
    due_at: datetime
    time_zone: str = Field(description="By whose clock the sending window is kept.")
    next_try_at: datetime | None = Field(description="Of a held one; null where a person holds it.")
    held_by_a_person: bool
    attempts: int
    mode: Literal["live", "simulation"] | None = Field(description="Null before it was tried.")
    sender: str | None
    subject: str | None
    message_id: str | None
    reply: str | None = Field(description="The server's last words.")
    started_at: datetime | None
    sent_at: datetime | None
    run_id: UUID = Field(description="The run that planned it.")
    created_at: datetime


class Hold(BaseModel):
    """Why a mail is kept back."""

    reason: Annotated[Line, Field(max_length=300)] | None = None

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"reason": "we talk to her"}]}}


class Resolution(BaseModel):
    """What became of a mail, as the server's log or the recipient says."""

    found: Literal["sent", "failed"]

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"found": "sent"}]}}


@routes.get("/campaigns/{id}/sends", responses=responses(401, 403, 404, 422, 429))
def list_sends(
    scope: ViewedCampaign,
    state: State | None = None,
    sender: Annotated[
        str | None, Query(max_length=320, pattern=LINE, description="Address of the mailbox.")
    ] = None,
    lead: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="The lead's number.")] = None,
    step: Annotated[int | None, Query(ge=1, le=30)] = None,
    due_from: Annotated[Moment | None, Query(description="UTC where no zone is given.")] = None,
    due_before: Moment | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Send]:
    """Mails planned, held and sent, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = sends.page(
            cursor,
            scope.campaign.id,
            state=state,
            sender=sender.lower() if sender else None,
            lead_id=lead,
            step=step,
            due_from=due_from,
            due_before=due_before,
            before=None if place is None else int(str(place[0])),
            limit=limit + 1,
        )
    shown = found[:limit]
    return Page(
        items=[Send.model_validate(row) for row in shown],
        next=token(shown[-1]["id"]) if len(found) > limit else None,
    )


@routes.get("/campaigns/{id}/sends/{number}", responses=responses(401, 403, 404, 422, 429))
def show_send(scope: ViewedCampaign, number: Number) -> Send:
    """One mail."""
    return _shown(scope.campaign, number)


@routes.post(
    "/campaigns/{id}/sends/{number}/hold", responses=responses(400, 401, 403, 404, 409, 413, 422, 429)
)
def hold_send(scope: OperatedCampaign, number: Number, why: Hold) -> Send:
    """Keep a mail back, and those of its lead that follow it, until it is resumed.

    One that has begun to leave cannot be held.
    """
    with database.transaction() as cursor:
        sends.hold(cursor, scope.campaign.id, number, scope.caller.name, why.reason)
    return _shown(scope.campaign, number)


@routes.post("/campaigns/{id}/sends/{number}/resume", responses=responses(401, 403, 404, 409, 422, 429))
def resume_send(scope: OperatedCampaign, number: Number) -> Send:
    """Let a mail go on that a person holds, within the sending window and the caps."""
    with database.transaction() as cursor:
        sends.resume(cursor, scope.campaign.id, number, scope.caller.name)
    return _shown(scope.campaign, number)


@routes.post(
    "/campaigns/{id}/sends/{number}/resolve", responses=responses(400, 401, 403, 404, 409, 413, 422, 429)
)
def resolve_send(scope: OperatedCampaign, number: Number, resolution: Resolution) -> Send:
    """Say what became of a mail that a crash left uncertain."""
    with database.transaction() as cursor:
        present = sends.get(cursor, scope.campaign.id, number)
        if present["state"] != "uncertain":
            raise ConflictError(f"mail {number} is {present['state']}; only an uncertain one can be resolved")
        sends.resolve(cursor, number, resolution.found, scope.caller.name)
    return _shown(scope.campaign, number)


def _shown(campaign: Campaign, number: int) -> Send:
    with database.transaction() as cursor:
        return Send.model_validate(sends.get(cursor, campaign.id, number))
