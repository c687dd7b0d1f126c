"""The database for a command: migrated once, then one transaction."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg import Cursor
    from psycopg.rows import TupleRow


def prepared() -> None:
    """Have the tables as this program needs them."""
    from aicmo_dagster.store import migrate

    migrate.ensure_current()


@contextmanager
def opened() -> "Iterator[Cursor[TupleRow]]":
    """A cursor in a transaction, on tables that are as this program needs them."""
    from aicmo_dagster.store import database

    prepared()
    with database.transaction() as cursor:
        yield cursor


def actor() -> str:
    """Who is at the keyboard, for the audit log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
