"""When doors are opened: those that lead out, and the fridge's."""

from typing import Final

import numpy as np

from config.kinds import Kind
from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.kit import slot
from sensors_sim.marks import Marks, Stream, mark
from sensors_sim.resident import Stays

_MEALS: Final = (Purpose.BREAKFAST, Purpose.LUNCH, Purpose.SUPPER)


def open_front_door(stays: Stays) -> list[Marks]:
    """Return when the front door opens and shuts: on outings, and for who stands at it."""
    at_slot = slot("hall/front-door", Kind.CONTACT)
    own = chance.split(stays.key, Stream.DOOR)
    out = stays.purpose == Purpose.OUTING
    step = stays.purpose == Purpose.DOORSTEP
    gone = stays.purpose == Purpose.GONE
    shut = stays.start_s + 15 + 0.7 * (stays.end_s - stays.start_s - 20) * chance.uniform(own)
    return [
        mark(stays.home[out], at_slot, stays.start_s[out] - 3, 1),
        mark(stays.home[out], at_slot, stays.start_s[out] + 3, 0),
        mark(stays.home[out], at_slot, stays.end_s[out] - 2, 1),
        mark(stays.home[out], at_slot, stays.end_s[out] + 3, 0),
        mark(stays.home[gone], at_slot, stays.start_s[gone] + 2, 1),
        mark(stays.home[gone], at_slot, stays.start_s[gone] + 9, 0),
        mark(stays.home[step], at_slot, stays.start_s[step] + 5, 1),
        mark(stays.home[step], at_slot, np.maximum(shut, stays.start_s + 10)[step], 0),
    ]


def open_fridge(stays: Stays) -> list[Marks]:
    """Return when the fridge is opened and shut by who is busy in the kitchen."""
    at_slot = slot("kitchen/fridge", Kind.CONTACT)
    own = chance.split(stays.key, Stream.FRIDGE)
    chances = np.zeros((len(Purpose), 5))
    chances[list(_MEALS)] = (1, 1, 1, 0.7, 0.5)
    chances[Purpose.DRINK] = (1, 0.4, 0, 0, 0)
    chances[Purpose.CHORE] = (0.6, 0.2, 0, 0, 0)
    opens = np.where((stays.room == Room.KITCHEN)[:, None], chances[stays.purpose], 0.0)
    turn = np.arange(opens.shape[1])
    room_s = (stays.end_s - stays.start_s - 40)[:, None]
    time_s = stays.start_s[:, None] + 15
    time_s = time_s + room_s * (turn + 0.5 * chance.uniform(own[:, None], turn)) / len(turn)
    happens = (chance.uniform(own[:, None], 10 + turn) < opens) & (room_s >= 90)
    shut = time_s + 4 + 6 * chance.uniform(own[:, None], 20 + turn)
    home = np.broadcast_to(stays.home[:, None], happens.shape)[happens]
    return [mark(home, at_slot, time_s[happens], 1), mark(home, at_slot, shut[happens], 0)]
