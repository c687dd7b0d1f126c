"""The audit log: who changed what, when, from what to what."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import everywhere
from aicmo_dagster.api.cam.moments import Moment
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE
from aicmo_dagster.store import audit, database

routes = APIRouter(route_class=Route, tags=["audit log"])


class Entry(BaseModel):
    """One change."""

    id: int
    created_at: datetime
    actor: str = Field(examples=["key 2 (dashboards)"])
    action: str = Field(examples=["campaign.state"])
    subject: str = Field(description="What was changed: a key, a number, a name.", examples=["demo"])
    before: Any = Field(description="Null: there was nothing.")
    after: Any = Field(description="Null: there is nothing any more, or nothing more to say.")


@routes.get("/audit-log", responses=responses(401, 403, 422, 429), dependencies=[everywhere("admin")])
def list_changes(
    actor: Annotated[str | None, Query(max_length=300, pattern=LINE, description="Exactly.")] = None,
    action: Annotated[
        str | None,
        Query(
            max_length=100,
            pattern=LINE,
            description="Exactly; or its beginning, up to a full stop: `campaign.`",
        ),
    ] = None,
    subject: Annotated[str | None, Query(max_length=500, pattern=LINE, description="Exactly.")] = None,
    since: Annotated[Moment | None, Query(description="From then on; UTC where no zone is given.")] = None,
    until: Annotated[Moment | None, Query(description="Before then.")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Entry]:
    """All changes, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = audit.page(
            cursor,
            actor=actor,
            action=action,
            subject=subject,
            since=since,
            until=until,
            before=None if place is None else int(str(place[0])),
            limit=limit + 1,
        )
    shown = found[:limit]
    return Page(
        items=[Entry.model_validate(row) for row in shown],
        next=token(shown[-1]["id"]) if len(found) > limit else None,
    )
