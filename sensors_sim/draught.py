"""What an open outside door takes from the warmth of a home."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.kit import SLOTS, slot
from sensors_sim.readings import Readings, ordered

Floats = NDArray[np.float64]

DOORS: Final = (slot("hall/front-door", Kind.CONTACT), slot("kitchen/back-door", Kind.CONTACT))
"""Slots of the doors that lead out."""

CHILLS_S: Final = 1800.0
"""A door wide open for so long takes all but a third of what a home is warmer than outside."""

RECOVERS_S: Final = 2400.0
"""In so long walls and heating give back two thirds of it, once the door is shut."""


def open_s(lived: Readings, homes: int, grid_us: NDArray[np.int64]) -> Floats:
    """Return how long outside doors stand open in each step of the grid, [steps, homes] seconds.

    ``lived`` are readings of these homes in any order, ``sensor`` the row of the home * SLOTS +
    slot. Two doors open at once count twice; one that is not shut again stands open to the end.
    """
    doors = ordered(lived.take(np.isin(lived.sensor % SLOTS, DOORS)))
    by_door = np.argsort(doors.sensor, kind="stable")
    sensor, time_us = doors.sensor[by_door], doors.time_us[by_door]
    opens = np.flatnonzero(doors.value[by_door] > 0)
    nxt = np.minimum(opens + 1, len(sensor) - 1)
    is_shut = (nxt > opens) & (sensor[nxt] == sensor[opens])
    end_us = np.where(is_shut, time_us[nxt], grid_us[-1])
    home = sensor[opens] // SLOTS
    # Seconds open before each edge of the grid; what lies between two edges is their difference.
    step_us, steps = int(grid_us[1] - grid_us[0]), len(grid_us)
    total = _seconds_before(time_us[opens], home, grid_us[0], step_us, steps, homes)
    until = _seconds_before(end_us, home, grid_us[0], step_us, steps, homes)
    return np.asarray(total - until)


def _seconds_before(
    at_us: NDArray[np.int64],
    home: NDArray[np.int32],
    first_us: int,
    step_us: int,
    steps: int,
    homes: int,
) -> Floats:
    """Return, by step and home, the seconds of the step that follow each of these moments."""
    place = np.clip((at_us - first_us) / step_us, 0, steps)
    step = np.minimum(place.astype(np.int64), steps - 1)
    size, cell = steps * homes, step * homes + home
    rest = np.bincount(cell, step + 1 - place, size).reshape(steps, homes)
    later = np.bincount(cell, minlength=size).reshape(steps, homes)
    whole = np.cumsum(later, axis=0) - later
    return np.asarray((rest + whole) * (step_us / 1e6))


def chill(stands_s: Floats, warmer_k: Floats, step_s: float) -> Floats:
    """Return by how much each home is colder for its open doors, [steps, homes] kelvin.

    ``stands_s`` is how long doors stand open in each step, ``warmer_k`` how much warmer than
    outside it would be without. Both draught and recovery are exponential.
    """
    let_out = -np.expm1(-stands_s / CHILLS_S)
    kept = np.exp(-step_s / RECOVERS_S)
    now = np.zeros(stands_s.shape[1])
    chilled = np.empty_like(stands_s)
    for i in range(len(stands_s)):
        now = kept * now
        now = now + let_out[i] * np.maximum(warmer_k[i] - now, 0)
        chilled[i] = now
    return chilled
