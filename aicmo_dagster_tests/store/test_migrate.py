from pathlib import Path

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL

from aicmo_dagster.errors import StoreError
from aicmo_dagster.store import database, migrate
from aicmo_dagster.store.tables import metadata


def test_head_is_the_newest_migration_file() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_migrations_and_tables_say_the_same(store: URL) -> None:
    # For a role that is called like the schema, the comparison would take the schema for the default one.
    elsewhere = {"options": "-c search_path=public"}
    engine = sqlalchemy.create_engine(store.set(drivername="postgresql+psycopg"), connect_args=elsewhere)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table_schema": database.SCHEMA,
                "include_schemas": True,
                "include_name": lambda name, kind, _: name == database.SCHEMA if kind == "schema" else True,
            },
        )
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(store: URL) -> None:
    migrate.ensure_current(store)
    assert database.fetch("SELECT count(*) AS n FROM alembic_version") == [{"n": 1}]


def test_tables_newer_than_the_code_are_refused(store: URL) -> None:
    with database.transaction() as cursor:
        cursor.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer than this program"):
        migrate.ensure_current(store)
