"""Whether the system lives and can work; for load balancers and people. Takes no key, and tells more to one."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam import dagster
from aicmo_dagster.api.cam.access import bearer, identified
from aicmo_dagster.api.cam.kept import kept
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations import readiness

routes = APIRouter(route_class=Route, tags=["health"])


class Member(BaseModel):
    """A mailbox or a vendor."""

    name: str
    status: Literal["ok", "degraded", "down"]
    summary: str


class Part(BaseModel):
    """A part of the system."""

    name: str
    status: Literal["ok", "degraded", "down"]
    summary: str
    detail: str | None = Field(description="Only for a key that sees all campaigns.")
    each: list[Member] = Field(
        description="Every mailbox and vendor; only for a key that sees all campaigns."
    )


class Health(BaseModel):
    """Whether the system works."""

    live: bool
    ready: bool
    parts: list[Part]


@routes.get("/health/live")
def show_liveness() -> dict[str, bool]:
    """That the server answers."""
    return {"live": True}


@routes.get(
    "/health",
    responses={503: {"model": Health, "description": "Something that is needed is down"}, **responses(401)},
    openapi_extra={"security": [{}, {"API key": []}]},
)
def show_health(
    answer: Response, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None
) -> Health:
    """The database, Dagster's daemon, its code, the mailboxes and the vendors; 503 where a needed one is down."""
    sees_all = False
    if shown is not None:
        with identified(shown) as (caller, _):
            sees_all = caller.campaign_ids is None
    found: list[readiness.Component] = kept("health", parts)
    ready = all(one.status != "down" for one in found if one.needed)
    if not ready:
        answer.status_code = 503
    answer.headers["Cache-Control"] = "no-store"
    return Health(
        live=True,
        ready=ready,
        parts=[
            Part(
                name=one.name,
                status=one.status,
                summary=one.summary,
                detail=one.detail if sees_all and one.detail else None,
                each=[
                    Member(name=of.name, status=of.status, summary=of.summary)
                    for of in (one.each if sees_all else ())
                ],
            )
            for one in found
        ],
    )


def parts() -> list[readiness.Component]:
    """Every part of the system, looked at now."""
    try:
        instance = dagster.instance()
    except ConfigurationError:
        instance = None
    return readiness.components(instance)
