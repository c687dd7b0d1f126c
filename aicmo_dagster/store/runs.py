"""The outbox of run requests: a row says what is wanted, a sensor turns it into one Dagster run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows

RequestState = Literal["requested", "launched", "succeeded", "failed", "canceled"]


def run_key(request_id: int) -> str:
    """Dagster's run key of a request: it makes the request one run, however often it is seen."""
    return f"request-{request_id}"


def request(cursor: Cursor[TupleRow], campaign_id: int, job: str, requested_by: str) -> int:
    """Ask for a run, in the transaction of the change that wants it; returns the request's number."""
    (row,) = rows(
        cursor,
        "INSERT INTO run_requests (campaign_id, job, requested_by) VALUES (%s, %s, %s) RETURNING id",
        [campaign_id, job, requested_by],
    )
    return int(row["id"])


def open_requests(cursor: Cursor[TupleRow], limit: int = 1000) -> list[dict[str, Any]]:
    """Requests that are not finished, oldest first: id, key of the campaign, job, state.

    Chosen by state, not by a cursor over ids: ids that commit out of order would be missed.
    """
    return rows(
        cursor,
        "SELECT q.id, c.key, q.job, q.state FROM run_requests q JOIN campaigns c ON c.id = q.campaign_id "
        "WHERE q.state IN ('requested', 'launched') ORDER BY q.id LIMIT %s",
        [limit],
    )


def record_states(
    cursor: Cursor[TupleRow], states: Mapping[int, tuple[RequestState, str]], now: datetime
) -> None:
    """Keep what became of requests: number -> (state, Dagster run id)."""
    cursor.executemany(
        "UPDATE run_requests SET state = %(state)s, dagster_run_id = %(run)s, "
        "finished_at = CASE WHEN %(state)s IN ('succeeded', 'failed', 'canceled') THEN %(now)s::timestamptz END "
        "WHERE id = %(id)s AND state <> %(state)s",
        [{"id": number, "state": state, "run": run, "now": now} for number, (state, run) in states.items()],
    )
