"""When jobs run: what is asked for at the REST API, checked; and what is due now, asked for as runs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ConfigurationError
from aicmo_dagster.jobs import PIPELINE, SCHEDULABLE
from aicmo_dagster.store import runs, schedules
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.runs import Wish
from aicmo_dagster.store.schedules import Timing

ACTOR = "schedule"
"""Who asks for a run when its time has come."""

_CRON_FIELDS = 5
_LOOKED_AHEAD = timedelta(days=3 * 366)


def cron_of(hour: int | None, minute: int | None, cron: str | None) -> str:
    """The cron expression of a daily time, or the one given. Raises ConfigurationError unless it is one of both."""
    if cron is None:
        if hour is None:
            raise ConfigurationError("hour: give hour (and minute) for a daily run, or cron")
        return f"{minute or 0} {hour} * * *"
    if hour is not None or minute is not None:
        raise ConfigurationError("cron: give either cron, or hour and minute")
    return cron


def put(cursor: Cursor[TupleRow], campaign: Campaign, timing: Timing, actor: str) -> dict[str, Any]:
    """Give a job of the campaign a schedule in the place of the one it had; it holds from the next minute on.

    Raises ConfigurationError where there is no such job, or its times can never come.
    """
    if timing.job not in SCHEDULABLE:
        raise ConfigurationError(f"job: there is no {timing.job!r}; there are: {', '.join(SCHEDULABLE)}")
    if following(timing.cron, timing.time_zone, datetime.now(UTC)) is None:
        raise ConfigurationError(f"cron: {timing.cron!r} names no time of the next three years")
    return schedules.put(cursor, campaign.id, campaign.key, timing, actor)


def following(cron: str, time_zone: str, after: datetime) -> datetime | None:
    """The first time after `after` (aware) that a cron expression names in a zone, in UTC; None in three years.

    As Debian's cron does it where clocks change. Raises ConfigurationError where it is no cron expression.
    """
    for moment in _times(cron, time_zone, after):
        return moment if moment - after < _LOOKED_AHEAD else None
    return None


def _times(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    try:
        if len(cron.split()) != _CRON_FIELDS:
            raise CronSimError("it has not five fields")
        for moment in CronSim(cron, after.astimezone(ZoneInfo(time_zone))):
            yield moment.astimezone(UTC)
    except CronSimError as error:
        raise ConfigurationError(
            f"cron: {cron!r} is no cron expression ({error}); write minute, hour, day, month and weekday, "
            "like '30 6 * * mon-fri'"
        ) from None


def latest(cron: str, time_zone: str, since: datetime, until: datetime) -> datetime | None:
    """The last time after `since` and not after `until` that a cron expression names in a zone, or None."""
    found = None
    for moment in _times(cron, time_zone, since):
        if moment > until:
            break
        found = moment
    return found


def request_due(cursor: Cursor[TupleRow], now: datetime) -> int:
    """Ask for the run of every schedule whose time has come, once each; returns how many were new.

    A time that nobody looked at for longer than the campaign's `catch_up_minutes` is left out.
    """
    asked = 0
    for row in schedules.enabled(cursor):
        since = max(now - timedelta(minutes=row["catch_up_minutes"]), row["updated_at"])
        slot = latest(row["cron"], row["time_zone"], since, now)
        if slot is not None:
            wish = Wish(
                row["job"],
                ACTOR,
                row["batch_size"],
                row["timeout_minutes"],
                idempotency_key=f"{row['id']} {slot:%Y-%m-%dT%H:%MZ}",
            )
            asked += runs.add(cursor, row["campaign_id"], wish) is not None
    return asked


def next_runs(cursor: Cursor[TupleRow], campaign: Campaign, now: datetime) -> list[tuple[datetime, str]]:
    """When the campaign's jobs run next, the first first: (time in UTC, job); none while it is not active."""
    if campaign.state != "active":
        return []
    own = schedules.of_campaign(cursor, campaign.id)
    found = [
        (moment, row["job"])
        for row in own
        if row["enabled"] and (moment := following(row["cron"], row["time_zone"], now))
    ]
    if campaign.config.schedule.enabled and all(row["job"] != PIPELINE for row in own):
        daily = campaign.config.schedule
        moment = following(f"{daily.minute} {daily.hour} * * *", campaign.config.time_zone, now)
        if moment is not None:
            found.append((moment, PIPELINE))
    return sorted(found)
