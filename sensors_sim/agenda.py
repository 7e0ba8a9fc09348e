"""What fills a usual day: the rooms of a home, and the errands a person runs in them."""

from dataclasses import dataclass
from enum import Enum, IntEnum, auto
from typing import Final


class Room(IntEnum):
    """Where a person can be."""

    OUT = 0
    HALL = 1
    KITCHEN = 2
    LIVING_ROOM = 3
    BEDROOM = 4
    BATHROOM = 5


class Purpose(IntEnum):
    """What a person stays in a room for."""

    SLEEP = 0
    REST = 1
    WASH = 2
    BREAKFAST = 3
    LUNCH = 4
    SUPPER = 5
    DRINK = 6
    TOILET = 7
    CHORE = 8
    DOORSTEP = 9
    OUTING = 10
    RESTLESS = 11
    FLOOR = 12
    CRAWL = 13
    GONE = 14
    HELD = 15


class Anchor(Enum):
    """What the time of an errand hangs on.

    ``WAKE``: ``at`` minutes after getting up. ``BED``: ends at bedtime. ``CLOCK``: ``at`` is
    the local hour, ``spread`` its standard deviation in hours. ``DAYTIME``, ``EARLY`` and
    ``NIGHT``: ``at`` is the share of the waking day, of the sleep after 04:00 and of the
    sleep before it, ``spread`` the width around it. ``BOOKED``: ``at`` is a booking of the
    person's own, whose hour and length count.
    """

    WAKE = auto()
    BED = auto()
    CLOCK = auto()
    DAYTIME = auto()
    EARLY = auto()
    NIGHT = auto()
    BOOKED = auto()


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing a person may do in a day.

    It lasts ``minutes`` in the median (log-normal with ``sigma``, at most ``longest``) and
    happens with ``chance``, which a person's habits scale further.
    """

    purpose: Purpose
    room: Room
    anchor: Anchor
    at: float
    spread: float
    minutes: float
    sigma: float
    chance: float
    longest: float = 235.0


def _spread(
    purpose: Purpose, room: Room, times: int, minutes: float, sigma: float, chance: float
) -> list[Errand]:
    """Return ``times`` errands anywhere in the waking day: some together, some far apart."""
    return [
        Errand(purpose, room, Anchor.DAYTIME, 0.5, 1.0, minutes, sigma, chance)
        for _ in range(times)
    ]


AGENDA: Final[tuple[Errand, ...]] = (
    Errand(Purpose.TOILET, Room.BATHROOM, Anchor.EARLY, 0.5, 0.9, 3, 0.3, 0.624),
    Errand(Purpose.WASH, Room.BATHROOM, Anchor.WAKE, 0, 0, 10, 0.3, 1.0, longest=25),
    Errand(Purpose.CHORE, Room.BEDROOM, Anchor.WAKE, 15, 0, 8, 0.4, 1.0),
    Errand(Purpose.BREAKFAST, Room.KITCHEN, Anchor.WAKE, 30, 0, 20, 0.25, 0.97),
    Errand(Purpose.LUNCH, Room.KITCHEN, Anchor.CLOCK, 12.6, 0.4, 25, 0.3, 0.95),
    Errand(Purpose.SUPPER, Room.KITCHEN, Anchor.CLOCK, 17.7, 0.5, 26, 0.3, 0.97),
    *_spread(Purpose.DRINK, Room.KITCHEN, 8, 5, 0.4, 1.0),
    *_spread(Purpose.TOILET, Room.BATHROOM, 9, 3.5, 0.4, 0.637),
    *_spread(Purpose.CHORE, Room.KITCHEN, 9, 9, 0.6, 0.883),
    *_spread(Purpose.CHORE, Room.BEDROOM, 6, 3.5, 0.7, 0.92),
    *_spread(Purpose.CHORE, Room.HALL, 11, 2.0, 0.6, 0.94),
    *_spread(Purpose.DOORSTEP, Room.HALL, 2, 2, 0.4, 0.605),
    Errand(Purpose.OUTING, Room.OUT, Anchor.CLOCK, 10.6, 0.9, 73.6, 0.7, 0.834),
    Errand(Purpose.OUTING, Room.OUT, Anchor.CLOCK, 14.6, 0.9, 81.8, 0.7, 0.671),
    Errand(Purpose.WASH, Room.BATHROOM, Anchor.BED, 0, 0, 8, 0.3, 1.0, longest=15),
    Errand(Purpose.TOILET, Room.BATHROOM, Anchor.NIGHT, 0.3, 0.5, 3, 0.3, 0.817),
    Errand(Purpose.TOILET, Room.BATHROOM, Anchor.NIGHT, 0.8, 0.3, 3, 0.3, 0.513),
    Errand(Purpose.OUTING, Room.OUT, Anchor.BOOKED, 0, 0, 0, 0, 1.0),
    Errand(Purpose.OUTING, Room.OUT, Anchor.BOOKED, 1, 0, 0, 0, 1.0),
    Errand(Purpose.OUTING, Room.OUT, Anchor.BOOKED, 2, 0, 0, 0, 1.0),
    Errand(Purpose.OUTING, Room.OUT, Anchor.BOOKED, 3, 0, 0, 0, 1.0),
    Errand(Purpose.RESTLESS, Room.LIVING_ROOM, Anchor.NIGHT, 0.25, 0.3, 12, 0.5, 1.0),
    Errand(Purpose.RESTLESS, Room.KITCHEN, Anchor.NIGHT, 0.6, 0.3, 8, 0.5, 0.8),
    Errand(Purpose.RESTLESS, Room.BATHROOM, Anchor.EARLY, 0.2, 0.3, 4, 0.4, 0.5),
    Errand(Purpose.RESTLESS, Room.LIVING_ROOM, Anchor.EARLY, 0.5, 0.5, 15, 0.5, 0.7),
    Errand(Purpose.OUTING, Room.OUT, Anchor.CLOCK, 17.9, 1.2, 98.1, 0.6, 0.288),
    Errand(Purpose.TOILET, Room.BATHROOM, Anchor.EARLY, 0.8, 0.4, 3, 0.3, 0.519),
    *_spread(Purpose.CHORE, Room.LIVING_ROOM, 5, 5, 0.6, 0.901),
)
"""Every errand of a day; its row names its chance, so rows are only ever appended."""
