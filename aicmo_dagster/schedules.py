"""The daily run of each campaign at the time its configuration says, and its mails when their windows open.

`daily_pipeline` looks every minute which campaigns are due, so a change takes effect without a reload. After
a standstill a run is made up for within the campaign's `catch_up_minutes`; an older one is left out rather
than fired at an odd hour. The daily run is at night, when no window is open: `due_mails` sends what it planned.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES
from dagster._core.storage.tags import PARTITION_NAME_TAG

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.flow.crm import has_work
from aicmo_dagster.flow.nurture import can_send
from aicmo_dagster.jobs import PIPELINE, crm, lead_pipeline, nurture, train
from aicmo_dagster.partitions import missing_keys
from aicmo_dagster.store import campaigns, claims, database, outcomes, schedules


def latest_slot(config: CampaignConfig, at: datetime) -> datetime:
    """The last moment at or before `at` (aware) at which the campaign's daily run was due.

    A local time that clocks skip counts as the same distance after the gap's beginning (PEP 495, fold 0).
    """
    zone = ZoneInfo(config.time_zone)
    local = at.astimezone(zone)
    for days in (0, 1, 2):
        day = (local - timedelta(days=days)).date()
        slot = datetime(
            day.year, day.month, day.day, config.schedule.hour, config.schedule.minute, tzinfo=zone
        )
        if slot.timestamp() <= at.timestamp():
            return slot
    raise AssertionError("a day before yesterday is in the past")


def due(configs: Iterable[CampaignConfig], at: datetime) -> Iterator[tuple[str, str]]:
    """(campaign key, run key) of every campaign whose run is due at `at` and not too old."""
    for config in configs:
        if not config.schedule.enabled:
            continue
        slot = latest_slot(config, at)
        age_minutes = (at.timestamp() - slot.timestamp()) / 60
        if age_minutes <= config.schedule.catch_up_minutes:
            yield config.key, f"schedule:{config.key}:{slot:%Y-%m-%dT%H:%M}"


@dg.schedule(
    job=lead_pipeline,
    cron_schedule="* * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_pipeline(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Run every active campaign once a day, at its own time in its own zone.

    One whose pipeline got another schedule beside its document runs by that: `operations.schedules`.
    """
    with database.transaction() as cursor:
        timed = schedules.campaigns_with(cursor, PIPELINE)
        found = campaigns.listing(cursor, "active")
    active = [campaign.config for campaign in found if campaign.id not in timed]
    at = context.scheduled_execution_time
    requests = list(due(active, at))
    unknown = missing_keys(context.instance, [key for key, _ in requests])
    if unknown:
        context.instance.add_dynamic_partitions("campaigns", unknown)
    for key, run_key in requests:
        yield dg.RunRequest(run_key=run_key, partition_key=key)
    if not requests:
        yield dg.SkipReason(f"none of {len(active)} active campaigns is due")


@dg.schedule(
    job=nurture,
    cron_schedule="*/5 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def due_mails(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Send for every active campaign that has a mail due, in an open window, of a mailbox that may write."""
    at = context.scheduled_execution_time
    with database.transaction() as cursor:
        # Of paused campaigns, too: what a dead sender left in doubt is on the list within minutes.
        claims.orphans(cursor, None, at)
    with database.transaction() as cursor:
        active = campaigns.listing(cursor, "active")
        waiting = [campaign.key for campaign in active if can_send(cursor, campaign, at)]
    known = set(context.instance.get_dynamic_partitions("campaigns"))
    requested = 0
    for key in waiting:
        # A run that goes on sends what has become due meanwhile; one more would only wait behind it.
        unfinished = dg.RunsFilter(tags={PARTITION_NAME_TAG: key}, statuses=NOT_FINISHED_STATUSES)
        if key in known and not context.instance.get_run_ids(unfinished, limit=1):
            requested += 1
            yield dg.RunRequest(run_key=f"mails:{key}:{at:%Y-%m-%dT%H:%M}", partition_key=key)
    if not requested:
        yield dg.SkipReason("no mail is due in an open window")


@dg.schedule(
    job=train,
    cron_schedule="20 3 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def weekly_training(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Learn anew, and look for drift, for every active campaign with a recorded outcome."""
    with database.transaction() as cursor:
        active = campaigns.listing(cursor, "active")
        keys = [campaign.key for campaign in active if outcomes.counts(cursor, campaign.id)]
    if unknown := missing_keys(context.instance, keys):
        context.instance.add_dynamic_partitions("campaigns", unknown)
    for key in keys:
        yield dg.RunRequest(
            run_key=f"train:{key}:{context.scheduled_execution_time:%Y-%m-%d}", partition_key=key
        )
    if not keys:
        yield dg.SkipReason("no active campaign has a recorded outcome")


@dg.schedule(
    job=crm,
    cron_schedule="*/15 * * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def crm_changes(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Push for every active campaign with a CRM of whose leads something changed, unless it is running."""
    at = context.scheduled_execution_time
    with database.transaction() as cursor:
        active = campaigns.listing(cursor, "active")
        keys = [campaign.key for campaign in active if has_work(cursor, campaign, at)]
    if unknown := missing_keys(context.instance, keys):
        context.instance.add_dynamic_partitions("campaigns", unknown)
    requested = 0
    for key in keys:
        # What a run that goes on changes can wait for the next quarter of an hour.
        unfinished = dg.RunsFilter(tags={PARTITION_NAME_TAG: key}, statuses=NOT_FINISHED_STATUSES)
        if not context.instance.get_run_ids(unfinished, limit=1):
            requested += 1
            yield dg.RunRequest(run_key=f"crm:{key}:{at:%Y-%m-%dT%H:%M}", partition_key=key)
    if not requested:
        yield dg.SkipReason("no campaign has anything new for a CRM")
