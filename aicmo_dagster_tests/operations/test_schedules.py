from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import URL

from aicmo_dagster.operations import schedules
from aicmo_dagster.store import database
from aicmo_dagster.store import schedules as table
from aicmo_dagster.store.campaigns import Campaign
from aicmo_dagster.store.schedules import Timing
from aicmo_dagster_tests import outreach

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def campaign(store: URL) -> Campaign:
    return outreach.add_campaign()


def put(
    campaign: Campaign, cron: str, zone: str = "UTC", *, enabled: bool = True, since: datetime = NOW
) -> None:
    timing = Timing("score", cron, zone, 5, 10, enabled)
    with database.transaction() as cursor:
        schedules.put(cursor, campaign, timing, "test")
        cursor.execute("UPDATE schedules SET updated_at = %s", [since])


def due(at: datetime) -> int:
    with database.transaction() as cursor:
        return schedules.request_due(cursor, at)


def test_a_run_is_asked_for_once_when_its_time_has_come(campaign: Campaign) -> None:
    put(campaign, "30 * * * *")
    assert due(NOW + timedelta(minutes=29, seconds=59)) == 0
    assert due(NOW + timedelta(minutes=30)) == 1
    assert due(NOW + timedelta(minutes=30, seconds=5)) == 0
    assert due(NOW + timedelta(minutes=90)) == 1
    asked = database.fetch("SELECT job, requested_by, batch_size, timeout_minutes FROM run_requests")
    assert asked == [{"job": "score", "requested_by": "schedule", "batch_size": 5, "timeout_minutes": 10}] * 2


def test_times_before_it_was_made_or_long_missed_are_left_out(campaign: Campaign) -> None:
    put(campaign, "0 8 * * *")
    assert due(NOW) == 0
    put(campaign, "0 9 * * *", since=NOW - timedelta(days=1))
    assert due(NOW + timedelta(minutes=1)) == 0
    put(campaign, "30 9 * * *", since=NOW - timedelta(days=1))
    assert due(NOW) == 1


def test_what_is_off_or_whose_campaign_is_paused_does_not_run(campaign: Campaign) -> None:
    put(campaign, "* * * * *", enabled=False)
    assert due(NOW + timedelta(minutes=5)) == 0
    put(campaign, "* * * * *")
    with database.transaction() as cursor:
        cursor.execute("UPDATE campaigns SET state = 'paused'")
    assert due(NOW + timedelta(minutes=5)) == 0


def test_the_same_schedule_again_changes_nothing(campaign: Campaign) -> None:
    put(campaign, "0 8 * * *")
    with database.transaction() as cursor:
        before = table.get(cursor, campaign.id, "score")
        assert (
            schedules.put(cursor, campaign, Timing("score", "0 8 * * *", "UTC", 5, 10, True), "other")
            == before
        )


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        # Spring: 02:30 does not exist on 29 March 2026 in Berlin; it runs right after the gap.
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        # Autumn: 02:30 comes twice on 25 October 2026, and the job once.
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_daily_job_runs_once_where_clocks_change(after: datetime, expected: datetime) -> None:
    first = schedules.following("30 2 * * *", "Europe/Berlin", after)
    assert first == expected
    second = schedules.following("30 2 * * *", "Europe/Berlin", expected)
    assert second is not None
    assert second - expected > timedelta(hours=20)


def test_the_next_runs_are_those_of_the_document_unless_another_schedule_takes_its_place(
    campaign: Campaign,
) -> None:
    def following() -> list[tuple[datetime, str]]:
        with database.transaction() as cursor:
            return schedules.next_runs(cursor, campaign, NOW)

    assert following() == [(datetime(2026, 3, 3, 2, tzinfo=UTC), "lead_pipeline")]
    with database.transaction() as cursor:
        schedules.put(
            cursor, campaign, Timing("lead_pipeline", "0 11 * * *", "UTC", None, None, True), "test"
        )
    assert following() == [(datetime(2026, 3, 2, 11, tzinfo=UTC), "lead_pipeline")]
