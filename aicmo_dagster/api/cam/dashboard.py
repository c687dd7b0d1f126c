"""A campaign at a glance, and how it is just now."""

from datetime import UTC, datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam import dagster
from aicmo_dagster.api.cam.access import ViewedCampaign, Viewer
from aicmo_dagster.api.cam.kept import kept
from aicmo_dagster.api.cam.problems import responses
from aicmo_dagster.api.cam.runs import Run, RunInDetail, described, in_detail
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.operations import dashboard as operations
from aicmo_dagster.operations import runs, schedules
from aicmo_dagster.operations.runs import FINISHED
from aicmo_dagster.store import database, totals
from aicmo_dagster.store.campaigns import Campaign

routes = APIRouter(route_class=Route, tags=["campaigns"])

_LAST = 10


class Stage(BaseModel):
    """Leads that reached a stage."""

    name: str
    leads: int
    notes: list[str] = Field(description="What became of the others, or of these.")


class Kind(BaseModel):
    """Events of a kind."""

    events: int
    leads: int
    rate: float | None = Field(
        description="Leads with such an event among those written to; null before any."
    )


class Cost(BaseModel):
    """What a vendor was asked for."""

    vendor: str
    operation: str
    requests: int
    credits: float
    people: int
    found: int


class Review(BaseModel):
    """The review queue."""

    waiting: int
    overdue: int
    snoozed: int
    oldest: datetime | None


class Health(BaseModel):
    """How a campaign is."""

    status: Literal["ok", "warning", "stopped"]
    reasons: list[str]
    mails: int = Field(description="Of the last seven days, against which the rates count.")
    bounce_rate: float
    complaint_rate: float


class NextRun(BaseModel):
    """A run to come."""

    at: datetime
    job: str


class Dashboard(BaseModel):
    """A campaign at a glance."""

    campaign: str
    as_of: datetime = Field(description="When it was counted: seconds ago, at most a minute or so.")
    stages: list[Stage]
    tiers: dict[str, int]
    scores: list[int] = Field(description="Leads by score, in 20 equally wide intervals from 0 to 1.")
    verdicts: dict[str, int]
    owners: dict[str, int]
    mails: dict[str, int]
    engagement: dict[str, Kind]
    replies: dict[str, int]
    outcomes: dict[str, int] = Field(description="Leads by how they ended.")
    values: dict[str, float] = Field(description="What these outcomes are worth together.")
    cost: list[Cost]
    review: Review
    health: Health
    next_runs: list[NextRun]
    last_runs: list[Run]


class Status(BaseModel):
    """How a campaign is, what runs and what will."""

    campaign: str
    state: str
    as_of: datetime
    health: Health
    running: RunInDetail | None
    waiting: list[Run] = Field(description="Asked for and not begun.")
    next_runs: list[NextRun]
    history: list[Run] = Field(description="The last runs that are finished, the newest first.")


class Stats(BaseModel):
    """All campaigns that the key may see, together."""

    as_of: datetime
    campaigns: dict[str, int]
    leads: int
    leads_new_today: int
    sends: dict[str, int]
    sent_today: int
    sent_last_7_days: int
    events_last_7_days: dict[str, int]


@routes.get("/campaigns/{id}/dashboard", responses=responses(401, 403, 404, 422, 429))
def show_dashboard(scope: ViewedCampaign) -> Dashboard:
    """What each stage made of the campaign's leads, its mails, replies, rates, cost, health and last runs."""
    campaign = scope.campaign
    name = ("dashboard", campaign.id, campaign.version, campaign.state)
    found: Dashboard = kept(name, lambda: _dashboard(campaign))
    return found


@routes.get("/campaigns/{id}/status", responses=responses(401, 403, 404, 422, 429))
def show_status(scope: ViewedCampaign) -> Status:
    """How the campaign is, the run that works with its progress, what runs next, and what ran."""
    campaign = scope.campaign
    found: Status = kept(("status", campaign.id, campaign.version, campaign.state), lambda: _status(campaign))
    return found


@routes.get("/stats", responses=responses(401, 403, 429))
def show_stats(caller: Viewer) -> Stats:
    """Numbers of all campaigns that the key may see."""
    found: Stats = kept(("stats", caller.campaign_ids), lambda: stats(caller.campaign_ids))
    return found


def stats(campaign_ids: tuple[int, ...] | None) -> Stats:
    """The numbers of these campaigns, None = all, counted now."""
    now = datetime.now(UTC)
    with database.transaction() as cursor:
        return Stats(as_of=now, **totals.of_all(cursor, campaign_ids, now))


def _dashboard(campaign: Campaign) -> Dashboard:
    last, _ = runs.listing(dagster.instance(), [campaign.key], limit=_LAST)
    counted: dict[str, Any] = operations.dashboard(campaign)
    return Dashboard(**counted, last_runs=[described(one) for one in last])


def _status(campaign: Campaign) -> Status:
    now = datetime.now(UTC)
    last, _ = runs.listing(dagster.instance(), [campaign.key], limit=2 * _LAST)
    at_work = [one for one in last if one.state in ("starting", "running", "canceling")]
    with database.transaction() as cursor:
        health = operations.condition(cursor, campaign, now)
        following = schedules.next_runs(cursor, campaign, now)
    return Status(
        campaign=campaign.key,
        state=campaign.state,
        as_of=now,
        health=Health(**health),
        running=in_detail(at_work[0]) if at_work else None,
        waiting=[described(one) for one in last if one.state in ("requested", "queued")],
        next_runs=[NextRun(at=at, job=job) for at, job in following],
        history=[described(one) for one in last if one.state in FINISHED][:_LAST],
    )
