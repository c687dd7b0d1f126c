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
    subject: str
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


@dataclass(frozen=True)
class Written:
    """What a turn of the ledger came to: the state of each mail that ended, and why others were not begun.

    An ended mail is absent where it is not this worker's. Those not begun are claimed until `give_back`; of a
    `stopped` one the ledger knows why.
    """

    states: Mapping[int, str]
    refused: Mapping[int, Full | Literal["window", "campaign", "stopped"]]


# The whole guard is one call, because a sender's threads wait for their turn at every answer of the database.
#
# What is locked is locked for good by the time it is read: each statement of the function sees what was committed
# before it. Rows of the ledger are found by the primary key and nothing else, however small the partial indexes of
# rows under way look to the planner: an expression keeps it from them.
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION pg_temp.write_ledger(
    _worker bigint, _limits json, _endings json, _asked json, _day date, _now timestamptz
) RETURNS json LANGUAGE plpgsql AS $function$
DECLARE
    _its record;
    _states json;
    _begun json;
    _refused json;
BEGIN
    IF _asked IS NOT NULL THEN
        -- Shared with other starts, but not with what stops mails.
        PERFORM pg_advisory_xact_lock_shared({suppressions.LOCK});
    END IF;

    WITH ended AS (
        UPDATE sends s
        SET state = CASE WHEN q.state = 'held' AND attempts + q.counted >= {MOST_ATTEMPTS} THEN 'failed'
                ELSE q.state END,
            attempts = attempts + CASE WHEN q.state = 'held' THEN q.counted ELSE 0 END,
            next_try_at = CASE WHEN q.state = 'held' AND attempts + q.counted < {MOST_ATTEMPTS} THEN
                _now + interval '{_FIRST_RETRY.total_seconds()} s' * power(4, greatest(attempts + q.counted - 1, 0))
                END,
            sent_at = CASE WHEN q.state = 'sent' THEN _now END,
            reason = q.reason, reply = coalesce(q.reply, s.reply), lease_until = NULL
        FROM json_to_recordset(_endings) AS q (send_id bigint, state text, reason text, reply text, counted int)
        WHERE s.id = q.send_id AND s.claimed_by + 0 = _worker
            AND s.state || '' IN ('claimed', 'sending', 'uncertain')
        RETURNING s.id, s.state
    )
    SELECT json_object_agg(id, state) INTO _states FROM ended;
    IF _asked IS NULL THEN
        RETURN json_build_object('states', _states);
    END IF;

    SELECT * INTO _its FROM json_to_record(_limits) AS l (
        campaign_id bigint, campaign text, mode text, per_day int, per_domain int, per_person int,
        colleagues boolean, mailboxes json
    );
    -- A change of state or configuration waits for the commit, or is seen here.
    PERFORM FROM campaigns
    WHERE id = _its.campaign_id AND state = 'active' AND (mode = 'live' OR _its.mode <> 'live') FOR KEY SHARE;
    IF NOT found THEN
        RETURN (
            SELECT json_build_object('states', _states, 'refused', json_object_agg(a.id, 'campaign'))
            FROM json_to_recordset(_asked) AS a (id bigint)
        );
    END IF;
    -- One transaction at a time counts the mails of a person, and those of a day.
    PERFORM pg_advisory_xact_lock(person) FROM (
        SELECT DISTINCT hashtextextended(mailbox(a.recipient), 0) AS person
        FROM json_to_recordset(_asked) AS a (recipient text) ORDER BY 1
    ) people;
    INSERT INTO mailboxes (address) SELECT json_object_keys(_its.mailboxes) ON CONFLICT DO NOTHING;
    PERFORM FROM mailboxes WHERE address IN (SELECT json_object_keys(_its.mailboxes)) ORDER BY address FOR UPDATE;
    INSERT INTO send_counts AS c (scope, key, day, started)
    SELECT k.scope, k.key, _day, count(*) FROM {caps.KEYS_ASKED} GROUP BY k.scope, k.key ORDER BY k.scope, k.key
    ON CONFLICT (scope, key, day) DO UPDATE SET started = c.started + excluded.started;

    WITH mailbox AS MATERIALIZED {caps.MAILBOXES}, q AS MATERIALIZED (
        SELECT a.*, {caps.REFUSAL} AS refusal,
            row_number() OVER (PARTITION BY mailbox(a.recipient) ORDER BY a.id) + (
                SELECT count(*) FROM sends p
                WHERE mailbox(p.recipient) = mailbox(a.recipient) AND p.recipient IS NOT NULL
                    AND p.started_at > _now - interval '7 days' AND p.mode = _its.mode AND p.id <> a.id
            ) AS mails
        FROM {caps.ASKED}
    ), begun AS (
        UPDATE sends s
        SET state = 'sending', started_at = _now, mode = _its.mode, recipient = q.recipient,
            message_id = q.message_id, subject = q.subject, reason = NULL, next_try_at = NULL
        FROM q, leads l, lead_verdicts v
        WHERE q.refusal IS NULL AND s.id = q.id AND s.state || '' = 'claimed' AND s.claimed_by + 0 = _worker
            AND l.id = s.lead_id AND l.email = q.recipient AND v.lead_id = s.lead_id AND v.verdict = 'qualified'
            AND {free_to_get_mail("l", "_its.colleagues")}
            AND NOT EXISTS (SELECT FROM lead_waits w WHERE w.lead_id = s.lead_id AND w.until > _now)
            AND NOT EXISTS (SELECT FROM sends o WHERE o.lead_id = s.lead_id AND o.state || '' = 'sending')
            AND q.mails <= _its.per_person
        RETURNING s.id
    ), rested AS (
        UPDATE mailboxes m SET first_day = coalesce(m.first_day, _day), next_at = last.next_at
        FROM (
            SELECT DISTINCT ON (q.mailbox) q.mailbox, q.next_at FROM q JOIN begun ON begun.id = q.id
            ORDER BY q.mailbox, q.id DESC
        ) last
        WHERE m.address = last.mailbox AND (m.first_day IS NULL OR last.next_at IS NOT NULL)
    )
    SELECT json_agg(begun.id) FILTER (WHERE begun.id IS NOT NULL),
        json_object_agg(q.id, q.refusal) FILTER (WHERE begun.id IS NULL)
    INTO _begun, _refused FROM q LEFT JOIN begun ON begun.id = q.id;
    IF _refused IS NOT NULL THEN
        UPDATE send_counts c SET started = c.started - r.n
        FROM (
            SELECT k.scope, k.key, count(*) AS n FROM {caps.KEYS_ASKED}
            WHERE _refused -> a.id::text IS NOT NULL GROUP BY k.scope, k.key
        ) r
        WHERE c.scope = r.scope AND c.key = r.key AND c.day = _day;
    END IF;
    RETURN json_build_object('states', _states, 'begun', _begun, 'refused', _refused);
END
$function$
"""


def prepare(cursor: Cursor) -> None:
    """Teach this session `write`. Needs the right to temporary objects, which everybody has by default."""
    cursor.execute(_FUNCTION.encode())


def write(
    cursor: Cursor,
    campaign_id: int,
    worker: int,
    endings: Sequence[Ending],
    starting: Sequence[Starting],
    *,
    limits: Limits,
    day: tuple[datetime, datetime],
    now: datetime,
) -> Written:
    """Record how mails ended, and make claimed ones `sending` where nothing stands against it.

    Commit at once, and only then send the first byte of those that are not refused. Then, at the commit, the
    campaign was active (and live, for a live mail), no cap of `day` (its start and end) was overrun, the lead was
    still qualified, its address the one that the mail was written to, its window open, and nothing stood against a
    mail to it: no suppression, no event, no wait, no other mail to the person beyond the campaign's limit.

    `held` is tried again after 15 minutes, then 1, 4 and 16 hours; the fifth attempt that fails is `failed`.
    """
    asked = [one for one in starting if now < one.closes_at]
    cursor.execute(
        "SELECT pg_temp.write_ledger(%s, %s, %s, %s, %s, %s)",
        [
            worker,
            caps.as_json(limits, campaign_id, {one.mailbox for one in asked}),
            json.dumps([vars(one) | {"counted": int(one.counted)} for one in endings]),
            _rows(asked, limits, now) if asked else None,
            day[0].date(),
            now,
        ],
    )
    ((answer,),) = cursor.fetchall()
    refused: dict[int, Full | Literal["window", "campaign", "stopped"]] = dict.fromkeys(
        (one.send_id for one in starting if now >= one.closes_at), "window"
    )
    begun, why = {*(answer.get("begun") or ())}, answer.get("refused") or {}
    for one in asked:
        if one.send_id not in begun:
            refused[one.send_id] = why.get(str(one.send_id)) or "stopped"
    states = {int(number): str(state) for number, state in (answer["states"] or {}).items()}
    return Written(states, refused)


def _rows(asked: Sequence[Starting], limits: Limits, now: datetime) -> str:
    return json.dumps(
        [
            {
                "id": one.send_id,
                "recipient": one.recipient,
                "message_id": one.message_id,
                "subject": one.subject,
                **place,
            }
            for one, place in zip(asked, caps.places(limits, asked, now), strict=True)
        ]
    )


def _stopped(
    cursor: Cursor, campaign_id: int, stopped: Sequence[int], limits: Limits, now: datetime
) -> dict[int, Refusal]:
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
                    AND p.started_at > %(week_ago)s AND p.mode = %(mode)s AND p.id <> o.id
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
            "mode": limits.mode,
        },
    )
    cursor.execute("SELECT id, state FROM sends WHERE id = ANY(%s)", [list(stopped)])
    ended: dict[int, Refusal] = {
        number: "held" if state == "held" else "skipped" for number, state in cursor.fetchall()
    }
    return ended


def give_back(
    cursor: Cursor,
    campaign_id: int,
    worker: int,
    written: Written,
    *,
    limits: Limits,
    day: tuple[datetime, datetime],
    now: datetime,
) -> dict[int, Refusal]:
    """Give mails that were not begun back to the plan, or have the ledger say why they are held or skipped."""
    refused: dict[int, Refusal] = {}
    stopped = []
    for number, why in written.refused.items():
        if why == "stopped":
            stopped.append(number)
        else:
            refused[number] = why
    if stopped:
        # Another worker has taken for dead whose session was lost: what it gave back is no longer this one's.
        cursor.execute(
            "SELECT id FROM sends WHERE id = ANY(%s) AND state = 'claimed' AND claimed_by = %s FOR UPDATE",
            [stopped, worker],
        )
        own = {int(number) for (number,) in cursor.fetchall()}
        refused |= dict.fromkeys((number for number in stopped if number not in own), "again")
        stopped = [number for number in stopped if number in own]
    full = [number for number, why in refused.items() if why == "domain_cap"]
    if full:
        cursor.execute(
            "UPDATE sends SET state = 'held', next_try_at = %s, reason = %s, claimed_by = NULL, lease_until = NULL "
            "WHERE id = ANY(%s) AND state = 'claimed' AND claimed_by = %s",
            [day[1], claims.domain_cap(limits), full, worker],
        )
    claims.release(cursor, worker, [number for number in written.refused if number not in full])
    return refused | (_stopped(cursor, campaign_id, stopped, limits, now) if stopped else {})


def take_back(cursor: Cursor, worker: int, never_begun: Sequence[int]) -> None:
    """Plan mails again whose start may have been committed, but of which this worker has sent no byte."""
    cursor.execute(
        "UPDATE sends SET state = 'planned', claimed_by = NULL, lease_until = NULL, started_at = NULL, reason = NULL "
        "WHERE id = ANY(%s) AND claimed_by = %s AND state IN ('claimed', 'sending', 'uncertain')",
        [list(never_begun), worker],
    )


def doubt(cursor: Cursor, worker: int) -> int:
    """Call uncertain what this worker began and, interrupted, could not record; returns how many."""
    cursor.execute(
        "UPDATE sends SET state = 'uncertain', "
        "reason = 'the program was stopped while the mail was on its way; it may have arrived' "
        "WHERE state = 'sending' AND claimed_by = %s",
        [worker],
    )
    return cursor.rowcount
