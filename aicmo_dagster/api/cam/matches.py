"""Leads that may be one person: look at them, merge them, keep them apart."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import ReviewedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.operations import matches as operations
from aicmo_dagster.store import database, match_pairs

routes = APIRouter(route_class=Route, tags=["matches"])

State = Literal["review", "merged", "apart"]
Number = Annotated[int, Path(ge=1, le=2**63 - 1, description="The pair's number.")]


class Person(BaseModel):
    """One of the two leads."""

    id: int
    merged_into: int | None
    facts: dict[str, str] = Field(description="What is known of those that are compared.")


class Pair(BaseModel):
    """Two leads that may be one person."""

    id: int
    state: State = Field(description="`review` waits for a person.")
    probability: float
    weights: dict[str, float] = Field(
        description="Bits by what was compared: each doubles the odds that they are one person, or halves them."
    )
    why: str = Field(description="The weightiest of them in words.")
    lead: Person
    other: Person
    survivor_id: int | None = Field(description="The lead that stayed.")
    decided_by: str | None = Field(description="Null: the rules.")
    decided_at: datetime | None
    created_at: datetime


@routes.get("/campaigns/{id}/matches", responses=responses(401, 403, 404, 422, 429))
def list_matches(
    scope: ViewedCampaign, state: State | None = None, limit: Limit = 50, after: After = None
) -> Page[Pair]:
    """Pairs of leads that may be one person, the most probable first."""
    place = position(after, [float, int])
    with database.transaction() as cursor:
        found = match_pairs.listing(
            cursor,
            scope.campaign.id,
            state,
            limit + 1,
            None if place is None else (float(place[0] or 0), int(place[1] or 0)),
        )
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=[_described(one) for one in found[:limit]],
        next=None if last is None else token(float(last["probability"]), last["id"]),
    )


@routes.get("/campaigns/{id}/matches/{number}", responses=responses(401, 403, 404, 422, 429))
def show_match(scope: ViewedCampaign, number: Number) -> Pair:
    """Both leads, what each comparison weighs, and who decided."""
    with database.transaction() as cursor:
        return _described(match_pairs.get(cursor, scope.campaign.id, number))


@routes.post("/campaigns/{id}/matches/{number}/merge", responses=responses(401, 403, 404, 409, 422, 429))
def merge_match(scope: ReviewedCampaign, number: Number) -> Pair:
    """Say that both are one person: one lead stays, with the better facts of both."""
    with database.transaction() as cursor:
        operations.same(cursor, scope.campaign, number, scope.caller.name)
        return _described(match_pairs.get(cursor, scope.campaign.id, number))


@routes.post("/campaigns/{id}/matches/{number}/apart", responses=responses(401, 403, 404, 409, 422, 429))
def keep_match_apart(scope: ReviewedCampaign, number: Number) -> Pair:
    """Say that they are two persons: they are kept apart for good, and a merge is undone."""
    with database.transaction() as cursor:
        operations.apart(cursor, scope.campaign, number, scope.caller.name)
        return _described(match_pairs.get(cursor, scope.campaign.id, number))


def _described(pair: Mapping[str, Any]) -> Pair:
    return Pair(
        **{name: pair[name] for name in Pair.model_fields if name in pair and name not in ("lead", "other")},
        why=operations.reasons(pair["weights"]),
        lead=_person(pair["lead"]),
        other=_person(pair["other"]),
    )


def _person(lead: Mapping[str, Any]) -> Person:
    return Person(
        id=lead["id"],
        merged_into=lead["merged_into"],
        facts={name: lead[name] for name in operations.COMPARED if lead[name] is not None},
    )
