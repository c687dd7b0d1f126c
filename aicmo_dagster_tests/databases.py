"""Databases of tests: migrated and empty. To make one takes much longer than to empty one, so they are used again."""

import uuid
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from aicmo_dagster.store import database, migrate

_OURS = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_SHAPE = f"""
SELECT md5(string_agg(one, ' ' ORDER BY one COLLATE "C")) FROM (
    SELECT n.nspname::text FROM pg_namespace n WHERE {_OURS}
    UNION ALL SELECT concat_ws(' ', n.nspname, c.relname, c.relkind, c.reloptions, a.attname, a.atttypid, a.attnotnull,
        a.attisdropped) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE {_OURS}
    UNION ALL SELECT concat_ws(' ', t.tgrelid::regclass, t.tgname, t.tgenabled) FROM pg_trigger t
    UNION ALL SELECT concat_ws(' ', c.conrelid::regclass, c.conname, c.convalidated) FROM pg_constraint c
    UNION ALL SELECT concat_ws(' ', p.proname, p.prosrc) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE {_OURS}
    UNION ALL SELECT s.setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
        WHERE d.datname = current_database()
) AS every (one)
"""
_TABLES = (
    f"SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} "
    "AND c.relkind = 'r' ORDER BY 1, 2"
)
_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = {} AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_BEGIN_ANEW = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences "
    "WHERE last_value IS NOT NULL"
)


@dataclass
class Databases:
    """Those of one server. `template` is migrated, and nobody's."""

    template: URL
    _shape: str = ""
    _tables: list[sql.Identifier] = field(default_factory=list)
    _kept: list[sql.Identifier] = field(default_factory=list)
    """Tables in which a migration has written rows."""
    _contents: list[list[tuple[object, ...]]] = field(default_factory=list)
    _free: list[URL] = field(default_factory=list)

    def make_template(self) -> None:
        """Make the template; everything else is a copy of it."""
        _execute(self.template, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_name(self.template))))
        migrate.ensure_current(self.template)
        with _connected(self.template) as connection:
            tables = [sql.Identifier(*row) for row in connection.execute(_TABLES)]
            filled = _filled(connection, tables)
            self._tables = [table for table in tables if table not in filled]
            self._kept = filled
            self._shape, self._contents = self._state(connection)

    def hurry(self) -> None:
        """Have the server, which is the tests' alone, not wait for its disk: no test cuts the machine's power."""
        for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
            _execute(self.template, sql.SQL(statement))

    def lend(self) -> URL:
        """An empty migrated database that nobody else has."""
        if self._free:
            return self._free.pop()
        mine = self.template.set(database=f"aicmo_test_{uuid.uuid4().hex[:12]}")
        names = [sql.Identifier(_name(one)) for one in (mine, self.template)]
        _execute(self.template, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return mine

    def take_back(self, mine: URL) -> None:
        """End whoever still uses the database, and empty it; drop it where more than rows has changed."""
        if self._emptied(mine):
            self._free.append(mine)
        else:
            drop(mine)

    def drop(self) -> None:
        """Drop those that are not lent, and the template."""
        for one in [*self._free, self.template]:
            drop(one)

    def _emptied(self, mine: URL) -> bool:
        try:
            with _connected(mine) as connection:
                connection.execute(sql.SQL(_OTHERS).format(sql.Literal(mine.database)))
                if self._state(connection) != (self._shape, self._contents):
                    return False
                if filled := _filled(connection, self._tables):
                    connection.execute(
                        sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(filled))
                    )
                connection.execute(_BEGIN_ANEW)
        except psycopg.OperationalError:
            return False  # a test has stopped the server, or dropped the database
        return True

    def _state(self, connection: database.Connection) -> tuple[str, list[list[tuple[object, ...]]]]:
        (shape,) = connection.execute(_SHAPE.encode()).fetchone() or ("",)
        contents = [
            connection.execute(sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(table)).fetchall()
            for table in self._kept
        ]
        return str(shape), contents


def drop(target: URL) -> None:
    """End the sessions of `target` and drop it, as its owner.

    Not `WITH (FORCE)`: that refuses whoever is no superuser while autovacuum works there. The plain command ends
    autovacuum by itself and waits for the sessions that are just ending.
    """
    _execute(target, sql.SQL(_OTHERS).format(sql.Literal(target.database)))
    _execute(target, sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(_name(target))))


def _filled(connection: database.Connection, tables: list[sql.Identifier]) -> list[sql.Identifier]:
    """Those with rows."""
    looks = [sql.SQL("EXISTS (SELECT FROM {})").format(table) for table in tables]
    (found,) = connection.execute(
        sql.SQL("SELECT ARRAY[{}]").format(sql.SQL(", ").join(looks))
    ).fetchone() or ([],)
    return [table for table, has_rows in zip(tables, found, strict=True) if has_rows]


def _name(target: URL) -> str:
    assert target.database is not None
    return target.database


def _connected(target: URL) -> database.Connection:
    return psycopg.connect(database.libpq_url(target), autocommit=True)


def _execute(target: URL, statement: sql.SQL | sql.Composed) -> None:
    """Beside the database, in the one that every server has."""
    with _connected(target.set(database="postgres")) as connection:
        connection.execute(statement)
