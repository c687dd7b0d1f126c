"""Imports: what each brought, and taking one back."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.store import database
from aicmo_dagster.store import imports as store

routes = APIRouter(route_class=Route, tags=["leads"])


class Import(BaseModel):
    """What was read from a source at one time."""

    id: int
    created_at: datetime
    source: str
    source_label: str = Field(description="The file, or what else it was read from.")
    discovered: int = Field(description="Rows.")
    inserted: int
    updated: int
    rejected: int


class Undone(BaseModel):
    """What taking an import back did."""

    deleted: int = Field(description="Leads that it had brought.")
    kept: int = Field(description="Leads that it had brought and that have been written to.")
    restored: int = Field(description="Leads of others that are what they were before.")


@routes.get("/campaigns/{id}/imports", responses=responses(401, 403, 404, 422, 429))
def list_imports(scope: ViewedCampaign, limit: Limit = 50, after: After = None) -> Page[Import]:
    """The imports that changed something, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = store.listing(
            cursor, scope.campaign.id, limit + 1, None if place is None else int(place[0] or 0)
        )
    return Page(
        items=[Import.model_validate(row) for row in found[:limit]],
        next=token(found[limit - 1]["id"]) if len(found) > limit else None,
    )


@routes.post("/campaigns/{id}/imports/{number}/undo", responses=responses(401, 403, 404, 422, 429))
def undo_import(
    scope: OperatedCampaign,
    number: Annotated[int, Path(ge=1, le=2**63 - 1, description="The import's number.")],
) -> Undone:
    """Take an import back: its leads go, and what it changed in others is restored."""
    with database.transaction() as cursor:
        undone = store.undo(cursor, scope.campaign.id, number, uuid4(), datetime.now(UTC), scope.caller.name)
    return Undone.model_validate(undone, from_attributes=True)
