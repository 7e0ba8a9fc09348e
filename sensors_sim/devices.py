"""What the sensors of a home report while somebody lives a day there.

Times inside this file are seconds after local midnight, as in ``resident``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.doors import handling, open_back_door, open_fridge, open_front_door
from sensors_sim.kit import SLOTS, slot
from sensors_sim.marks import Marks, Stream, mark, taking_turns
from sensors_sim.movement import layout, look, sense_movement
from sensors_sim.readings import Readings
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, Stays, Who

DOSE_HOUR_S: Final = 3600.0
"""How long after a dose was due it is told as missed."""

_IN_BED: Final = (Purpose.SLEEP, Purpose.REST, Purpose.HELD)
_SEATED: Final = (Purpose.REST, Purpose.HELD)
_MEALS: Final = (Purpose.BREAKFAST, Purpose.LUNCH, Purpose.SUPPER)


def sense_day(
    seed: int,
    homes: NDArray[np.int32],
    stays: Stays,
    midnight_us: int,
) -> Readings:
    """Return what a day of these homes makes their kits report, in no order.

    ``sensor`` is the row of the home * SLOTS + slot. ``midnight_us`` is 4 h before the day's
    04:00, in microseconds since 1970 UTC.
    """
    own = stays.take(stays.person == Who.RESIDENT)
    is_bed = (own.room == Room.BEDROOM) & np.isin(own.purpose, _IN_BED)
    is_chair = (own.room == Room.LIVING_ROOM) & np.isin(own.purpose, _SEATED)
    built, often = layout(seed, homes), handling(seed, homes)
    seen = look(stays, built)
    marks = [
        *sense_movement(seen, built),
        *_seat(own.take(is_chair), slot("living-room/chair", Kind.CHAIR), 300.0, 0.85),
        *_seat(own.take(is_bed), slot("bedroom/bed", Kind.BED), 180.0, 1.0),
        *taking_turns(open_front_door(stays, seen, often)),
        *taking_turns(open_back_door(seen, often)),
        *taking_turns(open_fridge(seen, often)),
        *taking_turns(_kettle(seed, homes, stays)),
        *_doses(own),
    ]
    time_s = np.minimum(np.concatenate([m.time_s for m in marks]), DAY_ENDS_S - 0.001)
    return Readings(
        np.concatenate([m.home * np.int32(SLOTS) + m.slot for m in marks]),
        midnight_us + np.rint(time_s * 1000).astype(np.int64) * 1000,
        np.concatenate([m.value for m in marks]),
    )


def _seat(sits: Stays, at_slot: int, shortest_s: float, likely: float) -> list[Marks]:
    """Return when a bed or a chair is taken and left, for stays that last long enough."""
    own = chance.split(sits.key, Stream.SEAT)
    lasts = (sits.end_s - sits.start_s >= shortest_s) & (chance.uniform(own, 0) < likely)
    taken = sits.start_s + 25 + 50 * chance.uniform(own, 1)
    left = sits.end_s - 4 - 12 * chance.uniform(own, 2)
    begins = lasts & (sits.start_s > DAY_STARTS_S)
    ends = lasts & (sits.end_s < DAY_ENDS_S)
    return [
        mark(sits.home[begins], at_slot, taken[begins], 1),
        mark(sits.home[ends], at_slot, left[ends], 0),
    ]


def _kettle(seed: int, homes: NDArray[np.int32], stays: Stays) -> list[Marks]:
    at_slot = slot("kitchen/kettle", Kind.POWER)
    own = chance.split(stays.key, Stream.KETTLE)
    boils = np.isin(stays.purpose, (*_MEALS, Purpose.DRINK)) & (chance.uniform(own, 0) < 0.9)
    start = stays.start_s + 20 + 25 * chance.uniform(own, 1)
    boils &= start < stays.end_s
    off = start + 110 + 100 * chance.uniform(own, 2)
    off = np.clip(off, start + 60, np.maximum(stays.end_s - 2, start + 60))
    rating = 1800 + 1100 * chance.uniform(chance.key(seed, Stream.KIT, homes), 100)
    watts = np.rint(rating[stays.home] * (0.98 + 0.04 * chance.uniform(own, 3)))
    return [
        mark(stays.home[boils], at_slot, start[boils], watts[boils]),
        mark(stays.home[boils], at_slot, off[boils], 0),
    ]


def _doses(stays: Stays) -> list[Marks]:
    """Return a dose at breakfast and supper; one missed is told when its hour is over.

    Who no longer stays at the table when it is due misses it.
    """
    at_slot = slot("kitchen/medication", Kind.MEDICATION)
    own = chance.split(stays.key, Stream.DOSE)
    due = np.isin(stays.purpose, (Purpose.BREAKFAST, Purpose.SUPPER))
    due_s = stays.start_s + 60 + 240 * chance.uniform(own, 1)
    is_taken = (chance.uniform(own, 0) < 0.95) & (due_s < stays.end_s)
    time_s = due_s + np.where(is_taken, 0, DOSE_HOUR_S)
    return [mark(stays.home[due], at_slot, time_s[due], is_taken[due].astype(np.float64))]
