"""How many mails may start today: counted per campaign, mailbox, and mailbox and recipient's domain.

What is counted is locked until the starts that it counts are committed, so no cap is overrun by senders
beside each other. A mail counts when it starts, whatever becomes of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

import psycopg
from psycopg.rows import TupleRow

from aicmo_dagster.campaign.sending import Pace
from aicmo_dagster.stages.pace import allowance, gap

Cursor = psycopg.Cursor[TupleRow]
Full = Literal["campaign_cap", "mailbox_cap", "mailbox_gap", "mailbox_held", "domain_cap"]
"""Why a mail may not start now: the day's mails of the campaign, of its mailbox, or to its domain are used up;
the mailbox wrote too recently, or is held for trouble."""


@dataclass(frozen=True)
class Limits:
    """What a campaign allows. `mode` keeps what a simulation counts apart from what really leaves."""

    campaign: str
    mode: str
    per_day: int
    per_domain: int
    per_person: int
    reply_stops_colleagues: bool
    paces: Mapping[str, Pace]

    def key(self, mailbox: str) -> str:
        """What the mailbox is counted by."""
        return mailbox if self.mode == "live" else f"simulation {mailbox}"


@dataclass(frozen=True)
class Asked:
    """A mail that wants to start."""

    send_id: int
    mailbox: str
    domain: str


class Day:
    """The counts of a day, read under lock: `admit` says who may start, `write` keeps what did."""

    def __init__(
        self, cursor: Cursor, limits: Limits, asked: Sequence[Asked], day: date, now: datetime
    ) -> None:
        self._cursor, self._limits, self._day, self._now = cursor, limits, day, now
        self._mailboxes = _mailboxes(cursor, {limits.key(one.mailbox) for one in asked})
        self._counts = self._locked({key for one in asked for key in self._keys(one)})
        self._new: Counter[tuple[str, str]] = Counter()
        self._written: set[str] = set()
        self._week = self._of_week()

    def admit(self, one: Asked) -> Full | None:
        """None where the mail may start; it is then counted with those asked after it."""
        limits, keys = self._limits, self._keys(one)
        campaign, mailbox, domain = (self._counts[key] + self._new[key] for key in keys)
        key = limits.key(one.mailbox)
        row, pace = self._mailboxes[key], limits.paces[one.mailbox]
        if campaign >= limits.per_day:
            return "campaign_cap"
        if row.held_until is not None and row.held_until > self._now:
            return "mailbox_held"
        today = allowance(pace, row.first_day, self._day)
        if mailbox >= today or self._week[key] + self._new[keys[1]] >= pace.per_week:
            return "mailbox_cap"
        paused = row.next_at is not None and row.next_at > self._now
        if pace.gap_minutes and (paused or key in self._written):
            return "mailbox_gap"
        if domain >= limits.per_domain:
            return "domain_cap"
        self._new.update(keys)
        self._written.add(key)
        return None

    def write(self, started: Iterable[Asked]) -> None:
        """Count those that did start."""
        begun = list(started)
        new = sorted(Counter(key for one in begun for key in self._keys(one)).items())
        self._cursor.execute(
            "UPDATE send_counts c SET started = c.started + n.n "
            "FROM unnest(%s::text[], %s::text[], %s::int[]) AS n (scope, key, n) "
            "WHERE c.scope = n.scope AND c.key = n.key AND c.day = %s",
            [[key[0] for key, _ in new], [key[1] for key, _ in new], [n for _, n in new], self._day],
        )
        last = {one.mailbox: one for one in begun}
        changed = [
            one
            for one in last.values()
            if self._mailboxes[self._limits.key(one.mailbox)].first_day is None
            or self._limits.paces[one.mailbox].gap_minutes
        ]
        if changed:
            nexts = [self._now + gap(self._limits.paces[one.mailbox], one.send_id) for one in changed]
            self._cursor.execute(
                "UPDATE mailboxes m SET first_day = coalesce(m.first_day, %s), next_at = n.next_at "
                "FROM unnest(%s::text[], %s::timestamptz[]) AS n (address, next_at) WHERE m.address = n.address",
                [self._day, [self._limits.key(one.mailbox) for one in changed], nexts],
            )

    def _keys(self, one: Asked) -> tuple[tuple[str, str], tuple[str, str], tuple[str, str]]:
        mailbox = self._limits.key(one.mailbox)
        # A simulation of a campaign that was live counts on its own, like its mailboxes.
        campaign = self._limits.key(self._limits.campaign)
        return ("campaign", campaign), ("mailbox", mailbox), ("domain", f"{mailbox} {one.domain}")

    def _locked(self, keys: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        wanted = sorted(keys)
        parameters = [[scope for scope, _ in wanted], [key for _, key in wanted], self._day]
        select = (
            "SELECT c.scope, c.key, c.started FROM send_counts c "
            "JOIN unnest(%s::text[], %s::text[]) AS w (scope, key) ON c.scope = w.scope AND c.key = w.key "
            "WHERE c.day = %s ORDER BY c.scope, c.key FOR UPDATE OF c"
        )
        self._cursor.execute(select, parameters)
        found = {(str(scope), str(key)): int(n) for scope, key, n in self._cursor.fetchall()}
        if len(found) < len(wanted):
            self._cursor.execute(
                "INSERT INTO send_counts (scope, key, day, started) "
                "SELECT scope, key, %s, 0 FROM unnest(%s::text[], %s::text[]) AS w (scope, key) "
                "ORDER BY scope, key ON CONFLICT DO NOTHING",
                [self._day, parameters[0], parameters[1]],
            )
            self._cursor.execute(select, parameters)
            found = {(str(scope), str(key)): int(n) for scope, key, n in self._cursor.fetchall()}
        return found

    def _of_week(self) -> dict[str, int]:
        keys = list(self._mailboxes)
        self._cursor.execute(
            "SELECT key, sum(started) FROM send_counts WHERE scope = 'mailbox' AND key = ANY(%s) "
            "AND day > %s AND day <= %s GROUP BY key",
            [keys, self._day - timedelta(days=7), self._day],
        )
        return dict.fromkeys(keys, 0) | {str(key): int(n) for key, n in self._cursor.fetchall()}


@dataclass(frozen=True)
class Mailbox:
    """What is remembered of a mailbox."""

    first_day: date | None
    next_at: datetime | None
    held_until: datetime | None


def left(cursor: Cursor, limits: Limits, mailbox: str, day: date, now: datetime) -> int:
    """How many mails of the mailbox may still start today, as far as its own caps and the campaign's say."""
    with_key = limits.key(mailbox)
    row = _mailboxes(cursor, {with_key}, lock=False)[with_key]
    if row.held_until is not None and row.held_until > now:
        return 0
    cursor.execute(
        "SELECT coalesce(sum(started) FILTER (WHERE scope = 'campaign' AND key = %(campaign)s AND day = %(day)s), 0), "
        "coalesce(sum(started) FILTER (WHERE scope = 'mailbox' AND day = %(day)s), 0), "
        "coalesce(sum(started) FILTER (WHERE scope = 'mailbox'), 0) FROM send_counts "
        "WHERE (scope, key) IN (('campaign', %(campaign)s), ('mailbox', %(mailbox)s)) "
        "AND day > %(week)s AND day <= %(day)s",
        {
            "campaign": limits.key(limits.campaign),
            "mailbox": with_key,
            "day": day,
            "week": day - timedelta(days=7),
        },
    )
    campaign, today, week = cursor.fetchone() or (0, 0, 0)
    pace = limits.paces[mailbox]
    return max(
        0,
        min(
            limits.per_day - int(campaign),
            allowance(pace, row.first_day, day) - int(today),
            pace.per_week - int(week),
        ),
    )


def next_at(cursor: Cursor, limits: Limits, mailbox: str) -> datetime | None:
    """The earliest time of the mailbox's next mail; None where it may write now."""
    key = limits.key(mailbox)
    return _mailboxes(cursor, {key}, lock=False)[key].next_at


def _mailboxes(cursor: Cursor, addresses: set[str], *, lock: bool = True) -> dict[str, Mailbox]:
    wanted = sorted(addresses)
    select = (
        "SELECT address, first_day, next_at, held_until FROM mailboxes WHERE address = ANY(%s) ORDER BY address"
        + (" FOR UPDATE" if lock else "")
    )
    cursor.execute(select.encode(), [wanted])
    found = {str(address): Mailbox(*rest) for address, *rest in cursor.fetchall()}
    if lock and len(found) < len(wanted):
        cursor.execute(
            "INSERT INTO mailboxes (address) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING", [wanted]
        )
        cursor.execute(select.encode(), [wanted])
        found = {str(address): Mailbox(*rest) for address, *rest in cursor.fetchall()}
    return {address: found.get(address, Mailbox(None, None, None)) for address in wanted}
