"""Runs revisions in one transaction each; called by ``config.database.migrate``."""

from alembic import context
from sqlalchemy import create_engine, text

engine = create_engine(context.config.get_main_option("sqlalchemy.url", ""))
try:
    with engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:  # what a revision takes away leaves no byte behind
            connection.exec_driver_sql("PRAGMA secure_delete=ON")
            connection.rollback()
        context.configure(connection=connection, render_as_batch=True)
        with context.begin_transaction():
            if not is_sqlite:  # two that migrate follow each other
                connection.execute(text("SELECT pg_advisory_xact_lock(1460739821)"))
            context.run_migrations()
        if is_sqlite:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
finally:
    engine.dispose()
