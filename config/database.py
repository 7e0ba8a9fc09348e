"""The database of registry, accounts and alerts: connections and migrations.

SQLite lets one transaction write at a time. PostgreSQL is held to the same with one advisory
lock, taken with the first write of a transaction: then rows are numbered in the order in which
they are committed, as the change feed needs, audit chains never fork and no two writers can wait
for each other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import QueuePool, StaticPool

from config.problems import ConfigProblem
from config.vault import Vault

MIGRATIONS: Final = Path(__file__).parent / "migrations"

WRITER_LOCK: Final = 0x5711_1EED
"""Key of the advisory lock that a writing transaction holds on PostgreSQL."""

_WAIT_MS: Final = 10_000
"""How long a writer waits for another one."""

_IDLE_MS: Final = 60_000
"""A transaction that does nothing for so long is ended by PostgreSQL, and its lock with it."""

_KEPT: Final[dict[str, Any]] = {"poolclass": QueuePool, "pool_size": 5, "max_overflow": -1}

_TAKES_LOCK: Final = "stillwell_writes_in"
_LOCK_WRITERS: Final = f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"


def connect(url: str) -> Engine:
    """Return an engine for this SQLAlchemy URL of SQLite or PostgreSQL.

    ConfigProblem says when the URL is neither or its driver is not installed.
    """
    if url.startswith("sqlite"):
        return _sqlite(url)
    return _postgresql(url)


def _sqlite(url: str) -> Engine:
    """Return an engine with WAL, FULL sync and foreign keys."""
    is_memory = url in {"sqlite://", "sqlite:///:memory:"}
    # Kept open, for opening costs more than most reads; who needs one more never waits for it.
    pool = {"poolclass": StaticPool} if is_memory else _KEPT
    engine = create_engine(
        url,
        **pool,
        connect_args={"timeout": _WAIT_MS / 1000, "check_same_thread": False},
        hide_parameters=True,  # errors are logged, people are not
    )
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection has no type
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _postgresql(url: str) -> Engine:
    try:
        engine = create_engine(
            driver_url(url),
            connect_args={
                "connect_timeout": 10,
                "options": f"-c lock_timeout={_WAIT_MS} -c timezone=UTC"
                f" -c idle_in_transaction_session_timeout={_IDLE_MS}",
            },
            pool_pre_ping=True,  # a server that was restarted is no error
            pool_size=10,
            max_overflow=30,
            hide_parameters=True,
        )
    except (ArgumentError, NoSuchModuleError) as problem:
        raise ConfigProblem(
            "settings: database_url is no URL of SQLite or PostgreSQL, "
            "expected such as 'postgresql://stillwell@localhost/stillwell'"
        ) from problem
    except ModuleNotFoundError as problem:
        raise ConfigProblem(
            f"settings: database_url needs the driver {problem.name}: "
            "install stillwell with the extra 'postgres'"
        ) from problem
    event.listen(engine, "before_cursor_execute", _take_writer_lock)
    event.listen(engine, "before_cursor_execute", _drop_nul, retval=True)
    return engine


def driver_url(url: str) -> str:
    """Return the URL with the driver that the extra ``postgres`` brings, where it names none."""
    made = make_url(url)
    if made.drivername in {"postgresql", "postgres"}:
        made = made.set(drivername="postgresql+psycopg")
    return made.render_as_string(hide_password=False)


def _take_writer_lock(
    connection: Connection,
    cursor: Any,  # noqa: ANN401  # what the driver gives
    _sql: str,
    _values: object,
    context: Any,  # noqa: ANN401  # SQLAlchemy's, which has no public type
    _many: bool,
) -> None:
    """Before the first write of a transaction wait until no other one writes."""
    if context is None or not (context.isinsert or context.isupdate or context.isdelete):
        return
    transaction = connection.get_transaction()
    if connection.info.get(_TAKES_LOCK) is not transaction:
        cursor.execute(_LOCK_WRITERS)
        connection.info[_TAKES_LOCK] = transaction


def hold_writers(connection: Connection) -> None:
    """Wait until nobody else writes, and let nobody until this transaction ends.

    For whoever reads, decides and then writes: what was read is still so when it is written.
    """
    if connection.dialect.name == "postgresql":
        transaction = connection.get_transaction()
        connection.exec_driver_sql(_LOCK_WRITERS)  # taken twice it is one lock
        connection.info[_TAKES_LOCK] = transaction or connection.get_transaction()
        return
    held = connection.connection.dbapi_connection
    if not held.in_transaction:  # type: ignore[union-attr]  # what only sqlite3 says
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def steady(engine: Engine) -> Iterator[Connection]:
    """Yield a connection to read by that sees the database as it is at its first look.

    What others write since is not seen: for whoever compares what several statements return.
    """
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            held = connection.connection.dbapi_connection
            if not held.in_transaction:  # type: ignore[union-attr]  # what only sqlite3 says
                connection.exec_driver_sql("BEGIN")  # else each SELECT sees a database of its own
        yield connection


def _drop_nul(
    _connection: Connection,
    _cursor: object,
    sql: str,
    values: Any,  # noqa: ANN401  # one row by name, or several
    _context: object,
    _many: bool,
) -> tuple[str, Any]:
    """Replace NUL, which no text of PostgreSQL may hold: a device's odd name must not stop a P1."""
    if isinstance(values, dict):
        return sql, _printable(values)
    if isinstance(values, list):
        return sql, [_printable(row) if isinstance(row, dict) else row for row in values]
    return sql, values


def _printable(row: dict[str, Any]) -> dict[str, Any]:
    if not any(isinstance(value, str) and "\0" in value for value in row.values()):
        return row
    return {
        name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
        for name, value in row.items()
    }


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    url = url if url.startswith("sqlite") else driver_url(url)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, vault: Vault | None = None) -> None:
    """Bring the database to the newest revision, creating it where it is missing.

    ConfigProblem when there is something to be sealed and no vault.
    """
    config = _config(url)
    config.attributes["vault"] = vault
    command.upgrade(config, "head")


def revision(engine: Engine) -> tuple[str | None, str | None]:
    """Return (revision of the database, newest revision); equal when it is up to date."""
    head = ScriptDirectory.from_config(_config("sqlite://")).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), head
