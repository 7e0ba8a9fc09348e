"""What a sensor's signs can mean to each detector: a bit a role, so that most signs go to few."""

from enum import IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import Bools
from alerts.detect.rooms import Room, Rooms
from alerts.detect.things import SEATS, Things, Use

Roles = NDArray[np.uint16]


class Role(IntFlag):
    """What a sensor's signs can mean to somebody beyond "the person is there"."""

    BATHROOM = 1
    BED = 2
    CHAIR = 4
    OFF_BED = 8
    """Shows that somebody is not in the bed that the home has."""

    OFF_CHAIR = 16
    DOSE = 32
    KITCHEN = 64
    CONTACT = 128
    WAY_OUT = 256
    """A contact that leads out, whoever lives there."""

    EXIT = 512
    """A way out of somebody who goes out alone."""

    DOOR = 1024
    """A way out of somebody who goes out at all."""


NOTHING: Final = Role(0)
EVERYTHING: Final = ~NOTHING
"""Heard by who must know of every sign."""

SEAT: Final = (Role.BED, Role.CHAIR)
OFF_SEAT: Final = (Role.OFF_BED, Role.OFF_CHAIR)
"""Roles of what somebody lies or sits on, and of what shows that nobody does, by row of SEATS."""

USED: Final = {Use.DOSE: Role.DOSE, Use.KITCHEN: Role.KITCHEN}


def build_roles(
    rooms: Rooms, things: Things, is_contact: Bools, is_way_out: Bools, is_exit: Bools
) -> Roles:
    """Return uint16[sensors]: the roles of each; the arguments are by sensor too."""
    of = {
        Role.BATHROOM: rooms.sensor_room == Room.BATHROOM,
        **{SEAT[row]: things.sensor_seat == row for row in range(len(SEATS))},
        **{OFF_SEAT[row]: things.is_away[row] for row in range(len(SEATS))},
        **{role: things.sensor_use == use for use, role in USED.items()},
        Role.CONTACT: is_contact,
        Role.WAY_OUT: is_way_out,
        Role.EXIT: is_exit,
        Role.DOOR: rooms.sensor_is_door,
    }
    roles = np.zeros(len(is_contact), np.uint16)
    for role, has_it in of.items():
        roles[has_it] |= np.uint16(role)
    return roles


def plays(roles: Roles, role: Role) -> Bools:
    """Return which of these have the role, or one of several."""
    result: Bools = (roles & np.uint16(role)) != 0
    return result
