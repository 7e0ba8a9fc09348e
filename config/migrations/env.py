"""Runs revisions in one transaction each; called by ``config.database.migrate``."""

from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine(context.config.get_main_option("sqlalchemy.url", ""))
with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":  # two that migrate follow each other
            connection.execute(text("SELECT pg_advisory_xact_lock(1460739821)"))
        context.run_migrations()
engine.dispose()
