"""Speed of one tick and of the fold, over 10,000 to 1,000,000 homes, in process CPU time.

All is invented and lived in: every home was heard in the last minutes, saw its person in the
last hours, and has two warm weeks behind it. Nothing is raised, as in nearly every real tick.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import numpy as np

from alerts.detect.columns import BINS, DAY_US, HOUR_US, MINUTE_US, NEVER, QUARTER_US
from alerts.detect.join import join
from alerts.detect.local_time import Offsets, build_offsets
from alerts.detect.roster import Roster, build_roster
from alerts.detect.state import State, as_arrays
from alerts.due import Due, look_at_all
from alerts.tick import run_ticks
from alerts.waiting import Waiting
from config.kinds import CODE, Kind
from ingest.batch import Batch, empty
from tests.bench.crowd import crowd

START_US: Final = 1_780_315_200_000_000
"""Noon UTC of 1 June 2026, an ordinary day."""

MIDNIGHT_US: Final = START_US + 11 * HOUR_US
"""The next local midnight: 23:00 UTC in summer."""

_PAGE: Final = 2_000_000
"""Readings of one batch of the fold, some seconds of a million rich homes."""

_BEST_OF: Final = 5


@dataclass(frozen=True, slots=True)
class Fleet:
    """A roster, what is known of its homes, and the tables of local time."""

    roster: Roster
    state: State
    offsets: tuple[Offsets, ...]
    due: Due


@dataclass(frozen=True, slots=True)
class Ticks:
    """Milliseconds of one tick of each sort, of a copy of what a regular one touches, and size."""

    minute_ms: float
    regular_ms: float
    quarter_ms: float
    midnight_ms: float
    touched_bytes: int
    copy_ms: float
    state_bytes: int


def make_fleet(homes: int) -> Fleet:
    """Return homes that were heard and seen a little before ``START_US``."""
    roster = build_roster(crowd(homes), {})
    zones = tuple(build_offsets(z, START_US, START_US + 2 * DAY_US) for z in roster.zones)
    state = join(None, (), roster, START_US - 14 * 24 * HOUR_US)
    fleet = Fleet(roster, state, zones, look_at_all(roster))
    live_until(fleet, START_US)
    return fleet


def live_until(fleet: Fleet, now_us: int) -> None:
    """Let every home be heard and seen a little before this moment; a tenth of doors rest."""
    roster, state = fleet.roster, fleet.state
    homes, sensors = len(roster.home_zone), len(roster.sensor_home)
    rng = np.random.default_rng(homes)
    ago = (rng.gamma(1.0, 40.0, homes) * MINUTE_US).astype(np.int64)
    state.sign_us[:] = now_us - np.minimum(ago, 9 * HOUR_US) - 1
    state.is_seen[:] = True
    state.score[:] = rng.random(homes)
    state.recent[:] = rng.integers(0, 1 << 42, homes)
    state.gateway_heard_us[:] = now_us - (rng.random(homes) * 8 * MINUTE_US).astype(np.int64)
    state.heard_us[:] = now_us - (rng.random(sensors) * 8 * MINUTE_US).astype(np.int64)
    rests = np.flatnonzero((rng.random(sensors) < 0.1) & roster.rooms.sensor_is_door)
    state.heard_us[rests] -= 2 * 24 * HOUR_US
    state.fired_us[:] = now_us - (rng.random(sensors) * 5 * HOUR_US).astype(np.int64)
    state.value[:], state.has_zero[:] = 0.0, True
    state.celsius[roster.thermometer] = 20.0
    state.celsius_us[roster.thermometer] = now_us - MINUTE_US
    state.stay_room[:] = rng.integers(0, 5, homes)
    state.stay_us[:] = state.sign_us - (rng.random(homes) * 10 * MINUTE_US).astype(np.int64)
    state.stay_last_us[:] = state.sign_us
    fleet.due.device_us[:] = NEVER
    tick(fleet, now_us)


def tick(fleet: Fleet, now_us: int, readings: Batch | None = None) -> float:
    """Run the one tick that ends at this moment; return its CPU milliseconds."""
    began = time.process_time()
    run_ticks(
        fleet.state,
        fleet.roster,
        {},
        fleet.offsets,
        before_us=now_us - MINUTE_US,
        ticks_us=np.array([now_us], np.int64),
        readings=empty() if readings is None else readings,
        late=empty(),
        due=fleet.due,
    )
    return (time.process_time() - began) * 1e3


def best(measure: Callable[[int], float], moments: Iterator[int]) -> float:
    """Return the median of a few measurements, the first left out: caches are cold then."""
    times = [measure(next(moments)) for _ in range(_BEST_OF + 1)]
    return float(np.median(times[1:]))


def measure_ticks(fleet: Fleet) -> Ticks:
    """Measure ticks of each sort; every sort a few times, none of them in a warmed-up loop."""
    minutes = iter(START_US + MINUTE_US * (5 * i + 1) for i in range(99))
    regular = iter(START_US + MINUTE_US * (15 * i + 5) for i in range(99))
    quarter = iter(START_US + QUARTER_US * (2 * i + 1) for i in range(99))
    touched, copy_ms = touched_bytes(fleet)
    minute_ms = best(lambda now: tick(fleet, now), minutes)
    regular_ms = best(lambda now: tick(fleet, now), regular)
    quarter_ms = best(lambda now: tick(fleet, now), quarter)
    live_until(fleet, MIDNIGHT_US - MINUTE_US)
    midnight_ms = tick(fleet, MIDNIGHT_US)
    size = sum(column.nbytes for column in as_arrays(fleet.state).values())
    return Ticks(minute_ms, regular_ms, quarter_ms, midnight_ms, touched, copy_ms, size)


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


def touched_bytes(fleet: Fleet) -> tuple[int, float]:
    """Return (bytes, CPU milliseconds of a plain copy) of the columns of one regular tick.

    Each column counts once, however often it is read; of what is kept by quarter-hour, one row.
    """
    state, roster = _Watched(fleet.state), _Watched(fleet.roster)
    watched = Fleet(cast(Roster, roster), cast(State, state), fleet.offsets, fleet.due)
    tick(watched, START_US - 5 * MINUTE_US)
    columns = [*state.columns.values(), *roster.columns.values(), fleet.due.device_us]
    copies = [np.empty_like(column) for column in columns]

    def copy(_: int) -> float:
        began = time.process_time()
        for target, column in zip(copies, columns, strict=True):
            np.copyto(target, column)
        return (time.process_time() - began) * 1e3

    return sum(column.nbytes for column in columns), best(copy, iter(range(99)))


def readings_of(fleet: Fleet, count: int, start_us: int, span_us: int) -> Batch:
    """Return this many readings of random sensors in time order, what homes usually say."""
    rng = np.random.default_rng(count)
    sensor = rng.integers(0, len(fleet.roster.sensor_home), count)
    time_us = np.sort(start_us + 1 + (rng.random(count) * (span_us - 1)).astype(np.int64))
    kind = fleet.roster.sensor_kind[sensor]
    value = rng.integers(0, 2, count).astype(np.float64)
    value[kind == CODE[Kind.TEMPERATURE]] = 20.5
    value[kind == CODE[Kind.POWER]] *= 1_500
    value[kind == CODE[Kind.SMOKE]] = 0
    moment = time_us.view("datetime64[us]")
    return Batch(sensor.astype(np.int32), moment, value, moment)


def measure_fold(fleet: Fleet) -> tuple[float, float]:
    """Return (readings a second folded, readings a second through the reorder buffer).

    The fold is everything a tick does with readings: its time less that of an empty tick.
    """
    now_us = MIDNIGHT_US + 12 * HOUR_US
    live_until(fleet, now_us - 2 * MINUTE_US)
    batches = [
        readings_of(fleet, _PAGE + i, now_us + (i - 1) * MINUTE_US, MINUTE_US) for i in range(4)
    ]
    took = [tick(fleet, now_us + i * MINUTE_US, b) for i, b in enumerate(batches) if i]
    idle = [tick(fleet, now_us + i * MINUTE_US) for i in range(6, 9)]
    waiting = Waiting()
    shuffled = batches[1].take(np.random.default_rng(1).permutation(len(batches[1])))
    began = time.process_time()
    for part in np.array_split(np.arange(len(shuffled)), 20):
        waiting.add(shuffled.slice(int(part[0]), int(part[-1]) + 1), NEVER)
    waiting.take(now_us + HOUR_US)
    buffered_s = time.process_time() - began
    fold_s = (float(np.median(took)) - float(np.median(idle))) / 1e3
    return _PAGE / fold_s, _PAGE / buffered_s
