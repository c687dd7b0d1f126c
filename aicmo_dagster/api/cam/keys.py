"""API keys: list, make, look at, revoke."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import AdminEverywhere, everywhere
from aicmo_dagster.api.cam.moments import Moment
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import Line, Number
from aicmo_dagster.store import api_keys, campaigns, database
from aicmo_dagster.store.api_keys import ApiKey, Role

routes = APIRouter(route_class=Route, tags=["keys"])


class Key(BaseModel):
    """A key, without itself."""

    id: int
    name: str
    shown: str = Field(description="Its first characters, to know it by.")
    role: Role
    campaign_ids: list[int] | None = Field(description="The numbers of those that it may see; null = all.")
    requests_per_minute: int
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")


class MadeKey(Key):
    """A new key, this one time with itself."""

    key: str = Field(description="Keep it: it is not shown again.", examples=["aicmo_…"])


class NewKey(BaseModel):
    """What a key is to be."""

    name: Annotated[Line, Field(min_length=1, max_length=200, description="What it is for, or whose it is.")]
    role: Role = Field(
        "viewer", description="viewer reads; reviewer decides on leads; operator runs campaigns; admin all."
    )
    campaigns: list[Annotated[str, Field(pattern="^[a-z0-9-]{1,64}$")]] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="Keys or numbers of those that it may see; null = all.",
    )
    expires_at: Moment | None = Field(None, description="Null: it is valid until it is revoked.")
    requests_per_minute: int = Field(600, ge=1, le=1_000_000)

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [{"name": "dashboards", "role": "viewer", "campaigns": ["demo"]}]},
    }


@routes.get("/keys", responses=responses(401, 403, 422, 429), dependencies=[everywhere("admin")])
def list_keys(limit: Limit = 50, after: After = None) -> Page[Key]:
    """All keys that were ever made, the newest first, without themselves."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = [one for one in api_keys.listing(cursor) if place is None or one.id < int(str(place[0]))]
    shown = found[:limit]
    return Page(
        items=[_described(one) for one in shown], next=token(shown[-1].id) if len(found) > limit else None
    )


@routes.post("/keys", status_code=201, responses=responses(400, 401, 403, 404, 413, 422, 429))
def create_key(caller: AdminEverywhere, wanted: NewKey, answer: Response) -> MadeKey:
    """Make a key and show it, this one time."""
    if wanted.expires_at is not None and wanted.expires_at <= datetime.now(UTC):
        raise RequestValidationError(
            [
                {
                    "type": "value_error",
                    "loc": ("body", "expires_at"),
                    "msg": "is over already; give a later time",
                }
            ]
        )
    with database.transaction() as cursor:
        only = wanted.campaigns
        key, text = api_keys.create(
            cursor,
            wanted.name,
            wanted.role,
            caller.name,
            campaign_ids=None if only is None else [campaigns.find(cursor, one).id for one in only],
            expires_at=wanted.expires_at,
            requests_per_minute=wanted.requests_per_minute,
        )
    answer.headers["Location"] = f"/api/v1/cam/keys/{key.id}"
    answer.headers["Cache-Control"] = "no-store"
    return MadeKey(**vars(key), key=text)


@routes.get(
    "/keys/{number}", responses=responses(401, 403, 404, 422, 429), dependencies=[everywhere("admin")]
)
def show_key(number: Number) -> Key:
    """A key, without itself."""
    with database.transaction() as cursor:
        return _described(api_keys.get(cursor, number))


@routes.delete("/keys/{number}", responses=responses(401, 403, 404, 422, 429))
def revoke_key(caller: AdminEverywhere, number: Number) -> Key:
    """Take a key's rights for good, from the next request on."""
    with database.transaction() as cursor:
        return _described(api_keys.revoke(cursor, number, caller.name))


def _described(key: ApiKey) -> Key:
    return Key.model_validate(vars(key))
