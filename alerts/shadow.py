"""What becomes of findings of detectors that are not live: recorded or dropped, never sent.

A shadow finding keeps the id that its alert would have, so that a restart or a replay records
nothing twice, and a switch to live can raise what still stands.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Engine, Row, delete, insert, select, update

from alerts import tables
from alerts.alert import CONTINUING, AlertKind, Finding
from alerts.ledger import Ledger
from alerts.lifecycle import Event
from alerts.modes import EPISODES, Mode, Modes, detector_of
from alerts.record import taken_in_by
from alerts.shadow_rows import ShadowState, to_finding, to_row
from alerts.switches import read_modes, read_revision
from config.homes import HomeState
from config.places import Place
from config.sensor_table import SensorTable
from ingest.clock import Instant, microseconds

_ENDS: Final = {
    Event.EASE: ShadowState.OVER,
    Event.WORK_AGAIN: ShadowState.OVER,
    Event.CONTRADICT: ShadowState.CONTRADICTED,
}
_UNSENT: Final = (ShadowState.STANDING.value, ShadowState.HELD.value)
_AT_ONCE: Final = 500
"""Ids in one statement; databases limit them."""

_f: Final = tables.shadow_findings.c


class Shadow:
    """Keeps from the ledger what may not be sent. The engine's thread calls all but ``refresh``.

    ``table`` returns the newest roster: nothing is raised for a home that is not watched.
    """

    def __init__(
        self, database: Engine, table: Callable[[], SensorTable], places: Mapping[str, Place]
    ) -> None:
        self._database, self._table, self._places = database, table, places
        self._newest: tuple[int, Modes] = (-1, Modes({}))
        self._settled = self._settling = (-1, -1)
        self.dropped = 0
        """Findings of detectors that are off, since this object was made."""

        self.refresh()
        self._read = self._newest

    def refresh(self) -> bool:
        """Read the modes again if somebody switched; say whether they did. Any thread may."""
        with self._database.connect() as connection:
            revision = read_revision(connection)
            if revision == self._newest[0]:
                return False
            self._newest = (revision, read_modes(connection))
        return True

    def take_up(self) -> None:
        """Go by what ``refresh`` read last, from now on: the same all through a step."""
        self._read = self._newest

    @property
    def modes(self) -> Modes:
        """The modes that are in force here."""
        return self._read[1]

    @property
    def revision(self) -> int:
        """Number of the newest switch that is in force here."""
        return self._read[0]

    @property
    def is_unsettled(self) -> bool:
        """Whether ``settle`` has something to look at: a switch, or another roster."""
        return self._settled != (self._read[0], self._table().revision)

    def sift(
        self, connection: Connection, ledger: Ledger, findings: Sequence[Finding], now: Instant
    ) -> list[Finding]:
        """Return the findings that may be raised, in order; record or drop the others.

        What was an alert stays one. What was found in shadow and is decided once more, after a
        restart, is not news. An alert that people have open follows its condition in any mode.
        """
        moded = [f.id for f in findings if detector_of(f.kind) is not None]
        if not moded:
            return list(findings)
        _, modes = self._read
        alerts = set(_known(connection, tables.alerts.c.id, moded))
        recorded = set(_known(connection, _f.id, moded))
        live: list[Finding] = []
        quiet: list[Finding] = []
        for finding in findings:
            if finding.id in alerts or detector_of(finding.kind) is None:
                live.append(finding)
            elif finding.id not in recorded:
                is_live = modes.of_kind(finding.place, finding.kind) is Mode.LIVE
                (live if is_live else quiet).append(finding)
        if quiet:
            taken_in = set(ledger.follow(quiet, now))
            self._record(connection, [f for f in quiet if f.id not in taken_in], modes)
        return live

    def step(
        self, connection: Connection, event: Event, ids: list[str], now: Instant, note: str
    ) -> list[str]:
        """Note a step on the shadow findings among these; return the ids that may take it.

        What ends a condition goes on to the alerts too, in any mode; what sends again does not.
        """
        if event is Event.COME_BACK:
            return self._may_return(connection, ids)
        if event in _ENDS:
            _end(connection, ids, _ENDS[event], microseconds(now), note)
        return ids

    def settle(self, ledger: Ledger, now: Instant) -> int:
        """Act on switches since the last call; return how many alerts were raised.

        What stands is raised where its detector is live now, and shown where it was off and is
        in shadow now. To be called when every reading that there is has been decided on; call
        ``confirm`` once it is committed, or it is looked at again.
        """
        (revision, modes), table = self._read, self._table()
        self._settling = (revision, table.revision)
        if self._settled == self._settling:
            return 0
        with ledger.together() as (bound, connection):
            rows = connection.execute(
                select(tables.shadow_findings).where(_f.state.in_(_UNSENT)).order_by(_f.found_us)
            ).all()
            due = [row for row in rows if self._mode(modes, row) is Mode.LIVE]
            due = _watched(due, table, microseconds(now)) if due else []
            held = [row for row in rows if row.state == ShadowState.HELD.value]
            shown = [row.id for row in held if self._mode(modes, row) is Mode.SHADOW]
            findings = [to_finding(row, self._places, microseconds(now)) for row in due]
            raised = bound.raise_findings(findings, now) if findings else []
            _mark(connection, [row.id for row in due], ShadowState.RAISED, microseconds(now))
            _mark(connection, shown, ShadowState.STANDING, None)
        return len(raised)

    def confirm(self) -> None:
        """Take it that what ``settle`` did last is committed."""
        self._settled = self._settling

    def _may_return(self, connection: Connection, alerts: Sequence[str]) -> list[str]:
        _, modes = self._read
        a, live = tables.alerts.c, set()
        for some in _pieces(alerts):
            for row in connection.execute(select(a.id, a.place, a.kind).where(a.id.in_(some))):
                if modes.of_kind(row.place, AlertKind(row.kind)) is Mode.LIVE:
                    live.add(row.id)
        return [alert for alert in alerts if alert in live]

    @staticmethod
    def _mode(modes: Modes, row: Row[Any]) -> Mode:
        return modes.of_kind(row.place, AlertKind(row.kind))

    def _record(self, connection: Connection, findings: Sequence[Finding], modes: Modes) -> None:
        rows: dict[str, dict[str, object]] = {}
        for finding in findings:
            if finding.kind in CONTINUING and taken_in_by(connection, finding.id):
                continue  # a restart: an alert took it in while the detector was live
            is_off = modes.of_kind(finding.place, finding.kind) is Mode.OFF
            self.dropped += is_off
            if finding.kind not in EPISODES:
                state = ShadowState.HELD if is_off else ShadowState.STANDING
                rows[finding.id] = to_row(finding, state)
            elif not is_off:
                rows[finding.id] = to_row(finding, ShadowState.OVER)
        if rows:
            connection.execute(insert(tables.shadow_findings), list(rows.values()))


def _watched(rows: Sequence[Row[Any]], table: SensorTable, now_us: int) -> list[Row[Any]]:
    paused = {pause.home for pause in table.pauses if pause.covers(now_us)}
    watched = {
        home.id
        for home in table.homes.values()
        if home.state is HomeState.ACTIVE and home.number not in paused
    }
    return [row for row in rows if not row.home or row.home in watched]


def _known(connection: Connection, column: Column[Any], ids: Sequence[str]) -> Iterator[str]:
    for some in _pieces(ids):
        yield from connection.execute(select(column).where(column.in_(some))).scalars()


def _end(
    connection: Connection, ids: Sequence[str], state: ShadowState, ended_us: int, note: str
) -> None:
    table = tables.shadow_findings
    values = {"state": state.value, "ended_us": ended_us, "note": note}
    for some in _pieces(ids):
        mine = table.c.id.in_(some)
        connection.execute(delete(table).where(mine, _f.state == ShadowState.HELD.value))
        is_standing = _f.state == ShadowState.STANDING.value
        connection.execute(update(table).where(mine, is_standing).values(values))


def _mark(
    connection: Connection, ids: Sequence[str], state: ShadowState, ended_us: int | None
) -> None:
    for some in _pieces(ids):
        connection.execute(
            update(tables.shadow_findings)
            .where(_f.id.in_(some), _f.state.in_(_UNSENT))
            .values(state=state.value, ended_us=ended_us)
        )


def _pieces(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
