"""Alembic's entry: run by `migrations.run.upgrade` with an open connection; there is no alembic.ini."""

from alembic import context

from lockhouse.adapters.migrations.metadata import metadata

config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=metadata(config.attributes["store"]),
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
