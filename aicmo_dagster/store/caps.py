"""How many mails may start today: counted per campaign, mailbox, and mailbox and recipient's domain.

What is counted is locked until the starts that it counts are committed, so no cap is overrun by senders
beside each other. A mail counts when it starts, whatever becomes of it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
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

    def key(self, name: str) -> str:
        """What a mailbox or campaign is counted by."""
        return name if self.live else f"simulation {name}"

    def rests(self, mailbox: str) -> bool:
        """Whether the mailbox rests between its mails; nobody would be spared by it in a simulation."""
        return self.live and self.paces[mailbox].gap_minutes > 0


class Asked(Protocol):
    """A mail that wants to start."""

    @property
    def send_id(self) -> int: ...
    @property
    def mailbox(self) -> str: ...
    @property
    def domain(self) -> str: ...


_REMEMBERED = "m.first_day, m.next_at, m.held_until, m.held_reason"


class Day:
    """The counts of a day, under lock and with the mails in them that ask to start.

    `admit` says which of those may; `take_back` takes out those that did not start. Both questions to the database
    are on their way together in a pipeline, so ask for nothing before all else that can be asked is asked.
    """

    def __init__(
        self, cursor: Cursor, limits: Limits, asked: Sequence[Asked], day: date, now: datetime
    ) -> None:
        self._cursor, self._limits, self._day, self._now = cursor, limits, day, now
        self._asked = Counter(key for one in asked for key in self._keys(one))
        addresses = sorted({limits.key(one.mailbox) for one in asked})
        ask = cursor.connection.execute
        ask("INSERT INTO mailboxes (address) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [addresses])
        self._remembered = ask(_LOCKED_MAILBOXES.encode(), [day - timedelta(days=7), day, addresses])
        self._counted = ask(_COUNT, {"counts": _as_json(self._asked), "day": day})
        self._admitted: Counter[tuple[str, str]] = Counter()

    @cached_property
    def _mailboxes(self) -> dict[str, tuple["Mailbox", int]]:
        """What is remembered of each mailbox, and what it started in the six days before."""
        return {
            str(address): (Mailbox(*rest), int(week)) for address, week, *rest in self._remembered.fetchall()
        }

    @cached_property
    def _before(self) -> dict[tuple[str, str], int]:
        """The counts without those that ask."""
        return {
            (str(scope), str(key)): int(n) - self._asked[scope, key]
            for scope, key, n in self._counted.fetchall()
        }

    def admit(self, one: Asked) -> Full | None:
        """None where the mail may start; it is then counted with those asked after it."""
        limits, keys = self._limits, self._keys(one)
        campaign, mailbox, domain = (self._before[key] + self._admitted[key] for key in keys)
        (row, week), pace = self._mailboxes[limits.key(one.mailbox)], limits.paces[one.mailbox]
        if campaign >= limits.per_day:
            return "campaign_cap"
        if row.held_until is not None and row.held_until > self._now:
            return "mailbox_held"
        if mailbox >= pace.allowance(row.first_day, self._day) or week + mailbox >= pace.per_week:
            return "mailbox_cap"
        paused = row.next_at is not None and row.next_at > self._now
        if limits.rests(one.mailbox) and (paused or self._admitted[keys[1]]):
            return "mailbox_gap"
        if domain >= limits.per_domain:
            return "domain_cap"
        self._admitted.update(keys)
        return None

    def take_back(self, not_started: Iterable[Asked]) -> None:
        """Take those out of the counts that asked and did not start."""
        counts = Counter(key for one in not_started for key in self._keys(one))
        if counts:
            self._cursor.execute(_UNCOUNT, {"counts": _as_json(counts), "day": self._day})

    def rest(self, started: Iterable[Asked]) -> None:
        """Note when each mailbox started its first mail, and when it may write its next one."""
        limits = self._limits
        last = {one.mailbox: one for one in started}
        changed = [
            one
            for one in last.values()
            if limits.rests(one.mailbox) or self._mailboxes[limits.key(one.mailbox)][0].first_day is None
        ]
        if changed:
            nexts = [self._now + limits.paces[one.mailbox].gap(one.send_id) for one in changed]
            self._cursor.execute(
                "UPDATE mailboxes m SET first_day = coalesce(m.first_day, %s), next_at = n.next_at "
                "FROM unnest(%s::text[], %s::timestamptz[]) AS n (address, next_at) WHERE m.address = n.address",
                [self._day, [limits.key(one.mailbox) for one in changed], nexts],
            )

    def _keys(self, one: Asked) -> tuple[tuple[str, str], tuple[str, str], tuple[str, str]]:
        mailbox = self._limits.key(one.mailbox)
        campaign = self._limits.key(self._limits.campaign)
        return ("campaign", campaign), ("mailbox", mailbox), ("domain", f"{mailbox} {one.domain}")


_LOCKED_MAILBOXES = f"""
SELECT m.address, (
    SELECT coalesce(sum(c.started), 0) FROM send_counts c
    WHERE c.scope = 'mailbox' AND c.key = m.address AND c.day > %s AND c.day < %s
), {_REMEMBERED}
FROM mailboxes m WHERE m.address = ANY(%s) ORDER BY m.address FOR UPDATE OF m
"""
_COUNT = """
INSERT INTO send_counts AS c (scope, key, day, started)
SELECT w.scope, w.key, %(day)s, w.n FROM json_to_recordset(%(counts)s) AS w (scope text, key text, n int)
ORDER BY w.scope, w.key
ON CONFLICT (scope, key, day) DO UPDATE SET started = c.started + excluded.started
RETURNING scope, key, started
"""
_UNCOUNT = """
UPDATE send_counts c SET started = c.started - w.n FROM json_to_recordset(%(counts)s) AS w (scope text, key text, n int)
WHERE c.scope = w.scope AND c.key = w.key AND c.day = %(day)s
"""


def _as_json(counts: Mapping[tuple[str, str], int]) -> str:
    return json.dumps([{"scope": scope, "key": key, "n": n} for (scope, key), n in counts.items()])


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
        f"SELECT {_REMEMBERED} FROM mailboxes m WHERE address = %s".encode(), [limits.key(address)]
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
