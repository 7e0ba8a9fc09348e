"""What an installation keeps and runs, for its engineers: stores with size and age, versions."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, text

from alerts.detect.state import VERSION as LAYOUT
from api import health
from api.resources import Resources
from config.database import revision

LIBRARIES: Final = ("fastapi", "uvicorn", "sqlalchemy", "numpy", "msgspec", "pydantic")
"""Libraries whose versions matter most when something fails."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One thing that keeps data; ``size`` in bytes and ``written_us`` are None where unknown.

    ``problem`` says what is wrong with it, empty when nothing is known to be.
    """

    name: str
    kind: str
    size: int | None
    written_us: int | None
    problem: str = ""


def stores(resources: Resources, worker: health.Beat | None) -> list[Stored]:
    """Return the database, the journal, the store of readings and the engine's memory."""
    state = {} if worker is None else worker.state
    found = [_database(resources.database)]
    if resources.checkpoint is None:
        return found
    folder = resources.checkpoint.parent
    journal = _files(folder / "journal.db")
    found.append(Stored("Journal", "SQLite", *journal, str(state.get("journal_error", ""))))
    found.append(_readings(resources.store_kind, folder, state))
    memory = _files(resources.checkpoint)
    return [*found, Stored("Memory of the engine", "checkpoint", *memory)]


def versions(database: Engine) -> list[tuple[str, str]]:
    """Return names and versions of the program, the database, the memory and libraries."""
    have, newest = revision(database)
    is_newest = have == newest
    told = f"{have}" if is_newest else f"{have or 'none'}, this version needs {newest}"
    return [
        ("Stillwell", _version("stillwell")),
        ("Revision of the database", told),
        ("Layout of the engine's memory", str(LAYOUT)),
        ("Python", platform.python_version()),
        *((name, _version(name)) for name in LIBRARIES),
    ]


def _database(database: Engine) -> Stored:
    name = database.dialect.name
    if name == "postgresql":
        query = text("SELECT pg_database_size(current_database())")
        with database.connect() as connection:
            return Stored("Database", "PostgreSQL", int(connection.scalar(query) or 0), None)
    file = database.url.database
    size, written_us = _files(Path(file)) if file else (None, None)
    return Stored("Database", "SQLite", size, written_us)


def _readings(kind: str, folder: Path, state: Mapping[str, Any]) -> Stored:
    problem = str(state.get("store_error") or "")
    is_here = kind == "embedded"
    size, written_us = _files(folder / ("store.db" if is_here else "store-bookmark.db"))
    return Stored("Readings", kind, size if is_here else None, written_us, problem)


def _files(path: Path) -> tuple[int | None, int | None]:
    """Return bytes and last write of a file and what SQLite keeps beside it."""
    parts: Sequence[Path] = (path, path.with_name(f"{path.name}-wal"))
    told = [part.stat() for part in parts if part.is_file()]
    if not told:
        return None, None
    return sum(one.st_size for one in told), max(one.st_mtime_ns for one in told) // 1_000


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
