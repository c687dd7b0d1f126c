"""Bring the database's tables to the version this code needs.

Migrations only go forward; going back is restoring a backup.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy
from sqlalchemy.engine import URL

from aicmo_dagster.errors import StoreError
from aicmo_dagster.store import database

HEAD = "0007"
"""The newest revision in `migrations/versions`."""

_MIGRATION_LOCK = 0x61_69_63_6D_6F


def ensure_current(target: URL | None = None) -> None:
    """Create or upgrade the tables when the database is not at `HEAD`; otherwise one cheap query.

    Safe from many processes at once. Raises StoreError when the server is too old or the tables are newer
    than this code.
    """
    where = target or database.url()
    with database.connect(target=where, autocommit=True) as connection:
        if connection.info.server_version < database.OLDEST_SERVER * 10_000:
            raise StoreError(
                f"PostgreSQL {connection.info.server_version // 10_000} is too old; "
                f"{database.OLDEST_SERVER} or newer is needed"
            )
        if _revision(connection) == HEAD:
            return
        with _migration_lock(connection):
            revision = _revision(connection)
            if revision == HEAD:
                return
            if revision is not None and revision > HEAD:
                raise StoreError(
                    f"the database is at revision {revision}, newer than this program's {HEAD}; upgrade it"
                )
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {database.SCHEMA}".encode())
            _upgrade(where)


def _upgrade(where: URL) -> None:
    import alembic.command
    import alembic.config

    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    engine = sqlalchemy.create_engine(where.set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            alembic.command.upgrade(config, "head")
    finally:
        engine.dispose()


def _revision(connection: database.Connection) -> str | None:
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return None if row is None else str(row[0])


@contextmanager
def _migration_lock(connection: database.Connection) -> Iterator[None]:
    connection.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
    try:
        yield
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
