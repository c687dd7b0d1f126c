"""Who changed what, when, from what to what."""

from datetime import datetime
from typing import Any

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from aicmo_dagster.store.database import rows


def record(
    cursor: Cursor[TupleRow],
    actor: str,
    action: str,
    subject: str,
    before: object = None,
    after: object = None,
) -> None:
    """Add an entry in the transaction of the change it tells of; None stands for nothing."""
    cursor.execute(
        "INSERT INTO audit_log (actor, action, subject, before, after) VALUES (%s, %s, %s, %s, %s)",
        [
            actor,
            action,
            subject,
            None if before is None else Jsonb(before),
            None if after is None else Jsonb(after),
        ],
    )


def page(
    cursor: Cursor[TupleRow],
    *,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Entries, the newest first: of exactly that actor, action or subject; in `since` <= time < `until`.

    An action that ends in a full stop stands for all that begin so. `before` is the number of the last one seen.
    """
    wanted = {
        "actor = %(actor)s": actor,
        "starts_with(action, %(action)s)" if (action or "").endswith(".") else "action = %(action)s": action,
        "subject = %(subject)s": subject,
        "created_at >= %(since)s": since,
        "created_at < %(until)s": until,
        "id < %(before)s": before,
    }
    conditions = [condition for condition, value in wanted.items() if value is not None]
    return rows(
        cursor,
        "SELECT id, created_at, actor, action, subject, before, after FROM audit_log "
        + (f"WHERE {' AND '.join(conditions)} " if conditions else "")
        + "ORDER BY id DESC LIMIT %(limit)s",
        {
            "actor": actor,
            "action": action,
            "subject": subject,
            "since": since,
            "until": until,
            "before": before,
            "limit": limit,
        },
    )
