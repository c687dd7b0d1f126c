"""How many mails may start today: counted per campaign, mailbox, and mailbox and recipient's domain.

What is counted is locked until the starts that it counts are committed, so no cap is overrun by senders
beside each other. A mail counts when it starts, whatever becomes of it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Literal, Protocol

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.sending import Pace

Cursor = psycopg.Cursor[TupleRow]
Full = Literal["campaign_cap", "mailbox_cap", "mailbox_gap", "mailbox_held", "domain_cap"]
"""Why a mail may not start now: the day's mails of the campaign, of its mailbox, or to its domain are used up;
the mailbox wrote too recently, or is held for trouble."""


@dataclass(frozen=True)
class Limits:
    """What a campaign allows. What a simulation counts is kept apart from what really leaves."""

    campaign: str
    live: bool
    per_day: int
    per_domain: int
    per_person: int
    reply_stops_colleagues: bool
    paces: Mapping[str, Pace]

    @classmethod
    def of(cls, config: CampaignConfig) -> "Limits":
        """The campaign's own."""
        sending = config.sending
        return cls(
            campaign=config.key,
            live=config.mode == "live",
            per_day=sending.cap_per_day,
            per_domain=sending.per_domain_a_day,
            per_person=sending.per_person_a_week,
            reply_stops_colleagues=sending.reply_stops_colleagues,
            paces={sender.address: sender.pace for sender in sending.senders},
        )

    @property
    def mode(self) -> Literal["live", "simulation"]:
        """How its mails leave."""
        return "live" if self.live else "simulation"

    def key(self, name: str) -> str:
        """What a mailbox or campaign is counted by."""
        return name if self.live else f"simulation {name}"

    def rests(self, mailbox: str) -> bool:
        """Whether the mailbox rests between its mails; nobody would be spared by it in a simulation."""
        return self.live and self.paces[mailbox].gap_minutes > 0


# The parts of `starts.write` that count. `_asked` are the mails that want to start, `_its` is what `as_json` says of
# the campaign, and those that ask are counted in `send_counts` already. Each count is a probe: joined, the planner
# would rather go through all counts of the day.
_ASKED = (
    "json_to_recordset(_asked) AS a (id bigint, recipient text, message_id text, subject text, mailbox text, "
    "domain text, next_at timestamptz, first boolean, behind int, behind_in_mailbox int, behind_in_domain int)"
)
KEYS_ASKED = (
    f"{_ASKED}, LATERAL (VALUES ('campaign', _its.campaign), ('mailbox', a.mailbox), ('domain', a.domain)) "
    "AS k (scope, key)"
)
_STARTED = "(SELECT c.started FROM send_counts c WHERE c.scope = '{}' AND c.key = {} AND c.day = _day)"
MAILBOXES = f"""(
    SELECT m.address, m.held_until, m.next_at, p.per_week, {_STARTED.format("mailbox", "m.address")} AS today,
        p.allowances[
            least(1 + greatest(_day - coalesce(m.first_day, _day), 0), cardinality(p.allowances))
        ] AS allowance,
        (
            SELECT coalesce(sum(c.started), 0) FROM send_counts c
            WHERE c.scope = 'mailbox' AND c.key = m.address AND c.day > _day - 7 AND c.day < _day
        ) AS earlier
    FROM json_each(_its.mailboxes) AS j (address, pace)
    CROSS JOIN LATERAL json_to_record(j.pace) AS p (allowances int[], per_week int)
    JOIN mailboxes m ON m.address = j.address
)"""
ASKED = f"{_ASKED} JOIN mailbox m ON m.address = a.mailbox"
REFUSAL = f"""CASE
    WHEN {_STARTED.format("campaign", "_its.campaign")} - a.behind > _its.per_day THEN 'campaign_cap'
    WHEN m.held_until > _now THEN 'mailbox_held'
    WHEN m.today - a.behind_in_mailbox > m.allowance OR m.earlier + m.today - a.behind_in_mailbox > m.per_week
        THEN 'mailbox_cap'
    WHEN a.next_at IS NOT NULL AND (m.next_at > _now OR NOT a.first) THEN 'mailbox_gap'
    WHEN {_STARTED.format("domain", "a.domain")} - a.behind_in_domain > _its.per_domain THEN 'domain_cap'
END"""
"""The cap that a mail would overrun. Those that ask before it count although they may not start: it is rather asked
for once more than one too many."""


class Asked(Protocol):
    """A mail that wants to start."""

    @property
    def send_id(self) -> int: ...
    @property
    def mailbox(self) -> str: ...
    @property
    def domain(self) -> str: ...


def places(limits: Limits, asked: Sequence[Asked], now: datetime) -> list[dict[str, object]]:
    """What each mail is counted by, how many of its kind ask behind it, and when its mailbox may write again."""
    found: list[dict[str, object]] = []
    behind: Counter[str | None] = Counter()
    for one in reversed(asked):
        mailbox = limits.key(one.mailbox)
        domain = f"{mailbox} {one.domain}"
        rests = limits.rests(one.mailbox)
        found.append(
            {
                "mailbox": mailbox,
                "domain": domain,
                "behind": behind[None],
                "behind_in_mailbox": behind[mailbox],
                "behind_in_domain": behind[domain],
                "next_at": (now + limits.paces[one.mailbox].gap(one.send_id)).isoformat() if rests else None,
            }
        )
        behind.update((None, mailbox, domain))
    met: set[object] = set()
    for place in reversed(found):
        place["first"] = place["mailbox"] not in met
        met.add(place["mailbox"])
    return found[::-1]


def as_json(limits: Limits, campaign_id: int, mailboxes: Iterable[str]) -> str:
    """What the guard needs to know of the campaign and those mailboxes."""
    return json.dumps(
        {
            "campaign_id": campaign_id,
            "campaign": limits.key(limits.campaign),
            "mode": limits.mode,
            "per_day": limits.per_day,
            "per_domain": limits.per_domain,
            "per_person": limits.per_person,
            "colleagues": limits.reply_stops_colleagues,
            "mailboxes": {
                limits.key(one): {
                    "allowances": _allowances(limits.paces[one]),
                    "per_week": limits.paces[one].per_week,
                }
                for one in mailboxes
            },
        }
    )


@cache
def _allowances(pace: Pace) -> list[int]:
    """Of the days from the first."""
    first = date(1970, 1, 1)
    return [pace.allowance(first, first + timedelta(days=day)) for day in range(pace.ramp_days + 1)]


@dataclass(frozen=True)
class Mailbox:
    """What is remembered of a mailbox."""

    first_day: date | None = None
    next_at: datetime | None = None
    held_until: datetime | None = None
    held_reason: str | None = None


def mailbox(cursor: Cursor, limits: Limits, address: str) -> Mailbox:
    """What is remembered of a campaign's mailbox."""
    cursor.execute(
        "SELECT first_day, next_at, held_until, held_reason FROM mailboxes WHERE address = %s",
        [limits.key(address)],
    )
    found = cursor.fetchone()
    return Mailbox(*found) if found else Mailbox()


def left(cursor: Cursor, limits: Limits, address: str, day: date, now: datetime) -> int:
    """How many mails of the mailbox may still start today, as far as its own caps and the campaign's say."""
    row = mailbox(cursor, limits, address)
    if row.held_until is not None and row.held_until > now:
        return 0
    cursor.execute(
        "SELECT coalesce(sum(started) FILTER (WHERE scope = 'campaign' AND day = %(day)s), 0), "
        "coalesce(sum(started) FILTER (WHERE scope = 'mailbox' AND day = %(day)s), 0), "
        "coalesce(sum(started) FILTER (WHERE scope = 'mailbox'), 0) FROM send_counts "
        "WHERE (scope, key) IN (('campaign', %(campaign)s), ('mailbox', %(mailbox)s)) "
        "AND day > %(week)s AND day <= %(day)s",
        {
            "campaign": limits.key(limits.campaign),
            "mailbox": limits.key(address),
            "day": day,
            "week": day - timedelta(days=7),
        },
    )
    campaign, today, week = cursor.fetchone() or (0, 0, 0)
    pace = limits.paces[address]
    own = min(pace.allowance(row.first_day, day) - int(today), pace.per_week - int(week))
    return max(0, min(limits.per_day - int(campaign), own))


def of_campaign(cursor: Cursor, config: CampaignConfig, now: datetime) -> int:
    """How many mails of the campaign have started on the day around `now`."""
    limits = Limits.of(config)
    cursor.execute(
        "SELECT started FROM send_counts WHERE scope = 'campaign' AND key = %s AND day = %s",
        [limits.key(limits.campaign), config.day_of(now)[0].date()],
    )
    (started,) = cursor.fetchone() or (0,)
    return int(started)


def of_domains(
    cursor: Cursor, limits: Limits, address: str, domains: Iterable[str], day: date
) -> dict[str, int]:
    """Domain -> mails that the mailbox started to it on that day; none for a domain that is absent."""
    prefix = f"{limits.key(address)} "
    cursor.execute(
        "SELECT key, started FROM send_counts WHERE scope = 'domain' AND key = ANY(%s) AND day = %s",
        [[prefix + domain for domain in {*domains}], day],
    )
    return {str(key).removeprefix(prefix): int(n) for key, n in cursor.fetchall()}


_FIRST_PAUSE = timedelta(minutes=5)
_LONGEST_PAUSE = timedelta(hours=6)


def trouble(
    cursor: Cursor, limits: Limits, address: str, most: int, reason: str, now: datetime
) -> datetime | None:
    """Count a connection that failed; from the `most`-th in a row the mailbox is held, until the time returned.

    The pause doubles with each failure behind that, from 5 minutes to 6 hours at most.
    """
    cursor.execute(
        "INSERT INTO mailboxes AS m (address, troubles) VALUES (%s, 1) "
        "ON CONFLICT (address) DO UPDATE SET troubles = least(m.troubles + 1, 1000) RETURNING troubles",
        [limits.key(address)],
    )
    (troubles,) = cursor.fetchone() or (1,)
    if troubles < most:
        return None
    until: datetime = now + min(_FIRST_PAUSE * 2 ** min(troubles - most, 10), _LONGEST_PAUSE)
    hold(cursor, limits, address, until, reason)
    return until


def hold(cursor: Cursor, limits: Limits, address: str, until: datetime, reason: str) -> None:
    """Let no mail of the mailbox start before a time."""
    cursor.execute(
        "INSERT INTO mailboxes (address, held_until, held_reason) VALUES (%s, %s, %s) ON CONFLICT (address) "
        "DO UPDATE SET held_until = excluded.held_until, held_reason = excluded.held_reason",
        [limits.key(address), until, reason],
    )


def recovered(cursor: Cursor, limits: Limits, address: str) -> None:
    """A connection worked: the count of those that failed begins anew."""
    cursor.execute("UPDATE mailboxes SET troubles = 0 WHERE address = %s", [limits.key(address)])
