"""Alembic's entry, run by `migrations.run`; there is no alembic.ini.

With an open connection it migrates a file; without one it writes the way as SQL, for a server that speaks no sqlite3.
"""

from alembic import context

from lockhouse.adapters.migrations.metadata import metadata

config = context.config
if context.is_offline_mode():
    context.configure(
        dialect_name=config.attributes["dialect"],
        target_metadata=metadata(config.attributes["store"]),
        transactional_ddl=False,  # whoever runs it gives it one transaction
        literal_binds=True,
    )
else:
    context.configure(
        connection=config.attributes["connection"],
        target_metadata=metadata(config.attributes["store"]),
        transactional_ddl=True,
    )
with context.begin_transaction():
    context.run_migrations()
