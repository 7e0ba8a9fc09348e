"""What an erasure looks for afterwards: collected before anything goes."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, select

from api import home_rows, sealed_rows, subject_rows, wiring
from api.erasure_record import Record
from api.home_rows import Subject
from config import replacements, tables
from config.settings import Settings
from config.vault import Vault
from ingest import journal_erasure
from ingest.clock import SystemClock, microseconds
from ingest.journal_erasure import Own

_MOST: Final = 2_000
_LENGTH: Final = 24
"""Bytes of a mark from the middle of a packed piece: long enough not to be met by chance."""

_SHORTEST_WORD: Final = 6
_FREE: Final = ("note", "said", "why", "reason", "reference", "label", "address")


def collect(
    settings: Settings, connection: Connection, vault: Vault, home: Subject, account: str
) -> Record:
    """Return the record of a new erasure; Locked without the keys."""
    g, s = tables.gateways.c, tables.sensors.c
    hubs = connection.execute(select(g.number).where(g.home == home.number)).scalars().all()
    boxes, box_ids = replacements.boxes_of(connection, home.number)
    own = (s.home == home.number) | (s.home.is_(None) & s.gateway.in_(hubs))
    sensors = connection.execute(select(s.number, s.id).where(own)).all()
    mine = Own([row.number for row in sensors], boxes, box_ids)
    files = wiring.files(settings)
    words = {row.id for row in sensors} | set(_words(connection, vault, home))
    marks = [*journal_erasure.marks(files.journal, mine), *_pieces(settings, home.number)]
    return Record(
        home,
        account,
        microseconds(SystemClock().now()),
        mine.sensor,
        hubs,
        box_ids,
        sealed_rows.subjects_of(connection, [home.number]),
        sorted(word for word in words if len(word.encode()) >= _SHORTEST_WORD),
        sorted({mark.hex() for mark in marks}),
        {name: count for name, count in subject_rows.counts(connection, home).items() if count},
        boxes=boxes,
    )


def _words(connection: Connection, vault: Vault, home: Subject) -> Iterator[str]:
    """Yield what is said of the home in free words, and what its people are called."""
    for table, mine in home_rows.rules(home):
        if table.name == "audit":
            continue
        rows = connection.execute(select(table).where(mine)).mappings().all()
        sealed = sealed_rows.SEALED.get(table.name, ("", {}))[1]
        for row in sealed_rows.opened(vault, table.name, rows):
            yield from (str(row[name]) for name in _FREE if row.get(name))
            for column in sealed:
                yield from _texts(_loaded(row[column]))


def _loaded(text: str) -> Any:  # noqa: ANN401  # JSON, or a word
    try:
        return json.loads(text) if text else ""
    except ValueError:
        return text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _pieces(settings: Settings, home: int) -> Iterator[bytes]:
    """Yield bytes from the middle of packed pieces of the embedded store."""
    path = wiring.files(settings).store
    if not path.exists():
        return
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute(
            "SELECT columns FROM pieces WHERE home = ? AND length(columns) >= ? LIMIT ?",
            (home, 2 * _LENGTH, _MOST),
        )
        for (columns,) in rows:
            middle = len(columns) // 2
            yield columns[middle - _LENGTH // 2 : middle + _LENGTH // 2]
    except sqlite3.OperationalError:
        return  # no such table yet: nothing was ever stored
    finally:
        connection.close()
