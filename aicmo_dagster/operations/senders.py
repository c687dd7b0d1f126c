"""The mailboxes of a campaign: what DNS says of their domains, how many mails they may send, what holds them."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.mail import preflight
from aicmo_dagster.mail.authentication import key_of
from aicmo_dagster.operations import health
from aicmo_dagster.operations.health import Rates
from aicmo_dagster.store import caps, sending_domains
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.caps import Limits
from aicmo_dagster.store.sending_domains import Findings


@dataclass(frozen=True)
class SenderState:
    """A mailbox now. `ramp_day` counts from 1; 0 = it has sent nothing yet, None = it needs no ramp any more.

    `left`: mails that may still start today, as far as its own caps, the campaign's and a hold say.
    """

    address: str
    findings: Findings
    checked_at: datetime | None
    refused: str | None
    today: int
    allowance: int
    left: int
    ramp_day: int | None
    next_at: datetime | None
    held_until: datetime | None
    held_reason: str | None
    week: Rates


def states(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> list[SenderState]:
    """All mailboxes of the campaign, in its order. Asks no DNS."""
    config = campaign.config
    senders, limits = config.sending.senders, Limits.of(config)
    today = config.day_of(now)[0].date()
    known = sending_domains.known(cursor, map(key_of, senders))
    refused = preflight.refusals(cursor, senders, config.sending.holds, now, config.sending.cap_per_day)
    rates = health.rates(cursor, campaign, now).mailboxes
    cursor.execute(
        "SELECT key, started FROM send_counts WHERE scope = 'mailbox' AND day = %s AND key = ANY(%s)",
        [today, [limits.key(sender.address) for sender in senders]],
    )
    started = {str(key): int(number) for key, number in cursor.fetchall()}
    found = []
    for sender in senders:
        checked, mailbox = known.get(key_of(sender)), caps.mailbox(cursor, limits, sender.address)
        day = 0 if mailbox.first_day is None else (today - mailbox.first_day).days + 1
        held = mailbox.held_until is not None and mailbox.held_until > now
        found.append(
            SenderState(
                address=sender.address,
                findings=checked.findings if checked else {},
                checked_at=checked.checked_at if checked else None,
                refused=refused.get(sender.address),
                today=started.get(limits.key(sender.address), 0),
                allowance=sender.pace.allowance(mailbox.first_day, today),
                left=caps.left(cursor, limits, sender.address, today, now),
                ramp_day=day if day <= sender.pace.ramp_days else None,
                next_at=mailbox.next_at if mailbox.next_at and mailbox.next_at > now else None,
                held_until=mailbox.held_until if held else None,
                held_reason=mailbox.held_reason if held else None,
                week=rates[sender.address],
            )
        )
    return found
