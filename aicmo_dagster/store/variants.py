"""What became of the mails of each variant, and which variant of a step was chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.audit import record

Step = tuple[str, int, int]
"""Sequence, its version, number of the step from 1."""


@dataclass(frozen=True)
class Counted:
    """Mails of one variant of a step: `mails` are old enough to have been answered, `young` are not yet.

    `replies` and the `positive` ones among them are those of `mails`, in the time that each mail is given. Who
    says no, or wants no more mails, has not replied in this sense: words that annoy must not win.
    """

    mails: int = 0
    young: int = 0
    replies: int = 0
    positive: int = 0


@dataclass(frozen=True)
class Chosen:
    """The variant that new leads get, and who chose it when."""

    variant: str
    chosen_by: str
    chosen_at: datetime


# Starts with the replies, which are few. A reply that names no mail is about the last one before it.
_COUNTED = """
WITH answered AS (
    SELECT s.id, bool_or(e.kind <> 'replied') AS positive
    FROM engagement_events e
    CROSS JOIN LATERAL (
        SELECT * FROM sends WHERE id = e.send_id
        UNION ALL
        (SELECT * FROM sends WHERE e.send_id IS NULL AND lead_id = e.lead_id AND sent_at <= e.happened_at
            ORDER BY sent_at DESC LIMIT 1)
    ) s
    WHERE e.kind IN ('replied', 'interested', 'meeting') AND s.campaign_id = %(campaign)s
        AND e.happened_at < s.sent_at + %(time)s
        AND NOT EXISTS (
            SELECT FROM engagement_events n WHERE n.lead_id = e.lead_id AND n.kind IN ('unsubscribed', 'complained')
                AND n.happened_at BETWEEN s.sent_at AND s.sent_at + %(time)s
        )
        AND NOT EXISTS (
            SELECT FROM received_messages r WHERE r.lead_id = e.lead_id AND r.send_id = s.id
                AND r.category IN ('not_interested', 'unsubscribe')
        )
    GROUP BY s.id
)
SELECT s.sequence, s.sequence_version, s.step, s.variant,
    count(*) FILTER (WHERE s.sent_at <= %(now)s - %(time)s),
    count(*) FILTER (WHERE s.sent_at > %(now)s - %(time)s),
    count(a.id) FILTER (WHERE s.sent_at <= %(now)s - %(time)s),
    count(a.id) FILTER (WHERE s.sent_at <= %(now)s - %(time)s AND a.positive)
FROM sends s
JOIN unnest(%(sequences)s::text[], %(versions)s::int[], %(steps)s::int[]) w (sequence, sequence_version, step)
    USING (sequence, sequence_version, step)
LEFT JOIN answered a ON a.id = s.id
WHERE s.campaign_id = %(campaign)s AND s.state = 'sent'
GROUP BY 1, 2, 3, 4
"""


def counted(
    cursor: Cursor[TupleRow], campaign_id: int, steps: Sequence[Step], now: datetime, time: timedelta
) -> dict[Step, dict[str | None, Counted]]:
    """Step -> variant (None: its own text) -> what came of its mails within `time` after each was sent."""
    cursor.execute(
        _COUNTED.encode(),
        {
            "campaign": campaign_id,
            "sequences": [sequence for sequence, _, _ in steps],
            "versions": [version for _, version, _ in steps],
            "steps": [step for _, _, step in steps],
            "now": now,
            "time": time,
        },
    )
    found: dict[Step, dict[str | None, Counted]] = {step: {} for step in steps}
    for sequence, version, step, variant, *numbers in cursor.fetchall():
        found[sequence, version, step][variant] = Counted(*numbers)
    return found


def chosen(cursor: Cursor[TupleRow], campaign_id: int) -> dict[Step, Chosen]:
    """The steps of which a variant was chosen."""
    cursor.execute(
        "SELECT sequence, sequence_version, step, variant, chosen_by, created_at FROM variant_winners "
        "WHERE campaign_id = %s",
        [campaign_id],
    )
    return {(name, version, step): Chosen(*rest) for name, version, step, *rest in cursor.fetchall()}


def choose(
    cursor: Cursor[TupleRow], campaign_id: int, step: Step, variant: str, by: str, *, again: bool = False
) -> bool:
    """Give new leads this variant only; False where one was chosen already, unless `again` replaces it."""
    replaced = (
        "UPDATE SET variant = excluded.variant, chosen_by = excluded.chosen_by, created_at = now() "
        "WHERE w.variant <> excluded.variant"
        if again
        else "NOTHING"
    )
    cursor.execute(
        "INSERT INTO variant_winners AS w (campaign_id, sequence, sequence_version, step, variant, chosen_by) "
        "VALUES (%s, %s, %s, %s, %s, %s) "
        f"ON CONFLICT (campaign_id, sequence, sequence_version, step) DO {replaced}".encode(),
        [campaign_id, *step, variant, by],
    )
    if cursor.rowcount:
        record(cursor, by, "variant.choose", _subject(campaign_id, step), None, {"variant": variant})
    return cursor.rowcount == 1


def reopen(cursor: Cursor[TupleRow], campaign_id: int, step: Step, by: str) -> bool:
    """Give new leads all variants again; False where none was chosen."""
    cursor.execute(
        "DELETE FROM variant_winners WHERE campaign_id = %s AND sequence = %s AND sequence_version = %s "
        "AND step = %s RETURNING variant",
        [campaign_id, *step],
    )
    if (row := cursor.fetchone()) is None:
        return False
    record(cursor, by, "variant.reopen", _subject(campaign_id, step), {"variant": row[0]})
    return True


def _subject(campaign_id: int, step: Step) -> str:
    sequence, version, number = step
    return f"{campaign_id} {sequence} {version} {number}"
