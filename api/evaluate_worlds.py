"""Worlds to judge detectors in: the homes as they were, and copies to which something happens.

The truth (``Draws``) never enters a world: a copy is a home like any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import tihm
from sensors_sim.inject import Stream
from sensors_sim.score import DAY_US, HOUR_US, WEEK_US, Bools, Floats, Ints

LEARN_US: Final = 21 * DAY_US
LONGEST_US: Final = DAY_US
"""An injected silence lasts a day; a draw leaves that much of the recording after it."""

LEFT_OUT_LOCAL: Final = (
    int(np.datetime64("2019-06-14", "us").astype(np.int64)),
    int(np.datetime64("2019-06-18", "us").astype(np.int64)),
)
"""Local time of TIHM's server failure and the days around it: nothing in it is judged."""

Edit = Callable[[Stream, int, np.random.Generator], Stream]
"""(the home, the moment of the injection, chance) -> the home to which it happened."""


@dataclass(frozen=True, slots=True)
class Window:
    """By home: tested from ``start_us`` up to ``stop_us``, its last activation.

    Empty (start = stop) where a home was recorded for no more than the days of learning.
    """

    start_us: Ints
    stop_us: Ints
    left_out_us: tuple[int, int]

    @property
    def weeks(self) -> Floats:
        """float64[homes]: weeks that are judged."""
        first, last = self.left_out_us
        overlap = np.minimum(self.stop_us, last) - np.maximum(self.start_us, first)
        weeks: Floats = (self.stop_us - self.start_us - np.maximum(overlap, 0)) / WEEK_US
        return weeks

    def holds(self, home: NDArray[np.integer], time_us: Ints) -> Bools:
        """Return which moments of these homes are judged."""
        first, last = self.left_out_us
        inside = (time_us >= self.start_us[home]) & (time_us <= self.stop_us[home])
        judged: Bools = inside & ((time_us < first) | (time_us >= last))
        return judged


@dataclass(frozen=True, slots=True)
class Draws:
    """k moments: whose (``home``), when, what preceded them. The truth of as many copies.

    ``last_us`` is the last activation before, ``is_after_door`` whether it was an exit door,
    ``hour`` the local hour.
    """

    home: NDArray[np.int32]
    at_us: Ints
    last_us: Ints
    is_after_door: Bools
    hour: Ints

    def __len__(self) -> int:
        return len(self.home)

    def take(self, rows: Bools | NDArray[np.intp]) -> "Draws":
        """Return the draws picked by a mask or by indices."""
        return Draws(
            self.home[rows],
            self.at_us[rows],
            self.last_us[rows],
            self.is_after_door[rows],
            self.hour[rows],
        )

    @property
    def is_day(self) -> Bools:
        """From 07 to 22 local, the last activation inside: a person who is up and at home."""
        day: Bools = (self.hour >= 7) & (self.hour < 22) & ~self.is_after_door
        return day

    @property
    def is_night(self) -> Bools:
        """From 22 to 07 local, the last activation inside."""
        night: Bools = ((self.hour < 7) | (self.hour >= 22)) & ~self.is_after_door
        return night


def window(trace: tihm.Activations) -> Window:
    """Return what is judged of each home: all after the days of learning."""
    start, stop = bounds(trace)
    first, last = trace.time_us[start], trace.time_us[stop - 1]
    local = np.array(LEFT_OUT_LOCAL)
    utc_s, _ = tihm.to_utc(local // 1_000_000)
    begin = np.minimum(first + LEARN_US, last)
    return Window(begin, last, (int(utc_s[0]) * 1_000_000, int(utc_s[1]) * 1_000_000))


def bounds(trace: tihm.Activations) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (first row, row after the last) of every home."""
    codes = np.arange(len(trace.homes))
    return np.searchsorted(trace.home, codes), np.searchsorted(trace.home, codes, side="right")


def draw(trace: tihm.Activations, a_home: int, rng: np.random.Generator) -> Draws:
    """Return random moments of each home's tested days, with a recorded day after them."""
    judged = window(trace)
    first, last = judged.left_out_us
    homes, moments = [], []
    for home in np.flatnonzero(judged.stop_us - judged.start_us > LONGEST_US).tolist():
        span = (int(judged.start_us[home]), int(judged.stop_us[home]) - LONGEST_US)
        at_us = rng.integers(*span, a_home * 3)
        at_us = at_us[(at_us + LONGEST_US <= first) | (at_us >= last)][:a_home]
        homes.append(np.full(len(at_us), home))
        moments.append(np.sort(at_us))
    if not homes:
        return describe(trace, np.empty(0, np.int32), np.empty(0, np.int64))
    return describe(trace, np.concatenate(homes).astype(np.int32), np.concatenate(moments))


def describe(trace: tihm.Activations, home: NDArray[np.int32], at_us: Ints) -> Draws:
    """Return these moments with what preceded them; a home's first activation must be earlier."""
    start, stop = bounds(trace)
    row = np.array(
        [
            start[h] + np.searchsorted(trace.time_us[start[h] : stop[h]], at) - 1
            for h, at in zip(home.tolist(), at_us.tolist(), strict=True)
        ],
        np.int64,
    )
    local, _ = tihm.to_local(at_us)
    return Draws(
        home,
        at_us,
        trace.time_us[row],
        tihm.IS_EXIT[trace.place[row]],
        local // HOUR_US % 24,
    )


def copies(
    trace: tihm.Activations, draws: Draws, edit: Edit, rng: np.random.Generator
) -> tihm.Activations:
    """Return one home per draw: a copy of the drawn home to which the edit was done."""
    start, stop = bounds(trace)
    made: list[Stream] = []
    for home, at_us in zip(draws.home.tolist(), draws.at_us.tolist(), strict=True):
        rows = slice(start[home], stop[home])
        made.append(edit(Stream(trace.time_us[rows], trace.place[rows]), at_us, rng))
    names = tuple(f"{trace.homes[home]}-{copy}" for copy, home in enumerate(draws.home.tolist()))
    return assemble(names, made)


def assemble(names: Sequence[str], streams: Sequence[Stream]) -> tihm.Activations:
    """Return homes of these names and columns."""
    if not streams:
        nothing = np.empty(0, np.int64)
        return tihm.Activations((), nothing.astype(np.int32), nothing, nothing.astype(np.int8))
    return tihm.Activations(
        tuple(names),
        np.repeat(np.arange(len(streams)), [len(s) for s in streams]).astype(np.int32),
        np.concatenate([s.time_us for s in streams]),
        np.concatenate([s.place for s in streams]),
    )


def join(parts: Sequence[tihm.Activations]) -> tihm.Activations:
    """Return the homes of all parts, one part after the other."""
    before = np.cumsum([0] + [len(part.homes) for part in parts])
    return tihm.Activations(
        tuple(f"{name}-{code}" for code, part in enumerate(parts) for name in part.homes),
        np.concatenate([p.home + n for p, n in zip(parts, before.tolist(), strict=False)]).astype(
            np.int32
        ),
        np.concatenate([part.time_us for part in parts]),
        np.concatenate([part.place for part in parts]),
    )
