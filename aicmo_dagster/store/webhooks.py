"""Receivers that are told of what happens: who is told of what, and what became of it.

`tell` and `tell_of_leads` write in the caller's transaction: what is rolled back is never told, what is committed is
kept until every receiver took it, or a day is over. The same happening is one message, whoever tells of it again.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.errors import WebhookNotFoundError
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

LeadEvent = Literal["lead.qualified", "lead.routed", "lead.replied", "lead.unsubscribed"]
Event = Literal[LeadEvent, "run.failed", "campaign.held"]
DeliveryState = Literal["waiting", "delivered", "dead"]

DAY = timedelta(hours=24)
"""For so long a message is tried."""
LEASE = timedelta(seconds=60)
"""Longer than a try takes: then the worker that took a delivery is dead, and the next may take it."""
OLD_SECRET = timedelta(hours=24)
"""So long messages are signed with a replaced secret, too."""
KEPT = timedelta(days=30)
_LONGEST_PAUSE_S = 300
_BYTES = 32
_COLUMNS = (
    "w.id, w.url, w.events, w.enabled, w.disabled_reason, w.failures, w.not_before, w.created_by, w.created_at, "
    "c.key AS campaign FROM webhooks w LEFT JOIN campaigns c ON c.id = w.campaign_id"
)
_DELIVERY = (
    "d.id, d.message_id, d.webhook_id, m.event, d.state, d.attempts, d.next_try_at, d.tried_at, d.status, d.error, "
    "d.delivered_at, m.created_at, m.payload FROM webhook_deliveries d JOIN webhook_messages m ON m.id = d.message_id"
)


@dataclass(frozen=True)
class Webhook:
    """A receiver. `campaign` is the key of the one that it is told of alone; `not_before` until when it is spared."""

    id: int
    url: str
    events: Sequence[Event]
    enabled: bool
    disabled_reason: str | None
    failures: int
    not_before: datetime | None
    created_by: str
    created_at: datetime
    campaign: str | None


@dataclass(frozen=True)
class Delivery:
    """One message to one receiver, and what the last try brought."""

    id: int
    message_id: UUID
    webhook_id: int
    event: str
    state: DeliveryState
    attempts: int
    next_try_at: datetime
    tried_at: datetime | None
    status: int | None
    error: str | None
    delivered_at: datetime | None
    created_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Taken:
    """A delivery that the caller tries now; the newest of `signed_with` comes first."""

    id: int
    message_id: UUID
    webhook_id: int
    url: str
    payload: Mapping[str, Any]
    created_at: datetime
    since: datetime
    attempts: int
    signed_with: Sequence[bytes]


def create(
    cursor: Cursor[TupleRow], url: str, events: Sequence[Event], campaign_id: int | None, actor: str
) -> tuple[Webhook, bytes]:
    """Add a receiver; returns it and, this one time, what its messages are signed with. `url` is checked already."""
    cursor.execute(
        "INSERT INTO webhooks (url, events, campaign_id, created_by) VALUES (%s, %s, %s, %s) RETURNING id",
        [url, sorted(set(events)), campaign_id, actor],
    )
    (number,) = cursor.fetchone() or (0,)
    secret = _add_secret(cursor, number)
    made = get(cursor, number)
    record(cursor, actor, "webhook.create", str(number), None, _told(made))
    return made, secret


def change(
    cursor: Cursor[TupleRow],
    number: int,
    actor: str,
    *,
    url: str | None = None,
    events: Sequence[Event] | None = None,
    enabled: bool | None = None,
) -> Webhook:
    """Change what is given. Raises WebhookNotFoundError."""
    before = get(cursor, number)
    cursor.execute(
        """
        UPDATE webhooks SET url = coalesce(%(url)s, url), events = coalesce(%(events)s, events),
            enabled = coalesce(%(enabled)s, enabled), failures = 0, not_before = NULL,
            disabled_reason = CASE WHEN coalesce(%(enabled)s, enabled) THEN NULL ELSE disabled_reason END
        WHERE id = %(id)s
        """,
        {
            "id": number,
            "url": url,
            "events": None if events is None else sorted(set(events)),
            "enabled": enabled,
        },
    )
    after = get(cursor, number)
    if (before.url, _told(before)) != (after.url, _told(after)):
        record(cursor, actor, "webhook.change", str(number), _told(before), _told(after))
    return after


def delete(cursor: Cursor[TupleRow], number: int, actor: str) -> None:
    """Forget the receiver, and what it was told and is still to be told. Raises WebhookNotFoundError."""
    before = get(cursor, number)
    cursor.execute("DELETE FROM webhooks WHERE id = %s", [number])
    record(cursor, actor, "webhook.delete", str(number), _told(before), None)


def rotate(cursor: Cursor[TupleRow], number: int, actor: str) -> bytes:
    """A new secret; for a day messages are signed with the one before, too. Raises WebhookNotFoundError."""
    get(cursor, number)
    cursor.execute(
        "DELETE FROM webhook_secrets WHERE webhook_id = %s AND expires_at <= now()",
        [number],
    )
    cursor.execute(
        "UPDATE webhook_secrets SET expires_at = least(expires_at, now() + %s) WHERE webhook_id = %s",
        [OLD_SECRET, number],
    )
    secret = _add_secret(cursor, number)
    record(cursor, actor, "webhook.rotate", str(number))
    return secret


def get(cursor: Cursor[TupleRow], number: int) -> Webhook:
    """The receiver with that number. Raises WebhookNotFoundError."""
    found = rows(cursor, f"SELECT {_COLUMNS} WHERE w.id = %s", [number])
    if not found:
        raise WebhookNotFoundError(f"there is no webhook {number}; aicmo webhooks list shows all")
    return Webhook(**found[0])


def listing(cursor: Cursor[TupleRow]) -> list[Webhook]:
    """All receivers, the newest first."""
    return [Webhook(**row) for row in rows(cursor, f"SELECT {_COLUMNS} ORDER BY w.id DESC")]


def _add_secret(cursor: Cursor[TupleRow], number: int) -> bytes:
    secret = secrets.token_bytes(_BYTES)
    cursor.execute("INSERT INTO webhook_secrets (webhook_id, secret) VALUES (%s, %s)", [number, secret])
    return secret


def _told(webhook: Webhook) -> dict[str, object]:
    """For the audit log; of the URL only the host: the rest may be all the proof that a receiver asks for."""
    return {
        "host": urlsplit(webhook.url).hostname,
        "events": list(webhook.events),
        "campaign": webhook.campaign,
        "enabled": webhook.enabled,
    }


_RECEIVERS = """
SELECT w.id FROM webhooks w WHERE w.enabled AND %(event)s = ANY(w.events)
    AND (w.campaign_id IS NULL OR w.campaign_id = %(campaign)s)
"""
_TELL = """
WITH told AS (
    INSERT INTO webhook_messages (event, campaign_id, lead_id, happened_key, payload)
    {happenings}
    ON CONFLICT (happened_key) DO NOTHING RETURNING id
)
INSERT INTO webhook_deliveries (message_id, webhook_id) SELECT told.id, w.id FROM told CROSS JOIN ({receivers}) w
"""
_CAMPAIGN = (
    "jsonb_build_object('id', c.id, 'key', c.key, 'name', c.config ->> 'name', 'mode', c.config ->> 'mode')"
)
_PLAIN = f"""
SELECT %(event)s, %(campaign)s::bigint, NULL::bigint, %(key)s, jsonb_build_object(
    'type', %(event)s::text, 'timestamp', %(at)s::timestamptz,
    'data', jsonb_build_object('campaign', (SELECT {_CAMPAIGN} FROM campaigns c WHERE c.id = %(campaign)s))
        || %(more)s::jsonb
)
"""
_OF_LEADS = f"""
SELECT %(event)s, l.campaign_id, l.id, concat_ws('/', %(event)s::text, l.id, extract(epoch FROM h.at)),
jsonb_build_object(
    'type', %(event)s::text, 'timestamp', h.at,
    'data', jsonb_build_object(
        'campaign', {_CAMPAIGN},
        'lead', jsonb_strip_nulls(jsonb_build_object(
            'id', l.id, 'email', l.email, 'first_name', l.first_name, 'last_name', l.last_name, 'title', l.title,
            'company', l.company, 'country', l.country, 'source', l.source, 'score', k.score, 'tier', k.tier,
            'verdict', v.verdict, 'owner', r.owner, 'sequence', r.sequence
        ))
    ) || %(more)s::jsonb
)
FROM ({{happened}}) h JOIN leads l ON l.id = h.lead_id JOIN campaigns c ON c.id = l.campaign_id
LEFT JOIN lead_scores k ON k.lead_id = l.id LEFT JOIN lead_verdicts v ON v.lead_id = l.id
LEFT JOIN lead_routes r ON r.lead_id = l.id
"""
_HAPPENED: dict[LeadEvent, str] = {
    "lead.qualified": "SELECT lead_id, since AS at FROM lead_verdicts "
    "WHERE run_id = %(run)s AND verdict = 'qualified' AND since = %(at)s",
    "lead.routed": "SELECT lead_id, enrolled_at AS at FROM lead_routes WHERE run_id = %(run)s AND enrolled_at = %(at)s",
}
_ONE_LEAD = "SELECT %(lead)s::bigint AS lead_id, %(at)s::timestamptz AS at"


def tell(
    cursor: Cursor[TupleRow],
    event: Event,
    campaign_id: int | None,
    key: str,
    at: datetime,
    more: Mapping[str, object],
) -> None:
    """Tell of a happening of the campaign; `key` is what makes it the same when it is told again."""
    _tell(
        cursor, _PLAIN, {"event": event, "campaign": campaign_id, "key": key, "at": at, "more": Jsonb(more)}
    )


def tell_of_lead(
    cursor: Cursor[TupleRow], event: LeadEvent, lead_id: int, at: datetime, more: Mapping[str, object] = {}
) -> None:
    """Tell of what a lead did."""
    cursor.execute("SELECT campaign_id FROM leads WHERE id = %s", [lead_id])
    found = cursor.fetchone()
    if found is not None:
        values = {
            "event": event,
            "campaign": found[0],
            "lead": lead_id,
            "at": at,
            "more": Jsonb(dict(more)),
        }
        _tell(cursor, _OF_LEADS.format(happened=_ONE_LEAD), values)


def tell_of_run(
    cursor: Cursor[TupleRow], event: LeadEvent, campaign_id: int, run_id: UUID, at: datetime
) -> None:
    """Tell of the leads that the run, which began at that moment, has qualified or routed and that were not before."""
    values = {"event": event, "campaign": campaign_id, "run": run_id, "at": at, "more": Jsonb({})}
    _tell(cursor, _OF_LEADS.format(happened=_HAPPENED[event]), values)


def _tell(cursor: Cursor[TupleRow], happenings: str, values: Mapping[str, object]) -> None:
    cursor.execute(f"SELECT EXISTS ({_RECEIVERS})", values)
    if cursor.fetchone() == (True,):
        cursor.execute(_TELL.format(happenings=happenings, receivers=_RECEIVERS).encode(), values)


def add_test(cursor: Cursor[TupleRow], number: int, now: datetime) -> int:
    """A message that tries the receiver, to be delivered whatever events it is told of; returns the delivery's id."""
    get(cursor, number)
    payload = {"type": "webhook.test", "timestamp": now.isoformat(), "data": {"webhook": number}}
    cursor.execute(
        """
        WITH told AS (
            INSERT INTO webhook_messages (event, happened_key, payload)
            VALUES ('webhook.test', 'webhook.test/' || gen_random_uuid(), %s) RETURNING id
        )
        INSERT INTO webhook_deliveries (message_id, webhook_id) SELECT told.id, %s FROM told RETURNING id
        """,
        [Jsonb(payload), number],
    )
    (delivery,) = cursor.fetchone() or (0,)
    return int(delivery)


_MAY_BE_ASKED = "w.enabled AND (w.not_before IS NULL OR w.not_before <= %(now)s)"
_DUE = "d.webhook_id = w.id AND d.state = 'waiting' AND d.next_try_at <= %(now)s"


def any_due(cursor: Cursor[TupleRow], now: datetime) -> bool:
    """Whether there is something to deliver."""
    cursor.execute(
        f"SELECT EXISTS (SELECT FROM webhooks w, webhook_deliveries d WHERE {_MAY_BE_ASKED} AND {_DUE})".encode(),
        {"now": now},
    )
    return cursor.fetchone() == (True,)


def take(
    cursor: Cursor[TupleRow],
    now: datetime,
    workers: Mapping[int, int] = MappingProxyType({}),
    most: int = 1,
    only: int | None = None,
) -> Taken | None:
    """A delivery that is due; it is the caller's until its lease is over.

    It is one of the receiver that has the fewest `workers`, of less than `most`. With `only` it is that delivery, due
    or not. None where there is none.
    """
    receivers = f"""
        SELECT w.id FROM webhooks w LEFT JOIN unnest(%(at)s::bigint[], %(workers)s::int[]) x (id, workers) USING (id)
        WHERE {_MAY_BE_ASKED} AND coalesce(x.workers, 0) < %(most)s ORDER BY coalesce(x.workers, 0), random()
    """
    due = _DUE
    if only is not None:
        receivers, due = "SELECT id FROM webhooks", "d.webhook_id = w.id AND d.id = %(only)s"
    found = rows(
        cursor,
        f"""
        UPDATE webhook_deliveries t SET attempts = t.attempts + 1, tried_at = %(now)s, next_try_at = %(now)s + %(lease)s
        FROM webhook_messages m, webhooks x
        WHERE m.id = t.message_id AND x.id = t.webhook_id AND t.id = (
            SELECT one.id FROM ({receivers}) w CROSS JOIN LATERAL (
                SELECT d.id FROM webhook_deliveries d WHERE {due}
                ORDER BY d.next_try_at, d.id LIMIT 1 FOR UPDATE SKIP LOCKED
            ) one LIMIT 1
        )
        RETURNING t.id, t.message_id, t.webhook_id, x.url, m.payload, m.created_at, t.since, t.attempts, ARRAY(
            SELECT secret FROM webhook_secrets s WHERE s.webhook_id = x.id
                AND (s.expires_at IS NULL OR s.expires_at > %(now)s) ORDER BY s.created_at DESC
        ) AS signed_with
        """,
        {
            "now": now,
            "lease": LEASE,
            "at": list(workers),
            "workers": list(workers.values()),
            "most": most,
            "only": only,
        },
    )
    return Taken(**found[0]) if found else None


def delivered(cursor: Cursor[TupleRow], taken: Taken, status: int, now: datetime) -> None:
    """The receiver took it."""
    cursor.execute(
        "UPDATE webhook_deliveries SET state = 'delivered', delivered_at = %s, status = %s, error = NULL WHERE id = %s",
        [now, status, taken.id],
    )
    cursor.execute(
        "UPDATE webhooks SET failures = 0, not_before = NULL WHERE id = %s AND failures > 0",
        [taken.webhook_id],
    )


def failed(
    cursor: Cursor[TupleRow],
    taken: Taken,
    status: int | None,
    error: str,
    next_try_at: datetime | None,
    now: datetime,
    spare_until: datetime,
) -> None:
    """The try failed; the next is at `next_try_at`, or there is none (None).

    The receiver is spared for a while, at least until `spare_until`; not if it is at another address by now. A delivery
    that somebody else brought to its end meanwhile stays as it is.
    """
    cursor.execute(
        "UPDATE webhook_deliveries SET state = %s, next_try_at = coalesce(%s, next_try_at), status = %s, error = %s "
        "WHERE id = %s AND state <> 'delivered' AND attempts = %s",
        ["dead" if next_try_at is None else "waiting", next_try_at, status, error, taken.id, taken.attempts],
    )
    cursor.execute(
        "UPDATE webhooks SET failures = failures + 1, not_before = greatest(not_before, %s, "
        "%s::timestamptz + make_interval(secs => least(%s, 2 ^ least(failures, 20)))) WHERE id = %s AND url = %s",
        [spare_until, now, _LONGEST_PAUSE_S, taken.webhook_id, taken.url],
    )


def disable(cursor: Cursor[TupleRow], taken: Taken, reason: str, actor: str) -> bool:
    """Tell the receiver nothing more, until somebody enables it; returns False if it is at another address by now."""
    cursor.execute(
        "SELECT FROM webhooks WHERE id = %s AND url = %s FOR UPDATE", [taken.webhook_id, taken.url]
    )
    if cursor.fetchone() is None:
        return False
    before = get(cursor, taken.webhook_id)
    if before.enabled:
        cursor.execute(
            "UPDATE webhooks SET enabled = false, disabled_reason = %s WHERE id = %s", [reason, before.id]
        )
        record(cursor, actor, "webhook.change", str(before.id), _told(before), _told(get(cursor, before.id)))
    return True


def give_up(cursor: Cursor[TupleRow], now: datetime) -> int:
    """End the deliveries whose day is over while their receiver was spared or switched off; returns how many."""
    cursor.execute(
        """
        UPDATE webhook_deliveries d SET state = 'dead', error = coalesce(d.error, 'the receiver was not asked: ' ||
            CASE WHEN w.enabled THEN 'it did not answer others' ELSE 'it is switched off' END)
        FROM webhooks w WHERE w.id = d.webhook_id AND d.state = 'waiting' AND d.since <= %(now)s - %(day)s
            AND d.next_try_at <= %(now)s AND (NOT w.enabled OR w.not_before > %(now)s)
        """,
        {"now": now, "day": DAY},
    )
    return cursor.rowcount


def deliveries(
    cursor: Cursor[TupleRow],
    number: int,
    *,
    state: DeliveryState | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Delivery]:
    """What the receiver was told and is to be told, the newest first. Raises WebhookNotFoundError."""
    get(cursor, number)
    found = rows(
        cursor,
        f"SELECT {_DELIVERY} WHERE d.webhook_id = %(id)s AND (%(state)s::text IS NULL OR d.state = %(state)s) "
        "AND (%(before)s::bigint IS NULL OR d.id < %(before)s) ORDER BY d.id DESC LIMIT %(limit)s",
        {"id": number, "state": state, "before": before, "limit": limit},
    )
    return [Delivery(**row) for row in found]


def delivery(cursor: Cursor[TupleRow], number: int, delivery_id: int) -> Delivery:
    """One of the receiver's. Raises WebhookNotFoundError."""
    found = rows(cursor, f"SELECT {_DELIVERY} WHERE d.webhook_id = %s AND d.id = %s", [number, delivery_id])
    if not found:
        raise WebhookNotFoundError(f"webhook {number} has no delivery {delivery_id}")
    return Delivery(**found[0])


def resend(cursor: Cursor[TupleRow], number: int, actor: str, only: int | None = None) -> int:
    """Have what was given up, or with `only` that delivery whatever became of it, tried for another day.

    Returns how many. Raises WebhookNotFoundError.
    """
    if only is None:
        get(cursor, number)
    else:
        delivery(cursor, number, only)
    cursor.execute(
        "UPDATE webhook_deliveries SET state = 'waiting', since = now(), next_try_at = now(), attempts = 0, "
        "error = NULL WHERE webhook_id = %(webhook)s "
        "AND CASE WHEN %(only)s::bigint IS NULL THEN state = 'dead' ELSE id = %(only)s END",
        {"webhook": number, "only": only},
    )
    again = cursor.rowcount
    if again:
        cursor.execute("UPDATE webhooks SET failures = 0, not_before = NULL WHERE id = %s", [number])
        record(cursor, actor, "webhook.resend", str(number), None, {"deliveries": again})
    return again


def forget_old(cursor: Cursor[TupleRow], now: datetime) -> int:
    """Delete messages that are older than `KEPT`, but for those on their last day; returns how many."""
    cursor.execute(
        "DELETE FROM webhook_messages m WHERE m.created_at < %s AND NOT EXISTS ("
        "SELECT FROM webhook_deliveries d WHERE d.message_id = m.id AND d.state = 'waiting' AND d.since > %s)",
        [now - KEPT, now - DAY],
    )
    return cursor.rowcount
