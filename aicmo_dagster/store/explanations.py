"""What the explanation of one lead reads beside its own rows: where it is, who was asked, how loaded owners were."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows


def homes(cursor: Cursor[TupleRow], who: str) -> dict[str, int]:
    """Campaign (its key) -> number of the lead that has that number or address there; merged ones as the survivor."""
    found = rows(
        cursor,
        """
        SELECT DISTINCT ON (c.key) c.key, coalesce(l.merged_into, l.id) AS id
        FROM leads l JOIN campaigns c ON c.id = l.campaign_id
        WHERE l.identity IN (lower(%(who)s), mailbox(lower(%(who)s)))
            OR l.id = CASE WHEN %(who)s ~ '^[0-9]{1,18}$' THEN %(who)s::bigint END
        ORDER BY c.key, l.identity = lower(%(who)s) DESC, l.id
        """,
        {"who": who.strip()},
    )
    return {row["key"]: row["id"] for row in found}


def answers(
    cursor: Cursor[TupleRow], questions: Sequence[tuple[str, str, str]], requests: Sequence[int]
) -> list[dict[str, Any]]:
    """What vendors were asked, oldest first: by (vendor, operation, subject), and by the numbers of `requests`.

    `credits` is one person's share of what the request cost. `record` is what was answered; None where nothing was
    found, nothing is answered yet, or a later request about the person has replaced it.
    """
    vendors, operations, subjects = (
        (list(column) for column in zip(*questions, strict=True)) if questions else ([],) * 3
    )
    return rows(
        cursor,
        """
        SELECT r.id AS request, r.vendor, r.operation, r.state, a.record, a.answered_at, r.created_at AS asked_at,
            r.credits / greatest(r.subjects, 1) AS credits, r.error
        FROM vendor_requests r LEFT JOIN (
            SELECT v.request_id, v.record, v.answered_at FROM vendor_answers v
            JOIN unnest(%(vendors)s::text[], %(operations)s::text[], %(subjects)s::text[]) q(vendor, operation, subject)
                ON v.vendor = q.vendor AND v.operation = q.operation AND v.subject = q.subject
        ) a ON a.request_id = r.id
        WHERE a.request_id IS NOT NULL OR r.id = ANY(%(requests)s::bigint[])
        ORDER BY r.id
        """,
        {"vendors": vendors, "operations": operations, "subjects": subjects, "requests": list(requests)},
    )


def matches(cursor: Cursor[TupleRow], lead_id: int) -> list[dict[str, Any]]:
    """Leads that were merged into this one, or may be the same person, with the probability; by number."""
    return rows(
        cursor,
        """
        SELECT o.id AS lead_id, coalesce(o.email, o.identity) AS name, o.source, o.source_label AS label,
            o.source_line AS line, m.probability, coalesce(m.state, 'former') AS state, m.decided_by, m.decided_at
        FROM leads o LEFT JOIN LATERAL (
            SELECT probability, state, decided_by, coalesce(decided_at, created_at) AS decided_at FROM lead_matches
            WHERE lead_id = least(o.id, %(lead)s) AND other_id = greatest(o.id, %(lead)s)
                OR state = 'merged' AND (lead_id = o.id OR other_id = o.id)
            ORDER BY probability DESC LIMIT 1
        ) m ON true
        WHERE o.merged_into = %(lead)s
        UNION ALL
        SELECT o.id, coalesce(o.email, o.identity), o.source, o.source_label, o.source_line, m.probability, m.state,
            m.decided_by, coalesce(m.decided_at, m.created_at)
        FROM lead_matches m JOIN leads o ON o.id = m.lead_id + m.other_id - %(lead)s
        WHERE (m.lead_id = %(lead)s OR m.other_id = %(lead)s) AND m.state IN ('review', 'apart')
        ORDER BY 1
        """,
        {"lead": lead_id},
    )


def load_before(cursor: Cursor[TupleRow], campaign_id: int, moment: datetime) -> dict[str, int]:
    """Owner -> leads in a running sequence of the campaign just before `moment`."""
    found = rows(
        cursor,
        "SELECT r.owner, count(*) AS leads FROM lead_routes r JOIN leads l ON l.id = r.lead_id "
        "WHERE l.campaign_id = %(campaign)s AND r.enrolled_at < %(moment)s "
        "AND (r.left_at IS NULL OR r.left_at > %(moment)s) GROUP BY r.owner",
        {"campaign": campaign_id, "moment": moment},
    )
    return {row["owner"]: row["leads"] for row in found}


def steps(cursor: Cursor[TupleRow], campaign_id: int, sequence: str, version: int) -> int:
    """How many mails that version of the sequence has."""
    cursor.execute(
        "SELECT jsonb_array_length(content -> 'steps') FROM sequences "
        "WHERE campaign_id = %s AND name = %s AND version = %s",
        [campaign_id, sequence, version],
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0
