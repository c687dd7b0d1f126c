"""Why a lead is where it is: the whole chain from its source row to its mails, for command line, API and console.

Every decision is told as it was made: with the campaign's version, the facts and the models of its time, which are
kept with it; and it is made once more, to show that it comes out the same.
"""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.flow.run import utc_now
from aicmo_dagster.operations.explanation.known import History, Recomputed
from aicmo_dagster.operations.explanation.mails import Mails, explained_mails
from aicmo_dagster.operations.explanation.origin import Enrichment, Origin, enrichment, origin
from aicmo_dagster.operations.explanation.route import Route, explained_route
from aicmo_dagster.operations.explanation.score import Score, explained_score
from aicmo_dagster.operations.explanation.verdict import Verdict, explained_verdict
from aicmo_dagster.store import campaigns, explanations, leads

__all__ = [
    "Enrichment",
    "Explanation",
    "Mails",
    "Origin",
    "Recomputed",
    "Route",
    "Score",
    "Verdict",
    "explain",
]


@dataclass(frozen=True)
class Explanation:
    """The chain of a lead, in the order of its life; a part is None where the lead has not come so far."""

    campaign: str
    lead_id: int
    name: str
    status: str
    revision: int
    origin: Origin
    enrichment: Enrichment
    score: Score | None
    verdict: Verdict | None
    route: Route | None
    mails: Mails


def explain(
    cursor: Cursor[TupleRow], who: str, key: str | None = None, now: datetime | None = None
) -> Explanation:
    """The chain of the lead with that number or address, in the campaign `key` or the only one that has it.

    A lead that was merged is told of as the one that it was merged into. Raises LeadNotFoundError where there is
    none, or several campaigns have one; CampaignNotFoundError.
    """
    key = key or _home(cursor, who)
    campaign = campaigns.get(cursor, key)
    history = History(cursor, campaign, leads.show(cursor, leads.find(cursor, campaign.id, who)))
    lead = history.lead
    return Explanation(
        campaign=key,
        lead_id=lead["id"],
        name=lead["email"] or lead["identity"],
        status=lead["status"],
        revision=lead["revision"],
        origin=origin(history),
        enrichment=enrichment(history),
        score=explained_score(history),
        verdict=explained_verdict(history),
        route=explained_route(history),
        mails=explained_mails(history, now or utc_now()),
    )


def _home(cursor: Cursor[TupleRow], who: str) -> str:
    homes = explanations.homes(cursor, who)
    if not homes:
        raise LeadNotFoundError(
            f"no campaign has a lead '{who}'; search with: aicmo leads list CAMPAIGN --search TEXT"
        )
    if len(homes) > 1:
        raise LeadNotFoundError(
            f"'{who}' is a lead of {len(homes)} campaigns: {', '.join(homes)}; "
            f"say which with: --campaign {next(iter(homes))}"
        )
    return next(iter(homes))
