"""Who changed what, when, from what to what."""

from psycopg import Cursor
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb


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
