"""The outbox of run requests: a row says what is wanted, a sensor turns it into one Dagster run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import TupleRow

from aicmo_dagster.store.database import rows

RequestState = Literal["requested", "launched", "succeeded", "failed", "canceled"]

_LOCK_SPACE = 0x616A
"""First half of the advisory locks under which a campaign's runs are asked for; the second is the campaign's id."""

_COLUMNS = (
    "q.id, q.public_id, q.campaign_id, c.key, q.job, q.requested_by, q.created_at, q.state, q.dagster_run_id, "
    "q.finished_at, q.batch_size, q.timeout_minutes, q.queued, q.idempotency_key"
)
_FROM = "FROM run_requests q JOIN campaigns c ON c.id = q.campaign_id"


@dataclass(frozen=True)
class Wish:
    """How a run is wanted.

    At most `batch_size` new leads, stopped after `timeout_minutes`; `queued`: may wait behind other runs of its
    campaign. Asked again by the same one with the same `idempotency_key`, it is the same run.
    """

    job: str
    requested_by: str
    batch_size: int | None = None
    timeout_minutes: int | None = None
    queued: bool = True
    idempotency_key: str | None = None


def run_key(request_id: int) -> str:
    """Dagster's run key of a request: it makes the request one run, however often it is seen."""
    return f"request-{request_id}"


def request(cursor: Cursor[TupleRow], campaign_id: int, job: str, requested_by: str) -> int:
    """Ask for a run, in the transaction of the change that wants it; returns the request's number."""
    number = add(cursor, campaign_id, Wish(job, requested_by))
    assert number is not None
    return number


def add(cursor: Cursor[TupleRow], campaign_id: int, wish: Wish) -> int | None:
    """Ask for a run; returns the request's number, or None where one with its idempotency key is there already."""
    found = rows(
        cursor,
        "INSERT INTO run_requests (campaign_id, job, requested_by, batch_size, timeout_minutes, queued, "
        "idempotency_key) VALUES (%s, %s, %s, %s, %s, %s, %s) "
        "ON CONFLICT (requested_by, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id",
        [
            campaign_id,
            wish.job,
            wish.requested_by,
            wish.batch_size,
            wish.timeout_minutes,
            wish.queued,
            wish.idempotency_key,
        ],
    )
    return int(found[0]["id"]) if found else None


def lock(cursor: Cursor[TupleRow], campaign_id: int) -> None:
    """Wait until nobody else asks for a run of the campaign; held to the end of the transaction."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_SPACE, campaign_id])


def lock_key(cursor: Cursor[TupleRow], requested_by: str, idempotency_key: str) -> None:
    """Wait until nobody else asks under that key, for whatever campaign; held to the end of the transaction."""
    cursor.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))",
        [f"{requested_by} {idempotency_key}", _LOCK_SPACE],
    )


def get(cursor: Cursor[TupleRow], number: int) -> dict[str, Any]:
    """The request with that number."""
    (row,) = rows(cursor, f"SELECT {_COLUMNS} {_FROM} WHERE q.id = %s", [number])
    return row


def named(cursor: Cursor[TupleRow], name: UUID) -> dict[str, Any] | None:
    """The request with that public name, or whose run Dagster calls so; None where there is none."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} {_FROM} WHERE q.public_id = %s "
        f"UNION ALL SELECT {_COLUMNS} {_FROM} WHERE q.dagster_run_id = %s LIMIT 1",
        [name, str(name)],
    )
    return found[0] if found else None


def with_key(cursor: Cursor[TupleRow], requested_by: str, idempotency_key: str) -> dict[str, Any] | None:
    """The request that was made under that idempotency key, or None."""
    found = rows(
        cursor,
        f"SELECT {_COLUMNS} {_FROM} WHERE q.requested_by = %s AND q.idempotency_key = %s",
        [requested_by, idempotency_key],
    )
    return found[0] if found else None


def open_requests(
    cursor: Cursor[TupleRow], limit: int = 1000, campaign_id: int | None = None
) -> list[dict[str, Any]]:
    """Requests that are not finished, oldest first, of one campaign or all.

    Chosen by state, not by a cursor over ids: ids that commit out of order would be missed.
    """
    return rows(
        cursor,
        f"SELECT {_COLUMNS} {_FROM} WHERE q.state IN ('requested', 'launched') "
        "AND (%(campaign)s::bigint IS NULL OR q.campaign_id = %(campaign)s) ORDER BY q.id LIMIT %(limit)s",
        {"campaign": campaign_id, "limit": limit},
    )


def taken_back(
    cursor: Cursor[TupleRow],
    keys: Sequence[str] | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Requests of campaigns (None = all) that were canceled before they were a run, made in `since` <= time < `until`.

    The newest first.
    """
    return rows(
        cursor,
        f"SELECT {_COLUMNS} {_FROM} WHERE q.state = 'canceled' AND q.dagster_run_id IS NULL "
        "AND (%(keys)s::text[] IS NULL OR c.key = ANY(%(keys)s)) "
        "AND (%(since)s::timestamptz IS NULL OR q.created_at >= %(since)s) "
        "AND (%(until)s::timestamptz IS NULL OR q.created_at < %(until)s) ORDER BY q.id DESC LIMIT %(limit)s",
        {"keys": None if keys is None else list(keys), "since": since, "until": until, "limit": limit},
    )


def launch(cursor: Cursor[TupleRow], numbers: list[int]) -> list[dict[str, Any]]:
    """The requests of these that nobody has taken back; from now on only Dagster can end them."""
    cursor.execute(
        "UPDATE run_requests SET state = 'launched' WHERE id = ANY(%s) AND state = 'requested'", [numbers]
    )
    return rows(
        cursor,
        f"SELECT {_COLUMNS} {_FROM} WHERE q.id = ANY(%s) AND q.state = 'launched' ORDER BY q.id",
        [numbers],
    )


def of_dagster(cursor: Cursor[TupleRow], numbers: list[int]) -> dict[int, dict[str, Any]]:
    """Requests by their number."""
    found = rows(cursor, f"SELECT {_COLUMNS} {_FROM} WHERE q.id = ANY(%s)", [numbers])
    return {row["id"]: row for row in found}


def cancel(cursor: Cursor[TupleRow], number: int, now: datetime) -> bool:
    """Take back a request that is no run yet; whether it was none."""
    cursor.execute(
        "UPDATE run_requests SET state = 'canceled', finished_at = %s WHERE id = %s AND state = 'requested'",
        [now, number],
    )
    return cursor.rowcount == 1


def record_states(
    cursor: Cursor[TupleRow], states: Mapping[int, tuple[RequestState, str]], now: datetime
) -> None:
    """Keep what became of requests: number -> (state, Dagster run id)."""
    cursor.executemany(
        "UPDATE run_requests SET state = %(state)s, dagster_run_id = %(run)s, "
        "finished_at = CASE WHEN %(state)s IN ('succeeded', 'failed', 'canceled') THEN %(now)s::timestamptz END "
        "WHERE id = %(id)s AND (state, dagster_run_id) IS DISTINCT FROM (%(state)s, %(run)s)",
        [{"id": number, "state": state, "run": run, "now": now} for number, (state, run) in states.items()],
    )
