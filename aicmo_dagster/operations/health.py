"""What comes back of the mails of the last seven days, and what stops when it is too much.

A mail counts with what became of it, so bounces of an old list do not weigh on the mails of today. When a person
resumes a campaign that was stopped, or releases a mailbox, the count starts anew with the mails after that: the
old ones are known, and would stop it again at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.sending import Holds
from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.store import audit, campaigns
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.caps import Limits

COUNTED = timedelta(days=7)
COMPLAINTS_TO_WARN_AT = 0.001
"""Google and Yahoo: stay below 0.1 %, never reach 0.3 %."""

_HELD = timedelta(days=1)
_ACTOR = "aicmo"
_RELEASE = "mailbox.release"

# Starts with the bad events: there are few, mostly none, and then the mails need not be counted.
_ANY = "SELECT FROM engagement_events WHERE kind IN ('bounced', 'complained') AND created_at >= %(since)s LIMIT 1"
_RATES = """
WITH restarts AS (
    SELECT subject, action, max(created_at) AS at FROM audit_log
    WHERE action = %(release)s
        OR action = 'campaign.state' AND before->>'reason' IS NOT NULL AND after->>'state' = 'active'
    GROUP BY subject, action
), bad AS (
    SELECT e.send_id, bool_or(e.bounced) AS bounced, bool_or(e.complained) AS complained, min(e.at) AS at
    FROM (
        SELECT kind = 'bounced' AS bounced, kind = 'complained' AS complained, happened_at AS at,
            -- An event that names no mail is about the last one before it.
            coalesce(send_id, (
                SELECT s.id FROM sends s WHERE s.lead_id = v.lead_id AND s.started_at <= v.happened_at
                ORDER BY s.started_at DESC LIMIT 1
            )) AS send_id
        FROM engagement_events v
        WHERE kind IN ('bounced', 'complained') AND created_at >= %(since)s AND happened_at >= %(since)s
    ) e WHERE e.send_id IS NOT NULL GROUP BY e.send_id
), mails AS (
    SELECT s.campaign_id, s.sender, s.started_at AS at, b.bounced, b.complained
    FROM sends s LEFT JOIN bad b ON b.send_id = s.id
    WHERE s.campaign_id = ANY(ARRAY(SELECT id FROM campaigns)) AND s.started_at >= %(since)s AND s.mode = %(mode)s
        AND (s.state IN ('sending', 'sent', 'uncertain') OR b.send_id IS NOT NULL)
    UNION ALL -- what the server refused before the mail began
    SELECT s.campaign_id, s.sender, b.at, b.bounced, b.complained FROM bad b JOIN sends s ON s.id = b.send_id
    WHERE s.started_at IS NULL AND s.state = 'failed' AND coalesce(s.mode, 'live') = %(mode)s
)
SELECT m.campaign_id = %(campaign)s, m.sender, count(*), count(*) FILTER (WHERE m.bounced),
    count(*) FILTER (WHERE m.complained)
FROM mails m JOIN campaigns c ON c.id = m.campaign_id
    LEFT JOIN restarts r ON r.action = 'campaign.state' AND r.subject = c.key
    LEFT JOIN restarts x ON x.action = %(release)s AND x.subject = m.sender
WHERE (m.campaign_id = %(campaign)s OR m.sender = ANY(%(mailboxes)s))
    AND m.at >= coalesce(greatest(r.at, x.at), m.at)
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Rates:
    """Mails of the last seven days, and how many of them bounced hard or were complained of."""

    mails: int = 0
    bounced: int = 0
    complained: int = 0

    def __add__(self, other: "Rates") -> "Rates":
        return Rates(
            self.mails + other.mails, self.bounced + other.bounced, self.complained + other.complained
        )

    @property
    def bounce_rate(self) -> float:
        """Share of the mails that bounced, 0 where there are none."""
        return self.bounced / self.mails if self.mails else 0.0

    @property
    def complaint_rate(self) -> float:
        """Share of the mails that were complained of, 0 where there are none."""
        return self.complained / self.mails if self.mails else 0.0


@dataclass(frozen=True)
class Health:
    """Of a campaign, and of each of its mailboxes over all campaigns that use it."""

    campaign: Rates = Rates()
    mailboxes: dict[str, Rates] = field(default_factory=dict)


def rates(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> Health:
    """What is counted against the limits now, of mails in the campaign's mode."""
    mailboxes = [sender.address for sender in campaign.config.sending.senders]
    parameters = {
        "campaign": campaign.id,
        "mode": campaign.config.mode,
        "mailboxes": mailboxes,
        "since": now - COUNTED,
        "release": _RELEASE,
    }
    cursor.execute(_RATES.encode(), parameters)
    found = [(mine, sender, Rates(*numbers)) for mine, sender, *numbers in cursor.fetchall()]
    return Health(
        _total(one for mine, _, one in found if mine),
        {mailbox: _total(one for _, sender, one in found if sender == mailbox) for mailbox in mailboxes},
    )


def _total(found: Iterable[Rates]) -> Rates:
    return sum(found, Rates())


def too_much(found: Rates, holds: Holds) -> str | None:
    """The limit that is reached, as a sentence; None where none is, or there are too few mails to tell."""
    if found.mails < holds.least_mails:
        return None
    for what, count, rate, limit in (
        ("bounced", found.bounced, found.bounce_rate, holds.bounce_rate),
        ("were complained of", found.complained, found.complaint_rate, holds.complaint_rate),
    ):
        if count and rate >= limit:
            return (
                f"{count:,} of {found.mails:,} mails of the last seven days {what}: {100 * rate:.2g} %, "
                f"and {100 * limit:.2g} % is the limit"
            )
    return None


def stop_reason(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> str | None:
    """Pause the campaign where too many of its mails came back; the sentence that says so, else None.

    A mailbox that has too many over all its campaigns is held for a day, and again after it while that is so.
    """
    cursor.execute(_ANY, {"since": now - COUNTED})
    if cursor.fetchone() is None:
        return None
    found, holds = rates(cursor, campaign, now), campaign.config.sending.holds
    reason = too_much(found.campaign, holds)
    if reason is not None:
        if campaigns.get(cursor, campaign.key).state == "active":
            campaigns.set_state(cursor, campaign.key, "paused", _ACTOR, reason)
        return reason
    for mailbox, one in found.mailboxes.items():
        if (why := too_much(one, holds)) is not None:
            _hold(cursor, campaign, mailbox, why, now)
    return None


def _hold(cursor: Cursor[TupleRow], campaign: Campaign, mailbox: str, reason: str, now: datetime) -> None:
    cursor.execute(
        "INSERT INTO mailboxes AS m (address, held_until, held_reason) VALUES (%(address)s, %(until)s, %(reason)s) "
        "ON CONFLICT (address) DO UPDATE SET held_until = excluded.held_until, held_reason = excluded.held_reason "
        "WHERE m.held_until IS NULL OR m.held_until <= %(now)s",
        {
            "address": Limits.of(campaign.config).key(mailbox),
            "until": now + _HELD,
            "reason": reason,
            "now": now,
        },
    )
    if cursor.rowcount:
        audit.record(cursor, _ACTOR, "mailbox.hold", mailbox, None, {"reason": reason})


def release(cursor: Cursor[TupleRow], campaign: Campaign, mailbox: str, actor: str) -> bool:
    """Let a held mailbox send again, its mails counted anew from now; False where it is not held.

    Nor does it wait any more for a time, or begin its ramp on a day, that a clock far ahead wrote down.
    Raises ConfigurationError where the campaign has no such mailbox.
    """
    mailbox = mailbox.lower()
    addresses = [sender.address for sender in campaign.config.sending.senders]
    if mailbox not in addresses:
        raise ConfigurationError(
            f"campaign '{campaign.key}' has no mailbox {mailbox!r}; it has: {', '.join(addresses) or 'none'}"
        )
    cursor.execute(
        "UPDATE mailboxes m SET held_until = NULL, held_reason = NULL, troubles = 0, "
        "next_at = CASE WHEN m.next_at <= now() + interval '1 day' THEN m.next_at END, "
        "first_day = least(m.first_day, current_date) FROM mailboxes o WHERE m.address = %s "
        "AND o.address = m.address AND (m.held_until IS NOT NULL OR m.next_at > now() + interval '1 day' "
        "OR m.first_day > current_date + 1) "
        "RETURNING coalesce(o.held_reason, 'it waits for a time that a clock far ahead wrote down')",
        [Limits.of(campaign.config).key(mailbox)],
    )
    if (row := cursor.fetchone()) is None:
        return False
    audit.record(cursor, actor, _RELEASE, mailbox, {"reason": row[0]})
    return True


def warning(found: Health, holds: Holds) -> str | None:
    """What a person should look at before it stops mails: complaints from 0.1 %, mailboxes that are over a limit."""
    least, rate = holds.least_mails, found.campaign.complaint_rate
    if found.campaign.mails >= least and rate >= COMPLAINTS_TO_WARN_AT:
        return (
            f"{found.campaign.complained:,} of {found.campaign.mails:,} mails of the last seven days were "
            f"complained of: {100 * rate:.2g} %; stay below {100 * COMPLAINTS_TO_WARN_AT:.2g} %"
        )
    over = {mailbox: why for mailbox, one in found.mailboxes.items() if (why := too_much(one, holds))}
    return "; ".join(f"{mailbox}: {why}" for mailbox, why in over.items()) or None
