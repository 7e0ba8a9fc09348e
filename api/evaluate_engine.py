"""Runs homes that were recorded through the engine that runs live, on a virtual clock."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import create_engine

from alerts.alert import Finding, Unwatched
from alerts.engine import Engine
from alerts.ledger import Ledger
from config.enrol import STATUS_DIALECT
from config.homes import Gateway, Home, Sensor
from config.kinds import Kind
from config.places import Contacts, Place
from config.sensor_table import SensorTable, build_sensor_table
from ingest.batch import Batch
from ingest.clock import Instant, VirtualClock, instant
from ingest.sink import Entry
from sensors_sim import readings, score, tihm
from sensors_sim.dialects.dialect import NATIVE

PLACE: Final = "recorded-homes"
_STRIDE_US: Final = 6 * 3_600_000_000
_STATUS: Final = len(tihm.SENSORS)
_SENSORS: Final = _STATUS + 1


class Recorder(Ledger):
    """Keeps what would have been written: each alert once, as the ledger does."""

    def __init__(self) -> None:
        super().__init__(create_engine("sqlite://"))
        self.findings: dict[str, Finding] = {}

    def raise_findings(self, findings: Sequence[Finding], now: Instant) -> list[str]:  # noqa: ARG002
        """Keep what is new; return the ids of new alerts."""
        new = [finding for finding in findings if finding.id not in self.findings]
        self.findings.update((finding.id, finding) for finding in new)
        return [finding.id for finding in new]

    def ease(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """Nothing closes an alert of a person but a person; return 0."""
        return 0

    def work_again(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """An alert was raised, whatever became of it; return 0."""
        return 0

    def contradict(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """An alert was raised, whatever became of it; return 0."""
        return 0

    def come_back(self, alerts: Sequence[str], now: Instant, note: str) -> int:  # noqa: ARG002
        """Nobody resolves an alert here; return 0."""
        return 0

    def set_unwatched(self, homes: Sequence[Unwatched], now: Instant) -> None:
        """The list of unwatched homes is not judged."""


class MemoryTail:
    """A journal in memory that holds only what has not been read yet."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._seq = 0

    def put(self, batch: Batch) -> None:
        """Append one entry."""
        self._seq += 1
        self._entries.append(Entry(self._seq, batch, ()))

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:  # noqa: ARG002
        """Return entries with seq > ``after``; older ones are forgotten."""
        self._entries = [entry for entry in self._entries if entry.seq > after]
        return tuple(self._entries)

    def last_seq(self) -> int:
        """Return the newest seq."""
        return self._seq


@dataclass(frozen=True, slots=True)
class Status:
    """What gateways said of themselves: n times whose, when, and 1 online or 0 offline."""

    home: NDArray[np.int32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]


SILENT_STATUS: Final = Status(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))


def roster(homes: Sequence[str], enrolled: Sequence[int], revision: int = 1) -> SensorTable:
    """Return the enrolled of these homes; each has one gateway, eight sensors and its status.

    The number of a sensor is home * 9 + place; 8 is the gateway's own status.
    """
    made, gateways, sensors = [], [], []
    for code in enrolled:
        made.append(Home(code, f"home-{code:06d}", PLACE, homes[code]))
        gateways.append(Gateway(code, f"gateway-{code:06d}", PLACE, code))
        first = code * _SENSORS
        for number, sensor in enumerate(tihm.SENSORS, start=first):
            sensors.append(
                Sensor(
                    number,
                    f"sensor-{number:06d}",
                    code,
                    code,
                    NATIVE,
                    sensor.address,
                    sensor.kind,
                    sensor.room,
                    sensor.is_exit,
                )
            )
        own = first + _STATUS
        kind = Kind.GATEWAY_STATUS
        sensors.append(Sensor(own, f"sensor-{own:06d}", code, code, STATUS_DIALECT, "", kind))
    return build_sensor_table(made, gateways, sensors, revision=revision)


def run_engine(
    trace: tihm.Activations, *, status: Status = SILENT_STATUS, tick_s: int = 60
) -> score.Alerts:
    """Return every alert that the engine raises on these homes, in the order it decided.

    A home is enrolled within the six hours in which it is first heard.
    """
    recorder, enrolment = Recorder(), _Enrolment(trace)
    batch = _batch(trace, status)
    time_us = batch.time.view(np.int64)
    start_us = int(time_us[0]) // _STRIDE_US * _STRIDE_US
    clock, tail = VirtualClock(instant(start_us)), MemoryTail()
    engine = Engine(tail, enrolment.table, {PLACE: _place()}, recorder, clock, tick_s=tick_s)
    engine.step()
    row = 0
    for end_us in range(start_us + _STRIDE_US, int(time_us[-1]) + 2 * _STRIDE_US, _STRIDE_US):
        stop = int(np.searchsorted(time_us, end_us, side="right"))
        enrolment.follow(end_us)
        if stop > row:
            tail.put(batch.slice(row, stop))
            row = stop
        clock.advance(instant(end_us))
        while engine.step().is_behind:
            pass
    return _alerts(recorder, len(trace.homes))


class _Enrolment:
    """The roster as homes join it, one after another."""

    def __init__(self, trace: tihm.Activations) -> None:
        self._homes = trace.homes
        rows = np.searchsorted(trace.home, np.arange(len(trace.homes)))
        self._first_us = trace.time_us[rows]
        self._table = roster(self._homes, ())
        self._count = 0

    def follow(self, until_us: int) -> None:
        joined = np.flatnonzero(self._first_us <= until_us)
        if len(joined) > self._count:
            self._count = len(joined)
            self._table = roster(self._homes, joined.tolist(), 1 + self._count)

    def table(self) -> SensorTable:
        return self._table


def _batch(trace: tihm.Activations, status: Status) -> Batch:
    made = tihm.readings(trace.place, trace.time_us, trace.home.astype(np.int64) * _SENSORS)
    own = status.home.astype(np.int32) * _SENSORS + _STATUS
    everything = readings.ordered(
        readings.concat([made, readings.Readings(own, status.time_us, status.value)])
    )
    time = everything.time_us.view("datetime64[us]")
    return Batch(everything.sensor, time, everything.value, time)


def _place() -> Place:
    contacts = Contacts(support="nobody@recorded.example", phone="01632 960 000")
    return Place(key=PLACE, name="Recorded homes", contacts=contacts)


def _alerts(recorder: Recorder, homes: int) -> score.Alerts:
    number = {f"home-{code:06d}": code for code in range(homes)}
    found = list(recorder.findings.values())
    return score.Alerts(
        np.array([number.get(finding.home, -1) for finding in found], np.int32),
        np.array([finding.onset_us for finding in found], np.int64),
        np.array([finding.found_us for finding in found], np.int64),
        np.array([finding.kind.value for finding in found], np.str_),
        np.array([finding.verdict.value for finding in found], np.str_),
    )
