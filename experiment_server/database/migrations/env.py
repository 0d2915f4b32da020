"""Alembic's entry: runs the migrations on the connection that `database.db` hands over."""

from alembic import context

from experiment_server.database.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite can't alter a table in place
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
