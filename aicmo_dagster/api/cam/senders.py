"""The mailboxes of a campaign: how much they may send, what DNS says of their domains, what holds them."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from aicmo_dagster.api.cam.access import OperatedCampaign, ViewedCampaign
from aicmo_dagster.api.cam.problems import ProblemError, responses
from aicmo_dagster.api.cam.threads import Route
from aicmo_dagster.api.cam.words import LINE
from aicmo_dagster.flow import sending_domains
from aicmo_dagster.operations import health
from aicmo_dagster.operations import senders as operations
from aicmo_dagster.store import campaigns, database
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.sending_domains import Check, Outcome

routes = APIRouter(route_class=Route, tags=["senders"])


class Finding(BaseModel):
    """What DNS says."""

    outcome: Outcome
    says: str
    remedy: str


class Week(BaseModel):
    """Mails of the last seven days, and what came back, over all campaigns of the mailbox."""

    mails: int
    bounced: int
    complained: int


class Sender(BaseModel):
    """A mailbox."""

    address: str
    findings: dict[Check, Finding] = Field(description="Of its domain; empty where it was never checked.")
    checked_at: datetime | None
    refused: str | None = Field(description="Why it may not send; null where it may.")
    today: int = Field(description="Mails started today.")
    allowance: int = Field(description="Mails that it may start today.")
    left: int = Field(description="Of those, by its caps and the campaign's; 0 while it is held.")
    ramp_day: int | None = Field(description="0: it has sent nothing yet; null: its ramp is over.")
    next_at: datetime | None = Field(description="Until then it rests.")
    held_until: datetime | None
    held_reason: str | None
    week: Week


@routes.get("/campaigns/{id}/senders", responses=responses(401, 403, 404, 422, 429))
def list_senders(scope: ViewedCampaign) -> list[Sender]:
    """Every mailbox of the campaign as it is now; DNS is not asked."""
    return _states(scope.campaign)


@routes.post("/campaigns/{id}/senders/check", responses=responses(401, 403, 404, 422, 429))
def check_senders(scope: OperatedCampaign) -> list[Sender]:
    """Ask DNS now what receivers will find: MX, SPF, DKIM, DMARC, each with its remedy."""
    sending_domains.check(scope.campaign.config.sending.senders, datetime.now(UTC), again=True)
    return _states(scope.campaign)


@routes.post("/campaigns/{id}/senders/{address}/release", responses=responses(401, 403, 404, 422, 429))
def release_sender(
    scope: OperatedCampaign,
    address: Annotated[str, Path(max_length=320, pattern=LINE, examples=["growth@example.com"])],
) -> Sender:
    """Let a held mailbox send again; what comes back is counted anew from now."""
    mine = {one.address for one in scope.campaign.config.sending.senders}
    if address.lower() not in mine:
        raise ProblemError(
            404, "sender-not-found", "There is no such mailbox", "the campaign's senders list its mailboxes"
        )
    with database.transaction() as cursor:
        if any(
            address.lower() in {sender.address for sender in other.config.sending.senders}
            for other in campaigns.listing(cursor)
            if not scope.caller.sees(other.id)
        ):
            raise ProblemError(
                403,
                "campaigns-limited",
                "The key may not do this",
                "campaigns that this key does not see send from the mailbox, too; ask for a key that sees them",
            )
        health.release(cursor, scope.campaign, address, scope.caller.name)
    return next(one for one in _states(scope.campaign) if one.address == address.lower())


def _states(campaign: Campaign) -> list[Sender]:
    with database.transaction() as cursor:
        return [
            Sender.model_validate(asdict(one))
            for one in operations.states(cursor, campaign, datetime.now(UTC))
        ]
