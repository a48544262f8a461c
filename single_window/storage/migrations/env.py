"""Runs migrations on the connection that `single_window.storage.migrate` hands over."""

from __future__ import annotations

from alembic import context

from single_window.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=False,
)
with context.begin_transaction():
    context.run_migrations()
