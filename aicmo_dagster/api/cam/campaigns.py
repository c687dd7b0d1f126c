"""Campaigns: list, read, create, change, pause and resume."""

import copy
import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Path, Query, Response
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import (
    OperatedCampaign,
    Operator,
    ViewedCampaign,
    Viewer,
    may,
)
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import ProblemError, responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE
from aicmo_dagster.campaign.config import Mode, State
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.operations import campaigns as operations
from aicmo_dagster.store import campaigns, catalogue, database
from aicmo_dagster.store.catalogue import Sort

routes = APIRouter(route_class=Route, tags=["campaigns"])

EXAMPLE = {
    "key": "spring",
    "name": "Spring launch",
    "mode": "simulation",
    "time_zone": "Europe/Berlin",
    "icp": {"titles": ["Head of Marketing", "VP Sales"], "locations": ["Germany", "Austria", "Switzerland"]},
    "sources": [{"type": "manual"}],
    "sending": {
        "senders": [
            {
                "mailbox": "Growth at Example <growth@example.com>",
                "postal_address": "Example GmbH, Musterstraße 1, 10115 Berlin",
            }
        ],
    },
}
"""A campaign as small as one may be that mails can be written for."""


class Summary(BaseModel):
    """A campaign without its document."""

    id: int
    key: str
    name: str
    state: State
    state_reason: str | None = Field(description="Why it was paused by itself; null where a person did it.")
    mode: Mode
    version: int
    created_at: datetime
    updated_at: datetime


class Campaign(Summary):
    """A campaign with its document, every default written out."""

    config: dict[str, Any] = Field(description="See docs/campaign-reference.md.")


class Version(BaseModel):
    """That a campaign was changed."""

    version: int
    created_by: str
    created_at: datetime
    backtested: bool


class NewState(BaseModel):
    """Where a campaign is to go."""

    state: Literal["active", "paused", "completed", "archived"]

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [{"state": "paused"}]}}


class Checked(BaseModel):
    """What was found in a document."""

    problems: list[str] = Field(description="Each would have it refused.")
    doubts: list[str] = Field(description="What to think over in the words of its own sequences.")


Document = Annotated[
    dict[str, Any],
    Body(description="A campaign, as docs/campaign-reference.md describes it.", examples=[EXAMPLE]),
]
Change = Annotated[
    dict[str, Any],
    Body(
        description="A merge patch (RFC 7396) of the document: null takes a field away.",
        examples=[{"name": "Spring launch, second wave"}],
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description='The ETag that the change was made on, such as "3".',
        pattern=r'^(\*|(W/)?"[0-9]{1,9}"( *, *(W/)?"[0-9]{1,9}"){0,9})$',
        examples=['"1"'],
    ),
]


@routes.get("/campaigns", responses=responses(401, 403, 422, 429))
def list_campaigns(
    caller: Viewer,
    state: State | None = None,
    mode: Mode | None = None,
    q: Annotated[
        str | None, Query(max_length=100, pattern=LINE, description="In the key or the name.")
    ] = None,
    sort: Annotated[Sort, Query(description="- before it turns the order round.")] = "key",
    limit: Limit = 50,
    after: After = None,
) -> Page[Summary]:
    """The campaigns that the key may see."""
    place = position(after, [str, int])
    with database.transaction() as cursor:
        found = catalogue.page(
            cursor,
            state=state,
            mode=mode,
            words=q,
            only=caller.campaign_ids,
            sort=sort,
            after=None if place is None else (str(place[0]), int(str(place[1]))),
            limit=limit + 1,
        )
    shown = found[:limit]
    last = shown[-1]["position"] if len(found) > limit else None
    return Page(
        items=[Summary.model_validate(row) for row in shown],
        next=None if last is None else token(str(last[0]), int(last[1])),
    )


@routes.post(
    "/campaigns",
    status_code=201,
    response_model=Campaign,
    responses=responses(400, 401, 403, 409, 413, 422, 429),
)
def create_campaign(caller: Operator, content: Document) -> Response:
    """Create a campaign; its runs begin at the time of its schedule, or when they are asked for."""
    if caller.campaign_ids is not None:
        raise ProblemError(
            403,
            "campaigns-limited",
            "The key may not do this",
            "this key is for named campaigns; it makes no new ones",
        )
    campaign, _ = operations.apply_document(content, caller.name, 0)
    return _shown(campaign.id, 201)


@routes.post(
    "/campaigns/validate",
    responses=responses(400, 401, 403, 413, 422, 429),
    dependencies=[may("operator")],
)
def validate_campaign(content: Document) -> Checked:
    """Look for what is wrong with a campaign, and change nothing."""
    try:
        config, _ = operations.checked(content)
    except ConfigurationError as error:
        return Checked(problems=str(error).splitlines(), doubts=[])
    return Checked(problems=[], doubts=operations.doubts(config))


@routes.get("/campaigns/{id}", response_model=Campaign, responses=responses(401, 403, 404, 422, 429))
def show_campaign(scope: ViewedCampaign) -> Response:
    """A campaign with its document; the ETag is its version."""
    return _shown(scope.campaign.id)


@routes.put(
    "/campaigns/{id}",
    response_model=Campaign,
    responses=responses(400, 401, 403, 404, 412, 413, 422, 428, 429),
)
def replace_campaign(scope: OperatedCampaign, content: Document, match: IfMatch = None) -> Response:
    """Put another document in the place of the campaign's: a new version, unless it is the same."""
    if content.get("key", scope.campaign.key) != scope.campaign.key:
        raise ConfigurationError(
            f"the campaign: key is {content['key']!r}, and never changes; it is {scope.campaign.key!r}"
        )
    operations.apply_document(
        {**content, "key": scope.campaign.key}, scope.caller.name, _on(match, scope.campaign)
    )
    return _shown(scope.campaign.id)


@routes.patch(
    "/campaigns/{id}",
    response_model=Campaign,
    responses=responses(400, 401, 403, 404, 412, 413, 422, 428, 429),
)
def change_campaign(scope: OperatedCampaign, change: Change, match: IfMatch = None) -> Response:
    """Change some of a campaign: a new version, unless it stays the same."""
    on = _on(match, scope.campaign)
    with database.transaction() as cursor:
        present = catalogue.described(cursor, scope.campaign.id)["config"]
    merged = _merged(json.loads(present), change)
    assert isinstance(merged, dict)
    if merged.get("key") != scope.campaign.key:
        raise ConfigurationError("the campaign: key never changes; leave it out")
    operations.apply_document(merged, scope.caller.name, on)
    return _shown(scope.campaign.id)


@routes.post(
    "/campaigns/{id}/state",
    response_model=Campaign,
    responses=responses(400, 401, 403, 404, 409, 413, 422, 429),
)
def set_campaign_state(scope: OperatedCampaign, wanted: NewState) -> Response:
    """Pause a campaign, have it go on, end it or put it away; a paused one starts no run and no mail."""
    with database.transaction() as cursor:
        campaigns.set_state(cursor, scope.campaign.key, wanted.state, scope.caller.name)
    return _shown(scope.campaign.id)


@routes.get("/campaigns/{id}/versions", responses=responses(401, 403, 404, 422, 429))
def list_campaign_versions(scope: ViewedCampaign, limit: Limit = 50, after: After = None) -> Page[Version]:
    """Who changed the campaign and when, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = catalogue.versions(
            cursor, scope.campaign.id, None if place is None else int(str(place[0])), limit + 1
        )
    shown = found[:limit]
    return Page(
        items=[Version.model_validate(row) for row in shown],
        next=token(shown[-1]["version"]) if len(found) > limit else None,
    )


@routes.get("/campaigns/{id}/versions/{number}", responses=responses(401, 403, 404, 422, 429))
def show_campaign_version(
    scope: ViewedCampaign, number: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> dict[str, Any]:
    """The document of a version."""
    with database.transaction() as cursor:
        return campaigns.version(cursor, scope.campaign.id, number).model_dump(mode="json")


def _shown(campaign_id: int, status: int = 200) -> Response:
    """A `Campaign`; its document goes out as it is stored, since it is most of the work to read and write it."""
    with database.reading() as cursor:
        row = catalogue.described(cursor, campaign_id)
    summary = Summary.model_validate(row)
    body = f'{summary.model_dump_json()[:-1]},"config":{row["config"]}}}'
    headers = {"ETag": f'"{summary.version}"'}
    if status == 201:
        headers["Location"] = f"/api/v1/cam/campaigns/{summary.key}"
    return Response(body, status, headers, "application/json")


def _on(match: str | None, campaign: campaigns.Campaign) -> int:
    """The version that a change was made on."""
    if match is None:
        raise ProblemError(
            428,
            "if-match-missing",
            "Say which version the change is for",
            "send the header If-Match with the ETag of the campaign that was read",
        )
    # A weak one is taken: a proxy that compresses makes weak what was strong.
    versions = [campaign.version] if match == "*" else [int(one) for one in re.findall("[0-9]+", match)]
    return campaign.version if campaign.version in versions else versions[0]


def _merged(target: object, patch: object) -> object:
    """The target with a merge patch applied, as RFC 7396 section 2 has it."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    found = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = _merged(found.get(name), value)
    return found
