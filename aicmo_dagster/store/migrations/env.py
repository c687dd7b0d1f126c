"""Alembic's entry: runs the migrations on the connection that `store.migrate` hands over."""

from alembic import context

from aicmo_dagster.store.database import SCHEMA
from aicmo_dagster.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
    include_name=lambda name, kind, _: name == SCHEMA if kind == "schema" else True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
