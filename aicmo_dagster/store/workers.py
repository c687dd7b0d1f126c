"""Who is sending: each process or thread that claims mails has a number, and its session a lock of that number.

The lock dies with the session, so what a dead worker left behind is recognised at once, however it died.
"""

from collections.abc import Iterable

import psycopg
from psycopg.rows import TupleRow

Cursor = psycopg.Cursor[TupleRow]

_LOCK_SPACE = 0x6D62
"""First half of the session locks of workers; the second is the number."""


def enlist(cursor: Cursor) -> int:
    """A number never used before; the session holds its lock until it ends."""
    cursor.execute("SELECT nextval('send_workers')")
    (number,) = cursor.fetchone() or (0,)
    return return_to(cursor, int(number))


def return_to(cursor: Cursor, worker: int) -> int:
    """Take the worker's lock in a new session, after its old one was lost."""
    cursor.execute("SELECT pg_advisory_lock(%s, %s::int)", [_LOCK_SPACE, worker])
    return worker


def dead(cursor: Cursor, workers: Iterable[int]) -> list[int]:
    """Those of the workers whose session has ended; nobody takes their number up again in this transaction."""
    found = []
    for worker in workers:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s::int)", [_LOCK_SPACE, worker])
        if cursor.fetchone() == (True,):
            found.append(worker)
    return found
