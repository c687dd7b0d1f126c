"""The ledger of mails: every mail is one row, and its state says how far it came.

    planned -> claimed -> sending -> sent | failed | held | uncertain        held -> claimed ...
    planned | held -> skipped                                                uncertain -> sent | failed

A mail leaves at most once, because `sending` is committed before its first byte and no row that was ever
`sending` goes back to `planned`: only an answer of the server, or a person, gets it out of there.
`claim` keeps the daily cap, `start` the rest; both hold against workers and changes beside them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.errors import LeadNotFoundError
from aicmo_dagster.store import suppressions
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

MOST_ATTEMPTS = 5
_FIRST_RETRY = timedelta(minutes=15)

Cursor = psycopg.Cursor[TupleRow]
Ended = Literal["sent", "failed", "held", "uncertain"]

_STOPPING = (
    "('replied', 'interested', 'meeting', 'bounced', 'unsubscribed', 'complained', 'converted', 'lost')"
)

_SUFFIXES = (
    "ARRAY(SELECT array_to_string((string_to_array({0}, '.'))[i:], '.') "
    "FROM generate_series(1, cardinality(string_to_array({0}, '.'))) AS i)"
)
"""A domain and its parents: mail.example.com, example.com, com."""

# A merged lead is the same person: what it asked for counts for the survivor. That an address of it bounced
# does not (see `store.suppressions`).
_ANY_MERGED = "(SELECT EXISTS (SELECT FROM leads WHERE merged_into IS NOT NULL))"
_MERGED_EVENTS = (
    "FROM leads m JOIN engagement_events e ON e.lead_id = m.id "
    f"WHERE m.merged_into = {{0}} AND e.kind IN {_STOPPING} AND e.kind <> 'bounced'"
)
_MERGED_SUPPRESSED = (
    "FROM leads m JOIN suppressions x ON x.kind = 'address' AND x.value = mailbox(m.email) "
    "WHERE m.merged_into = {0} AND x.reason <> 'bounced'"
)


@dataclass(frozen=True)
class Claimed:
    """A mail that this worker may try to send: the row, and the lead it is for (columns of `leads`)."""

    id: int
    lead_id: int
    sequence: str
    sequence_version: int
    step: int
    owner: str
    lead: dict[str, Any]


def new_worker(cursor: Cursor) -> int:
    """A number for a process or thread that sends, never used before."""
    cursor.execute("SELECT nextval('send_workers')")
    (number,) = cursor.fetchone() or (0,)
    return int(number)


def orphans(cursor: Cursor, campaign_id: int) -> tuple[int, int]:
    """Deal with what a crash left behind: (rows that are planned again, rows that are now uncertain).

    Only for the holder of the campaign's lock, so that nobody can still be working on them.
    """
    cursor.execute(
        "UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL "
        "WHERE campaign_id = %s AND state = 'claimed'",
        [campaign_id],
    )
    released = cursor.rowcount
    cursor.execute(
        "UPDATE sends SET state = 'uncertain', "
        "reason = 'the program ended while the mail was on its way; it may have arrived' "
        "WHERE campaign_id = %s AND state = 'sending'",
        [campaign_id],
    )
    return released, cursor.rowcount


def skip_stopped(cursor: Cursor, campaign_id: int, send_id: int | None = None) -> dict[str, int]:
    """Take out what must not be mailed any more: reason -> rows that are `skipped` for it.

    Reasons: what the lead did (`replied`, `bounced`, `unsubscribed`, `complained`, `converted`, `lost`), else
    `suppressed`, `not_qualified`, `no_email`. With `send_id`, only that row.
    """
    cursor.execute(
        f"""
        -- Every join probes an index: after a large plan the statistics know nothing of it yet, and a plan
        -- with a materialised part would go through it once per row.
        WITH skipped AS (
            UPDATE sends s SET state = 'skipped', reason = stopped.reason, next_try_at = NULL
            FROM (
                SELECT o.id, coalesce(
                    (SELECT e.kind FROM engagement_events e WHERE e.lead_id = o.lead_id AND e.kind IN {_STOPPING}
                        ORDER BY e.happened_at DESC LIMIT 1),
                    CASE WHEN {_ANY_MERGED} THEN (
                        SELECT e.kind {_MERGED_EVENTS.format("o.lead_id")} ORDER BY e.happened_at DESC LIMIT 1
                    ) END,
                    CASE
                        WHEN EXISTS (
                            SELECT FROM suppressions x WHERE x.kind = 'address' AND x.value = mailbox(l.email)
                        )
                        OR {_ANY_MERGED} AND EXISTS (SELECT {_MERGED_SUPPRESSED.format("o.lead_id")})
                        OR (SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'domain')) AND EXISTS (
                            SELECT FROM suppressions x
                            WHERE x.kind = 'domain' AND x.value = ANY({_SUFFIXES.format("l.email_domain")})
                        ) THEN 'suppressed'
                        WHEN v.verdict IS DISTINCT FROM 'qualified' THEN 'not_qualified'
                        WHEN l.email IS NULL THEN 'no_email'
                    END
                ) AS reason
                FROM sends o JOIN leads l ON l.id = o.lead_id LEFT JOIN lead_verdicts v ON v.lead_id = o.lead_id
                WHERE o.campaign_id = %(campaign)s AND o.state IN ('planned', 'held')
                    AND (%(send)s::bigint IS NULL OR o.id = %(send)s)
            ) stopped
            WHERE s.id = stopped.id AND stopped.reason IS NOT NULL AND s.state IN ('planned', 'held')
            RETURNING stopped.reason
        )
        SELECT reason, count(*) FROM skipped GROUP BY reason
        """.encode(),
        {"campaign": campaign_id, "send": send_id},
    )
    return {str(reason): int(count) for reason, count in cursor.fetchall()}


def claim(
    cursor: Cursor,
    campaign_id: int,
    worker: int,
    zones_open: list[str],
    *,
    limit: int,
    cap_per_day: int,
    day: tuple[datetime, datetime],
    now: datetime,
    lease_s: float,
) -> list[Claimed]:
    """Up to `limit` mails that are due, for this worker alone: oldest first, then highest score.

    Keeps the cap: what was started within `day` (its start and end) and what anybody has claimed together
    never exceed `cap_per_day`. It is kept here and not in `start`, because counting once per mail would make
    a day's work quadratic in the cap. Only leads in `zones_open` (IANA names); never a second mail of a lead
    while one is under way, nor a later step before an earlier one. Empty when the campaign is not active.
    """
    # The lock on the campaign's row makes claims of one campaign take turns, or the cap could be overrun.
    cursor.execute(
        "SELECT 1 FROM campaigns WHERE id = %s AND state = 'active' FOR NO KEY UPDATE", [campaign_id]
    )
    if cursor.fetchone() is None:
        return []
    cursor.execute(
        "SELECT (SELECT count(*) FROM sends WHERE campaign_id = %(campaign)s AND state <> 'claimed' "
        "AND started_at >= %(start)s AND started_at < %(end)s) + "
        "(SELECT count(*) FROM sends WHERE campaign_id = %(campaign)s AND state = 'claimed')",
        {"campaign": campaign_id, "start": day[0], "end": day[1]},
    )
    (used,) = cursor.fetchone() or (cap_per_day,)
    if used >= cap_per_day:
        return []
    found = rows(
        cursor,
        """
        WITH due AS (
            SELECT s.id
            FROM sends s LEFT JOIN lead_scores k ON k.lead_id = s.lead_id
            WHERE s.campaign_id = %(campaign)s AND s.due_at <= %(now)s AND s.time_zone = ANY(%(zones)s)
                AND (s.state = 'planned' OR s.state = 'held' AND s.next_try_at <= %(now)s)
                AND NOT EXISTS (
                    SELECT FROM sends o WHERE o.lead_id = s.lead_id AND (
                        o.state IN ('claimed', 'sending')
                        OR o.state IN ('planned', 'held') AND (o.step, o.id) < (s.step, s.id)
                    )
                )
            ORDER BY s.due_at, k.score DESC NULLS LAST, s.id
            LIMIT %(limit)s FOR UPDATE OF s SKIP LOCKED
        )
        UPDATE sends s
        SET state = 'claimed', claimed_by = %(worker)s, lease_until = %(lease)s
        FROM due JOIN sends d ON d.id = due.id JOIN leads l ON l.id = d.lead_id
            LEFT JOIN lead_routes r ON r.lead_id = d.lead_id LEFT JOIN lead_scores k ON k.lead_id = d.lead_id
        WHERE s.id = due.id
        RETURNING s.id AS send_id, s.sequence, s.sequence_version, s.step, s.due_at,
            coalesce(r.owner, '') AS owner, coalesce(k.score, 0) AS score, l.*
        """,
        {
            "campaign": campaign_id,
            "worker": worker,
            "zones": zones_open,
            "limit": min(limit, cap_per_day - used),
            "now": now,
            "lease": now + timedelta(seconds=lease_s),
        },
    )
    found.sort(key=lambda row: (row["due_at"], -row["score"], row["send_id"]))
    return [
        Claimed(
            id=row.pop("send_id"),
            lead_id=row["id"],
            sequence=row.pop("sequence"),
            sequence_version=row.pop("sequence_version"),
            step=row.pop("step"),
            owner=row.pop("owner"),
            lead=row,
        )
        for row in found
    ]


def start(
    cursor: Cursor,
    send_id: int,
    worker: int,
    *,
    mode: str,
    sender: str,
    recipient: str,
    message_id: str,
    now: datetime,
) -> bool:
    """The guard: make a claimed mail `sending`, or return False because it must not leave.

    Commit at once on True, and only then send the first byte. True means that at the commit the campaign was
    active (and live, for a live mail), the lead still qualified, its address the one the mail was written to,
    and neither suppressed nor stopped by anything the lead did, or a lead that was merged into it.
    """
    cursor.execute(
        # Shared with other starts, but not with `suppressions.add` and changes of the campaign: whichever
        # comes first is committed when the other looks.
        "SELECT pg_advisory_xact_lock_shared(%s) FROM campaigns c JOIN sends s ON s.campaign_id = c.id "
        "WHERE s.id = %s AND c.state = 'active' AND (c.mode = 'live' OR %s = 'simulation') "
        "FOR KEY SHARE OF c",
        [suppressions.LOCK, send_id, mode],
    )
    if cursor.fetchone() is None:
        return False
    cursor.execute(
        f"""
        UPDATE sends s
        SET state = 'sending', started_at = %(now)s, mode = %(mode)s, sender = %(sender)s,
            recipient = %(recipient)s, message_id = %(message_id)s, reason = NULL, next_try_at = NULL
        FROM leads l JOIN lead_verdicts v ON v.lead_id = l.id
        WHERE s.id = %(id)s AND s.state = 'claimed' AND s.claimed_by = %(worker)s
            AND l.id = s.lead_id AND l.email = %(recipient)s AND v.verdict = 'qualified'
            AND NOT EXISTS (
                SELECT FROM suppressions x WHERE x.kind = 'address' AND x.value = mailbox(l.email)
            )
            AND NOT EXISTS (
                SELECT FROM suppressions x
                WHERE x.kind = 'domain' AND x.value = ANY({_SUFFIXES.format("l.email_domain")})
            )
            AND NOT EXISTS (
                SELECT FROM engagement_events e WHERE e.lead_id = l.id AND e.kind IN {_STOPPING}
            )
            AND NOT EXISTS (SELECT {_MERGED_SUPPRESSED.format("l.id")})
            AND NOT EXISTS (SELECT {_MERGED_EVENTS.format("l.id")})
        """.encode(),
        {
            "id": send_id,
            "worker": worker,
            "now": now,
            "mode": mode,
            "sender": sender,
            "recipient": recipient,
            "message_id": message_id,
        },
    )
    return cursor.rowcount == 1


def finish(
    cursor: Cursor,
    send_id: int,
    worker: int,
    state: Ended,
    *,
    now: datetime,
    reason: str | None = None,
    reply: str | None = None,
    counted: bool = True,
) -> str | None:
    """Record how a mail ended; the state it has now, None when it is not this worker's.

    `held` is tried again after 15 minutes, then 1, 4 and 16 hours; the fifth attempt that fails is `failed`.
    Not `counted`: the trouble was not about this mail, so it is just tried again later.
    """
    cursor.execute(
        """
        UPDATE sends
        SET state = CASE WHEN %(state)s = 'held' AND attempts + %(counted)s >= %(most)s THEN 'failed'
                ELSE %(state)s END,
            attempts = attempts + CASE WHEN %(state)s = 'held' THEN %(counted)s ELSE 0 END,
            next_try_at = CASE WHEN %(state)s = 'held' AND attempts + %(counted)s < %(most)s
                THEN %(now)s + %(retry)s * power(4, greatest(attempts + %(counted)s - 1, 0)) END,
            sent_at = CASE WHEN %(state)s = 'sent' THEN %(now)s END,
            reason = %(reason)s, reply = coalesce(%(reply)s, reply), lease_until = NULL
        WHERE id = %(id)s AND claimed_by = %(worker)s AND state IN ('claimed', 'sending', 'uncertain')
        RETURNING state
        """,
        {
            "id": send_id,
            "worker": worker,
            "state": state,
            "now": now,
            "reason": reason,
            "reply": reply,
            "counted": int(counted),
            "most": MOST_ATTEMPTS,
            "retry": _FIRST_RETRY,
        },
    )
    row = cursor.fetchone()
    return None if row is None else str(row[0])


def release(cursor: Cursor, worker: int, send_id: int | None = None) -> int:
    """Give claimed mails of this worker back, or one of them: the number of rows that are planned again."""
    cursor.execute(
        "UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL "
        "WHERE state = 'claimed' AND claimed_by = %(worker)s AND (%(id)s::bigint IS NULL OR id = %(id)s)",
        {"worker": worker, "id": send_id},
    )
    return cursor.rowcount


def doubt(cursor: Cursor, worker: int) -> int:
    """Call uncertain what this worker began and, interrupted, could not record; returns how many."""
    cursor.execute(
        "UPDATE sends SET state = 'uncertain', "
        "reason = 'the program was stopped while the mail was on its way; it may have arrived' "
        "WHERE state = 'sending' AND claimed_by = %s",
        [worker],
    )
    return cursor.rowcount


def resolve(cursor: Cursor, send_id: int, as_state: Literal["sent", "failed"], by: str) -> None:
    """Record what a person found out about an uncertain mail; raises LeadNotFoundError if it is not one."""
    cursor.execute(
        "UPDATE sends SET state = %(state)s, sent_at = CASE WHEN %(state)s = 'sent' THEN started_at END, "
        "reason = %(reason)s WHERE id = %(id)s AND state = 'uncertain'",
        {"state": as_state, "id": send_id, "reason": f"resolved by {by}"},
    )
    if cursor.rowcount == 0:
        raise LeadNotFoundError(
            f"there is no uncertain send {send_id}; see: aicmo sends list --state uncertain"
        )
    record(cursor, by, "send.resolve", str(send_id), {"state": "uncertain"}, {"state": as_state})


def listing(
    cursor: Cursor, campaign_id: int | None = None, state: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The newest sends, with their campaign's key and their lead's address."""
    return rows(
        cursor,
        "SELECT s.id, c.key AS campaign, s.lead_id, coalesce(s.recipient, l.email) AS email, s.sequence, "
        "s.step, s.state, s.reason, s.due_at, s.next_try_at, s.started_at, s.sent_at, s.attempts, "
        "s.message_id, s.reply FROM sends s JOIN campaigns c ON c.id = s.campaign_id "
        "JOIN leads l ON l.id = s.lead_id "
        "WHERE (%(campaign)s::bigint IS NULL OR s.campaign_id = %(campaign)s) "
        "AND (%(state)s::text IS NULL OR s.state = %(state)s) ORDER BY s.id DESC LIMIT %(limit)s",
        {"campaign": campaign_id, "state": state, "limit": limit},
    )
