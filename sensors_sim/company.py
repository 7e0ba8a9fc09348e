"""Who else is in a home: a partner, visitors and carers, and pets."""

from dataclasses import replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.habits import Habits, weekday
from sensors_sim.resident import spend_day
from sensors_sim.residents import MOST_BOOKINGS
from sensors_sim.stays import (
    DAY_ENDS_S,
    DAY_STARTS_S,
    HOUR,
    MINUTE,
    WALK_S,
    Stays,
    Who,
    join,
)

DOORSTEP_S: Final = 45.0
"""How long a visitor takes to come in or to leave."""

_PET_ROOMS: Final = np.array(
    [Room.HALL, Room.KITCHEN, Room.LIVING_ROOM, Room.LIVING_ROOM, Room.BEDROOM], np.int8
)
_PET_STIRS: Final = 0.3
"""Chance that a pet goes off by itself during one stay of its person."""


class _Stream(IntEnum):
    VISIT = 60
    PET = 61


def keep_company(seed: int, homes: NDArray[np.int32], day: int, who: Habits, lived: Stays) -> Stays:
    """Return the residents' stays of a day with those of everybody else in their homes."""
    parts = [lived]
    couples = np.flatnonzero(who.is_couple)
    if len(couples):
        partner = spend_day(seed, homes[couples], day, who=who.take(couples), person=Who.PARTNER)
        parts.append(replace(partner, home=couples[partner.home].astype(np.int32)))
    if who.visits.days[:, :, weekday(day)].any():
        parts += [_visits(seed, homes, day, who, lived, slot) for slot in range(MOST_BOOKINGS)]
    if who.has_pets.any():
        parts.append(_pets(lived.take(who.has_pets[lived.home])))
    return join(parts)


def _visits(
    seed: int, homes: NDArray[np.int32], day: int, who: Habits, lived: Stays, slot: int
) -> Stays:
    """Return the stays of one visit a home; nobody visits whom they would not find."""
    booked = who.visits
    own = chance.key(seed, _Stream.VISIT, homes, day, slot)
    at_s = HOUR * (booked.at_h[:, slot] + booked.spread_h[:, slot] * chance.normal(own, 0))
    at_s = np.clip(at_s, DAY_STARTS_S + HOUR, DAY_ENDS_S - HOUR)
    length = booked.minutes[:, slot] * MINUTE * (0.8 + 0.4 * chance.uniform(own, 4))
    end_s = np.minimum(at_s + length, DAY_ENDS_S - 30 * MINUTE)
    comes = booked.days[:, slot, weekday(day)] & (chance.uniform(own, 5) < booked.chance[:, slot])
    away = (lived.room == Room.OUT) & (lived.start_s < end_s[lived.home])
    away &= lived.end_s > at_s[lived.home]
    comes[lived.home[away]] = False
    home = np.flatnonzero(comes).astype(np.int32)
    start, end, own = at_s[home], end_s[home], own[home]
    inside = end - start - 2 * DOORSTEP_S
    bedside = np.where(who.is_bed_bound[home], Room.BEDROOM, Room.LIVING_ROOM)
    cuts = [
        (Room.HALL, Purpose.DOORSTEP, start, start + DOORSTEP_S),
        (Room.KITCHEN, Purpose.CHORE, start + DOORSTEP_S, start + DOORSTEP_S + 0.4 * inside),
        (bedside, Purpose.CHORE, start + DOORSTEP_S + 0.4 * inside, end - DOORSTEP_S),
        (Room.HALL, Purpose.DOORSTEP, end - DOORSTEP_S, end),
    ]
    return join(
        [
            Stays(
                home,
                np.broadcast_to(np.asarray(room, np.int8), home.shape),
                np.full(len(home), purpose, np.int8),
                begins + WALK_S,
                ends,
                chance.split(own, 10 + part),
                np.full(len(home), Who.VISITOR, np.int8),
            )
            for part, (room, purpose, begins, ends) in enumerate(cuts)
        ]
    )


def _pets(lived: Stays) -> Stays:
    """Return where pets stir while their people stay somewhere, or are out."""
    own = chance.split(lived.key, _Stream.PET)
    length = lived.end_s - lived.start_s
    stirs = (length > 4 * MINUTE) & (chance.uniform(own, 0) < _PET_STIRS)
    start = lived.start_s + 0.7 * length * chance.uniform(own, 1)
    lasts = np.minimum((1 + 14 * chance.uniform(own, 2)) * MINUTE, lived.end_s - start - WALK_S)
    room = _PET_ROOMS[(len(_PET_ROOMS) * chance.uniform(own, 3)).astype(np.intp)]
    made = replace(
        lived,
        room=room,
        purpose=np.full(len(room), Purpose.REST, np.int8),
        start_s=start,
        end_s=start + lasts,
        key=own,
        person=np.full(len(room), Who.PET, np.int8),
    )
    return made.take(stirs)
