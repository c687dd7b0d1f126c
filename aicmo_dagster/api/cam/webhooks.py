"""Webhooks: who is told of what happens, and what became of each message."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import AdminEverywhere, everywhere
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import Number
from aicmo_dagster.operations import webhooks as operations
from aicmo_dagster.store import database
from aicmo_dagster.store import webhooks as store
from aicmo_dagster.store.webhooks import DeliveryState, Event

routes = APIRouter(route_class=Route, tags=["webhooks"])

_Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=2048,
        description="https, at a public address.",
        examples=["https://example.com/hooks/aicmo"],
    ),
]
_Events = Annotated[list[Event], Field(min_length=1, max_length=20, description="Those that it is told of.")]


class Webhook(BaseModel):
    """A receiver."""

    id: int
    url: str
    events: list[Event]
    campaign: str | None = Field(description="The key of the one that it is told of; null = all.")
    enabled: bool
    disabled_reason: str | None = Field(description="Why it was switched off by itself.")
    failures: int = Field(description="Tries that failed since the last that did not.")
    not_before: datetime | None = Field(
        description="It does not answer as it should, and is left alone until then."
    )
    created_by: str
    created_at: datetime


class MadeWebhook(Webhook):
    """A new receiver, this one time with what its messages are signed with."""

    secret: str = Field(description="Keep it: it is not shown again.", examples=["whsec_…"])


class Secret(BaseModel):
    """What a receiver's messages are signed with, shown this one time."""

    secret: str = Field(examples=["whsec_…"])


class NewWebhook(BaseModel):
    """Who is to be told, and of what."""

    url: _Url
    events: _Events
    campaign: Annotated[str, Field(pattern="^[a-z0-9-]{1,64}$")] | None = Field(
        None, description="Key or number; null = all campaigns."
    )

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [{"url": "https://example.com/hooks/aicmo", "events": ["lead.replied", "run.failed"]}]
        },
    }


class WebhookChange(BaseModel):
    """What is to be otherwise; what is left out or null stays."""

    url: _Url | None = None
    events: _Events | None = None
    enabled: bool | None = None

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"enabled": True}]}}


class Delivery(BaseModel):
    """A message to a receiver, and what the last try brought."""

    id: int
    message_id: UUID = Field(description="As the receiver sees it in `webhook-id`, at every try the same.")
    event: str
    state: DeliveryState
    attempts: int
    next_try_at: datetime
    tried_at: datetime | None
    status: int | None = Field(description="HTTP status of the last answer; null where there was none.")
    error: str | None
    delivered_at: datetime | None
    created_at: datetime
    payload: dict[str, Any]


class Resent(BaseModel):
    """How many deliveries are tried for another day."""

    deliveries: int


@routes.get("/webhooks", responses=responses(401, 403, 422, 429), dependencies=[everywhere("admin")])
def list_webhooks(limit: Limit = 50, after: After = None) -> Page[Webhook]:
    """All receivers, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = [one for one in store.listing(cursor) if place is None or one.id < int(str(place[0]))]
    shown = found[:limit]
    return Page(
        items=[_described(one) for one in shown], next=token(shown[-1].id) if len(found) > limit else None
    )


@routes.post("/webhooks", status_code=201, responses=responses(400, 401, 403, 404, 413, 422, 429))
def create_webhook(caller: AdminEverywhere, wanted: NewWebhook, answer: Response) -> MadeWebhook:
    """Add a receiver, and show what its messages are signed with, this one time.

    Messages are those of Standard Webhooks: the headers webhook-id, webhook-timestamp and webhook-signature.
    """
    with database.transaction() as cursor:
        made, secret = operations.add(cursor, wanted.url, wanted.events, wanted.campaign, caller.name)
    answer.headers["Location"] = f"/api/v1/cam/webhooks/{made.id}"
    answer.headers["Cache-Control"] = "no-store"
    return MadeWebhook(**vars(made), secret=secret)


@routes.get(
    "/webhooks/{number}", responses=responses(401, 403, 404, 422, 429), dependencies=[everywhere("admin")]
)
def show_webhook(number: Number) -> Webhook:
    """A receiver."""
    with database.transaction() as cursor:
        return _described(store.get(cursor, number))


@routes.patch("/webhooks/{number}", responses=responses(400, 401, 403, 404, 413, 422, 429))
def change_webhook(caller: AdminEverywhere, number: Number, wanted: WebhookChange) -> Webhook:
    """Change where it is, what it is told of, or whether; one that was switched off by itself goes on."""
    with database.transaction() as cursor:
        changed = operations.change(
            cursor, number, caller.name, url=wanted.url, events=wanted.events, enabled=wanted.enabled
        )
    return _described(changed)


@routes.delete("/webhooks/{number}", status_code=204, responses=responses(401, 403, 404, 422, 429))
def delete_webhook(caller: AdminEverywhere, number: Number) -> None:
    """Forget the receiver, and what it is still to be told."""
    with database.transaction() as cursor:
        store.delete(cursor, number, caller.name)


@routes.post("/webhooks/{number}/rotate-secret", responses=responses(401, 403, 404, 422, 429))
def rotate_secret(caller: AdminEverywhere, number: Number, answer: Response) -> Secret:
    """Sign with a new secret; for a day messages are signed with the old one, too."""
    with database.transaction() as cursor:
        secret = store.rotate(cursor, number, caller.name)
    answer.headers["Cache-Control"] = "no-store"
    return Secret(secret=operations.shown(secret))


@routes.post(
    "/webhooks/{number}/test",
    responses=responses(401, 403, 404, 422, 429),
    dependencies=[everywhere("admin")],
)
def send_test_message(number: Number) -> Delivery:
    """Send it a message of the type webhook.test now, and say what came of it."""
    return _of(operations.send_test(number))


@routes.get(
    "/webhooks/{number}/deliveries",
    responses=responses(401, 403, 404, 422, 429),
    dependencies=[everywhere("admin")],
)
def list_deliveries(
    number: Number, state: DeliveryState | None = None, limit: Limit = 50, after: After = None
) -> Page[Delivery]:
    """What it was told and is to be told, the newest first; `state=dead` for what was given up."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = store.deliveries(
            cursor,
            number,
            state=state,
            before=None if place is None else int(str(place[0])),
            limit=limit + 1,
        )
    shown = found[:limit]
    return Page(items=[_of(one) for one in shown], next=token(shown[-1].id) if len(found) > limit else None)


@routes.get(
    "/webhooks/{number}/deliveries/{delivery}",
    responses=responses(401, 403, 404, 422, 429),
    dependencies=[everywhere("admin")],
)
def show_delivery(number: Number, delivery: Number) -> Delivery:
    """One message to the receiver."""
    with database.transaction() as cursor:
        return _of(store.delivery(cursor, number, delivery))


@routes.post("/webhooks/{number}/resend", responses=responses(401, 403, 404, 422, 429))
def resend_dead(caller: AdminEverywhere, number: Number) -> Resent:
    """Have all that was given up tried for another day."""
    with database.transaction() as cursor:
        return Resent(deliveries=store.resend(cursor, number, caller.name))


@routes.post("/webhooks/{number}/deliveries/{delivery}/resend", responses=responses(401, 403, 404, 422, 429))
def resend_delivery(caller: AdminEverywhere, number: Number, delivery: Number) -> Resent:
    """Have one message tried for another day, whatever became of it."""
    with database.transaction() as cursor:
        return Resent(deliveries=store.resend(cursor, number, caller.name, delivery))


def _described(webhook: store.Webhook) -> Webhook:
    return Webhook.model_validate(vars(webhook))


def _of(delivery: store.Delivery) -> Delivery:
    return Delivery.model_validate(vars(delivery))
