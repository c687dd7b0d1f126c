"""A campaign at a glance: what each stage made of its leads, its mails and what came back, money, and what is next."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aicmo_dagster.operations import health, reviews, schedules, senders
from aicmo_dagster.operations.funnel import funnel
from aicmo_dagster.store import database, figures, ledger, outcomes, totals
from aicmo_dagster.store.campaigns import Campaign


def dashboard(campaign: Campaign) -> dict[str, Any]:
    """Everything that is counted of the campaign, as of `as_of`.

    `stages` (name, leads, notes), `tiers`, `scores` (20 equally wide intervals from 0 to 1), `verdicts`, `owners`,
    `mails` by state, `engagement` (kind -> events, leads, rate among the contacted), `replies` by category,
    `outcomes`, `values` of outcomes, `cost` per vendor and operation in credits, `review`, `health` and `next_runs`.
    """
    now = datetime.now(UTC)
    waiting = reviews.queue(campaign)
    with database.transaction() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        stages = funnel(cursor, campaign, now).stages
        contacted = next(stage.leads for stage in stages if stage.name == "contacted")
        scored = figures.scored(cursor, campaign.id)
        return {
            "campaign": campaign.key,
            "as_of": now,
            "stages": [asdict(stage) for stage in stages],
            "tiers": scored.tiers,
            "scores": scored.histogram,
            "verdicts": figures.verdicts(cursor, campaign.id),
            "owners": figures.owners(cursor, campaign.id),
            "mails": totals.mails(cursor, campaign.id, now),
            "engagement": {
                row["kind"]: {
                    "events": row["events"],
                    "leads": row["leads"],
                    "rate": row["leads"] / contacted if contacted else None,
                }
                for row in figures.engagement(cursor, campaign.id)
            },
            "replies": totals.replies(cursor, campaign.id),
            "outcomes": outcomes.counts(cursor, campaign.id),
            "values": outcomes.values(cursor, campaign.id),
            "review": asdict(waiting),
            "health": condition(cursor, campaign, now),
            "next_runs": [{"at": at, "job": job} for at, job in schedules.next_runs(cursor, campaign, now)],
            "cost": _cost(campaign),
        }


def condition(cursor: Any, campaign: Campaign, now: datetime) -> dict[str, Any]:
    """How the campaign is: `status` ok, warning or stopped, `reasons`, and its mails of the last seven days."""
    found = health.rates(cursor, campaign, now)
    reasons = []
    if campaign.state != "active":
        reasons.append(
            f"the campaign is {campaign.state}"
            + (f": {campaign.state_reason}" if campaign.state_reason else "")
        )
    if warning := health.warning(found, campaign.config.sending.holds):
        reasons.append(warning)
    for one in senders.states(cursor, campaign, now):
        if one.held_until is not None:
            reasons.append(
                f"{one.address} is held until {one.held_until:%Y-%m-%d %H:%M} UTC: {one.held_reason}"
            )
        elif one.refused:
            reasons.append(f"{one.address} may not send: {one.refused}")
    stopped = campaign.state == "paused" and campaign.state_reason is not None
    return {
        "status": "stopped" if stopped else "warning" if reasons and campaign.state == "active" else "ok",
        "reasons": reasons,
        "mails": found.campaign.mails,
        "bounce_rate": found.campaign.bounce_rate,
        "complaint_rate": found.campaign.complaint_rate,
    }


def _cost(campaign: Campaign) -> list[dict[str, Any]]:
    """What vendors charged, in their credits; in a transaction of its own, as it gives up what died."""
    with database.transaction() as cursor:
        return [
            {
                "vendor": row["vendor"],
                "operation": row["operation"],
                "requests": row["requests"],
                "credits": float(row["credits"]),
                "people": row["people"],
                "found": row["found"],
            }
            for row in ledger.spending(cursor, campaign.id)
        ]
