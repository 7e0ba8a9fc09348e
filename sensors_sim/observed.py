"""Simulated homes as one would find them in a file of activations: eight places, local time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOTS, slot
from sensors_sim.lives import DAY_US, SECOND_US, Ints, Lives
from sensors_sim.scenario import Scenario
from sensors_sim.tihm import PLACES, to_local

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DEVICE: Final = {
    "kitchen": ("kitchen/motion", Kind.MOTION),
    "lounge": ("living-room/motion", Kind.MOTION),
    "hallway": ("hall/motion", Kind.MOTION),
    "bedroom": ("bedroom/motion", Kind.MOTION),
    "bathroom": ("bathroom/motion", Kind.MOTION),
    "fridge-door": ("kitchen/fridge", Kind.CONTACT),
    "front-door": ("hall/front-door", Kind.CONTACT),
    "back-door": ("kitchen/back-door", Kind.CONTACT),
}


def _place_of_slot() -> NDArray[np.int8]:
    place = np.full(SLOTS, -1, np.int8)
    for code, name in enumerate(PLACES):
        place[slot(*_DEVICE[name])] = code
    return place


_PLACE: Final = _place_of_slot()


def observe(
    scenario: Scenario, start_us: Ints, end_us: Ints, tell: Callable[[float], None]
) -> tuple[Lives, NDArray[np.int32]]:
    """Return what the homes of a scenario do, home i from ``start_us[i]`` to ``end_us[i]``.

    Times are local. The scenario's number of homes, its days and its end are set by the spans;
    who lives there and everything else is the scenario's own. ``tell`` hears the share made.
    Homes in which nothing happens meanwhile are left out; int32[homes] tells which are in.
    """
    days = int((end_us.max() - start_us.min()) // DAY_US) + 3
    end = (int(end_us.max()) // DAY_US + 2) * DAY_US
    named = msgspec.structs.replace(
        scenario,
        places=scenario.places[:1],
        homes_per_place=len(start_us),
        days=days,
        end=_EPOCH + timedelta(microseconds=end),
    )
    fleet = Fleet(named, end)
    parts = []
    for day in range(days):
        tell(day / days)
        made = fleet.between(end - (days - day) * DAY_US, end - (days - day - 1) * DAY_US)
        home, of_slot = np.divmod(made.sensor, SLOTS)
        place = _PLACE[of_slot]
        is_on = (made.value > 0) & (place >= 0)
        # Such files tell whole seconds.
        time_us = to_local(made.time_us[is_on])[0] // SECOND_US * SECOND_US
        home, place = home[is_on], place[is_on]
        seen = (time_us >= start_us[home]) & (time_us <= end_us[home])
        parts.append((home[seen], time_us[seen], place[seen]))
    home, time_us, place = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((place, time_us, home))
    there, row = np.unique(home, return_inverse=True)
    numbered = row[order].astype(np.int32)
    return Lives(len(there), numbered, time_us[order], place[order]), there
