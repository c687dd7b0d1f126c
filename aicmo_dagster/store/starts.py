"""The guard before the first byte of a mail, and the record of its end, for many mails in one transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.store import caps, claims, suppressions
from aicmo_dagster.store.caps import Full, Limits
from aicmo_dagster.store.sends import free_to_get_mail, skip_stopped

Cursor = psycopg.Cursor[TupleRow]
Ended = Literal["sent", "failed", "held", "uncertain"]

MOST_ATTEMPTS = 5
_FIRST_RETRY = timedelta(minutes=15)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Starting:
    """A claimed mail whose first byte wants to leave, before `closes_at`: then the lead's window is over."""

    send_id: int
    mailbox: str
    recipient: str
    domain: str
    message_id: str
    closes_at: datetime


@dataclass(frozen=True)
class Ending:
    """How a mail ended. Not `counted`: the trouble was not about this mail, so it is just tried again later."""

    send_id: int
    state: Ended
    reason: str | None = None
    reply: str | None = None
    counted: bool = True


Refusal = Full | Literal["window", "campaign", "skipped", "held", "again"]
"""Why a mail was not started: a cap, or its window is over, or the campaign is not active, or not live any more; or the
ledger says now why it is `skipped` or `held`; or it is planned `again`, because the database was away."""


def lock(cursor: Cursor) -> None:
    """What a transaction with starts takes first: shared with other starts, but not with what stops mails."""
    cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [suppressions.LOCK])


def start(
    cursor: Cursor,
    campaign_id: int,
    worker: int,
    starting: Sequence[Starting],
    *,
    limits: Limits,
    day: tuple[datetime, datetime],
    now: datetime,
) -> dict[int, Refusal]:
    """The guard, behind `lock`: make claimed mails `sending`; of those that must not leave, send -> why.

    Commit at once, and only then send the first byte of those that are not in the answer. Then, at the commit, the
    campaign was active (and live, for a live mail), no cap of `day` (its start and end) was overrun, the lead was
    still qualified, its address the one that the mail was written to, its window open, and nothing stood against a
    mail to it: no suppression, no event, no wait, no other mail to the person beyond the campaign's limit.
    Who is refused is given back to the plan, held or skipped, and says why.
    """
    if not starting:
        return {}
    refused: dict[int, Refusal] = {one.send_id: "window" for one in starting if now >= one.closes_at}
    asked = [one for one in starting if one.send_id not in refused]
    # A change of state or configuration waits for the commit, or is seen here.
    campaign = cursor.connection.execute(
        "SELECT state, mode FROM campaigns WHERE id = %s FOR KEY SHARE", [campaign_id]
    )
    # One transaction at a time counts the mails of a person.
    cursor.connection.execute(_LOCK_PEOPLE, [json.dumps([one.recipient for one in asked])])
    counts = caps.Day(cursor, limits, asked, day[0].date(), now)
    state, mode = campaign.fetchone() or ("archived", "simulation")
    wanted = "live" if limits.live else "simulation"
    stopped = state != "active" or (limits.live and mode != "live")
    for one in asked:
        full = "campaign" if stopped else counts.admit(one)
        if full is not None:
            refused[one.send_id] = full
    admitted = [one for one in asked if one.send_id not in refused]
    begun = _begin(cursor, worker, admitted, limits, wanted, now) if admitted else set()
    counts.take_back(one for one in asked if one.send_id not in begun)
    counts.rest(one for one in asked if one.send_id in begun)
    if len(begun) < len(admitted):
        not_free = [one.send_id for one in admitted if one.send_id not in begun]
        refused |= _stopped(cursor, campaign_id, worker, not_free, limits, now)
    _give_back(cursor, worker, refused, limits, day[1])
    return refused


_LOCK_PEOPLE = """
SELECT pg_advisory_xact_lock(k) FROM (
    SELECT DISTINCT hashtextextended(mailbox(r), 0) AS k FROM json_array_elements_text(%s) AS r ORDER BY 1
) people
"""

# By the primary key and nothing else, however small the partial indexes of rows under way look to the planner:
# an expression keeps it from them.
_BEGIN = f"""
WITH q AS MATERIALIZED (
    SELECT u.*, row_number() OVER (PARTITION BY mailbox(u.recipient) ORDER BY u.id) + (
        SELECT count(*) FROM sends p WHERE mailbox(p.recipient) = mailbox(u.recipient) AND p.recipient IS NOT NULL
            AND p.started_at > %(week_ago)s AND p.mode = %(mode)s
    ) AS mails
    FROM json_to_recordset(%(asked)s) AS u (id bigint, recipient text, message_id text)
)
UPDATE sends s
SET state = 'sending', started_at = %(now)s, mode = %(mode)s, recipient = q.recipient, message_id = q.message_id,
    reason = NULL, next_try_at = NULL
FROM q, leads l, lead_verdicts v
WHERE s.id = q.id AND s.state || '' = 'claimed' AND s.claimed_by + 0 = %(worker)s
    AND l.id = s.lead_id AND l.email = q.recipient AND v.lead_id = s.lead_id AND v.verdict = 'qualified'
    AND {free_to_get_mail("l", "%(colleagues)s")}
    AND NOT EXISTS (SELECT FROM lead_waits w WHERE w.lead_id = s.lead_id AND w.until > %(now)s)
    AND NOT EXISTS (SELECT FROM sends o WHERE o.lead_id = s.lead_id AND o.state || '' = 'sending')
    AND q.mails <= %(per_person)s
RETURNING s.id
"""


def _begin(
    cursor: Cursor, worker: int, asked: Sequence[Starting], limits: Limits, mode: str, now: datetime
) -> set[int]:
    cursor.execute(
        _BEGIN.encode(),
        {
            "asked": json.dumps(
                [
                    {"id": one.send_id, "recipient": one.recipient, "message_id": one.message_id}
                    for one in asked
                ]
            ),
            "worker": worker,
            "now": now,
            "mode": mode,
            "week_ago": now - _WEEK,
            "per_person": limits.per_person,
            "colleagues": limits.reply_stops_colleagues,
        },
    )
    return {int(number) for (number,) in cursor.fetchall()}


def _stopped(
    cursor: Cursor, campaign_id: int, worker: int, stopped: Sequence[int], limits: Limits, now: datetime
) -> dict[int, Refusal]:
    """Have the ledger say why the guard said no."""
    claims.release(cursor, worker, stopped)
    skip_stopped(cursor, campaign_id, stopped)
    cursor.execute(
        """
        UPDATE sends s SET state = 'held', next_try_at = h.next_try_at, reason = h.reason
        FROM (
            SELECT o.id, coalesce(w.until, p.full_until, %(soon)s) AS next_try_at,
                CASE WHEN w.until IS NOT NULL THEN w.reason
                    WHEN p.full_until IS NOT NULL THEN %(person)s
                    ELSE 'the lead was changed while its mail was written' END AS reason
            FROM sends o JOIN leads l ON l.id = o.lead_id
            LEFT JOIN lead_waits w ON w.lead_id = o.lead_id AND w.until > %(now)s
            LEFT JOIN LATERAL (
                SELECT (array_agg(p.started_at ORDER BY p.started_at DESC))[%(per_person)s] + interval '7 days'
                    AS full_until
                FROM sends p WHERE mailbox(p.recipient) = mailbox(l.email) AND p.recipient IS NOT NULL
                    AND p.started_at > %(week_ago)s AND p.mode = %(mode)s
            ) p ON true
            WHERE o.id = ANY(%(ids)s) AND o.state = 'planned'
        ) h
        WHERE s.id = h.id
        """,
        {
            "ids": list(stopped),
            "now": now,
            "soon": now + _FIRST_RETRY,
            "week_ago": now - _WEEK,
            "per_person": limits.per_person,
            "person": f"{limits.per_person} mails a week to one person",
            "mode": "live" if limits.live else "simulation",
        },
    )
    cursor.execute("SELECT id, state FROM sends WHERE id = ANY(%s)", [list(stopped)])
    ended: dict[int, Refusal] = {
        number: "held" if state == "held" else "skipped" for number, state in cursor.fetchall()
    }
    return ended


def _give_back(
    cursor: Cursor, worker: int, refused: Mapping[int, Refusal], limits: Limits, tomorrow: datetime
) -> None:
    full = [number for number, why in refused.items() if why == "domain_cap"]
    if full:
        cursor.execute(
            "UPDATE sends SET state = 'held', next_try_at = %s, reason = %s, claimed_by = NULL, lease_until = NULL "
            "WHERE id = ANY(%s) AND state = 'claimed' AND claimed_by = %s",
            [tomorrow, claims.domain_cap(limits), full, worker],
        )
    rest = [number for number, why in refused.items() if why not in ("domain_cap", "held", "skipped")]
    if rest:
        claims.release(cursor, worker, rest)


def take_back(cursor: Cursor, worker: int, never_begun: Sequence[int]) -> None:
    """Plan mails again whose start may have been committed, but of which this worker has sent no byte."""
    cursor.execute(
        "UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL, started_at = NULL, reason = NULL "
        "WHERE id = ANY(%s) AND claimed_by = %s AND state IN ('claimed', 'sending', 'uncertain')",
        [list(never_begun), worker],
    )


def finish(cursor: Cursor, worker: int, endings: Sequence[Ending], now: datetime) -> dict[int, str]:
    """Record how mails ended: send -> the state it has now; absent where it is not this worker's.

    `held` is tried again after 15 minutes, then 1, 4 and 16 hours; the fifth attempt that fails is `failed`.
    """
    if not endings:
        return {}
    cursor.execute(
        """
        UPDATE sends s
        SET state = CASE WHEN q.state = 'held' AND attempts + q.counted >= %(most)s THEN 'failed' ELSE q.state END,
            attempts = attempts + CASE WHEN q.state = 'held' THEN q.counted ELSE 0 END,
            next_try_at = CASE WHEN q.state = 'held' AND attempts + q.counted < %(most)s
                THEN %(now)s + %(retry)s * power(4, greatest(attempts + q.counted - 1, 0)) END,
            sent_at = CASE WHEN q.state = 'sent' THEN %(now)s END,
            reason = q.reason, reply = coalesce(q.reply, s.reply), lease_until = NULL
        FROM json_to_recordset(%(endings)s) AS q (send_id bigint, state text, reason text, reply text, counted int)
        WHERE s.id = q.send_id AND s.claimed_by + 0 = %(worker)s
            AND s.state || '' IN ('claimed', 'sending', 'uncertain')
        RETURNING s.id, s.state
        """,
        {
            "endings": json.dumps([vars(one) | {"counted": int(one.counted)} for one in endings]),
            "worker": worker,
            "now": now,
            "most": MOST_ATTEMPTS,
            "retry": _FIRST_RETRY,
        },
    )
    return {int(number): str(state) for number, state in cursor.fetchall()}


def doubt(cursor: Cursor, worker: int) -> int:
    """Call uncertain what this worker began and, interrupted, could not record; returns how many."""
    cursor.execute(
        "UPDATE sends SET state = 'uncertain', "
        "reason = 'the program was stopped while the mail was on its way; it may have arrived' "
        "WHERE state = 'sending' AND claimed_by = %s",
        [worker],
    )
    return cursor.rowcount
