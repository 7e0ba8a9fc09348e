"""``stillwell backup`` and ``restore``: a whole installation into a folder while it runs, and back.

Each part is one consistent snapshot, and they are taken in the order in which they may lag: what
the engine knew, what the store has, what was alerted, and last the journal, from which all three
go on. So a restored installation is one that was killed at that moment: nothing is lost up to the
copy of the journal, and what is judged again gives the same alerts.
"""

import hashlib
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, inspect, make_url
from sqlalchemy.pool import NullPool

from api import exporting, table_copy, wiring
from api.exits import CommandFailed
from config import audit, keys
from config.database import connect, migrate, revision, steady
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, instant, microseconds
from ingest.journal import JournalTail
from ingest.journal_head import JournalHead

MANIFEST: Final = "backup.json"
DATABASE: Final = "stillwell.db"
_JOURNAL: Final = "journal.db"
_SQLITE: Final = ("store.db", "store-bookmark.db")
_PLAIN: Final = ("engine.npz", "live")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds, as its manifest says."""

    taken_us: int
    revision: str
    files: Mapping[str, str]
    rows: Mapping[str, int]
    heads: Sequence[Sequence[Any]]
    journal_seq: int
    received_us: int


def back_up(settings: Settings, folder: Path, *, tell: Tell) -> Backup:
    """Write everything into a new folder; worker and web may go on."""
    began = time.monotonic()
    if folder.exists() and any(folder.iterdir()):
        raise ConfigProblem(f"backup: {folder} is not empty, expected a new folder")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    database = wiring.open_database(settings)
    exporting.note(database, audit.INSTALLATION, "backup", microseconds(SystemClock().now()))
    for name in _PLAIN:
        if (settings.data / name).exists():
            shutil.copyfile(settings.data / name, folder / name)
    for name in _SQLITE:
        _snapshot(settings.data / name, folder / name)
    _copy_database(database, folder / DATABASE)
    database.dispose()
    _snapshot(settings.data / _JOURNAL, folder / _JOURNAL)
    shutil.copytree(settings.places, folder / "places", ignore=_not_places)
    made = _describe(folder)
    (folder / MANIFEST).write_text(json.dumps(_as_json(made), indent=1), "utf-8")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    rows = sum(made.rows.values())
    tell(f"{rows:,} rows, journal up to row {made.journal_seq:,}, {size:,} bytes")
    tell(f"everything up to {instant(made.received_us)} UTC is in it")
    tell(f"took {time.monotonic() - began:.1f} s; keep {folder} as private as the database itself")
    tell("keys of names and addresses are not in it: stillwell keys copy FILE, the newest only")
    if settings.store.kind != "embedded":
        tell(f"readings in {settings.store.kind} are not in it: back that server up too")
    return made


def restore(folder: Path, settings: Settings, *, tell: Tell) -> Backup:
    """Put a backup into an installation that holds nothing; ConfigProblem when it does.

    CommandFailed when the copy is not what was backed up.
    """
    began = time.monotonic()
    made = read_manifest(folder)
    _check_files(folder, made)
    files = wiring.files(settings)
    if there := [p.name for p in (files.journal, files.store, files.checkpoint) if p.exists()]:
        raise ConfigProblem(f"restore: {settings.data} holds {', '.join(there)}; name an empty one")
    migrate(settings.database)
    database = connect(settings.database)
    _fill(database, folder / DATABASE, made)
    for name in (_JOURNAL, *_SQLITE, *_PLAIN):
        if (folder / name).exists():
            shutil.copyfile(folder / name, settings.data / name)
    _witness(files.journal, made.journal_seq)
    if not settings.places.exists() or not any(settings.places.iterdir()):
        shutil.copytree(folder / "places", settings.places, dirs_exist_ok=True)
        tell(f"place files put into {settings.places}")
    else:
        tell(f"{settings.places} has place files already: those of the backup are in its places/")
    with database.connect() as connection:
        problems = _compare(connection, made)
    database.dispose()
    if problems:
        raise CommandFailed("restore: " + "; ".join(problems))
    tell(f"{sum(made.rows.values()):,} rows in {len(made.rows)} tables, equal to the backup's")
    tell(f"{len(made.heads)} audit chains whole, each with the head it had")
    now_us = microseconds(SystemClock().now())
    tell(f"the newest reading is of {instant(made.received_us)} UTC: what came in the "
         f"{max(now_us - made.received_us, 0) / 6e7:,.0f} min since then comes from gateways' "
         "outboxes, or is lost")  # fmt: skip
    tell(f"put the newest copy of the keyring to {keys.file_of(settings)}, with its master key")
    tell(f"took {time.monotonic() - began:.1f} s; next: stillwell check")
    return made


def read_manifest(folder: Path) -> Backup:
    """Return what a backup says of itself; ConfigProblem when this is none."""
    try:
        said = json.loads((folder / MANIFEST).read_text("utf-8"))
        return Backup(**said)
    except (OSError, ValueError, TypeError) as problem:
        raise ConfigProblem(
            f"restore: {folder} holds no readable {MANIFEST}, expected a folder that "
            "`stillwell backup` wrote"
        ) from problem


def _as_json(made: Backup) -> dict[str, Any]:
    return {name: getattr(made, name) for name in Backup.__dataclass_fields__}


def _not_places(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if Path(folder, name).suffix not in {".toml", ".png"}]


def _snapshot(source: Path, target: Path) -> None:
    """Copy a SQLite file as it was at one moment, while others write to it."""
    if not source.exists():
        return
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as from_,
        closing(sqlite3.connect(target)) as to,
    ):
        from_.backup(to)
        to.execute("PRAGMA journal_mode=DELETE")  # one file, no log beside it


def _copy_database(database: Engine, target: Path) -> None:
    if database.dialect.name == "sqlite":
        _snapshot(Path(make_url(str(database.url)).database or ""), target)
        return
    migrate(f"sqlite:///{target}")
    filled = _quiet_sqlite(target)
    with steady(database) as source, filled.begin() as connection:
        table_copy.copy_rows(source, connection)
    filled.dispose()
    with closing(sqlite3.connect(target)) as connection_:
        connection_.execute("PRAGMA journal_mode=DELETE")


def _quiet_sqlite(path: Path) -> Engine:
    return create_engine(f"sqlite:///{path}", poolclass=NullPool, hide_parameters=True)


def _describe(folder: Path) -> Backup:
    copied = _quiet_sqlite(folder / DATABASE)
    tail = JournalTail.open(folder / _JOURNAL)
    try:
        seq = tail.last_seq()
        newest = tail.read(max(seq - 1, 0), 1)
        received = [int(e.batch.received.view("int64").max()) for e in newest if len(e.batch)]
    finally:
        tail.close()
    have, _ = revision(copied)
    with copied.connect() as connection:
        rows = dict(table_copy.counts(connection))
        heads = [[head.place, head.seq, head.hash] for head in audit.heads(connection)]
    now_us = microseconds(SystemClock().now())
    return Backup(
        now_us, have or "", _hashes(folder), rows, heads, seq, max(received, default=now_us)
    )


def _hashes(folder: Path) -> dict[str, str]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            with path.open("rb") as file:
                found[str(path.relative_to(folder))] = hashlib.file_digest(
                    file, "sha256"
                ).hexdigest()
    return found


def _check_files(folder: Path, made: Backup) -> None:
    have = _hashes(folder)
    wrong = sorted(name for name in {*have, *made.files} if have.get(name) != made.files.get(name))
    if wrong:
        raise CommandFailed(f"restore: {', '.join(wrong)} is not what was backed up")


def _fill(database: Engine, copy: Path, made: Backup) -> None:
    _, newest = revision(database)
    if made.revision != newest:
        raise ConfigProblem(
            f"restore: the backup is of revision {made.revision}, this version's is {newest}; "
            "restore with the version that made it, then run `stillwell migrate`"
        )
    with database.connect() as connection:
        held = table_copy.counts(connection)
    if there := [
        name for name, count in held.items() if count and name not in {"roster", "keyring"}
    ]:
        raise ConfigProblem(f"restore: the database has rows in {', '.join(there)}, expected none")
    source = _quiet_sqlite(copy)
    with source.connect() as from_, database.begin() as to:
        table_copy.copy_rows(from_, to)
    source.dispose()


def _witness(journal: Path, seq: int) -> None:
    if journal.exists():
        head = JournalHead(journal)
        head.write(seq)
        head.close()


def _compare(connection: Connection, made: Backup) -> list[str]:
    have = table_copy.counts(connection)
    problems = [
        f"{name} has {have.get(name)} rows, the backup {count}"
        for name, count in made.rows.items()
        if have.get(name) != count
    ]
    anchors = [audit.Head(*head) for head in made.heads]
    problems += [f"{f.place}: {f.what}" for f in audit.verify(connection, anchors)]
    unknown = set(inspect(connection).get_table_names()) - {*made.rows, "alembic_version"}
    return problems + [f"{name} is not in the backup" for name in sorted(unknown)]
