"""Alembic's entry point. Always runs on the connection that `tools.store.database` opened and locked; reads no .ini file."""

from alembic import context

from tools.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
