"""Speed of the live tick and of the fold, over 10,000 to 1,000,000 homes, in process CPU time.

All is invented and lived in: homes have two warm weeks behind them, some of their hubs are off,
doors rest, people are out, and in every minute something moves, opens, heats and is heard.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, cast

import numpy as np

import alerts.tick
from alerts.detect.columns import BINS, DAY_US, HOUR_US, MINUTE_US, SECOND_US, Floats, Ints
from alerts.detect.roster import Roster
from alerts.detect.state import State, as_arrays
from alerts.detect.things import Use
from alerts.waiting import Waiting
from alerts.watch import Watch
from ingest.batch import Batch, concat, empty, ordered
from tests.bench.crowd import SENSORS, crowd

START_US: Final = 1_780_315_200_000_000
"""Noon UTC of 1 June 2026, an ordinary day."""

MIDNIGHT_US: Final = START_US + 11 * HOUR_US
"""The next local midnight: 23:00 UTC in summer."""

_WARM_MIN: Final = 6
_MIN: Final = 30
_ROOM: Final = {name: at for at, (_, name) in enumerate(SENSORS[:4])}
_CONTACT, _THERMOMETER, _POWER, _SMOKE = 4, 5, 6, 7
_FOLDS: Final = ("_ears", "_fold", "_fold_detectors")
_BEST_OF: Final = 5


@dataclass(slots=True)
class Fleet:
    """A watch over homes that live, the randomness of their days, and the time spent folding."""

    watch: Watch
    rng: np.random.Generator
    fold_s: float = 0.0

    @property
    def state(self) -> State:
        """What the watch knows."""
        if self.watch.state is None:
            raise RuntimeError("million: nothing is known yet")
        return self.watch.state


@dataclass(slots=True)
class Ticks:
    """CPU milliseconds of each tick without its fold, and of the folds, minute by minute."""

    minute: list[int] = field(default_factory=list)
    tick_ms: list[float] = field(default_factory=list)
    fold_ms: list[float] = field(default_factory=list)
    readings: list[int] = field(default_factory=list)

    def median_ms(self, every: int) -> float:
        """Return the median of the ticks at minutes that this divides."""
        times = [t for t, m in zip(self.tick_ms, self.minute, strict=True) if m % every == 0]
        return float(np.median(times))

    @property
    def fold_per_s(self) -> float:
        """Readings a second, over all folds."""
        return sum(self.readings) / (sum(self.fold_ms) / 1e3)


def make_fleet(homes: int) -> Fleet:
    """Return homes that were heard and seen a little before ``START_US``."""
    watch = Watch(crowd(homes), {})
    watch.begin(START_US - 14 * DAY_US)
    fleet = Fleet(watch, np.random.default_rng(homes))
    live_until(fleet, START_US)
    return fleet


def live_until(fleet: Fleet, now_us: int) -> None:
    """Let what is known be that of homes which lived until this moment."""
    state, rng, roster = fleet.state, fleet.rng, fleet.watch.roster
    homes, sensors = len(state.sign_us), len(state.heard_us)
    ago = (rng.gamma(1.0, 40.0, homes) * MINUTE_US).astype(np.int64)
    state.sign_us[:] = now_us - np.minimum(ago, 9 * HOUR_US) - 1
    state.is_seen[:], state.is_out[:] = True, rng.random(homes) < 0.08
    state.score[:] = rng.random(homes)
    state.recent[:] = rng.integers(0, 1 << 42, homes)
    state.gateway_heard_us[:] = now_us - (rng.random(homes) * 8 * MINUTE_US).astype(np.int64)
    state.gateway_heard_us[rng.random(homes) < 0.005] -= 2 * DAY_US
    state.heard_us[:] = now_us - (rng.random(sensors) * 8 * MINUTE_US).astype(np.int64)
    doors = np.arange(_CONTACT, sensors, len(SENSORS))
    state.heard_us[doors[rng.random(homes) < 0.1]] -= 2 * DAY_US
    state.fired_us[:] = now_us - (rng.random(sensors) * 5 * HOUR_US).astype(np.int64)
    state.value[:], state.has_zero[:] = 0.0, True
    state.value_us[:] = state.heard_us
    state.celsius[roster.thermometer] = rng.normal(20.5, 1.5, homes)
    state.celsius_us[roster.thermometer] = now_us - MINUTE_US
    state.saw_hours[:], state.busy_hours[:] = 8.0, 10.0
    state.hour_end_c[:], state.warm_hours[:] = state.celsius[roster.thermometer], 120
    state.stay_room[:] = rng.integers(0, 5, homes)
    state.stay_us[:] = state.sign_us - (rng.random(homes) * 10 * MINUTE_US).astype(np.int64)
    state.stay_last_us[:] = state.sign_us
    kitchen = slice(2 * Use.KITCHEN, 2 * Use.KITCHEN + 2)
    state.use_days[kitchen], state.use_hits[kitchen] = 20.0, 19.0
    state.use_total[kitchen] = np.array([[19.0 * 480], [19.0 * 1020]])
    state.use_squares[kitchen] = np.array([[19.0 * 480**2], [19.0 * 1020**2]])
    state.use_min[2 * Use.KITCHEN] = np.where(rng.random(homes) < 0.95, 480, -1)
    for row in state.has_sign:
        row[:] = rng.integers(0, 5, homes) < 2
    state.watched[:] = 255
    state.change_seen[:] = 21
    fleet.watch.forget_due()
    fleet.watch.folded_us = now_us - MINUTE_US
    tick(fleet, now_us, empty())


def tick(fleet: Fleet, now_us: int, readings: Batch) -> tuple[float, float]:
    """Run the one tick that ends at this moment; return CPU ms of it (less the fold), and fold."""
    fleet.fold_s = 0.0
    with _timed(fleet):
        began = time.process_time()
        fleet.watch.run(np.array([now_us], np.int64), readings, empty(), is_caught_up=True)
        took = time.process_time() - began
    return (took - fleet.fold_s) * 1e3, fleet.fold_s * 1e3


@contextmanager
def _timed(fleet: Fleet) -> Iterator[None]:
    """Add up what the parts of a tick that fold readings take."""
    of: Any = alerts.tick
    kept = [(of.fold, "split", of.fold.split), *((of, name, getattr(of, name)) for name in _FOLDS)]

    def clocked(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:  # noqa: ANN401  # as the function's own
            began = time.process_time()
            result = call(*args, **named)
            fleet.fold_s += time.process_time() - began
            return result

        return run

    for owner, name, call in kept:
        setattr(owner, name, clocked(call))
    try:
        yield
    finally:
        for owner, name, call in kept:
            setattr(owner, name, call)


def minute_of(fleet: Fleet, start_us: int) -> Batch:
    """Return what homes say in a minute, about one reading each, in time order.

    Two in ten homes move between two rooms, each movement clears; one in ten tells its
    temperature, another its power; a few doors open and shut; a smoke alarm tells that it lives.
    """
    rng, homes = fleet.rng, len(fleet.state.sign_us)

    def some(share: float) -> Ints:
        chosen: Ints = np.flatnonzero(rng.random(homes) < share) * len(SENSORS)
        return chosen

    def said(sensor: Ints, value: Floats | float, at_s: Floats) -> Batch:
        moment = (start_us + 1 + (at_s * SECOND_US).astype(np.int64)).view("datetime64[us]")
        return Batch(sensor.astype(np.int32), moment, np.full(len(sensor), value, float), moment)

    parts = []
    movers = some(0.19)
    for first_s in (0.0, 20.0):
        room = movers + rng.integers(0, len(_ROOM), len(movers))
        at_s = first_s + rng.random(len(room)) * 20
        parts += [said(room, 1.0, at_s), said(room, 0.0, at_s + 15)]
    doors = some(0.015) + _CONTACT
    at_s = rng.random(len(doors)) * 40
    parts += [said(doors, 1.0, at_s), said(doors, 0.0, at_s + 10)]
    rooms = some(0.1) + _THERMOMETER
    parts.append(said(rooms, rng.normal(20.5, 0.3, len(rooms)), rng.random(len(rooms)) * 59))
    plugs = some(0.1) + _POWER
    watts = np.where(rng.random(len(plugs)) < 0.03, 1_500.0, 0.0)
    parts.append(said(plugs, watts, rng.random(len(plugs)) * 59))
    alarms = some(1 / 60) + _SMOKE
    parts.append(said(alarms, 0.0, rng.random(len(alarms)) * 59))
    return ordered(concat(parts))


def measure_ticks(fleet: Fleet) -> Ticks:
    """Measure half an hour of ticks as they follow each other, after some that warm up."""
    ticks = Ticks()
    for minute in range(1, _WARM_MIN + _MIN + 1):
        now_us = START_US + minute * MINUTE_US
        readings = minute_of(fleet, now_us - MINUTE_US)
        tick_ms, fold_ms = tick(fleet, now_us, readings)
        if minute > _WARM_MIN:
            ticks.minute.append(minute)
            ticks.tick_ms.append(tick_ms)
            ticks.fold_ms.append(fold_ms)
            ticks.readings.append(len(readings))
    return ticks


def midnight_ms(fleet: Fleet) -> float:
    """Return the CPU milliseconds of the tick in which every home learns its day."""
    live_until(fleet, MIDNIGHT_US - 6 * MINUTE_US)
    for minute in range(5, 0, -1):
        tick(fleet, MIDNIGHT_US - minute * MINUTE_US, empty())
    return tick(fleet, MIDNIGHT_US, empty())[0]


def buffer_per_s(fleet: Fleet) -> float:
    """Return readings a second through the reorder buffer: a minute that comes shuffled."""
    readings = minute_of(fleet, START_US)
    shuffled = readings.take(fleet.rng.permutation(len(readings)))
    waiting = Waiting()
    began = time.process_time()
    for part in np.array_split(np.arange(len(shuffled)), 20):
        waiting.add(shuffled.slice(int(part[0]), int(part[-1]) + 1), 0)
    waiting.take(START_US + HOUR_US)
    return len(readings) / (time.process_time() - began)


def state_bytes(fleet: Fleet) -> int:
    """Return the bytes of all that is known, and of when to look again."""
    due = fleet.watch.due
    kept = [due.device_s, due.home_us, due.gateway_us, *due.use_us] if due else []
    kept += [due.may_be_cold, due.may_be_hot, due.stays_long, due.pace] if due else []
    return sum(c.nbytes for c in (*as_arrays(fleet.state).values(), *kept) if c is not None)


class _Watched:
    """Hands out the attributes of something, and notes the size of each column that was asked."""

    def __init__(self, of: object) -> None:
        object.__setattr__(self, "_of", of)
        object.__setattr__(self, "columns", {})

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # as the attribute's own
        value = getattr(object.__getattribute__(self, "_of"), name)
        if isinstance(value, np.ndarray):
            of_one_bin = value.ndim == 2 and value.shape[0] == BINS
            self.columns[name] = value[0] if of_one_bin else value
        return value

    def __setattr__(self, name: str, value: object) -> None:
        setattr(object.__getattribute__(self, "_of"), name, value)


def touched_ms(fleet: Fleet, now_us: int) -> tuple[int, float]:
    """Return (bytes, CPU milliseconds of a plain copy) of the columns of one five-minute tick.

    Each column counts once and whole, however often and however little of it is read; of what is
    kept by quarter-hour, one row.
    """
    watch = fleet.watch
    state, roster = _Watched(fleet.state), _Watched(watch.roster)
    watch.state, kept = cast(State, state), (fleet.state, watch.roster)
    watch.roster = cast(Roster, roster)
    tick(fleet, now_us, empty())
    watch.state, watch.roster = kept
    columns = [*state.columns.values(), *roster.columns.values()]
    if watch.due is not None:
        columns += [watch.due.device_s, watch.due.home_us, watch.due.gateway_us]
    copies = [np.empty_like(column) for column in columns]

    def copy() -> float:
        began = time.process_time()
        for target, column in zip(copies, columns, strict=True):
            np.copyto(target, column)
        return (time.process_time() - began) * 1e3

    copy()
    return sum(c.nbytes for c in columns), float(np.median([copy() for _ in range(_BEST_OF)]))
