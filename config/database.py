"""The database of registry, accounts and alerts: connections and migrations."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool, StaticPool

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def connect(url: str) -> Engine:
    """Return an engine for this SQLAlchemy URL; SQLite gets WAL, FULL sync and foreign keys."""
    if not url.startswith("sqlite"):
        return create_engine(url, hide_parameters=True)  # errors are logged, people are not
    is_memory = url in {"sqlite://", "sqlite:///:memory:"}
    engine = create_engine(
        url,
        connect_args={"timeout": 10, "check_same_thread": False},
        poolclass=StaticPool if is_memory else NullPool,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection has no type
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str) -> None:
    """Bring the database to the newest revision, creating it where it is missing."""
    command.upgrade(_config(url), "head")


def revision(engine: Engine) -> tuple[str | None, str | None]:
    """Return (revision of the database, newest revision); equal when it is up to date."""
    head = ScriptDirectory.from_config(_config("sqlite://")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), head
