"""Readings of some homes before they have a date."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HOME_SHIFT: Final = 40
"""Enough for twice the microseconds of a day and of what still goes on after it."""


class Stream(IntEnum):
    """Names of the chances that hang on one stay."""

    MOTION = 1
    WALK = 2
    SEAT = 3
    DOOR = 4
    FRIDGE = 5
    KETTLE = 6
    DOSE = 7
    KIT = 8
    LAYOUT = 9
    HANDLING = 10
    GARDEN = 11


@dataclass(frozen=True, slots=True)
class Marks:
    """Readings of some homes before they have a date: ``home`` int32[n] counts rows."""

    home: NDArray[np.int32]
    slot: NDArray[np.int32]
    time_s: Floats
    value: Floats


def mark(home: NDArray[np.int32], at_slot: int, time_s: Floats, value: float | Floats) -> Marks:
    """Return marks of one slot, ``value`` for all or one for each."""
    return Marks(
        home,
        np.full(len(home), at_slot, np.int32),
        time_s,
        np.broadcast_to(np.asarray(value, np.float64), time_s.shape),
    )


def taking_turns(marks: list[Marks]) -> list[Marks]:
    """Return the marks of one slot without those that repeat on or off, when two overlap.

    The slot is on while anybody has it on.
    """
    home = np.concatenate([m.home for m in marks])
    time_s = np.concatenate([m.time_s for m in marks])
    value = np.concatenate([m.value for m in marks])
    # By home, time and whether it is on, in one number, which sorts faster than three.
    micros = np.rint(time_s * 1e6).astype(np.int64) * 2 + (value > 0)
    order = np.argsort((home.astype(np.int64) << _HOME_SHIFT) + micros)
    home, time_s, value = home[order], time_s[order], value[order]
    level = np.cumsum(np.where(value > 0, 1, -1))
    before = level - np.where(value > 0, 1, -1)
    # Every home ends with as many offs as ons, so the level starts each home at nought.
    turns = ((value > 0) & (before == 0)) | ((value == 0) & (level == 0))
    # Of several marks any may be without a row.
    at = np.concatenate([m.slot for m in marks])[:1]
    return [
        Marks(home[turns], np.repeat(at, int(turns.sum())), time_s[turns], value[turns]),
    ]
