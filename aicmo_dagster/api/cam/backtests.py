"""Back-tests: what a changed campaign would have decided otherwise."""

import threading
import time
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.campaigns import EXAMPLE
from aicmo_dagster.api.cam.paging import After, Limit, Page, position, token
from aicmo_dagster.api.cam.problems import ProblemError, responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.campaign import document
from aicmo_dagster.operations import backtest as operations
from aicmo_dagster.operations import campaigns
from aicmo_dagster.store import backtests, database

routes = APIRouter(route_class=Route, tags=["back-tests"])

LONGEST_S = 60.0
MOST_LEADS = 200_000
_ONE_AT_A_TIME = threading.Lock()
"""Each takes a core and the memory of its leads."""

_EXAMPLE: Any = {"campaign": EXAMPLE, "days": 30, "sample": 20_000}


class Stored(BaseModel):
    """The back-test of a version, made when it was applied."""

    version: int
    created_by: str
    created_at: datetime
    days: int | None = Field(description="How far it looks back; null where it failed.")
    leads: int | None = Field(description="How many were judged.")
    changed: int | None = Field(description="How many would have ended otherwise.")
    error: str | None = Field(description="Why it failed, which changed nothing else.")


class Wanted(BaseModel):
    """A changed campaign, and what to try it on."""

    campaign: dict[str, Any] = Field(description="The whole document, as docs/campaign-reference.md has it.")
    days: int = Field(operations.DAYS, ge=1, le=operations.MOST_DAYS, description="Look so many days back.")
    sample: int = Field(
        operations.APPLIED_LEADS,
        ge=1,
        le=MOST_LEADS,
        description="Judge at most so many leads, drawn at random.",
    )

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {"examples": [_EXAMPLE]},
    }


Report = dict[str, Any]


@routes.get("/campaigns/{id}/backtests", responses=responses(401, 403, 404, 422, 429))
def list_backtests(scope: ViewedCampaign, limit: Limit = 50, after: After = None) -> Page[Stored]:
    """The versions that were back-tested when they were applied, the newest first."""
    place = position(after, [int])
    with database.transaction() as cursor:
        found = backtests.listing(
            cursor, scope.campaign.id, None if place is None else int(str(place[0])), limit + 1
        )
    shown = found[:limit]
    return Page(
        items=[Stored.model_validate(row) for row in shown],
        next=token(shown[-1]["version"]) if len(found) > limit else None,
    )


@routes.get("/campaigns/{id}/backtests/{version}", responses=responses(401, 403, 404, 422, 429))
def show_backtest(scope: ViewedCampaign, version: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Report:
    """Numbers of leads by tier, verdict, reason, sequence and owner, before and after; and what flips, and why."""
    with database.transaction() as cursor:
        found = backtests.kept(cursor, scope.campaign.id, version)
    if found is None:
        raise ProblemError(
            404,
            "backtest-not-found",
            "There is no such back-test",
            f"version {version} was not back-tested: it changed nothing that decides on leads that were there",
        )
    return found


@routes.post("/campaigns/{id}/backtests", responses=responses(400, 401, 403, 404, 413, 422, 429))
def run_backtest(scope: OperatedCampaign, wanted: Wanted) -> Report:
    """Compare a changed campaign with the present one over the leads as they were known; changes nothing."""
    changed = document.parse(wanted.campaign, "the campaign")
    campaigns.check(changed, "the campaign")
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        raise ProblemError(
            429,
            "backtest-running",
            "Another back-test is running",
            "one runs at a time; ask again in 10 s",
            headers={"Retry-After": "10"},
        )
    try:
        started = time.monotonic()

        def watch(_done: int, _leads: int) -> None:
            if time.monotonic() - started > LONGEST_S:
                raise ProblemError(
                    422,
                    "backtest-too-long",
                    "The back-test takes too long",
                    f"it did not end within {LONGEST_S:g} s; give a smaller sample or fewer days",
                )

        return operations.backtest(scope.campaign.key, changed, wanted.days, wanted.sample, watch).as_json()
    finally:
        _ONE_AT_A_TIME.release()
