"""Runs homes that were recorded through the engine that runs live, on a virtual clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.alert import Finding
from alerts.detect import parameters
from alerts.engine import Engine
from alerts.proposals import Proposal
from api.evaluate_accepting import Tester
from api.evaluate_recorder import MemoryTail, Recorder
from config.enrol import STATUS_DIALECT
from config.homes import Gateway, Home, Sensor
from config.kinds import Kind
from config.places import Contacts, Place
from config.sensor_table import SensorTable, build_sensor_table
from ingest.batch import Batch
from ingest.clock import VirtualClock, instant
from sensors_sim import readings, score, tihm
from sensors_sim.dialects.dialect import NATIVE

PLACE: Final = "recorded-homes"
DEFAULTS: Final = Place(
    key=PLACE,
    name="Recorded homes",
    contacts=Contacts(support="nobody@recorded.example", phone="01632 960 000"),
    time_zone=tihm.ZONE,
)
"""A council that changes no limit and no parameter."""

_STRIDE_US: Final = 6 * 3_600_000_000
_STATUS: Final = len(tihm.SENSORS)
_SENSORS: Final = _STATUS + 1
_HOMES_A_TURN: Final = 1 << 30
"""What a home does in turn it does on the hour, whatever world it stands in."""

_NEVER_US: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Status:
    """What gateways said of themselves: n times whose, when, and 1 online or 0 offline."""

    home: NDArray[np.int32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]


SILENT_STATUS: Final = Status(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0))


@dataclass(frozen=True, slots=True)
class World:
    """Homes that the engine watches as one council under this council's limits and parameters.

    ``status`` numbers homes as ``trace`` does.
    """

    trace: tihm.Activations
    place: Place = DEFAULTS
    status: Status = SILENT_STATUS
    is_accepting: bool = False
    """Whether a named tester accepts every longer cap that the engine proposes for its homes."""


def roster(
    homes: Sequence[str], places: Sequence[str], enrolled: Sequence[int], revision: int = 1
) -> SensorTable:
    """Return the enrolled of these homes; each has one gateway, eight sensors and its status.

    ``places`` are the keys of the homes' councils. The number of a sensor is home * 9 + place in
    the home; 8 is the gateway's own status.
    """
    made, gateways, sensors = [], [], []
    for code in enrolled:
        made.append(Home(code, f"home-{code:06d}", places[code], homes[code]))
        gateways.append(Gateway(code, f"gateway-{code:06d}", places[code], code))
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
    """Return every alert that the engine raises on these homes, in the order it decided."""
    return run_worlds([World(trace, status=status)], tick_s=tick_s)[0]


def run_worlds(
    worlds: Sequence[World],
    *,
    tick_s: int = 60,
    until_us: int | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[score.Alerts]:
    """Return the alerts of each world, in the order they were decided, homes numbered as in it.

    One engine watches all worlds side by side, as it watches councils: what one costs is mostly
    the clock. A home is enrolled within the six hours in which it is first heard. ``tell`` hears
    of every fourth part that is done. With ``until_us`` it stops there or within six hours.
    """
    say = tell or (lambda _: None)
    recorder, all_homes = Recorder(), _AllHomes(worlds)
    first_us, last_us = all_homes.span_us
    start_us = first_us // _STRIDE_US * _STRIDE_US
    clock, tail = VirtualClock(instant(start_us)), MemoryTail()
    engine = Engine(
        tail,
        all_homes.table,
        all_homes.places,
        recorder,
        clock,
        tick_s=tick_s,
        homes_a_turn=_HOMES_A_TURN,
    )
    engine.step()
    stop_us = last_us if until_us is None else min(last_us, until_us)
    strides = range(start_us + _STRIDE_US, stop_us + 2 * _STRIDE_US, _STRIDE_US)
    for number, end_us in enumerate(strides):
        batch = all_homes.batch(end_us - _STRIDE_US, end_us)
        all_homes.follow(end_us)
        if len(batch):
            tail.put(batch)
        clock.advance(instant(end_us))
        while engine.step().is_behind:
            pass
        all_homes.accept(engine.proposals(), end_us)
        if (parts := 4 * (number + 1) // len(strides)) > 4 * number // len(strides):
            say(f"  {25 * parts} %, {np.datetime64(end_us, 'us').astype('M8[D]')}")
    return all_homes.alerts(list(recorder.findings.values()))


class _AllHomes:
    """The homes of all worlds by one number: their roster as they join, and their readings."""

    def __init__(self, worlds: Sequence[World]) -> None:
        sizes = [len(world.trace.homes) for world in worlds]
        self._begin = np.cumsum([0, *sizes])
        keys = [f"{PLACE}-{number:04d}" for number in range(len(worlds))]
        self.places = {
            key: world.place.model_copy(update={"key": key, "detectors": _fixed(world.place)})
            for key, world in zip(keys, worlds, strict=True)
        }
        self._place_of = [key for key, size in zip(keys, sizes, strict=True) for _ in range(size)]
        self._names = [name for world in worlds for name in world.trace.homes]
        self._first_us = np.concatenate(
            [_first_us(world.trace, size) for world, size in zip(worlds, sizes, strict=True)]
        )
        time_us = np.concatenate([world.trace.time_us for world in worlds])
        order = np.argsort(time_us, kind="stable")
        self._time_us = time_us[order]
        self._home = np.concatenate(
            [world.trace.home + begin for world, begin in self._with_begin(worlds)]
        ).astype(np.int32)[order]
        self._place = np.concatenate([world.trace.place for world in worlds])[order]
        self._status = readings.ordered(
            readings.concat(
                [_own(world.status, begin) for world, begin in self._with_begin(worlds)]
            )
        )
        accepts = np.repeat([world.is_accepting for world in worlds], sizes)
        self._tester = Tester(accepts)
        self._table = self._enrolled(0)
        self._count = 0

    @property
    def span_us(self) -> tuple[int, int]:
        return int(self._time_us[0]), int(self._time_us[-1])

    def batch(self, after_us: int, until_us: int) -> Batch:
        """Return the readings after one moment and up to another, in order of time."""
        # A door closes a second after it opens, perhaps on the far side of the edge.
        edges = np.array([after_us - tihm.PULSE_US, until_us])
        rows = slice(*np.searchsorted(self._time_us, edges, side="right").tolist())
        offset = self._home[rows].astype(np.int64) * _SENSORS
        made = tihm.readings(self._place[rows], self._time_us[rows], offset)
        made = readings.ordered(readings.concat([made, self._status]))
        made = made.take((made.time_us > after_us) & (made.time_us <= until_us))
        time = made.time_us.view("datetime64[us]")
        return Batch(made.sensor, time, made.value, time)

    def follow(self, until_us: int) -> None:
        """Enrol the homes that have been heard until now."""
        count = int((self._first_us <= until_us).sum())
        if count > self._count:
            self._count = count
            self._table = self._enrolled(until_us)

    def accept(self, proposals: Sequence[Proposal], now_us: int) -> None:
        """Let the tester look at what is proposed now."""
        if self._tester.look(proposals, now_us):
            allowed = tuple(self._tester.accepted)
            revision = 1 + self._count + len(allowed)
            self._table = replace(self._table, revision=revision, allowances=allowed)

    def table(self) -> SensorTable:
        return self._table

    def alerts(self, findings: Sequence[Finding]) -> list[score.Alerts]:
        """Return the findings by world; what is of no home belongs to its place's world."""
        number = {f"home-{code:06d}": code for code in range(len(self._names))}
        home = np.array([number.get(finding.home, -1) for finding in findings], np.int64)
        by_key = {key: row for row, key in enumerate(self.places)}
        world = np.array([by_key[finding.place] for finding in findings], np.int64)
        found = score.Alerts(
            np.where(home >= 0, home - self._begin[world], -1).astype(np.int32),
            np.array([finding.onset_us for finding in findings], np.int64),
            np.array([finding.found_us for finding in findings], np.int64),
            np.array([finding.kind.value for finding in findings], np.str_),
            np.array([finding.verdict.value for finding in findings], np.str_),
            np.array([_place(finding) for finding in findings], np.int8),
        )
        return [found.take(world == row) for row in range(len(by_key))]

    def _enrolled(self, until_us: int) -> SensorTable:
        joined = np.flatnonzero(self._first_us <= until_us).tolist()
        allowed = tuple(self._tester.accepted)
        table = roster(self._names, self._place_of, joined, 1 + len(joined) + len(allowed))
        return replace(table, allowances=allowed)

    def _with_begin(self, worlds: Sequence[World]) -> list[tuple[World, int]]:
        return list(zip(worlds, self._begin.tolist(), strict=False))


def _fixed(place: Place) -> Mapping[str, float]:
    """Return its parameters with a threshold of its own: no budget moves what is judged."""
    return {"silence_z": parameters.values(place)["silence_z"], **place.detectors}


def _first_us(trace: tihm.Activations, size: int) -> NDArray[np.int64]:
    """Return when each home is first heard; numbers that no home has are never."""
    first = np.full(size, _NEVER_US)
    first[: len(trace.homes)] = trace.time_us[
        np.searchsorted(trace.home, np.arange(len(trace.homes)))
    ]
    return first


def _own(status: Status, begin: int) -> readings.Readings:
    sensor = (status.home + begin).astype(np.int32) * _SENSORS + _STATUS
    return readings.Readings(sensor, status.time_us, status.value)


def _place(finding: Finding) -> int:
    """Return the place in the home of the sensor that a finding is about; -1 for none."""
    if not finding.sensor:
        return -1
    code = int(finding.sensor.removeprefix("sensor-")) % _SENSORS
    return code if code < _STATUS else -1
