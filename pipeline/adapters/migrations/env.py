"""Run by Alembic for every command: the caller has the connection and its transaction (there is no alembic.ini, and no
migration without a database to look at)."""

from alembic import context

from pipeline.adapters.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transactional_ddl=True,  # SQLite too: a migration that fails half-way leaves nothing
)
with context.begin_transaction():
    context.run_migrations()
