"""When jobs of a campaign run, where that was said beside its document: one row per campaign and job."""

from dataclasses import asdict, dataclass
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.errors import ScheduleNotFoundError
from aicmo_dagster.store.audit import record
from aicmo_dagster.store.database import rows

_COLUMNS = (
    "s.id, s.campaign_id, c.key, s.job, s.cron, s.time_zone, s.batch_size, s.timeout_minutes, s.enabled, "
    "s.created_by, s.created_at, s.updated_at"
)


@dataclass(frozen=True)
class Timing:
    """When a job runs, and how: at most `batch_size` new leads, stopped after `timeout_minutes`; None = no limit."""

    job: str
    cron: str
    time_zone: str
    batch_size: int | None
    timeout_minutes: int | None
    enabled: bool


def put(cursor: Cursor[TupleRow], campaign_id: int, key: str, timing: Timing, actor: str) -> dict[str, Any]:
    """Give the campaign's job this timing, whatever it had; the same again changes nothing."""
    before = find(cursor, campaign_id, timing.job)
    told = asdict(timing)
    if before is not None and {name: before[name] for name in told} == told:
        return before
    cursor.execute(
        "INSERT INTO schedules (campaign_id, job, cron, time_zone, batch_size, timeout_minutes, enabled, created_by) "
        "VALUES (%(campaign)s, %(job)s, %(cron)s, %(time_zone)s, %(batch_size)s, %(timeout_minutes)s, %(enabled)s, "
        "%(actor)s) ON CONFLICT (campaign_id, job) DO UPDATE SET cron = EXCLUDED.cron, "
        "time_zone = EXCLUDED.time_zone, batch_size = EXCLUDED.batch_size, "
        "timeout_minutes = EXCLUDED.timeout_minutes, enabled = EXCLUDED.enabled, updated_at = now()",
        {**told, "campaign": campaign_id, "actor": actor},
    )
    was = None if before is None else {name: before[name] for name in told}
    record(cursor, actor, "schedule.change" if before else "schedule.create", key, was, told)
    return get(cursor, campaign_id, timing.job)


def find(cursor: Cursor[TupleRow], campaign_id: int, job: str) -> dict[str, Any] | None:
    """The schedule of a campaign's job, or None."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} FROM schedules s JOIN campaigns c ON c.id = s.campaign_id "
        "WHERE s.campaign_id = %s AND s.job = %s",
        [campaign_id, job],
    )
    return found[0] if found else None


def get(cursor: Cursor[TupleRow], campaign_id: int, job: str) -> dict[str, Any]:
    """The schedule of a campaign's job. Raises ScheduleNotFoundError."""
    found = find(cursor, campaign_id, job)
    if found is None:
        raise ScheduleNotFoundError(f"nothing but the campaign's document says when {job} runs")
    return found


def delete(cursor: Cursor[TupleRow], campaign_id: int, key: str, job: str, actor: str) -> None:
    """Have the campaign's document alone say when the job runs. Raises ScheduleNotFoundError."""
    before = get(cursor, campaign_id, job)
    cursor.execute("DELETE FROM schedules WHERE id = %s", [before["id"]])
    told = {name: before[name] for name in Timing.__dataclass_fields__}
    record(cursor, actor, "schedule.delete", key, told, None)


def of_campaign(cursor: Cursor[TupleRow], campaign_id: int) -> list[dict[str, Any]]:
    """The campaign's schedules by job."""
    return rows(
        cursor,
        f"SELECT {_COLUMNS} FROM schedules s JOIN campaigns c ON c.id = s.campaign_id "
        "WHERE s.campaign_id = %s ORDER BY s.job",
        [campaign_id],
    )


def enabled(cursor: Cursor[TupleRow]) -> list[dict[str, Any]]:
    """Every schedule that is switched on, of active campaigns, with `catch_up_minutes` of its document."""
    return rows(
        cursor,
        f"SELECT {_COLUMNS}, (c.config->'schedule'->>'catch_up_minutes')::int AS catch_up_minutes "
        "FROM schedules s JOIN campaigns c ON c.id = s.campaign_id "
        "WHERE s.enabled AND c.state = 'active' ORDER BY s.id",
    )


def campaigns_with(cursor: Cursor[TupleRow], job: str) -> set[int]:
    """Campaigns whose job has a schedule here, switched on or off."""
    found = rows(cursor, "SELECT campaign_id FROM schedules WHERE job = %s", [job])
    return {row["campaign_id"] for row in found}
