"""Mails over random time lines, on the real ledger: what every mail that left must have been allowed.

A time line is a campaign, some leads all over the world, and happenings: time goes by (minutes, or a week without
a run), plans and sends, workers that die, wishes, pauses. What left is checked against rules that are written down
here once more, by the calendar and the clocks of the world and nothing of the program's.
"""

import itertools
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.campaign.hours import WEEKDAYS
from aicmo_dagster.flow import nurture
from aicmo_dagster.flow.run import Run
from aicmo_dagster.mail import effects
from aicmo_dagster.mail.delivery import send_due
from aicmo_dagster.mail.outcome import Letter, Outcome, Transport
from aicmo_dagster.stages.sending_window import closing_times, opening
from aicmo_dagster.store import campaigns, claims, database, workers
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.caps import Limits
from aicmo_dagster.store.claims import Claims
from aicmo_dagster_tests import outreach
from aicmo_dagster_tests.depth import SHORT

HOME = "Europe/Berlin"
PLACES = (
    *(
        ("Europe/Berlin", "DE"),
        ("America/New_York", "US"),
        ("America/St_Johns", "CA"),
        ("Asia/Kathmandu", None),
    ),
    *(("Australia/Lord_Howe", "AU"), ("Pacific/Apia", None), ("Pacific/Kiritimati", None), ("UTC", None)),
    *(
        ("Pacific/Pago_Pago", None),
        ("Europe/Dublin", "IE"),
        ("Africa/Casablanca", None),
        ("America/Nuuk", None),
    ),
)
# About changes of clocks, the day that Samoa left out, and holidays.
STARTS = (
    *("2026-03-26", "2026-10-22", "2026-03-06", "2026-10-30", "2026-04-02", "2026-10-01"),
    *("2011-12-27", "2026-12-22", "2026-02-12", "2027-12-30"),
)
_number = itertools.count()


@dataclass(frozen=True)
class Mail:
    """One that left."""

    lead: str
    step: int
    at: datetime
    config: CampaignConfig
    place: tuple[str, str | None]


@dataclass
class World(Transport):
    """The clock, and a mail server that takes everything and notes it."""

    now: datetime
    config: CampaignConfig
    mails: list[Mail] = field(default_factory=list)
    forbidden: dict[str, str] = field(default_factory=dict)
    waits: dict[str, datetime] = field(default_factory=dict)
    places: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    active: bool = True

    def exchange(
        self, started: Letter | None, following: Letter | None
    ) -> tuple[Outcome | None, Outcome | None]:
        if started is None:
            return None, None
        step = int(started.content.partition(b"Subject: Step ")[2].split()[0])
        assert self.active, "a mail left although the campaign is paused"
        assert started.recipient not in self.forbidden, self.forbidden[started.recipient]
        assert self.waits.get(started.recipient, self.now) <= self.now, "a mail left while nobody is there"
        self.mails.append(
            Mail(started.recipient, step, self.now, self.config, self.places[started.recipient])
        )
        return Outcome("sent", "250 ok"), None

    def abandon(self) -> None:
        pass

    def close(self) -> None:
        pass

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


hours = st.integers(0, 23).flatmap(
    lambda first: st.tuples(
        st.just(time(first)),
        st.integers(first + 1, 24).map(lambda last: time(last) if last < 24 else time(23, 59)),
    )
)
sendings = st.fixed_dictionaries(
    {
        "window": hours.map(lambda two: {"start": f"{two[0]:%H:%M}", "end": f"{two[1]:%H:%M}"}),
        "working_days": st.sets(st.sampled_from(WEEKDAYS), min_size=2).map(sorted),
        "holidays": st.booleans(),
        "cap_per_day": st.integers(1, 6),
        "per_domain_a_day": st.integers(1, 6),
        "per_person_a_week": st.integers(1, 3),
    }
)
paces = st.fixed_dictionaries(
    {
        "first_day": st.integers(1, 3),
        "per_day": st.integers(3, 9),
        "ramp_days": st.integers(0, 5),
        "per_week": st.integers(6, 40),
        "gap_minutes": st.sampled_from([0, 0, 0.5, 20]),
    }
)
leads = st.lists(st.sampled_from(PLACES), min_size=1, max_size=4)
steps = st.lists(st.integers(1, 4), max_size=2).map(lambda gaps: [0, *itertools.accumulate(gaps)])
happenings = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 600).map(lambda minutes: timedelta(minutes=minutes))),
        st.tuples(st.just("wait"), st.integers(7, 12).map(lambda days: timedelta(days=days))),
        st.tuples(st.just("send"), st.sampled_from([None, 1, 2])),
        st.tuples(st.just("plan"), st.none()),
        st.tuples(st.just("die"), st.integers(1, 3)),
        st.tuples(st.sampled_from(["reply", "unsubscribe", "bounce", "absent"]), st.integers(0, 4)),
        st.tuples(st.just("pause"), st.none()),
        st.tuples(st.just("move"), st.tuples(st.integers(0, 3), st.sampled_from(PLACES))),
        st.tuples(st.just("change"), sendings),
    ),
    max_size=12,
)


@settings(
    max_examples=8 if SHORT else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target] if SHORT else list(Phase),
)
@given(st.sampled_from(STARTS), st.integers(0, 5 * 24 * 60), sendings, paces, leads, steps, happenings)
def test_no_mail_leaves_early_twice_or_outside_its_window_and_none_is_forgotten(
    store: URL,
    day: str,
    minutes: int,
    sending: dict[str, Any],
    pace: dict[str, Any],
    places: list[tuple[str, str | None]],
    days: list[int],
    line: list[tuple[str, Any]],
) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    key = f"line{next(_number)}"
    world = World(start, _document(key, sending, pace, days))
    with database.transaction() as cursor:
        campaigns.apply(cursor, world.config, Path(), "test")
    world.places = {
        _enrol(key, number, zone, country, start): (zone, country)
        for number, (zone, country) in enumerate(places)
    }
    people = list(world.places)
    for happening, what in line:
        _happen(world, key, people, happening, what, pace, days)
    _check(world.mails, days, start)
    _go_on_to_the_end(world, key)
    _check(world.mails, days, start)
    sent = Counter(mail.lead for mail in world.mails)
    for lead in set(people) - world.forbidden.keys():
        assert sent[lead] == len(days), f"of {len(days)} mails to {lead} {sent[lead]} left"


def _document(key: str, sending: dict[str, Any], pace: dict[str, Any], days: list[int]) -> CampaignConfig:
    sender = {
        "mailbox": f"Test Sender <{key}@example.com>",
        "postal_address": "1 Test Street, Testtown",
        "pace": {**pace, "per_day": max(pace["per_day"], pace["first_day"])},
        "smtp": {"host": "127.0.0.1", "security": "none"},
    }
    written = [
        {"day": one, "subject": f"Step {number} {{{{ first_name }}}}", "text": "Hello"}
        for number, one in enumerate(days, 1)
    ]
    return outreach.config(
        key=key,
        mode="live",
        time_zone=HOME,
        sending={**sending, "sender": sender},
        sequences={"aggressive_close": {"days": days[-1] + 1, "steps": written}},
    )


def _enrol(key: str, number: int, zone: str, country: str | None, at: datetime) -> str:
    address = f"{key}.{number}@example.org"
    with database.transaction() as cursor:
        campaign = campaigns.get(cursor, key)
    lead = outreach.add_lead(campaign.id, address, time_zone=zone, country_code=country, first_name="Test")
    with database.transaction() as cursor:
        cursor.execute(
            "INSERT INTO lead_routes (lead_id, tier, routing_score, intent_lifted, sequence, sequence_version, "
            "owner, owner_reason, rules_version, campaign_version, run_id, enrolled_at) "
            "VALUES (%s, 'HOT', 1, false, 'aggressive_close', 1, 'unassigned', '', 1, 1, %s, %s)",
            [lead, outreach.RUN, at],
        )
    return address


def _campaign(key: str) -> Campaign:
    with database.transaction() as cursor:
        return campaigns.get(cursor, key)


def _plan(world: World, key: str) -> None:
    nurture.plan(Run(_campaign(key), uuid.uuid4(), world.now))


def _send(world: World, key: str, limit: int | None = None) -> None:
    campaign = _campaign(key)
    if campaign.state == "active":
        send_due(
            database.connect, campaign, lambda _: world, now=lambda: world.now, pause=world.pause, limit=limit
        )


def _happen(
    world: World,
    key: str,
    people: Sequence[str],
    what: str,
    value: Any,
    pace: dict[str, Any],
    days: list[int],
) -> None:
    if what == "wait":
        world.now += value
    elif what == "plan":
        _plan(world, key)
    elif what == "send":
        _plan(world, key)
        _send(world, key, value)
    elif what == "die":
        _die(world, key, value)
    elif what == "pause":
        world.active = not world.active
        with database.transaction() as cursor:
            campaigns.set_state(cursor, key, "active" if world.active else "paused", "test")
    elif what == "change":
        world.config = _document(key, value, pace, days)
        with database.transaction() as cursor:
            campaigns.apply(cursor, world.config, Path(), "test")
    elif what == "move":
        number, place = value
        if number < len(people):
            world.places[people[number]] = place
            with database.transaction() as cursor:
                cursor.execute(
                    "UPDATE leads SET time_zone = %s, country_code = %s WHERE email = %s",
                    [*place, people[number]],
                )
    elif value < len(people):
        _wish(world, people[value], what)


def _wish(world: World, address: str, what: str) -> None:
    with database.transaction() as cursor:
        cursor.execute("SELECT id FROM leads WHERE email = %s", [address])
        ((lead,),) = cursor.fetchall()
        if what == "reply":
            effects.replied(cursor, lead, None, world.now)
        elif what == "unsubscribe":
            effects.unsubscribed(cursor, lead, world.now, "test")
        elif what == "bounce":
            effects.hard_bounced(cursor, lead, None, world.now, "test")
        else:
            until = world.now + timedelta(days=3)
            effects.auto_replied(cursor, lead, None, world.now, until)
            world.waits[address] = max(until, world.waits.get(address, until))
            return
    world.forbidden[address] = f"a mail left after a {what}"


def _die(world: World, key: str, claimed: int) -> None:
    """A worker takes mails and is gone before it sends any, and its session with it."""
    campaign = _campaign(key)
    config, limits = campaign.config, Limits.of(campaign.config)
    with database.transaction() as cursor:
        worker = workers.enlist(cursor)
        closing = closing_times([zone for zone, _ in PLACES], config.sending, world.now)
        claims.claim(
            cursor,
            Claims(campaign.id, worker, config.sending.senders[0].address, limits, timedelta(minutes=15)),
            zones=list(closing),
            opening=lambda country, zone: opening(config.sending, country, zone, world.now),
            limit=claimed,
            day=config.day_of(world.now),
            now=world.now,
        )


def _go_on_to_the_end(world: World, key: str) -> None:
    """Nothing more happens but time, plans and sends, whenever a window opens or a day begins."""
    if not world.active:
        _happen(world, key, [], "pause", None, {}, [])
    last = world.now + timedelta(days=400)
    _plan(world, key)
    while world.now < last:
        before = len(world.mails)
        _send(world, key)
        if len(world.mails) > before:
            _plan(world, key)
        waiting = database.fetch(
            "SELECT min(greatest(s.due_at, s.next_try_at)) AS next, count(*) AS mails FROM sends s "
            "JOIN campaigns c ON c.id = s.campaign_id WHERE c.key = %s AND s.state IN ('planned', 'held', 'claimed')",
            [key],
        )[0]
        if not waiting["mails"]:
            return
        window = world.config.sending.window
        moments = [
            _wall(world.now, zone, window.start, later)
            for zone, _ in world.places.values()
            for later in (0, 1)
        ]
        # What is due next, and at the latest the next opening of any lead's window.
        world.now = min(moment for moment in (waiting["next"], *moments) if moment > world.now)


def _wall(now: datetime, zone: str, clock: time, days_later: int) -> datetime:
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days_later)
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC)


def _check(mails: Sequence[Mail], days: list[int], start: datetime) -> None:
    by_lead: dict[str, list[Mail]] = defaultdict(list)
    by_day: Counter[date] = Counter()
    for before, mail in zip([None, *mails], mails, strict=False):
        sending = mail.config.sending
        zone, country = mail.place
        wall = mail.at.astimezone(ZoneInfo(zone))
        assert sending.window.start <= wall.time() < sending.window.end, f"{wall} is outside the window"
        assert WEEKDAYS[wall.weekday()] in sending.working_days, f"{wall} is no working day"
        if sending.holidays and country is not None:
            assert wall.date() not in holidays.country_holidays(country, years=wall.year), (
                f"{wall} is a holiday"
            )
        earlier = by_lead[mail.lead]
        assert mail.step == len(earlier) + 1, f"step {mail.step} follows {[one.step for one in earlier]}"
        since = earlier[-1].at if earlier else start
        gap = days[mail.step - 1] - (days[mail.step - 2] if earlier else 0)
        assert mail.at - since >= timedelta(days=gap), (
            f"step {mail.step} left {mail.at - since} after the last"
        )
        in_a_week = [one for one in earlier if mail.at - one.at < timedelta(days=7)]
        assert len(in_a_week) < sending.per_person_a_week, "too many mails a week to one person"
        earlier.append(mail)
        today = mail.at.astimezone(ZoneInfo(HOME)).date()
        by_day[today] += 1
        pace = sending.senders[0].pace
        first = mails[0].at.astimezone(ZoneInfo(HOME)).date()
        most = min(sending.cap_per_day, sending.per_domain_a_day, pace.allowance(first, today))
        assert by_day[today] <= most, f"{by_day[today]} mails on {today}, {most} are allowed"
        week = sum(
            number for day, number in by_day.items() if timedelta(0) <= today - day < timedelta(days=7)
        )
        assert week <= pace.per_week
        if before is not None:
            assert mail.at - before.at >= timedelta(minutes=pace.gap_minutes), "the mailbox did not rest"
