"""What came back to the mailboxes, and what people decide on it."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from psycopg import Cursor
from psycopg.rows import TupleRow
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import ReviewedCampaign, Scope, ViewedCampaign
from aicmo_dagster.api.cam.paging import After, Limit, Page, moment, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.mail.inbox import judgement
from aicmo_dagster.store import database, received
from aicmo_dagster.store.received import Category, Kind

routes = APIRouter(route_class=Route, tags=["inbox"])

Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="The message's number.")]


class Message(BaseModel):
    """A message that came back."""

    id: int
    kind: Kind
    lead_id: int
    email: str | None = Field(description="The lead's address.")
    mailbox: str = Field(description="Which of ours it came to.")
    category: Category | None = Field(description="What a reply means.")
    confidence: float | None = Field(description="Of the rules, from 0 to 1.")
    waits: bool = Field(description="Whether a person has to say what it means.")
    received_at: datetime
    reviewed_by: str | None


class WholeMessage(Message):
    """A message with its words."""

    first_name: str | None
    last_name: str | None
    company: str | None
    words: str | None = Field(description="Of a reply, without what it quotes.")
    detail: str | None = Field(description="What a bounce says.")
    return_on: date | None = Field(description="When an absent person is back.")
    send_id: int | None = Field(description="The mail that it answers.")
    sequence: str | None
    step: int | None
    sent_at: datetime | None
    reviewed_at: datetime | None


class Said(BaseModel):
    """What a person says that a reply means."""

    category: Category

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"category": "interested"}]}}


@routes.get("/campaigns/{id}/inbox", responses=responses(401, 403, 404, 422, 429))
def list_messages(
    scope: ViewedCampaign,
    waiting: Annotated[bool, Query(description="Only replies whose meaning a person has to say.")] = True,
    limit: Limit = 50,
    after: After = None,
) -> Page[Message]:
    """What came back: the oldest first of those that wait, else the newest first."""
    place = position(after, [str, int])
    with database.transaction() as cursor:
        found = received.listing(
            cursor,
            scope.campaign.id,
            waiting=waiting,
            limit=limit + 1,
            after=None if place is None else (moment(place[0]), int(place[1] or 0)),
        )
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=[Message.model_validate(row) for row in found[:limit]],
        next=None if last is None else token(last["received_at"].isoformat(), last["id"]),
    )


@routes.get("/campaigns/{id}/inbox/{number}", responses=responses(401, 403, 404, 422, 429))
def show_message(scope: ViewedCampaign, number: Number) -> WholeMessage:
    """A message: who wrote, to which mail of ours, and the words."""
    with database.transaction() as cursor:
        return _found(cursor, scope, number)


@routes.post(
    "/campaigns/{id}/inbox/{number}/decision", responses=responses(400, 401, 403, 404, 413, 422, 429)
)
def decide_message(scope: ReviewedCampaign, number: Number, said: Said) -> WholeMessage:
    """Say what a reply means: `interested` becomes an outcome, `unsubscribe` stops all mails to the person."""
    with database.transaction() as cursor:
        _found(cursor, scope, number)
        judgement.decide(cursor, number, said.category, scope.caller.name, datetime.now(UTC))
        return _found(cursor, scope, number)


def _found(cursor: Cursor[TupleRow], scope: Scope, number: int) -> WholeMessage:
    return WholeMessage.model_validate(received.one(cursor, number, campaign_id=scope.campaign.id))
