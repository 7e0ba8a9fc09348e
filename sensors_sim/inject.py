"""What happens to one home's real activations when something happens to the person or the kit.

Every function takes the home's columns in time order and returns new ones in time order. The
truth of an injection stays with the caller: nothing in the columns says what was done.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
MINUTE_US: Final = 60_000_000
BURST_US: Final = 10 * MINUTE_US
"""Activations of one place further apart than this are two visits."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Stream:
    """One home: ``time_us`` int64[n] ascending, ``place`` int8[n]."""

    time_us: Ints
    place: Places

    def __len__(self) -> int:
        return len(self.time_us)

    def take(self, rows: Bools) -> "Stream":
        """Return the rows of a mask."""
        return Stream(self.time_us[rows], self.place[rows])


def collapse(stream: Stream, at_us: int, *, hours: float = 24) -> Stream:
    """Return the home where nobody moves from a moment on, for these hours."""
    return stream.take(~_between(stream, at_us, at_us + int(hours * HOUR_US)))


def collapse_in_room(
    stream: Stream, at_us: int, place: int, rng: np.random.Generator, *, hours: float = 24
) -> Stream:
    """Return the home where only the sensor of one room still fires, every 20 min or so."""
    gaps_us = rng.exponential(20 * MINUTE_US, int(hours * 6)).astype(np.int64) + MINUTE_US
    time_us = at_us + np.cumsum(gaps_us)
    time_us = time_us[time_us < at_us + int(hours * HOUR_US)]
    return _with(collapse(stream, at_us, hours=hours), time_us, np.full(len(time_us), place))


def more_night_visits(
    stream: Stream, nights_us: Ints, place: int, count: int, rng: np.random.Generator
) -> Stream:
    """Return the home with ``count`` more visits to a place in each night.

    ``nights_us`` are the moments at which the nights begin (23:00 local); a night lasts 7 h. A
    visit repeats one that this home made before the first of these nights, at a random moment
    that is more than ten minutes from any other visit; where no room is left, fewer are made.
    """
    starts, stops = bursts(stream.time_us[stream.place == place])
    times = stream.time_us[stream.place == place]
    past = np.flatnonzero(times[stops - 1] < nights_us.min()) if len(starts) else np.empty(0)
    if not len(past):
        return stream
    for night_us in nights_us.tolist():
        for _ in range(count):
            chosen = int(rng.choice(past))
            visit = times[starts[chosen] : stops[chosen]] - times[starts[chosen]]
            at_us = _free_moment(stream, place, night_us, int(visit[-1]), rng)
            if at_us is not None:
                stream = _with(stream, at_us + visit, np.full(len(visit), place))
    return stream


def bursts(time_us: Ints) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (first row, row after the last) of each visit in ascending times of one place."""
    if not len(time_us):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    starts = np.flatnonzero(np.diff(time_us, prepend=time_us[0] - BURST_US - 1) > BURST_US)
    return starts, np.append(starts[1:], len(time_us))


def leave_at_night(stream: Stream, at_us: int, door: int, *, hours: float = 6) -> Stream:
    """Return the home whose door is used at a moment and where nobody is for hours after."""
    return _with(collapse(stream, at_us, hours=hours), np.array([at_us]), np.array([door]))


def look_out_at_night(stream: Stream, at_us: int, door: int, inside: int) -> Stream:
    """Return the home whose door is used, and again five minutes later, then a room inside."""
    again_us = at_us + 5 * MINUTE_US
    steps_us = np.array([at_us, again_us, again_us + MINUTE_US, again_us + 3 * MINUTE_US])
    return _with(stream, steps_us, np.array([door, door, inside, inside]))


def thin(
    stream: Stream,
    from_us: int,
    rng: np.random.Generator,
    *,
    days: int = 42,
    a_day: float = 0.01,
) -> Stream:
    """Return the home where each day keeps a share less by ``a_day`` than the day before."""
    passed = np.clip((stream.time_us - from_us) // DAY_US + 1, 0, days)
    return stream.take(rng.random(len(stream)) >= passed * a_day)


def shift_sleep(stream: Stream, from_us: int, to_us: int, *, hours: float = 2) -> Stream:
    """Return the home that does everything later by some hours between two moments."""
    moved = _between(stream, from_us, to_us)
    return _sorted(stream.time_us + moved * int(hours * HOUR_US), stream.place)


def dead_sensor(stream: Stream, place: int, from_us: int) -> Stream:
    """Return the home where the sensor of a place never fires again."""
    return stream.take((stream.place != place) | (stream.time_us < from_us))


def stuck_sensor(stream: Stream, place: int, from_us: int, to_us: int) -> Stream:
    """Return the home where the sensor of a place fires every five minutes, whatever happens."""
    rest = stream.take((stream.place != place) | ~_between(stream, from_us, to_us))
    time_us = np.arange(from_us, to_us, 5 * MINUTE_US)
    return _with(rest, time_us, np.full(len(time_us), place))


def doubled_sensor(stream: Stream, place: int, from_us: int, to_us: int) -> Stream:
    """Return the home where a sensor says everything again two seconds later."""
    mine = _between(stream, from_us, to_us) & (stream.place == place)
    time_us = stream.time_us[mine] + 2_000_000
    return _with(stream, time_us, np.full(len(time_us), place))


def wrong_clock(
    stream: Stream, place: int, from_us: int, to_us: int, *, hours: float = 1
) -> Stream:
    """Return the home where a sensor dates what it says wrongly, by hours ahead."""
    mine = _between(stream, from_us, to_us) & (stream.place == place)
    return _sorted(stream.time_us + mine * int(hours * HOUR_US), stream.place)


def _between(stream: Stream, from_us: int, to_us: int) -> Bools:
    inside: Bools = (stream.time_us >= from_us) & (stream.time_us < to_us)
    return inside


def _sorted(time_us: Ints, place: NDArray[np.integer]) -> Stream:
    order = np.argsort(time_us, kind="stable")
    return Stream(time_us[order], place[order].astype(np.int8))


def _with(stream: Stream, time_us: Ints, place: NDArray[np.integer]) -> Stream:
    return _sorted(np.concatenate([stream.time_us, time_us]), np.concatenate([stream.place, place]))


def _free_moment(
    stream: Stream, place: int, night_us: int, length_us: int, rng: np.random.Generator
) -> int | None:
    times = stream.time_us[stream.place == place]
    room_us = 7 * HOUR_US - length_us
    if room_us <= 0:
        return None
    for at_us in (night_us + rng.integers(0, room_us, 50)).tolist():
        first, last = at_us - BURST_US, at_us + length_us + BURST_US
        if np.searchsorted(times, last, side="right") == np.searchsorted(times, first):
            return int(at_us)
    return None
