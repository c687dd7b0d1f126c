"""The ledger of mails: every mail is one row, and its state says how far it came.

    planned -> claimed -> sending -> sent | failed | held | uncertain        held -> claimed ...
    planned | held -> skipped                                                uncertain -> sent | failed
    planned | claimed | held -> held until a person resumes it -> planned | held

`store.claims` hands mails that are due to a worker, `store.starts` is the guard before the first byte of a mail
and records its end. A mail leaves at most once, because `sending` is committed before that byte, and from there
only an answer of the server, evidence or a person leads on; except that the worker which committed it, and knows
that not a byte has left, may take it back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConflictError, LeadNotFoundError
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

Cursor = psycopg.Cursor[TupleRow]
State = Literal["planned", "claimed", "sending", "sent", "held", "failed", "uncertain", "skipped"]
STATES: tuple[State, ...] = get_args(State)

UNTIL_RESUMED = datetime(9999, 12, 31, tzinfo=UTC)
"""The next try of a mail that a person holds."""
_NEXT_TRY = f"nullif(s.next_try_at, '{UNTIL_RESUMED}')"

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
_OWN_EVENTS = f"FROM engagement_events e WHERE e.lead_id = {{0}}.id AND e.kind IN {_STOPPING}"
_MERGED_EVENTS = (
    "FROM leads m JOIN engagement_events e ON e.lead_id = m.id "
    f"WHERE m.merged_into = {{0}}.id AND e.kind IN {_STOPPING} AND e.kind <> 'bounced'"
)
_SUPPRESSED = f"""(
    EXISTS (SELECT FROM suppressions x WHERE x.kind = 'address' AND x.value = mailbox({{0}}.email) {{1}})
    OR (SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'domain')) AND EXISTS (
        SELECT FROM suppressions x WHERE x.kind = 'domain' AND x.value = ANY({_SUFFIXES.format("{0}.email_domain")})
        {{1}}
    )
    OR (SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'hash')) AND EXISTS (
        SELECT FROM suppressions x WHERE x.kind = 'hash' AND x.value = mailbox_hash({{0}}.email) {{1}}
    )
    OR {_ANY_MERGED} AND EXISTS (
        SELECT FROM leads m JOIN suppressions x ON x.kind = 'address' AND x.value = mailbox(m.email)
        WHERE m.merged_into = {{0}}.id AND x.reason <> 'bounced' {{1}}
    )
)"""
_PROBED = "OFFSET 0"
"""Keeps the planner from reading the whole list for a few rows, as it would while it knows of a short one."""
_BY_WISH = f"AND x.reason <> 'bounced' {_PROBED}"

_OPTED_OUT = (
    "EXISTS (SELECT FROM opt_outs x WHERE x.campaign_id = {0}.campaign_id AND x.mailbox = mailbox({0}.email))"
)
_COLLEAGUE_REPLIED = (
    "EXISTS (SELECT FROM stopped_accounts x WHERE x.campaign_id = {0}.campaign_id "
    "AND x.account_domain = {0}.account_domain)"
)


def free_to_get_mail(lead: str, colleagues: str) -> str:
    """SQL: whether nothing that `skip_stopped` looks for stands against a mail to the row `lead` of leads.

    `colleagues` is the SQL for whether a colleague's reply stops it.
    """
    return (
        f"NOT {_SUPPRESSED.format(lead, _PROBED)} AND NOT EXISTS (SELECT {_OWN_EVENTS.format(lead)}) "
        f"AND NOT ({_ANY_MERGED} AND EXISTS (SELECT {_MERGED_EVENTS.format(lead)})) "
        f"AND NOT {_OPTED_OUT.format(lead)} AND NOT ({colleagues} AND {_COLLEAGUE_REPLIED.format(lead)})"
    )


def wants_nothing(lead: str) -> str:
    """SQL: whether the person of the row `lead` of leads asked for no mails, or is suppressed.

    A mail that came back is neither.
    """
    return f"({_SUPPRESSED.format(lead, _BY_WISH)} OR {_OPTED_OUT.format(lead)})"


def declined(cursor: Cursor, campaign_id: int, address: str) -> bool:
    """Whether nobody may write to the address for the campaign, a lead's or not; that a mail came back is no wish."""
    cursor.execute(
        f"SELECT {wants_nothing('l')} FROM (SELECT NULL::bigint AS id, %s::text AS email, %s::text AS email_domain, "
        "%s::bigint AS campaign_id) l".encode(),
        [address.lower(), address.lower().rpartition("@")[2], campaign_id],
    )
    return cursor.fetchone() == (True,)


@dataclass(frozen=True)
class Earlier:
    """A mail of the same enrolment that was sent before."""

    step: int
    variant: str | None
    message_id: str
    subject: str | None = None


@dataclass(frozen=True)
class Claimed:
    """A mail that a worker may try to send: the row, and the lead it is for (what templates use of it).

    `variant` is None for the step's own text; `earlier` has the oldest mail first.
    """

    id: int
    lead_id: int
    sequence: str
    sequence_version: int
    step: int
    owner: str
    lead: dict[str, Any]
    variant: str | None = None
    earlier: tuple[Earlier, ...] = ()


def skip_stopped(cursor: Cursor, campaign_id: int, only: Sequence[int] | None = None) -> dict[str, int]:
    """Take out what must not be mailed any more: reason -> rows that are `skipped` for it.

    Reasons: what the lead did (`replied`, `bounced`, `unsubscribed`, `complained`, `converted`, `lost`), else
    `suppressed`, `opted_out`, `colleague_replied`, `not_qualified`, `no_email`. With `only`, these rows alone.
    """
    cursor.execute(
        f"""
        -- Every join probes an index: after a large plan the statistics know nothing of it yet, and a plan
        -- with a materialised part would go through it once per row.
        WITH skipped AS (
            UPDATE sends s SET state = 'skipped', reason = stopped.reason, next_try_at = NULL
            FROM (
                SELECT o.id, coalesce(
                    CASE WHEN EXISTS (SELECT {_OWN_EVENTS.format("l")}) THEN (
                        SELECT e.kind {_OWN_EVENTS.format("l")} ORDER BY e.happened_at DESC LIMIT 1
                    ) END,
                    CASE WHEN {_ANY_MERGED} THEN (
                        SELECT e.kind {_MERGED_EVENTS.format("l")} ORDER BY e.happened_at DESC LIMIT 1
                    ) END,
                    CASE
                        WHEN {_SUPPRESSED.format("l", "")} THEN 'suppressed'
                        WHEN {_OPTED_OUT.format("l")} THEN 'opted_out'
                        WHEN (
                            SELECT config #>> '{{sending,reply_stops_colleagues}}' = 'true' FROM campaigns
                            WHERE id = %(campaign)s
                        ) AND {_COLLEAGUE_REPLIED.format("l")} THEN 'colleague_replied'
                        WHEN v.verdict IS DISTINCT FROM 'qualified' THEN 'not_qualified'
                        WHEN l.email IS NULL THEN 'no_email'
                    END
                ) AS reason
                FROM sends o JOIN leads l ON l.id = o.lead_id LEFT JOIN lead_verdicts v ON v.lead_id = o.lead_id
                WHERE o.campaign_id = %(campaign)s AND o.state IN ('planned', 'held')
                    AND (%(only)s::bigint[] IS NULL OR o.id = ANY(%(only)s))
            ) stopped
            WHERE s.id = stopped.id AND stopped.reason IS NOT NULL AND s.state IN ('planned', 'held')
            RETURNING stopped.reason
        )
        SELECT reason, count(*) FROM skipped GROUP BY reason
        """.encode(),
        {"campaign": campaign_id, "only": None if only is None else list(only)},
    )
    return {str(reason): int(count) for reason, count in cursor.fetchall()}


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


def hold(cursor: Cursor, campaign_id: int, send_id: int, by: str, why: str | None = None) -> bool:
    """Keep a mail back until a person resumes it; False where a person holds it already.

    A worker that has claimed it loses it: the guard of `store.starts` reads the state again before the first byte.
    Later mails of the lead wait for it. Raises LeadNotFoundError, and ConflictError where it has left or never will.
    """
    state, next_try_at, _ = _locked(cursor, campaign_id, send_id)
    if next_try_at == UNTIL_RESUMED:
        return False
    if state not in ("planned", "claimed", "held"):
        raise ConflictError(f"mail {send_id} is {state}; only one that waits can be held")
    held = f"held by {by}" + (f": {why}" if why else "")
    cursor.execute(
        "UPDATE sends SET state = 'held', next_try_at = %s, reason = %s, claimed_by = NULL, lease_until = NULL "
        "WHERE id = %s",
        [UNTIL_RESUMED, held, send_id],
    )
    record(cursor, by, "send.hold", str(send_id), {"state": state}, {"state": "held", "reason": held})
    return True


def resume(cursor: Cursor, campaign_id: int, send_id: int, by: str) -> None:
    """Let a mail go on that a person holds. Raises LeadNotFoundError, and ConflictError where none does."""
    state, next_try_at, reason = _locked(cursor, campaign_id, send_id)
    if next_try_at != UNTIL_RESUMED:
        raise ConflictError(f"mail {send_id} is {state}, and no person holds it; there is nothing to resume")
    cursor.execute(
        "UPDATE sends SET state = CASE WHEN attempts = 0 THEN 'planned' ELSE 'held' END, "
        "reason = CASE WHEN attempts > 0 THEN 'the server asked to try later' END, "
        "next_try_at = CASE WHEN attempts > 0 THEN now() END WHERE id = %s RETURNING state",
        [send_id],
    )
    ((resumed,),) = cursor.fetchall()
    record(cursor, by, "send.resume", str(send_id), {"state": state, "reason": reason}, {"state": resumed})


def _locked(cursor: Cursor, campaign_id: int, send_id: int) -> tuple[State, datetime | None, str | None]:
    cursor.execute(
        "SELECT state, next_try_at, reason FROM sends WHERE id = %s AND campaign_id = %s FOR UPDATE",
        [send_id, campaign_id],
    )
    if (row := cursor.fetchone()) is None:
        raise _unknown(send_id)
    return row[0], row[1], row[2]


def _unknown(send_id: int) -> LeadNotFoundError:
    return LeadNotFoundError(f"the campaign has no mail {send_id}")


def listing(
    cursor: Cursor, campaign_id: int | None = None, state: str | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The newest sends, with their campaign's key and their lead's address."""
    return rows(
        cursor,
        "SELECT s.id, c.key AS campaign, s.lead_id, coalesce(s.recipient, l.email) AS email, s.sequence, "
        f"s.step, s.subject, s.state, s.reason, s.due_at, {_NEXT_TRY} AS next_try_at, s.started_at, s.sent_at, "
        "s.attempts, "
        "s.message_id, s.reply FROM sends s JOIN campaigns c ON c.id = s.campaign_id "
        "JOIN leads l ON l.id = s.lead_id "
        "WHERE (%(campaign)s::bigint IS NULL OR s.campaign_id = %(campaign)s) "
        "AND (%(state)s::text IS NULL OR s.state = %(state)s) ORDER BY s.id DESC LIMIT %(limit)s",
        {"campaign": campaign_id, "state": state, "limit": limit},
    )


def page(
    cursor: Cursor,
    campaign_id: int,
    *,
    state: State | None = None,
    sender: str | None = None,
    lead_id: int | None = None,
    step: int | None = None,
    due_from: datetime | None = None,
    due_before: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """The campaign's mails, the newest first; `before` is the number of the last one seen."""
    wanted = {
        "s.state = %(state)s": state,
        "s.sender = %(sender)s": sender,
        "s.lead_id = %(lead)s": lead_id,
        "s.step = %(step)s": step,
        "s.due_at >= %(due_from)s": due_from,
        "s.due_at < %(due_before)s": due_before,
        "s.id < %(before)s": before,
    }
    conditions = [condition for condition, value in wanted.items() if value is not None]
    return rows(
        cursor,
        f"{_SELECT} WHERE {' AND '.join(['s.campaign_id = %(campaign)s', *conditions])} "
        "ORDER BY s.id DESC LIMIT %(limit)s",
        {
            "campaign": campaign_id,
            "state": state,
            "sender": sender,
            "lead": lead_id,
            "step": step,
            "due_from": due_from,
            "due_before": due_before,
            "before": before,
            "limit": limit,
        },
    )


def get(cursor: Cursor, campaign_id: int, send_id: int) -> dict[str, Any]:
    """One mail of the campaign. Raises LeadNotFoundError."""
    found = rows(
        cursor,
        f"{_SELECT} WHERE s.id = %(send)s AND s.campaign_id = %(campaign)s",
        {"send": send_id, "campaign": campaign_id},
    )
    if not found:
        raise _unknown(send_id)
    return found[0]


_SELECT = f"""
SELECT s.id, s.lead_id, coalesce(s.recipient, l.email) AS email, s.sequence, s.sequence_version, s.step, s.variant,
    s.state, s.reason, s.due_at, s.time_zone, {_NEXT_TRY} AS next_try_at,
    s.next_try_at IS NOT DISTINCT FROM '{UNTIL_RESUMED}' AS held_by_a_person, s.attempts, s.mode, s.sender,
    s.subject, s.message_id, s.reply, s.started_at, s.sent_at, s.run_id, s.created_at
FROM sends s JOIN leads l ON l.id = s.lead_id
"""
