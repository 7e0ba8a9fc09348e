"""Reads what is kept of the past: the tick log, what it names, what people did and what rose."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from alerts import past_tables, tables
from alerts.detect.columns import Ints
from alerts.lifecycle import Event
from alerts.modes import Mode
from alerts.past_readings import PastReadings, Read
from alerts.rosters import fields_at, table_of
from alerts.settings_version import Version, read_version
from alerts.stretches import stretches
from alerts.tick_log import TickRow, What, read_row
from config.sensor_table import SensorTable

Texts = NDArray[np.str_]


_ACTS: Final = (Event.ACKNOWLEDGE, Event.ATTEND, Event.TIME_OUT, Event.RESOLVE)
"""What people did, or left undone for too long."""

_NUMBERS: Final = (
    "since_us", "judged_from_us", "judged_true", "judged_false", "judged_unclear",
)  # fmt: skip
_WORDS: Final = ("account", "evidence", "without_evidence")


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did to an alert, or did not do in time.

    ``id`` is its row of the history, ``said`` its note.
    """

    id: int
    at_us: int
    alert: str
    event: Event
    actor: str
    said: str


@dataclass(frozen=True, slots=True)
class Alerts:
    """n alerts as columns, by moment raised and then id; times are microseconds.

    ``subject`` is the home's id, or of what else has the fault. ``returns`` is how often a
    resolved silence came back.
    """

    id: Texts
    subject: Texts
    kind: Texts
    priority: Texts
    onset_us: Ints
    raised_us: Ints
    returns: Ints
    sentence: Texts

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Alerts":
        """Return the rows picked by a mask or by indices, in that order."""
        return Alerts(
            self.id[rows],
            self.subject[rows],
            self.kind[rows],
            self.priority[rows],
            self.onset_us[rows],
            self.raised_us[rows],
            self.returns[rows],
            self.sentence[rows],
        )


@dataclass(frozen=True, slots=True)
class Past:
    """Everything that entered the engine: n rows, and what they name.

    ``is_even`` says that the rows are not those of a log: signals are then in the readings.
    """

    place: str
    rows: Sequence[TickRow]
    tables: Mapping[int, SensorTable]
    versions: Mapping[str, Version]
    acts: Sequence[Act]
    switches: Sequence[Mapping[str, Any]]
    readings: PastReadings
    is_even: bool = False

    @property
    def origins(self) -> frozenset[int]:
        """Rows with whose memory a later engine began."""
        return frozenset(row.origin for row in self.rows if row.what is What.START)

    def stretches(self) -> Iterable[Sequence[TickRow]]:
        """Return the rows in order, those together that may run as one."""
        if self.is_even:
            return ([row] for row in self.rows)
        return stretches(self.rows, [act.id for act in self.acts], self.origins)


def with_modes(past: Past, modes: Mapping[str, Mode]) -> Past:
    """Return the past with these detectors (by key) of its place in these modes throughout.

    From the first step on at which modes are known, whoever switched them meanwhile.
    """
    if not modes:
        return past
    kept = [s for s in past.switches if s["place"] != past.place or s["detector"] not in modes]
    first = [
        {**dict.fromkeys(_NUMBERS, 0), **dict.fromkeys(_WORDS, ""), "id": -n,
         "place": past.place, "detector": key, "mode": mode.value}
        for n, (key, mode) in enumerate(modes.items())
    ]  # fmt: skip
    return replace(past, switches=[*first, *kept])


def homes_of(tables_: Mapping[int, SensorTable], place: str) -> list[int]:
    """Return the numbers of all homes that the place had in these rosters."""
    return sorted(
        {n for table in tables_.values() for n, home in table.homes.items() if home.place == place}
    )


def read_past(
    connection: Connection, place: str, before_us: int, reader: Callable[[Sequence[int]], Read]
) -> Past:
    """Return what entered the engine, as far as it decided anything of before this moment.

    ``reader`` is given the numbers of the place's homes and returns what reads their past.
    """
    rows = read_rows(connection, before_us)
    rosters = read_rosters(connection, [row.revision for row in rows])
    read = reader(homes_of(rosters, place))
    return Past(
        place,
        rows,
        rosters,
        read_versions(connection),
        read_acts(connection, before_us),
        read_switches(connection),
        PastReadings(read, rows),
    )


def kept(connection: Connection) -> tuple[int, int] | None:
    """Return from when until when the log tells what was decided, None when it is empty."""
    log = past_tables.ticks.c
    query = select(func.min(log.before_us), func.max(log.folded_us)).where(
        log.what == What.TICKS.value
    )
    first_us, last_us = connection.execute(query).one()
    return None if first_us is None else (int(first_us), int(last_us))


def read_rows(connection: Connection, before_us: int) -> list[TickRow]:
    """Return the log, oldest first, as far as it decided anything of before this moment."""
    log = past_tables.ticks
    query = select(log).where(log.c.before_us < before_us).order_by(log.c.id)
    return [read_row(row) for row in connection.execute(query).mappings()]


def read_versions(connection: Connection) -> dict[str, Version]:
    """Return every version of the settings by its hash."""
    rows = connection.execute(select(past_tables.settings))
    return {row.hash: read_version(row.content) for row in rows}


def read_rosters(connection: Connection, revisions: Sequence[int]) -> Mapping[int, SensorTable]:
    """Return the rosters of these revisions."""
    held = fields_at(connection, set(revisions))
    return {revision: table_of(fields, revision) for revision, fields in held.items()}


def read_acts(connection: Connection, before_us: int) -> list[Act]:
    """Return what people did to alerts before this moment, in the order in which they did it."""
    history = tables.history.c
    query = (
        select(tables.history)
        .where(
            history.event.in_([event.value for event in _ACTS]),
            history.at_us < before_us,
        )
        .order_by(history.id)
    )
    return [
        Act(row.id, row.at_us, row.alert, Event(row.event), row.actor, row.note)
        for row in connection.execute(query)
    ]


def read_switches(connection: Connection) -> list[dict[str, Any]]:
    """Return every switch of a detector as it stands in its table, oldest first."""
    table = tables.detector_modes
    rows = connection.execute(select(table).order_by(table.c.id)).mappings()
    return [{str(name): value for name, value in row.items()} for row in rows]


def read_alerts(connection: Connection, place: str, start_us: int, stop_us: int) -> Alerts:
    """Return the alerts of a place that were raised from ``start_us`` until ``stop_us``."""
    a, h = tables.alerts.c, tables.history.c
    returns = (
        select(func.count())
        .where(h.alert == a.id, h.event == Event.COME_BACK.value, h.at_us < stop_us)
        .scalar_subquery()
    )
    query = (
        select(tables.alerts, returns.label("returns"))
        .where(
            a.place == place, a.raised_us >= start_us, a.raised_us < stop_us, a.is_test.is_(False)
        )
        .order_by(a.raised_us, a.id)
    )
    rows = connection.execute(query).all()
    return Alerts(
        np.array([row.id for row in rows], np.str_),
        np.array([row.home or row.gateway or row.place for row in rows], np.str_),
        np.array([row.kind for row in rows], np.str_),
        np.array([row.priority for row in rows], np.str_),
        np.array([row.onset_us for row in rows], np.int64),
        np.array([row.raised_us for row in rows], np.int64),
        np.array([row.returns for row in rows], np.int64),
        np.array([row.sentence for row in rows], np.str_),
    )
