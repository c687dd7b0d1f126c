"""Mails that are due, handed to one worker at a time, and taken back from those that have died."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.store import caps, workers
from aicmo_dagster.store.caps import Limits
from aicmo_dagster.store.database import rows
from aicmo_dagster.store.sends import Claimed, Earlier

Cursor = psycopg.Cursor[TupleRow]
Opening = Callable[[str | None, str], datetime | None]
"""Country code and time zone of a lead -> when mails may leave again, None where they may now."""

_LEAD = (
    "email", "email_domain", "first_name", "last_name", "title", "company", "website", "industry", "employees",
    "company_size", "city", "state", "country", "extra",
)  # fmt: skip
"""What a mail can say of its lead."""

_DUE = f"""
SELECT s.id AS send_id, s.lead_id, s.sequence, s.sequence_version, s.step, s.variant, s.time_zone,
    l.country_code, coalesce(r.owner, '') AS owner, {", ".join(f"l.{name}" for name in _LEAD)},
    CASE WHEN s.step > 1 THEN (
        SELECT jsonb_agg(jsonb_build_array(p.step, p.variant, p.message_id, p.subject) ORDER BY p.step) FROM sends p
        WHERE p.lead_id = s.lead_id AND p.sequence = s.sequence AND p.sequence_version = s.sequence_version
            AND p.state = 'sent' AND p.message_id IS NOT NULL
    ) END AS earlier
FROM sends s JOIN leads l ON l.id = s.lead_id LEFT JOIN lead_routes r ON r.lead_id = s.lead_id
WHERE s.campaign_id = %(campaign)s AND s.sender = %(mailbox)s AND s.state IN ('planned', 'held')
    AND s.due_at <= %(now)s AND (s.next_try_at IS NULL OR s.next_try_at <= %(now)s)
    AND s.time_zone = ANY(%(zones)s)
    AND NOT EXISTS (SELECT FROM lead_waits w WHERE w.lead_id = s.lead_id AND w.until > %(now)s)
    AND NOT EXISTS (
        SELECT FROM sends o WHERE o.lead_id = s.lead_id AND (
            o.state IN ('claimed', 'sending') OR o.state IN ('planned', 'held') AND (o.step, o.id) < (s.step, s.id)
        )
    )
ORDER BY s.due_at, s.priority DESC, s.id LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED
"""


@dataclass(frozen=True)
class Claims:
    """What one worker asks for: mails of one mailbox of a campaign."""

    campaign_id: int
    worker: int
    mailbox: str
    limits: Limits
    lease: timedelta


def claim(
    cursor: Cursor,
    claims: Claims,
    *,
    zones: Sequence[str],
    opening: Opening,
    limit: int,
    day: tuple[datetime, datetime],
    now: datetime,
) -> list[Claimed]:
    """Up to `limit` mails that are due, for this worker alone: oldest first, then highest priority.

    Only leads in `zones` (IANA names) whose place has no holiday (`opening`); never a second mail of a lead while
    one is under way, nor a later step before an earlier one; and no more than the caps of `day` (its start and
    end) leave, which `store.starts` then keeps to the mail. What a holiday or its domain's cap keeps back is held,
    with the reason and the time of the next try. Empty when the campaign is not active.
    """
    today = day[0].date()
    limit = min(limit, caps.left(cursor, claims.limits, claims.mailbox, today, now))
    cursor.execute("SELECT 1 FROM campaigns WHERE id = %s AND state = 'active'", [claims.campaign_id])
    if limit <= 0 or cursor.fetchone() is None:
        return []
    taken: list[dict[str, Any]] = []
    while not taken:
        due = rows(
            cursor,
            _DUE,
            {
                "campaign": claims.campaign_id,
                "mailbox": claims.mailbox,
                "zones": list(zones),
                "now": now,
                "limit": limit,
            },
        )
        if not due:
            break
        taken, kept_back = _sorted_out(cursor, claims, due, opening, today, day[1])
        _hold(cursor, kept_back)
    cursor.execute(
        "UPDATE sends SET state = 'claimed', claimed_by = %s, lease_until = %s WHERE id = ANY(%s)",
        [claims.worker, now + claims.lease, [row["send_id"] for row in taken]],
    )
    return [_claimed(row) for row in taken]


def _sorted_out(
    cursor: Cursor,
    claims: Claims,
    due: Sequence[dict[str, Any]],
    opening: Opening,
    today: date,
    tomorrow: datetime,
) -> tuple[list[dict[str, Any]], list[tuple[int, datetime, str]]]:
    """The mails that may go, and those kept back: number, next try, reason."""
    limits = claims.limits
    domains = Counter(
        caps.of_domains(cursor, limits, claims.mailbox, [row["email_domain"] or "" for row in due], today)
    )
    taken, kept_back = [], []
    for row in due:
        domain = row["email_domain"] or ""
        opens = opening(row["country_code"], row["time_zone"])
        if opens is not None:
            kept_back.append((row["send_id"], opens, "it is a holiday there"))
        elif domains[domain] >= limits.per_domain:
            kept_back.append((row["send_id"], tomorrow, domain_cap(limits)))
        else:
            domains[domain] += 1
            taken.append(row)
    return taken, kept_back


def domain_cap(limits: Limits) -> str:
    """The reason of a mail for whose domain the mailbox has sent enough today."""
    return f"{limits.per_domain} mails a day to one domain"


def _hold(cursor: Cursor, kept_back: Sequence[tuple[int, datetime, str]]) -> None:
    if kept_back:
        numbers, tries, reasons = (list(part) for part in zip(*kept_back, strict=True))
        cursor.execute(
            "UPDATE sends s SET state = 'held', next_try_at = h.next_try_at, reason = h.reason "
            "FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS h (id, next_try_at, reason) "
            "WHERE s.id = h.id",
            [numbers, tries, reasons],
        )


def _claimed(row: Mapping[str, Any]) -> Claimed:
    return Claimed(
        id=row["send_id"],
        lead_id=row["lead_id"],
        sequence=row["sequence"],
        sequence_version=row["sequence_version"],
        step=row["step"],
        owner=row["owner"],
        lead={name: row[name] for name in _LEAD} | {"time_zone": row["time_zone"]},
        variant=row["variant"],
        earlier=tuple(Earlier(*one) for one in row["earlier"] or ()),
    )


def release(cursor: Cursor, worker: int, only: Sequence[int] | None = None) -> int:
    """Give claimed mails of this worker back, all or `only` these: the number of rows that are planned again."""
    cursor.execute(
        "UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL "
        "WHERE state = 'claimed' AND claimed_by = %(worker)s AND (%(only)s::bigint[] IS NULL OR id = ANY(%(only)s))",
        {"worker": worker, "only": None if only is None else list(only)},
    )
    return cursor.rowcount


def orphans(cursor: Cursor, campaign_id: int | None, now: datetime) -> tuple[int, int]:
    """Deal with what dead workers left behind in a campaign, or in all: (rows planned again, rows now uncertain).

    Call it in a session that holds no worker's lock. Mails that a living worker has had for longer than its lease
    are planned again, too, unless it has begun to send them.
    """
    here = "(%(campaign)s::bigint IS NULL OR campaign_id = %(campaign)s)"
    taken = f"{here} AND state IN ('claimed', 'sending')"
    cursor.execute(f"SELECT DISTINCT claimed_by FROM sends WHERE {taken}".encode(), {"campaign": campaign_id})
    found = [row[0] for row in cursor.fetchall()]
    dead = workers.dead(cursor, [worker for worker in found if worker is not None])
    parameters = {"campaign": campaign_id, "dead": dead, "now": now}
    gone = "(claimed_by IS NULL OR claimed_by = ANY(%(dead)s))"
    cursor.execute(
        "UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL "
        f"WHERE {here} AND state = 'claimed' AND ({gone} OR lease_until < %(now)s)".encode(),
        parameters,
    )
    released = cursor.rowcount
    cursor.execute(
        "UPDATE sends SET state = 'uncertain', "
        "reason = 'the program ended while the mail was on its way; it may have arrived' "
        f"WHERE {here} AND state = 'sending' AND {gone}".encode(),
        parameters,
    )
    return released, cursor.rowcount
