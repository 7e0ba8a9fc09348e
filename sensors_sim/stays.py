"""Where people are, what for, and until when: the stays of many homes' days as columns.

A day runs from 04:00 to 04:00 of the next, when everybody sleeps. Between two stays the
person walks through the hall.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance

Floats = NDArray[np.float64]

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY_STARTS_S: Final = 4 * HOUR
"""Seconds after local midnight at which one day hands over to the next."""

DAY_ENDS_S: Final = 28 * HOUR

WALK_S: Final = 8.0
"""Time from one room to the next."""


class Who(IntEnum):
    """Whose stay it is."""

    RESIDENT = 0
    PARTNER = 1
    VISITOR = 2
    PET = 3


@dataclass(frozen=True, slots=True)
class Stays:
    """n stays, by home and then by time; times are seconds after local midnight.

    ``home`` int32[n] is a row of the homes asked for, ``room`` and ``purpose`` int8[n],
    ``start_s`` and ``end_s`` float64[n]. ``key`` uint64[n] names each stay's own chance,
    ``person`` int8[n] is a ``Who``.
    """

    home: NDArray[np.int32]
    room: NDArray[np.int8]
    purpose: NDArray[np.int8]
    start_s: Floats
    end_s: Floats
    key: chance.Key
    person: NDArray[np.int8]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Stays":
        """Return the rows picked by a mask or indices, in that order."""
        return Stays(*(getattr(self, f.name)[rows] for f in fields(self)))


def join(parts: Sequence[Stays]) -> Stays:
    """Return the stays of all parts, one part after another."""
    return Stays(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Stays)))
