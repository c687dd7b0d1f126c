"""Leads in a sequence: who may send for a campaign, who has left, which windows matter."""

from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows

_SENDING_LOCK_SPACE = 0x6D61
"""First half of the session locks under which one process sends for a campaign; the second is its id."""


def hold_sending_lock(cursor: Cursor[TupleRow], campaign_id: int) -> None:
    """Wait for the right to send for the campaign; the session holds it until it ends, however it ends."""
    cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_SENDING_LOCK_SPACE, campaign_id])


def leave(cursor: Cursor[TupleRow], campaign_id: int, now: datetime) -> int:
    """Let go of the leads whose last step is sent, or that get no more mail; returns how many left."""
    cursor.execute(
        """
        UPDATE lead_routes r SET left_at = %(now)s FROM sends s, sequences q
        WHERE s.campaign_id = %(campaign)s AND r.left_at IS NULL AND s.lead_id = r.lead_id
            AND s.sequence = r.sequence AND s.sequence_version = r.sequence_version
            AND q.campaign_id = s.campaign_id AND q.name = s.sequence AND q.version = s.sequence_version
            AND (s.state IN ('skipped', 'failed')
                OR s.state = 'sent' AND s.step = jsonb_array_length(q.content -> 'steps'))
        """,
        {"campaign": campaign_id, "now": now},
    )
    return cursor.rowcount


def open_zones(cursor: Cursor[TupleRow], campaign_id: int) -> list[str]:
    """The time zones of leads whose next mail is waiting."""
    found = rows(
        cursor,
        "SELECT DISTINCT time_zone FROM sends WHERE campaign_id = %s AND state IN ('planned', 'held')",
        [campaign_id],
    )
    return [row["time_zone"] for row in found]


def due_zones(cursor: Cursor[TupleRow], campaign_id: int, now: datetime) -> list[str]:
    """The time zones of leads whose next mail is due, windows aside."""
    found = rows(
        cursor,
        "SELECT DISTINCT time_zone FROM sends WHERE campaign_id = %(campaign)s AND due_at <= %(now)s "
        "AND (state = 'planned' OR state = 'held' AND next_try_at <= %(now)s)",
        {"campaign": campaign_id, "now": now},
    )
    return [row["time_zone"] for row in found]


def started(cursor: Cursor[TupleRow], campaign_id: int, day: tuple[datetime, datetime]) -> int:
    """Mails of the campaign that were started within a day (its start and end)."""
    (row,) = rows(
        cursor,
        "SELECT count(*) AS n FROM sends WHERE campaign_id = %s AND started_at >= %s AND started_at < %s",
        [campaign_id, *day],
    )
    return int(row["n"])


def suppressed_but_open(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """Open sends to addresses or domains on the suppression list; there must be none."""
    (row,) = rows(
        cursor,
        """
        WITH waiting AS (
            SELECT l.id, mailbox(l.email) AS mailbox, l.email_domain FROM sends s JOIN leads l ON l.id = s.lead_id
            WHERE s.campaign_id = %s AND s.state IN ('planned', 'claimed', 'held')
        ), domains AS (
            SELECT DISTINCT w.email_domain FROM (SELECT DISTINCT email_domain FROM waiting) w
            JOIN suppressions x ON x.kind = 'domain' AND right('.' || w.email_domain, length(x.value) + 1)
                = '.' || x.value
        )
        SELECT count(*) AS n FROM waiting w WHERE w.email_domain IN (SELECT email_domain FROM domains)
            OR w.mailbox IN (SELECT value FROM suppressions WHERE kind = 'address')
            OR w.id IN (
                SELECT m.merged_into FROM leads m
                JOIN suppressions x ON x.kind = 'address' AND x.value = mailbox(m.email) AND x.reason <> 'bounced'
                WHERE m.merged_into IS NOT NULL
            )
        """,
        [campaign_id],
    )
    return int(row["n"])
