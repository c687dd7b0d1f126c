"""The review queue: who waits for a person and why, and what a person decides. For command line, API and console.

Deciding on many leads is a handful of statements. It happens under the campaign's lock, so of two reviewers the
second decides on what the first left, and is told so. What was decided is committed first, then the leads are
scored and judged anew at once; should that fail, the next run does it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aicmo_dagster.errors import AicmoError, ConfigurationError
from aicmo_dagster.flow.candidates import loaded_by
from aicmo_dagster.flow.qualify import qualify
from aicmo_dagster.flow.run import Run, utc_now
from aicmo_dagster.flow.score import score
from aicmo_dagster.stages.edits import edited
from aicmo_dagster.stages.evidence import evidence
from aicmo_dagster.stages.qualification import NOT_APPROVABLE, describe
from aicmo_dagster.store import campaigns, database, leads, reviews, search_table
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.reviews import Decision, Order, Queue

_DONE = {"approve": "approved", "reject": "rejected"}


@dataclass(frozen=True)
class Why:
    """A rule that a lead failed: its code, what it means, and the facts that the rule looked at."""

    code: str
    sentence: str
    evidence: str


@dataclass(frozen=True)
class Waiting:
    """A lead that waits for a person: who it is, why (the first is the verdict's reason), and since when.

    `age_hours` is how long; `overdue` that it is longer than the campaign's limit.
    """

    lead_id: int
    email: str | None
    first_name: str | None
    last_name: str | None
    title: str | None
    company: str | None
    score: float | None
    tier: str | None
    why: tuple[Why, ...]
    since: datetime
    age_hours: float
    overdue: bool


@dataclass(frozen=True)
class Page:
    """A page of the queue, the queue as a whole, and `after` of the next page (None on the last)."""

    leads: tuple[Waiting, ...]
    queue: Queue
    next: str | None


@dataclass(frozen=True)
class Judged:
    """A lead that was decided on or edited, with its verdict before and now."""

    lead_id: int
    name: str
    before: str | None
    verdict: str | None
    reason: str | None


@dataclass(frozen=True)
class Skipped:
    """A lead that could not be decided on, and why."""

    lead_id: int
    name: str
    why: str


@dataclass(frozen=True)
class Decided:
    """What became of a decision."""

    leads: tuple[Judged, ...]
    skipped: tuple[Skipped, ...] = ()


def queue(campaign: Campaign) -> Queue:
    """How many leads of the campaign wait, for how long, and how many longer than its limit."""
    now = utc_now()
    with database.transaction() as cursor:
        return reviews.queue(cursor, campaign.id, now, now - _limit(campaign))


def page(
    campaign: Campaign,
    *,
    reason: str | None = None,
    order: Order = "oldest",
    after: str | None = None,
    limit: int = 50,
) -> Page:
    """Who waits, a page at a time: the longest waiting first, or the best score first.

    `reason` leaves only those whose verdict has that reason. `after` is `Page.next` of the page before; decisions made
    in between move nobody to another page. Raises AicmoError where it is not.
    """
    now = utc_now()
    with database.transaction() as cursor:
        found = reviews.waiting(
            cursor,
            campaign.id,
            now,
            reason=reason,
            order=order,
            after=None if after is None else _position(after, order),
            limit=limit + 1,
        )
        whole = reviews.queue(cursor, campaign.id, now, now - _limit(campaign))
    shown = found[:limit]
    behind = _token(order, shown[-1]["position"]) if len(found) > limit else None
    return Page(tuple(_waiting(row, campaign, now) for row in shown), whole, behind)


def waiting(campaign: Campaign, reason: str | None = None) -> list[int]:
    """The numbers of all leads that wait, or of those with that reason: to be decided on together."""
    with database.transaction() as cursor:
        return reviews.waiting_ids(cursor, campaign.id, utc_now(), reason)


def named(campaign: Campaign, who: Sequence[str]) -> list[int]:
    """The numbers of leads by number or address. Raises LeadNotFoundError for one that is not there."""
    with database.transaction() as cursor:
        return leads.find_all(cursor, campaign.id, who)


def decide(
    campaign: Campaign,
    lead_ids: Sequence[int],
    decision: Decision,
    reviewer: str,
    *,
    reason: str | None = None,
    until: datetime | None = None,
    skip: bool = False,
    overrule: bool = False,
) -> Decided:
    """Approve, reject or snooze leads; at once, and for as long as their facts stay the same.

    `until` is when snoozed leads wait again: aware, in the future. All or none: raises AicmoError where the decision
    cannot take effect, changes nothing, or would turn round what another reviewer decided, unless `overrule`. With
    `skip` such leads are left out and told.
    """
    now = utc_now()
    if (decision == "snooze") != (until is not None):
        raise AicmoError("a snooze, and nothing else, needs a time until when")
    if until is not None and until <= now:
        raise AicmoError(f"{until:%Y-%m-%d %H:%M %Z} is over; snooze until a time to come")
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        found = reviews.current(cursor, lead_ids)
        obstacles = {row["lead_id"]: _obstacle(row, decision, campaign, reviewer, overrule) for row in found}
        skipped = [
            Skipped(row["lead_id"], row["name"], why) for row in found if (why := obstacles[row["lead_id"]])
        ]
        if skipped and not skip:
            others = f" ({len(skipped) - 1:,} more could not be either)" if len(skipped) > 1 else ""
            raise AicmoError(f"{skipped[0].name} {skipped[0].why}; nothing was recorded{others}")
        decided = [row for row in found if obstacles[row["lead_id"]] is None]
        ids = [row["lead_id"] for row in decided]
        reviews.append(cursor, ids, decision, reason, reviewer, until)
    if decision != "snooze":
        rejudge(campaign, ids)
    return Decided(_judged(decided), tuple(skipped))


def edit(campaign: Campaign, lead_ids: Sequence[int], said: Mapping[str, str], reviewer: str) -> Decided:
    """Correct facts of leads, given as `lead.SOURCE_FIELDS` in text, and judge them anew.

    The person's word counts more than every source's; an empty text takes a fact away. What had been decided on the
    old facts is void. Raises ConfigurationError where the text cannot be read or the lead would be another one,
    AicmoError where nothing would change.
    """
    if len(lead_ids) > 1 and (own := {"email", "linkedin_url"} & said.keys()):
        raise ConfigurationError(f"{' and '.join(sorted(own))} can be said of one lead only")
    run = Run(campaign, uuid4(), utc_now())
    with database.transaction() as cursor:
        campaigns.lock(cursor, campaign.id)
        found = reviews.current(cursor, lead_ids)
        if gone := [row for row in found if row["merged_into"]]:
            raise AicmoError(
                f"{gone[0]['name']} was merged into lead {gone[0]['merged_into']}; edit that one"
            )
        facts = loaded_by(cursor.connection, [row["lead_id"] for row in found])
        origin = leads.Origin(
            campaign.id,
            "manual",
            reviewer,
            run.run_id,
            run.now,
            "legitimate_interests",
            campaign.config.matching,
        )
        if not leads.edit(cursor, edited(facts, said), origin):
            raise AicmoError("the edit changes nothing: the facts are so already")
        reviews.edited(cursor, [row["lead_id"] for row in found], list(said), reviewer)
    rejudge(campaign, [row["lead_id"] for row in found])
    return Decided(_judged(found))


def rejudge(campaign: Campaign, lead_ids: Sequence[int]) -> None:
    """Score and judge these leads by the campaign as it is now."""
    if lead_ids:
        run = Run(campaign, uuid4(), utc_now())
        score(run, only=lead_ids)
        qualify(run, only=lead_ids)


def _obstacle(
    lead: Mapping[str, Any], decision: Decision, campaign: Campaign, reviewer: str, overrule: bool
) -> str | None:
    """Why the decision would be void, or None."""
    if lead["merged_into"] is not None:
        return f"was merged into lead {lead['merged_into']}; decide on that one"
    if lead["verdict"] is None:
        return f"has no verdict yet; run the campaign first: aicmo run {campaign.key}"
    decided = lead["decision"]
    if decided is not None:
        by = f"was {_DONE[decided]} already, by {lead['reviewer']} on {lead['decided_at']:%Y-%m-%d %H:%M} UTC"
        if decision in (decided, "snooze"):
            return by
        if lead["reviewer"] != reviewer and not overrule:
            return f"{by}; to decide otherwise, overrule it"
    if decision == "snooze":
        if lead["verdict"] == "manual_review":
            return None
        return f"does not wait for a review: it {describe(lead['reason'], campaign.config)}"
    if decision == "reject":
        if lead["verdict"] == "rejected" and decided is None:
            return f"is rejected already: it {describe(lead['reason'], campaign.config)}"
        return None
    if lead["verdict"] == "qualified" and decided is None:
        return "is qualified already; there is nothing to approve"
    forbidding = [code for code in lead["failed"] if code in NOT_APPROVABLE]
    if forbidding:
        return f"cannot be approved, because it {describe(forbidding[0], campaign.config)}"
    return None


def _judged(rows: Sequence[Mapping[str, Any]]) -> tuple[Judged, ...]:
    with database.transaction() as cursor:
        ids = [row["lead_id"] for row in rows]
        search_table.refresh(cursor, ids)
        now = reviews.verdicts(cursor, ids)
    return tuple(
        Judged(row["lead_id"], row["name"], row["verdict"], *now.get(row["lead_id"], (None, None)))
        for row in rows
    )


def _limit(campaign: Campaign) -> timedelta:
    return timedelta(hours=campaign.config.qualification.review_limit_hours)


def _waiting(row: Mapping[str, Any], campaign: Campaign, now: datetime) -> Waiting:
    age = now - row["since"]
    # The verdict's reason first: it is the first that failed.
    why = (
        Why(code, describe(code, campaign.config), evidence(code, row, campaign.config))
        for code in row["failed"]
    )
    own = ("lead_id", "email", "first_name", "last_name", "title", "company", "score", "tier", "since")
    return Waiting(
        **{name: row[name] for name in own},
        why=tuple(why),
        age_hours=round(age / timedelta(hours=1), 2),
        overdue=age > _limit(campaign),
    )


def _token(order: Order, position: tuple[Any, int]) -> str:
    key, number = position
    return f"{order}/{key.isoformat() if isinstance(key, datetime) else repr(key)}/{number}"


def _position(token: str, order: Order) -> tuple[Any, int]:
    made_for, _, rest = token.partition("/")
    key, _, number = rest.partition("/")
    try:
        if made_for != order:
            raise ValueError(made_for)
        return (datetime.fromisoformat(key) if order == "oldest" else float(key)), int(number)
    except ValueError:
        raise AicmoError(
            f"{token!r} is no place in the queue, {order} first; take it from the page before"
        ) from None
