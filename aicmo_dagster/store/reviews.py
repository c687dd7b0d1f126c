"""What reviewers decided on leads: an append-only list, where the latest on the present facts counts.

A lead waits for a review while its verdict is `manual_review` and nobody has decided on its present facts. A
snooze is no decision: the lead is out of sight until then, or until its facts change, and then it waits again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import SIGNALS
from aicmo_dagster.store.database import rows

Decision = Literal["approve", "reject", "snooze"]
Order = Literal["oldest", "best"]

_LATEST = """
LEFT JOIN LATERAL (
    SELECT decision, reason, reviewer, created_at, until, lead_revision FROM reviews
    WHERE lead_id = l.id{which} ORDER BY id DESC LIMIT 1
) {name} ON {name}.lead_revision = l.revision
"""
_WAITING = f"""
FROM lead_verdicts v JOIN leads l ON l.id = v.lead_id LEFT JOIN lead_scores k ON k.lead_id = l.id
{_LATEST.format(which="", name="r")}
CROSS JOIN LATERAL (SELECT greatest(v.since, r.until) AS since) w
WHERE v.verdict = 'manual_review' AND l.campaign_id = %(campaign)s AND l.merged_into IS NULL
"""
_AWAKE = " AND (r.decision IS NULL OR r.decision = 'snooze' AND r.until <= %(now)s)"
_REASON = " AND (%(reason)s::text IS NULL OR v.reason = %(reason)s)"
_SORT = {"oldest": "w.since", "best": "-coalesce(k.score, -1)"}
_SORT_TYPES = {"oldest": "timestamptz", "best": "float8"}


@dataclass(frozen=True)
class Queue:
    """How many leads of a campaign wait, how many of them for too long, and how many are snoozed.

    `oldest` is since when the oldest waits; None where nobody does.
    """

    waiting: int
    overdue: int
    snoozed: int
    oldest: datetime | None


def queue(cursor: Cursor[TupleRow], campaign_id: int, now: datetime, overdue_before: datetime) -> Queue:
    """The queue at `now`; who waits since before `overdue_before` waits for too long."""
    (found,) = rows(
        cursor,
        f"""
        SELECT count(*) FILTER (WHERE awake) AS waiting,
            count(*) FILTER (WHERE awake AND since < %(before)s) AS overdue,
            count(*) FILTER (WHERE snoozed) AS snoozed,
            min(since) FILTER (WHERE awake) AS oldest
        FROM (
            SELECT w.since, true {_AWAKE} AS awake, r.decision = 'snooze' AND r.until > %(now)s AS snoozed {_WAITING}
        ) waiting
        """,
        {"campaign": campaign_id, "now": now, "before": overdue_before},
    )
    return Queue(**found)


def waiting(
    cursor: Cursor[TupleRow],
    campaign_id: int,
    now: datetime,
    *,
    reason: str | None = None,
    order: Order = "oldest",
    after: tuple[Any, int] | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Leads that wait, with the facts that the rules looked at; `since` is when they began to.

    Those with the verdict's `reason`, if one is given; the longest waiting first, or the best score first.
    `position` is (sort key, number): as `after`, it gives the leads behind that one.
    """
    # The next page begins where the last ended, whatever was decided in between.
    beyond = (
        ""
        if after is None
        else f" AND ({_SORT[order]}, l.id) > (%(key)s::{_SORT_TYPES[order]}, %(id)s::bigint)"
    )
    key, number = after or (None, None)
    found = rows(
        cursor,
        f"""
        SELECT l.id AS lead_id, l.identity, l.email, l.email_domain, l.first_name, l.last_name, l.title, l.company,
            l.country, l.country_code, l.city, l.verification, l.consent, l.linkedin_url, l.phone,
            {", ".join(f"l.{signal}" for signal in SIGNALS)},
            k.score, k.tier, k.icp_fit, v.reason, v.failed, v.intent, w.since, {_SORT[order]} AS sort_key
        {_WAITING}{_AWAKE}{_REASON}{beyond} ORDER BY {_SORT[order]}, l.id LIMIT %(limit)s
        """,
        {"campaign": campaign_id, "now": now, "reason": reason, "key": key, "id": number, "limit": limit},
    )
    for row in found:
        row["position"] = (row.pop("sort_key"), row["lead_id"])
    return found


def waiting_ids(
    cursor: Cursor[TupleRow], campaign_id: int, now: datetime, reason: str | None = None
) -> list[int]:
    """The numbers of all that wait, or of those with that reason."""
    found = rows(
        cursor,
        f"SELECT l.id {_WAITING}{_AWAKE}{_REASON} ORDER BY l.id",
        {"campaign": campaign_id, "now": now, "reason": reason},
    )
    return [row["id"] for row in found]


def current(cursor: Cursor[TupleRow], lead_ids: Sequence[int]) -> list[dict[str, Any]]:
    """Leads with their verdicts and the decisions that count now, by number. The caller holds the campaign's lock."""
    return rows(
        cursor,
        f"""
        SELECT l.id AS lead_id, coalesce(l.email, l.identity) AS name, l.revision, l.merged_into,
            v.verdict, v.reason, v.failed, r.decision, r.reviewer, r.created_at AS decided_at
        FROM leads l LEFT JOIN lead_verdicts v ON v.lead_id = l.id
        {_LATEST.format(which=" AND decision <> 'snooze'", name="r")}
        WHERE l.id = ANY(%(ids)s::bigint[]) ORDER BY l.id
        """,
        {"ids": list(lead_ids)},
    )


def append(
    cursor: Cursor[TupleRow],
    lead_ids: Sequence[int],
    decision: Decision,
    reason: str | None,
    reviewer: str,
    until: datetime | None = None,
) -> None:
    """Record a decision on the facts that each of the leads has now, in the audit log too."""
    cursor.execute(
        """
        WITH decided AS (
            INSERT INTO reviews (lead_id, lead_revision, decision, reason, reviewer, until)
            SELECT id, revision, %(decision)s, %(reason)s, %(reviewer)s, %(until)s FROM leads
            WHERE id = ANY(%(ids)s::bigint[]) ORDER BY id RETURNING lead_id
        )
        INSERT INTO audit_log (actor, action, subject, before, after)
        SELECT %(reviewer)s, 'review.' || %(decision)s, d.lead_id::text,
            CASE WHEN v.verdict IS NOT NULL
                THEN jsonb_build_object('verdict', v.verdict, 'reason', v.reason) END,
            jsonb_strip_nulls(jsonb_build_object('reason', %(reason)s::text, 'until', %(until)s::timestamptz))
        FROM decided d LEFT JOIN lead_verdicts v ON v.lead_id = d.lead_id ORDER BY d.lead_id
        """,
        {"ids": list(lead_ids), "decision": decision, "reason": reason, "reviewer": reviewer, "until": until},
    )


def edited(cursor: Cursor[TupleRow], lead_ids: Sequence[int], fields: Sequence[str], reviewer: str) -> None:
    """Record in the audit log who edited leads; the values are in `lead_changes`, which goes with the lead."""
    cursor.execute(
        """
        INSERT INTO audit_log (actor, action, subject, after)
        SELECT %(reviewer)s, 'review.edit', id::text, jsonb_build_object('fields', %(fields)s::text[])
        FROM unnest(%(ids)s::bigint[]) id
        """,
        {"ids": list(lead_ids), "fields": list(fields), "reviewer": reviewer},
    )


def verdicts(cursor: Cursor[TupleRow], lead_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Lead -> (verdict, reason)."""
    cursor.execute(
        "SELECT lead_id, verdict, reason FROM lead_verdicts WHERE lead_id = ANY(%s::bigint[])",
        [list(lead_ids)],
    )
    return {int(lead): (str(verdict), str(reason)) for lead, verdict, reason in cursor.fetchall()}
