"""Places, homes, gateways and sensors as frozen values.

Every one has two names: ``id``, a random string that topics, pages and logs use, and
``number``, its row in columns, given by the registry and never used again for another.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.kinds import Kind

ID_PATTERN: Final = re.compile(r"[a-z0-9-]{8,40}", re.ASCII)
"""What an id looks like (use ``fullmatch``); it says nothing about the person."""

_SECTOR: Final = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9])", re.ASCII)
_POSTCODE: Final = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}", re.ASCII)


class HomeState(StrEnum):
    """Whether a home is watched; a P1 signal is raised in every state.

    ``TEST`` is a canary home: nobody lives there, and its alarms prove the way they took.
    """

    AWAITING_CONSENT = "awaiting-consent"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"
    TEST = "test"


class GoesOut(StrEnum):
    """Whether the person leaves the home, which decides what a door means."""

    ALONE = "alone"
    ACCOMPANIED = "accompanied"
    NEVER = "never"


def is_postcode(text: str) -> bool:
    """Return whether this is a whole postcode, which finds a handful of addresses."""
    return _POSTCODE.fullmatch(" ".join(text.upper().split())) is not None


def read_sector(text: str) -> str:
    """Return a postcode's sector as it is kept, "PE1 2"; empty stays empty.

    A sector is some three thousand addresses: enough to see a street without power, too few
    letters to find a home by. ValueError says what to write instead, of a whole postcode too.
    """
    wanted = " ".join(text.upper().split())
    if not wanted:
        return ""
    if is_postcode(wanted):
        raise ValueError(
            "is a whole postcode, expected its sector alone: leave out the last two letters"
        )
    found = _SECTOR.fullmatch(wanted)
    if found is None:
        raise ValueError(
            f"is {text[:20]!r}, expected the sector of a postcode: all of it but the last two "
            "letters, like 'PE1 2'"
        )
    return f"{found[1]} {found[2]}"


@dataclass(frozen=True, slots=True)
class Home:
    """One enrolled dwelling. ``risk_tier`` is 1 (highest) to 3.

    ``sector`` is the sector of its postcode ("PE1 2"), empty where nobody has said it. What is
    known of how it is lived in begins at ``since_us``: since then it is at another address, 0 for
    one that never moved. ``is_untested`` says that no walk test was passed there since.
    ``bare_us`` is when the last sensor that tells of the person left it, 0 where none did: until it
    has one again it cannot be seen, and is not quiet.
    """

    number: int
    id: str
    place: str
    label: str
    state: HomeState = HomeState.ACTIVE
    goes_out: GoesOut = GoesOut.ALONE
    residents: int = 1
    has_pets: bool = False
    risk_tier: int = 2
    sector: str = ""
    since_us: int = 0
    is_untested: bool = False
    bare_us: int = 0


FIRST_BOX: Final = 1 << 30
"""Boxes that took the place of another are numbered from here: no gateway has such a number."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A hub that publishes for one home, or for several when ``home`` is None.

    ``old_places`` are those it had before its home moved: it still publishes under one of them
    until it is re-pointed, and is heard there. ``id`` is that of the box that serves now, and
    ``box`` its number, None for the first, which has that of the gateway. ``old_boxes``, id and
    number, are those whose place it took and that are still heard; ``first_id`` is that of the
    first of all, empty where there was no other.
    """

    number: int
    id: str
    place: str
    home: int | None
    old_places: tuple[str, ...] = ()
    box: int | None = None
    old_boxes: tuple[tuple[str, int], ...] = ()
    first_id: str = ""

    @property
    def boxes(self) -> tuple[tuple[str, int], ...]:
        """Id and number of each box that is heard, the one that serves first."""
        return (self.id, self.number if self.box is None else self.box), *self.old_boxes

    @property
    def subject(self) -> str:
        """The id that its alerts are counted by, whichever box serves."""
        return self.first_id or self.id

    def may_claim(self, place: str) -> bool:
        """Return whether it may publish under this place."""
        return place == self.place or place in self.old_places


@dataclass(frozen=True, slots=True)
class Sensor:
    """One measured quantity of one device: (gateway, dialect, address, kind) names it once.

    ``address`` is what the hub calls the device (a friendly name, a DevEUI, a native sensor
    id). ``model`` is the maker's model where a dialect must know it. ``is_exit`` marks a
    contact on a door that leads out. ``replaced_us`` is since when another device speaks for it, 0
    where it is the first: what is known of the old one counts no more. What it says of the time
    before ``since_us`` is not of its home: it stood in another one then.
    """

    number: int
    id: str
    home: int | None
    gateway: int
    dialect: str
    address: str
    kind: Kind
    room: str = ""
    is_exit: bool = False
    model: str = ""
    replaced_us: int = 0
    since_us: int = 0


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Homes with their gateways and sensors, numbered among themselves from 1.

    ``registry.enrol`` gives them the registry's numbers, keeping who belongs to whom.
    """

    homes: tuple[Home, ...]
    gateways: tuple[Gateway, ...]
    sensors: tuple[Sensor, ...]
