"""What would have alerted: the live code over the past of a place, with other settings.

A rehearsal is given the rows of the tick log in order and what the store kept; what people did
is done again at the moment they did it. Nothing is sent: each rehearsal has a ledger of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from sqlalchemy import Engine as Database
from sqlalchemy import insert, text

from alerts import signals, tables
from alerts.action import Action, Step
from alerts.alert import Finding, Outcome
from alerts.deliver import deliver
from alerts.detect.columns import SECOND_US, Bools, Ints
from alerts.detect.roster import known
from alerts.ledger import Ledger
from alerts.lifecycle import Event
from alerts.modes import Mode
from alerts.past import Act, Alerts, Past, read_alerts, with_modes
from alerts.refusals import Conflict, Refused, UnknownAlert
from alerts.settings_version import Version
from alerts.shadow import Shadow
from alerts.tick_log import NO_MODES, TickRow, What
from alerts.watch import Memory, Stop, Watch
from config import tables as registry
from config.database import connect
from config.homes import HomeState
from config.places import Place
from config.sensor_table import STATE_CODE, SensorTable
from ingest.batch import Batch
from ingest.clock import instant
from ingest.sink import Entry

Places = Mapping[str, Place]
Change = Callable[[Places], Places]
"""Makes the settings of a rehearsal from those of the time."""


class Cancelled(Exception):
    """Somebody wished the rehearsal to end."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A row from which on it is not known what the engine knew; ``why`` is a plain sentence."""

    at_us: int
    why: str


def as_it_was(places: Places) -> Places:
    """Change nothing: the settings of the time."""
    return places


class Rehearsal:
    """One set of settings over the past; ``take`` the rows in order, then ask for ``alerts``."""

    def __init__(self, past: Past, change: Change = as_it_was) -> None:
        self._past, self._change = past, change
        self._database = _memory_database()
        self._ledger = Ledger(self._database, channels=(), is_muted=lambda: True, is_audited=False)
        self._origins = past.origins
        self._memories: dict[int, Memory | None] = {}
        self._tables: dict[int, SensorTable] = {}
        self._shadow: Shadow | None = None
        self._switched = 0
        self._watch: Watch | None = None
        self._version: Version | None = None
        self._acts = 0
        self._is_resolved = False
        self.gaps: list[Gap] = []
        """Where the log does not say all."""

    def take(self, rows: Sequence[TickRow], readings: Batch) -> None:
        """Take the steps of these rows, a stretch; ``readings`` came in time for its ticks."""
        row = rows[0]
        watch = self._follow(row)
        self._do_acts(row.history)
        self._switch(row.modes)
        match row.what:
            case What.SIGNALS:
                self._raise_signals(watch, row)
            case What.BEGIN:
                watch.begin(row.folded_us)
            case What.TICKS:
                if self._past.is_even:
                    self._raise_signals(watch, replace(row, readings=_at_once(readings)))
                self._run(watch, rows, readings)
            case What.LINK:
                self._deliver(watch.watch_link(row.since_us, row.now_us), row)
            case What.SETTLE:
                self._settle(row)
            case What.START | What.ROSTER:
                pass
        if rows[-1].id in self._origins:
            self._memories[rows[-1].id] = watch.remember()

    def end(self) -> None:
        """Do what people did after the last step."""
        self._do_acts(None)

    def alerts(self, start_us: int, stop_us: int) -> Alerts:
        """Return the place's alerts that were raised from ``start_us`` until ``stop_us``."""
        with self._database.connect() as connection:
            return read_alerts(connection, self._past.place, start_us, stop_us)

    @property
    def database(self) -> Database:
        """Where this rehearsal wrote its alerts, for as long as it lives."""
        return self._database

    def _follow(self, row: TickRow) -> Watch:
        """Return what decides this row: the roster, settings and memory that it names."""
        table = self._table(row.revision)
        if row.what is What.START or self._watch is None:
            self._start(row, table)
        if self._watch is None:
            raise RuntimeError("rehearsal: it has not started")
        self._watch.follow(table)
        return self._watch

    def _start(self, row: TickRow, table: SensorTable) -> None:
        before = None if self._watch is None else self._watch.memory
        self._version = self._past.versions[row.settings]
        self._watch = Watch(table, self._change(self._version.places))
        if row.modes > NO_MODES:
            self._switch(row.modes)
            self._shadow = Shadow(self._database, self._roster, self._watch.places)
        is_start = row.what is What.START
        if is_start and row.origin == 0:
            return
        memory = self._memories.get(row.origin) if is_start else None
        if memory is None:
            self.gaps.append(Gap(row.now_us, "the log does not hold what the engine knew then"))
            memory = before
        if memory is not None:
            self._watch.resume(memory)

    def _table(self, revision: int) -> SensorTable:
        if revision not in self._tables:
            self._tables = {revision: only(self._past.tables[revision], self._past.place)}
        return self._tables[revision]

    def _roster(self) -> SensorTable:
        if self._watch is None:
            raise RuntimeError("rehearsal: it has not started")
        return self._watch.roster.table

    def _raise_signals(self, watch: Watch, row: TickRow) -> None:
        entry = Entry(row.position, row.readings, row.strays)
        orphan = "" if self._version is None else self._version.orphan_place
        found = signals.find(entry, watch.roster, watch.places, orphan)
        mine = [finding for finding in found if finding.place == self._past.place]
        if mine:
            self._ledger.raise_findings(mine, instant(row.told_us))

    def _run(self, watch: Watch, rows: Sequence[TickRow], readings: Batch) -> None:
        row = rows[0]
        if watch.state is None:
            watch.begin(row.before_us)
        if watch.folded_us != row.before_us:
            self.gaps.append(Gap(row.now_us, "steps are missing in the log before this moment"))
            watch.folded_us = row.before_us
        late = known(here(row.readings, watch.roster.table, self._past.place), watch.roster)
        ticks = [ticks_of(one, self._tick_us) for one in rows]
        made = watch.run_steps(
            np.concatenate(ticks),
            known(readings, watch.roster),
            late,
            [Stop(len(t), one.is_caught_up) for t, one in zip(ticks, rows, strict=True)],
            modes=None if self._shadow is None else self._shadow.modes,
        )
        for one, actions in zip(rows, made, strict=True):
            self._deliver(actions, one)

    @property
    def _tick_us(self) -> int:
        return 60 * SECOND_US if self._version is None else self._version.tick_s * SECOND_US

    def _deliver(self, actions: Iterable[Action], row: TickRow) -> None:
        place = self._past.place
        mine = [a for a in actions if not isinstance(a, Finding) or a.place == place]
        if not self._is_resolved:
            # Only what a person resolved comes back; asking again every five minutes is slow.
            mine = [a for a in mine if not isinstance(a, Step) or a.event is not Event.COME_BACK]
        if mine:
            with self._ledger.together() as (ledger, _):
                deliver(ledger, mine, instant(row.told_us), self._shadow)

    def _settle(self, row: TickRow) -> None:
        if self._shadow is not None:
            with self._ledger.together() as (ledger, _):
                self._shadow.settle(ledger, instant(row.told_us))

    def _switch(self, newest: int) -> None:
        """Switch detectors as people had by then."""
        switches = self._past.switches
        new = [s for s in switches[self._switched :] if s["id"] <= newest]
        if new:
            with self._database.begin() as connection:
                connection.execute(insert(tables.detector_modes), new)
            self._switched += len(new)
        if new and self._shadow is not None:
            self._shadow.refresh()
            self._shadow.take_up()

    def _do_acts(self, history: int | None) -> None:
        """Do what people did up to this row of the history, to alerts that are there."""
        acts = self._past.acts
        while self._acts < len(acts) and (history is None or acts[self._acts].id <= history):
            act = acts[self._acts]
            self._acts += 1
            try:
                _do(self._ledger, act)
                self._is_resolved |= act.event is Event.RESOLVE
            except (UnknownAlert, Conflict, Refused):
                continue  # with these settings there is nothing to do it to, or not any more


def rehearse(
    past: Past,
    changes: Sequence[Change],
    *,
    modes: Sequence[Mapping[str, Mode]] = (),
    on_progress: Callable[[float], None] = lambda _: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> list[Rehearsal]:
    """Return one rehearsal a change, all over the same past, which is read once.

    ``modes``, one mapping a change, are what detectors (by key) do there instead of then.
    ``on_progress`` is told the share that is done; Cancelled once ``is_cancelled`` says so.
    """
    pasts = [with_modes(past, one) for one in modes] or [past] * len(changes)
    rehearsals = [Rehearsal(*one) for one in zip(pasts, changes, strict=True)]
    done = 0
    for rows in past.stretches():
        if is_cancelled():
            raise Cancelled
        readings = past.readings.of(rows)
        for rehearsal in rehearsals:
            rehearsal.take(rows, readings)
        done += len(rows)
        on_progress(done / len(past.rows))
    for rehearsal in rehearsals:
        rehearsal.end()
    return rehearsals


def ticks_of(row: TickRow, tick_us: int) -> Ints:
    """Return the moments that the ticks of this row ended at."""
    return np.arange(row.before_us + tick_us, row.folded_us + 1, tick_us, dtype=np.int64)


def only(table: SensorTable, place: str) -> SensorTable:
    """Return the roster with the homes of other places not watched; every row keeps its number."""
    if place not in table.places:
        return replace(table, home_state=np.full_like(table.home_state, _PAUSED))
    is_other = table.home_place != list(table.places).index(place)
    return replace(table, home_state=np.where(is_other, _PAUSED, table.home_state))


def here(batch: Batch, table: SensorTable, place: str) -> Batch:
    """Return the readings of sensors whose gateway is of this place."""
    if not len(batch):
        return batch
    size = len(table.sensor_gateway)
    is_known = (batch.sensor >= 0) & (batch.sensor < size)
    is_here: Bools = np.zeros(len(batch), np.bool_)
    code = list(table.places).index(place) if place in table.places else -2
    is_here[is_known] = table.gateway_place[table.sensor_gateway[batch.sensor[is_known]]] == code
    return batch if is_here.all() else batch.take(is_here)


_PAUSED: Final = STATE_CODE[HomeState.PAUSED]


def _at_once(batch: Batch) -> Batch:
    """Return the readings as if each had been received the moment it was made."""
    return Batch(batch.sensor, batch.time, batch.value, batch.time)


def _do(ledger: Ledger, act: Act) -> None:
    if act.event is Event.ACKNOWLEDGE:
        ledger.acknowledge(act.alert, act.actor, instant(act.at_us))
        return
    if act.event is Event.ATTEND:
        ledger.attend(act.alert, act.actor, instant(act.at_us))
        return
    if act.event is Event.TIME_OUT:
        ledger.time_out(instant(act.at_us), alert=act.alert)
        return
    outcome, _, note = act.said.partition(": ")
    ledger.resolve(act.alert, act.actor, Outcome(outcome), note, instant(act.at_us))


def _memory_database() -> Database:
    database = connect("sqlite://")
    tables.metadata.create_all(database)
    registry.declarations.create(database)
    registry.homes.create(database)  # asked whether a home has ended; here the roster says so
    with database.begin() as connection:  # a month of alerts is looked through at every step
        connection.execute(text("CREATE INDEX by_home ON alerts (home)"))
        connection.execute(text("CREATE INDEX by_note ON alert_history (note)"))
    return database
