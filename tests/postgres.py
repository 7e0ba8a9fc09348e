"""A real PostgreSQL for tests: one server a test process, reached by a socket in its own folder.

It is started when the first test asks, as another user where we are root, and ended by its
process id. Nothing is synced to disk: what it holds is never needed again.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from alerts import (  # adds their tables to those of the ledger
    past_tables,  # noqa: F401
    rehearsal_tables,  # noqa: F401
)
from alerts import tables as ledger
from config import (  # adds their tables to those of the registry
    access_tables,  # noqa: F401
    gateway_tables,  # noqa: F401
    household_tables,  # noqa: F401
)
from config import tables as registry
from config.database import migrate
from tests.servers import require_program

READY_S = 60.0
TEMPLATE = "migrated"
_NUMBERS = count()


def programs() -> Path:
    """Return the folder of PostgreSQL's programs; skip, or fail where CI=true, without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    return found[-1].parent if found else Path(require_program("initdb", "postgresql")).parent


def _version(initdb: Path) -> int:
    name = initdb.parent.parent.name
    return int(name) if name.isdigit() else 0


@dataclass(frozen=True)
class Postgres:
    """A running server. ``process`` is the postmaster; its ``folder`` holds socket and data."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://stillwell@/{name}?host={self.folder}"

    def create(self, *, template: str = TEMPLATE) -> str:
        """Return the name of a new database: a copy of the migrated one, or of ``template0``."""
        name = f"d{next(_NUMBERS)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY = FILE_COPY")
        return name

    def drop(self, names: Sequence[str]) -> None:
        """Remove these databases, whoever is connected to them."""
        for name in names:
            self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def empty(self, name: str) -> None:
        """Send away who is connected to a migrated database, and make it as it was at first."""
        engine = create_engine(self.url(name), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            for metadata in (ledger.metadata, registry.metadata):
                for table in reversed(metadata.sorted_tables):
                    connection.execute(table.delete())
            connection.execute(registry.roster.insert().values(only=1, revision=0))
            connection.execute(
                text("SELECT setval(sequencename::regclass, 1, false) FROM pg_sequences")
            )

    def _run(self, statement: str) -> None:
        engine = create_engine(
            self.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        with engine.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def start_postgres() -> Iterator[Postgres]:
    """Run a server with a migrated template database."""
    bin_ = programs()
    folder = Path(tempfile.mkdtemp(prefix="stillwell-pg-"))  # a socket's path must be short
    user = _other_user()
    try:
        if user is not None:
            shutil.chown(folder, user.pw_uid, user.pw_gid)
        _as(user, bin_ / "initdb", "-D", folder / "data", "-U", "stillwell", "-A", "trust",
            "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")  # fmt: skip
        server = Postgres(folder, _start(bin_, folder, user))
        try:
            _wait(server)
            server._run(f"CREATE DATABASE {TEMPLATE}")
            migrate(server.url(TEMPLATE))
            yield server
        finally:
            server.process.send_signal(signal.SIGINT)  # fast: who is connected is sent away
            try:
                server.process.wait(30)
            except subprocess.TimeoutExpired:
                server.process.send_signal(signal.SIGQUIT)
                server.process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _other_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses root: return whose rights it gets where we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is no user 'nobody'")


def _as(user: pwd.struct_passwd | None, *command: object) -> None:
    uid, gid = _ids(user)
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command],
        capture_output=True,
        check=False,
        cwd="/",
        user=uid,
        group=gid,
    )
    if done.returncode:
        raise RuntimeError(f"initdb: {done.stderr.decode(errors='replace')[-800:]}")


def _ids(user: pwd.struct_passwd | None) -> tuple[int | None, int | None]:
    return (None, None) if user is None else (user.pw_uid, user.pw_gid)


def _start(bin_: Path, folder: Path, user: pwd.struct_passwd | None) -> subprocess.Popen[bytes]:
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "200",
        "shared_buffers": "32MB",
        "autovacuum": "off",
    }
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    uid, gid = _ids(user)
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603
            [str(bin_ / "postgres"), "-D", str(folder / "data"), *words],
            stdout=log,
            stderr=log,
            cwd="/",
            user=uid,
            group=gid,
        )


def _wait(server: Postgres) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end and server.process.poll() is None:
        try:
            server._run("SELECT 1")
        except OperationalError:
            time.sleep(0.05)
        else:
            return
    log = (server.folder / "log").read_text(errors="replace")[-800:]
    raise RuntimeError(f"PostgreSQL did not start: {log}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL, shared by the tests of this process; each asks for databases of its own."""
    with start_postgres() as server:
        yield server
