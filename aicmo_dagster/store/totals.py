"""Numbers of a campaign, or of many, as they are looked at most: mails, replies, money."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows


def mails(cursor: Cursor[TupleRow], campaign_id: int, now: datetime) -> dict[str, int]:
    """The campaign's mails by state, and `sent_today` and `sent_last_7_days` (24 and 168 hours)."""
    (row,) = rows(
        cursor,
        "SELECT count(*) FILTER (WHERE state = 'planned') AS planned, "
        "count(*) FILTER (WHERE state IN ('claimed', 'sending')) AS sending, "
        "count(*) FILTER (WHERE state = 'sent') AS sent, count(*) FILTER (WHERE state = 'held') AS held, "
        "count(*) FILTER (WHERE state = 'failed') AS failed, "
        "count(*) FILTER (WHERE state = 'uncertain') AS uncertain, "
        "count(*) FILTER (WHERE state = 'skipped') AS skipped, "
        "count(*) FILTER (WHERE state = 'sent' AND started_at > %(now)s - interval '1 day') AS sent_today, "
        "count(*) FILTER (WHERE state = 'sent' AND started_at > %(now)s - interval '7 days') AS sent_last_7_days "
        "FROM sends WHERE campaign_id = %(campaign)s",
        {"campaign": campaign_id, "now": now},
    )
    return row


def replies(cursor: Cursor[TupleRow], campaign_id: int) -> dict[str, int]:
    """Category -> replies of people, most frequent first."""
    found = rows(
        cursor,
        "SELECT coalesce(m.category, 'other') AS category, count(*) AS n FROM received_messages m "
        "JOIN leads l ON l.id = m.lead_id WHERE l.campaign_id = %s AND m.kind = 'reply' GROUP BY 1 ORDER BY 2 DESC, 1",
        [campaign_id],
    )
    return {row["category"]: row["n"] for row in found}


def of_all(cursor: Cursor[TupleRow], campaign_ids: Sequence[int] | None, now: datetime) -> dict[str, Any]:
    """Of these campaigns (None = all): campaigns by state, leads, mails, events of the last 7 days by kind."""
    which = {"ids": None if campaign_ids is None else list(campaign_ids), "now": now}
    mine = "(%(ids)s::bigint[] IS NULL OR campaign_id = ANY(%(ids)s))"
    states = rows(
        cursor,
        "SELECT state, count(*) AS n FROM campaigns WHERE %(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s) "
        "GROUP BY 1 ORDER BY 1",
        which,
    )
    (leads,) = rows(
        cursor,
        "SELECT count(*) AS leads, count(*) FILTER (WHERE harvested_at > %(now)s - interval '1 day') AS new_today "
        f"FROM leads WHERE merged_into IS NULL AND {mine}",
        which,
    )
    sends = rows(cursor, f"SELECT state, count(*) AS n FROM sends WHERE {mine} GROUP BY 1 ORDER BY 1", which)
    (sent,) = rows(
        cursor,
        "SELECT count(*) FILTER (WHERE started_at > %(now)s - interval '1 day') AS today, count(*) AS week "
        f"FROM sends WHERE state = 'sent' AND started_at > %(now)s - interval '7 days' AND {mine}",
        which,
    )
    events = rows(
        cursor,
        "SELECT e.kind, count(*) AS n FROM engagement_events e JOIN leads l ON l.id = e.lead_id "
        f"WHERE e.happened_at > %(now)s - interval '7 days' AND {mine.replace('campaign_id', 'l.campaign_id')} "
        "GROUP BY 1 ORDER BY 1",
        which,
    )
    return {
        "campaigns": {row["state"]: row["n"] for row in states},
        "leads": leads["leads"],
        "leads_new_today": leads["new_today"],
        "sends": {row["state"]: row["n"] for row in sends},
        "sent_today": sent["today"],
        "sent_last_7_days": sent["week"],
        "events_last_7_days": {row["kind"]: row["n"] for row in events},
    }
