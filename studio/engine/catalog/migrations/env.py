"""Alembic's entry: the catalog hands its open connection over; nothing is read from an ini file."""

from alembic import context

from studio.engine.catalog.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
