"""Connections: where the database is, and how the application talks to it.

One database, two schemas: `aicmo` for the application, `dagster` for Dagster's own storage, so that one URL
and the rights of an ordinary user are enough. The application uses psycopg 3; every connection has
`search_path` set, UTC as its zone, and a name that shows in `pg_stat_activity`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout
from sqlalchemy.engine import URL, make_url

from aicmo_dagster import settings
from aicmo_dagster.errors import StoreError
from aicmo_dagster.store.embedded import ensure_running

SCHEMA = "aicmo"
DAGSTER_SCHEMA = "dagster"
OLDEST_SERVER = 14

Connection = psycopg.Connection[TupleRow]

_SETTINGS: dict[str, Any] = {
    "application_name": "aicmo",
    "options": f"-c search_path={SCHEMA} -c timezone=UTC -c jit=off",
    "connect_timeout": 10,
}
_WAIT_S = 10.0
_TRUSTED_S = 1.0
_looked_at: "WeakKeyDictionary[Connection, float]" = WeakKeyDictionary()
_pool: ConnectionPool[Connection] | None = None


def url() -> URL:
    """The database's URL without a driver: `AICMO_DATABASE_URL`, or the embedded server, started if need be.

    Raises StoreError when the variable is not a PostgreSQL URL.
    """
    text = settings.database_url() or ensure_running(settings.home())
    try:
        parsed = make_url(text)
    except Exception:
        raise StoreError(
            f"{settings.DATABASE_URL} is not a URL; write it like postgresql://user:password@host:5432/name"
        ) from None
    if "@" in f"{parsed.host}{parsed.database}" or ":" in f"{parsed.database}":
        raise StoreError(
            f"{settings.DATABASE_URL} cannot be read as it stands; percent-encode what is special in the "
            "password: @ is %40, / is %2F, : is %3A, % is %25"
        )
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise StoreError(
            f"{settings.DATABASE_URL} names {parsed.get_backend_name()}; only PostgreSQL 14 or newer will do"
        )
    return parsed.set(drivername="postgresql")


def libpq_url(target: URL | None = None) -> str:
    """The URL as libpq and psycopg take it, password included: never print it."""
    return (target or url()).render_as_string(hide_password=False)


def connect(*, autocommit: bool = False, target: URL | None = None) -> Connection:
    """A new connection with the application's tables on its search path.

    Raises StoreError, without the password, when the server cannot be reached.
    """
    where = target or url()
    try:
        connection = psycopg.connect(libpq_url(where), autocommit=autocommit, **_SETTINGS)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        server = f"{where.host or where.query.get('host', 'localhost')}"
        raise StoreError(f"cannot reach the database {where.database} at {server}: {reason}") from None
    return connection


@contextmanager
def transaction(*, target: URL | None = None) -> Iterator[psycopg.Cursor[TupleRow]]:
    """A cursor in a transaction of its own: committed at the end, rolled back on an error.

    Within `pooled` its connection is borrowed. Raises StoreError when none can be had.
    """
    if _pool is None or target is not None:
        with connect(target=target) as connection, connection.cursor() as cursor:
            yield cursor
        return
    with _borrowed(_pool) as connection, connection, connection.cursor() as cursor:
        yield cursor


@contextmanager
def reading() -> Iterator[psycopg.Cursor[TupleRow]]:
    """A cursor whose every statement is a transaction of its own: for short reads, which it spares two exchanges.

    Each statement sees what is committed when it begins, as in `transaction`. Raises StoreError likewise.
    """
    if _pool is None:
        with connect(autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor
        return
    with _borrowed(_pool) as connection:
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                yield cursor
        finally:
            if not connection.closed:
                connection.autocommit = False


@contextmanager
def _borrowed(pool: ConnectionPool[Connection]) -> Iterator[Connection]:
    try:
        connection = pool.getconn()
    except PoolTimeout:
        raise StoreError(f"no connection to the database was free within {_WAIT_S:g} s") from None
    try:
        yield connection
    finally:
        pool.putconn(connection)


def _checked(connection: Connection) -> None:
    """Raises where the connection is dead. One that was looked at within the last second is not asked again."""
    if time.monotonic() - _looked_at.get(connection, -_TRUSTED_S) >= _TRUSTED_S:
        ConnectionPool.check_connection(connection)
        _looked_at[connection] = time.monotonic()


@contextmanager
def pooled(size: int) -> Iterator[None]:
    """Have `transaction`, in every thread of this process, borrow one of at most `size` connections.

    For a server of many short requests: a connection costs more than most of them.
    """
    global _pool  # noqa: PLW0603
    with ConnectionPool(
        libpq_url(),
        kwargs=_SETTINGS,
        min_size=1,
        max_size=size,
        timeout=_WAIT_S,
        check=_checked,
        open=True,
        name="aicmo",
    ) as _pool:
        try:
            yield
        finally:
            _pool = None


def fetch(statement: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Rows of one statement as dictionaries, in a transaction of its own."""
    with transaction() as cursor:
        return rows(cursor, statement, parameters)


def rows(cursor: psycopg.Cursor[TupleRow], statement: str, parameters: Any = None) -> list[dict[str, Any]]:
    """Rows of one statement as dictionaries, on a cursor that is open already."""
    cursor.execute(statement, parameters)  # type: ignore[call-overload, unused-ignore]
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
