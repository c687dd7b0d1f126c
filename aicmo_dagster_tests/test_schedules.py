from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from aicmo_dagster.campaign.config import CampaignConfig
from aicmo_dagster.operations import pipeline
from aicmo_dagster.schedules import daily_pipeline, due, due_mails, latest_slot
from aicmo_dagster.store import campaigns, database
from aicmo_dagster_tests import outreach, pipelines


def scheduled(zone: str, hour: int = 2, minute: int = 0, **schedule: Any) -> CampaignConfig:
    return pipelines.config(time_zone=zone, schedule={"hour": hour, "minute": minute, **schedule})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def keys(config: CampaignConfig, start: str, minutes: int) -> list[str]:
    """Distinct run keys over some minutes of ticks, in order."""
    ticks = (at(start) + timedelta(minutes=minute) for minute in range(minutes))
    return list(dict.fromkeys(key for tick in ticks for _, key in due([config], tick)))


def test_a_campaign_is_due_exactly_at_its_local_time() -> None:
    config = scheduled("Asia/Kolkata", 2, 15, catch_up_minutes=1)
    assert list(due([config], at("2026-03-02T20:44"))) == []
    assert list(due([config], at("2026-03-02T20:45"))) == [("test", "schedule:test:2026-03-03T02:15")]
    assert list(due([config], at("2026-03-02T20:47"))) == []


@pytest.mark.parametrize(
    ("day", "what"), [("2026-03-28T12:00", "clocks go forward"), ("2026-10-24T12:00", "clocks go back")]
)
def test_a_day_on_which_clocks_change_has_one_run_like_any_other(day: str, what: str) -> None:
    for hour in (1, 2, 3):
        found = keys(scheduled("Europe/Berlin", hour, 30), day, 2 * 24 * 60)
        assert len(found) == len({key[:-5] for key in found}) == 2, what


def test_a_local_time_that_clocks_skip_is_as_far_behind_the_beginning_of_the_gap() -> None:
    slot = latest_slot(scheduled("Europe/Berlin", 2, 30), at("2026-03-29T12:00"))
    assert slot.astimezone(UTC) == at("2026-03-29T01:30")


def test_a_run_is_made_up_for_within_the_catch_up_time_and_not_after() -> None:
    config = scheduled("UTC", 2, catch_up_minutes=60)
    assert list(due([config], at("2026-03-02T03:00"))) == [("test", "schedule:test:2026-03-02T02:00")]
    assert list(due([config], at("2026-03-02T03:01"))) == []


def test_ticks_within_the_catch_up_time_share_one_run_key() -> None:
    assert keys(scheduled("UTC"), "2026-03-02T00:00", 600) == ["schedule:test:2026-03-02T02:00"]


def test_a_schedule_that_is_switched_off_is_never_due() -> None:
    assert keys(scheduled("UTC", enabled=False), "2026-03-02T00:00", 1440) == []


def requested(schedule: dg.ScheduleDefinition, moment: datetime) -> list[dg.RunRequest]:
    with pipeline.instance() as instance:
        context = dg.build_schedule_context(instance, scheduled_execution_time=moment)
        result = schedule(context)
        assert isinstance(result, Iterable)
        return [one for one in result if isinstance(one, dg.RunRequest)]


def test_only_active_campaigns_are_run(project: Path) -> None:
    for key in ("one", "two"):
        pipelines.apply(project, pipelines.config(key=key))
    with database.transaction() as cursor:
        campaigns.set_state(cursor, "two", "paused", "test")
    moment = at("2026-03-02T02:00")
    assert [request.partition_key for request in requested(daily_pipeline, moment)] == ["one"]
    assert requested(daily_pipeline, at("2026-03-02T04:00")) == []


def with_mail_due(project: Path, **sending: Any) -> int:
    """A campaign with one mail due since 10:00 UTC, in a window of 9 to 17 in UTC."""
    office = {"window": {"start": "09:00", "end": "17:00"}, "working_days": ["mon"], **sending}
    campaign = pipelines.apply(project, pipelines.config(sending=office))
    with pipeline.instance() as instance:
        pipeline.register_partitions(instance, ["test"])
    outreach.add_send(campaign.id, outreach.add_lead(campaign.id))
    return campaign.id


def test_mails_are_sent_when_one_is_due_in_an_open_window(project: Path) -> None:
    with_mail_due(project)
    assert requested(due_mails, outreach.NOW - timedelta(minutes=15)) == []
    (request,) = requested(due_mails, outreach.NOW)
    assert (request.partition_key, request.run_key) == ("test", "mails:test:2026-03-02T10:00")
    assert requested(due_mails, outreach.NOW.replace(hour=17)) == []


def test_no_run_is_started_for_mails_beyond_the_cap_of_the_day(project: Path) -> None:
    with_mail_due(project, cap_per_day=1)
    outreach.count_mails(1)
    assert requested(due_mails, outreach.NOW + timedelta(minutes=15)) == []


def test_no_run_is_started_behind_one_that_is_not_finished(project: Path) -> None:
    from aicmo_dagster.definitions import defs

    with_mail_due(project)
    with pipeline.instance() as instance:
        job = defs.resolve_job_def("nurture")
        instance.create_run_for_job(
            job, tags={"dagster/partition": "test"}, status=dg.DagsterRunStatus.STARTED
        )
    assert requested(due_mails, outreach.NOW) == []
