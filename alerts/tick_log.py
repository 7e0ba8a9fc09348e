"""The tick log: everything that entered a step of the engine and the store does not keep.

A row is written in the transaction of the step's effects on the ledger: both are there or
neither is. A step without effects has changed memory only; its row waits for the next effect
or checkpoint, and a crash that takes it takes what it stood for.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select

from alerts import past_tables, tables
from alerts.rosters import Fields, changes, fields_of, last_fields
from alerts.settings_version import Version
from config.sensor_table import SensorTable
from ingest.batch import Batch, empty, unpack
from ingest.clock import Instant, microseconds
from ingest.message import Stray

KEEP_ROWS: Final = 240
"""Rows without effects that wait at most, for the next transaction."""

UNKNOWN: Final = -1
"""Origin of a memory that was made before there was a tick log."""


NO_MODES: Final = -1
"""Modes of an engine that raises whatever is found."""


class What(StrEnum):
    """What kind of step a row tells of."""

    START = "start"
    """An engine began: from the memory after row ``origin``, or with none (0)."""

    BEGIN = "begin"
    """Its first decision, without a memory: all is known from ``folded_us`` on."""

    ROSTER = "roster"
    """It took up another revision of the roster."""

    SIGNALS = "signals"
    """It raised the signals of one journal entry: ``readings`` and ``strays``, in that order."""

    TICKS = "ticks"
    """It ran ticks, after ``before_us`` up to ``folded_us``; ``readings`` came late to them."""

    LINK = "link"
    """It looked at homes while our own link was lost, since ``since_us``."""

    SETTLE = "settle"
    """It acted on detectors that were switched, and on findings that waited for it."""


@dataclass(frozen=True, slots=True)
class TickRow:
    """One step. ``id``, ``told_us``, ``history`` and ``modes`` are given when it is written.

    ``now_us`` is the clock of the step, ``told_us`` of its effects, ``history`` the newest row
    of the alert history before them, ``modes`` the newest switch of a
    detector in force. ``position`` is the journal entry read up to and
    ``received_us`` the newest receipt time in what was read. ``since_us`` is of LINK when the
    link was lost, and of BEGIN the oldest receipt time that was in the journal.
    ``is_caught_up`` says that no more ticks were due.
    """

    what: What
    now_us: int
    position: int
    received_us: int
    revision: int
    settings: str = ""
    before_us: int = 0
    folded_us: int = 0
    since_us: int = 0
    origin: int = 0
    is_caught_up: bool = True
    readings: Batch = field(default_factory=empty)
    strays: Sequence[Stray] = ()
    told_us: int = 0
    modes: int = NO_MODES
    history: int = 0
    id: int = 0


class TickLog:
    """Collects rows, and writes them with what they name. Used by one thread.

    ``version`` is of the settings that this engine runs with.
    """

    def __init__(self, version: Version) -> None:
        self._version = version
        self._settings = version.hash
        self._rows: list[TickRow] = []
        self._tables: list[SensorTable] = []
        self._fields: Mapping[tuple[str, int], Fields] | None = None
        self._revision = -1
        self._is_told = False
        self.last_id = 0
        """Row that was written last."""

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: TickRow) -> None:
        """Take a row in; it is written with the next effect."""
        self._rows.append(replace(row, settings=self._settings))

    def follow(self, table: SensorTable) -> None:
        """Take in the roster that the following rows name."""
        self._tables.append(table)

    def write(
        self, connection: Connection, now: Instant, *more: TickRow, modes: int = NO_MODES
    ) -> Callable[[], None]:
        """Write what has come together, and ``more``, in the caller's transaction.

        Returns what to call once that is committed; until then all of it is kept.
        """
        now_us = microseconds(now)
        fields, revision = self._write_rosters(connection)
        if not self._is_told:
            self._version.write(connection, now_us)
        last_id = self.last_id
        for row in (*self._rows, *(replace(r, settings=self._settings) for r in more)):
            last_id = _write(connection, replace(row, told_us=now_us, modes=modes))

        def done() -> None:
            self._rows, self._tables = [], []
            self._fields, self._revision, self._is_told = fields, revision, True
            self.last_id = last_id

        return done

    def _write_rosters(
        self, connection: Connection
    ) -> tuple[Mapping[tuple[str, int], Fields] | None, int]:
        fields, revision = self._fields, self._revision
        for table in self._tables:
            if table.revision == revision:
                continue
            if fields is None:
                fields = last_fields(connection)
            new = fields_of(table)
            rows = changes(fields, new, table.revision)
            if rows:
                connection.execute(insert(past_tables.rosters), rows)
            fields, revision = new, table.revision
        return fields, revision


def read_row(row: RowMapping) -> TickRow:
    """Return a row of the table as a value."""
    known = {name: row[name] for name in _PLAIN}
    columns, strays = row["readings"], row["strays"]
    return TickRow(
        **{**known, "what": What(row["what"])},
        readings=_unpacked(columns, row["count"]),
        strays=msgspec.json.decode(strays, type=list[Stray]) if isinstance(strays, bytes) else (),
    )


def trim(connection: Connection, before_us: int) -> int:
    """Delete rows of before this moment; return how many. What others name stays."""
    log = past_tables.ticks
    gone = connection.execute(delete(log).where(log.c.now_us < before_us)).rowcount
    return int(gone)


_PLAIN: Final = (
    *("id", "what", "now_us", "told_us", "history", "position", "received_us", "revision"),
    *("settings", "modes", "before_us", "folded_us", "since_us", "origin", "is_caught_up"),
)


def _write(connection: Connection, row: TickRow) -> int:
    """The newest history is read by the statement that writes: nobody comes between."""
    values = {name: getattr(row, name) for name in _PLAIN if name != "id"}
    values |= {
        "what": row.what.value,
        "history": select(func.coalesce(func.max(tables.history.c.id), 0)).scalar_subquery(),
        **packed(row.readings, row.strays),
    }
    key = connection.execute(insert(past_tables.ticks).values(values)).inserted_primary_key
    if key is None:
        raise RuntimeError("tick log: the database gave no number for a new row")
    return int(key[0])


def packed(readings: Batch, strays: Sequence[Stray]) -> dict[str, object]:
    """Return the columns that hold these."""
    return {
        "count": len(readings),
        "readings": zlib.compress(readings.pack(), 1) if len(readings) else None,
        "strays": msgspec.json.encode(strays) if strays else None,
    }


def _unpacked(columns: object, count: object) -> Batch:
    if not isinstance(columns, bytes) or not isinstance(count, int):
        return empty()
    return unpack(zlib.decompress(columns), count)
