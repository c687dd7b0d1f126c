"""Leads in a sequence: which mailbox writes to them, who has left, which windows matter."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows


def winners(cursor: Cursor[TupleRow], campaign_id: int) -> dict[tuple[str, int, int], str]:
    """Sequence, version, step -> the variant that new leads get."""
    cursor.execute(
        "SELECT sequence, sequence_version, step, variant FROM variant_winners WHERE campaign_id = %s",
        [campaign_id],
    )
    return {
        (str(name), int(version), int(step)): str(variant)
        for name, version, step, variant in cursor.fetchall()
    }


def without_mailbox(
    cursor: Cursor[TupleRow], campaign_id: int, mailboxes: Sequence[str]
) -> list[tuple[int, int]]:
    """Waiting sends (and their leads) that come from none of the mailboxes."""
    cursor.execute(
        "SELECT id, lead_id FROM sends WHERE campaign_id = %s AND state IN ('planned', 'held') "
        "AND (sender IS NULL OR sender <> ALL(%s))",
        [campaign_id, list(mailboxes)],
    )
    return [(int(send_id), int(lead_id)) for send_id, lead_id in cursor.fetchall()]


def give_mailboxes(cursor: Cursor[TupleRow], numbers: Sequence[int], mailboxes: Sequence[str]) -> None:
    """Have each of the sends come from its mailbox."""
    cursor.execute(
        "UPDATE sends s SET sender = m.mailbox FROM unnest(%s::bigint[], %s::text[]) AS m (id, mailbox) "
        "WHERE s.id = m.id",
        [list(numbers), list(mailboxes)],
    )


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


def follow_zones(cursor: Cursor[TupleRow], campaign_id: int, default: str) -> int:
    """Have waiting mails keep to the clock of where their lead is now (`default` = nobody knows); how many moved."""
    cursor.execute(
        "UPDATE sends s SET time_zone = coalesce(l.time_zone, %(default)s) FROM leads l "
        "WHERE s.campaign_id = %(campaign)s AND s.state IN ('planned', 'held') AND l.id = s.lead_id "
        "AND s.time_zone <> coalesce(l.time_zone, %(default)s)",
        {"campaign": campaign_id, "default": default},
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


def due(cursor: Cursor[TupleRow], campaign_id: int, now: datetime) -> list[tuple[str, str]]:
    """The mailboxes and time zones of mails that are due, windows and caps aside."""
    cursor.execute(
        "SELECT DISTINCT sender, time_zone FROM sends WHERE campaign_id = %(campaign)s AND due_at <= %(now)s "
        "AND state IN ('planned', 'held') AND (next_try_at IS NULL OR next_try_at <= %(now)s) "
        "AND sender IS NOT NULL",
        {"campaign": campaign_id, "now": now},
    )
    return [(str(mailbox), str(zone)) for mailbox, zone in cursor.fetchall()]


def suppressed_but_open(cursor: Cursor[TupleRow], campaign_id: int) -> int:
    """Waiting sends to addresses, hashes or domains on the suppression list; there must be none.

    What a worker has claimed is not among them: the guard looks again before the first byte leaves.
    """
    (row,) = rows(
        cursor,
        """
        WITH waiting AS (
            SELECT l.id, l.email, mailbox(l.email) AS mailbox, l.email_domain
            FROM sends s JOIN leads l ON l.id = s.lead_id
            WHERE s.campaign_id = %s AND s.state IN ('planned', 'held')
        ), domains AS (
            SELECT DISTINCT w.email_domain FROM (SELECT DISTINCT email_domain FROM waiting) w
            JOIN suppressions x ON x.kind = 'domain' AND right('.' || w.email_domain, length(x.value) + 1)
                = '.' || x.value
        )
        SELECT count(*) AS n FROM waiting w WHERE w.email_domain IN (SELECT email_domain FROM domains)
            OR w.mailbox IN (SELECT value FROM suppressions WHERE kind = 'address')
            OR (SELECT EXISTS (SELECT FROM suppressions WHERE kind = 'hash'))
                AND mailbox_hash(w.email) IN (SELECT value FROM suppressions WHERE kind = 'hash')
            OR w.id IN (
                SELECT m.merged_into FROM leads m
                JOIN suppressions x ON x.kind = 'address' AND x.value = mailbox(m.email) AND x.reason <> 'bounced'
                WHERE m.merged_into IS NOT NULL
            )
        """,
        [campaign_id],
    )
    return int(row["n"])
