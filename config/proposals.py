"""Which sensors a gateway's announcement proposes for its home, and what accepting makes (pure)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from config.announced import ZIGBEE, Seen
from config.homes import Sensor
from config.kinds import OF_DEVICES, Kind

LONGEST_ROOM: Final = 40


class State(StrEnum):
    """What can be done with an announced device; the words that explain it are ``WHY``.

    ``PARTLY`` is enrolled, and tells more than is enrolled of it.
    """

    NEW = "new"
    PARTLY = "partly"
    ENROLLED = "enrolled"
    UNNAMED = "unnamed"
    UNCOVERED = "uncovered"
    UNREADABLE = "unreadable"
    ELSEWHERE = "elsewhere"
    GONE = "gone"


WHY: Final[Mapping[State, str]] = {
    State.ENROLLED: "is enrolled in this home already",
    State.UNNAMED: "has a name in the hub that may be a person's, so it is not kept: rename it "
    "there after its room and what it is, such as hall-motion, and it is announced again",
    State.UNCOVERED: "measures what the consent names no purpose for: record that purpose first",
    State.UNREADABLE: "tells nothing that Stillwell reads",
    State.ELSEWHERE: "is enrolled in another home: a device is moved from home to home by two "
    "people, one who asks for it and one who agrees",
    State.GONE: "is announced no more: switch it on, or pair it with the hub again",
}
"""Why a device of this state cannot be accepted."""


class Use(StrEnum):
    """What a sensor was put on, where its hub cannot know."""

    AS_SAID = "sensor"
    EXIT = "exit"
    BED = "bed"
    CHAIR = "chair"


_PADS: Final = {Use.BED: Kind.BED, Use.CHAIR: Kind.CHAIR}
_STANDS_FOR: Final = (Kind.CONTACT, Kind.MOTION)
_WORN: Final = frozenset({Kind.PENDANT, Kind.FALL})


@dataclass(frozen=True, slots=True)
class Proposal:
    """An announced device of a home: ``gateway`` is a number, ``kinds`` what accepting adds.

    ``left_out`` are the kinds without a purpose in the consent; ``rooms`` where it is enrolled;
    ``room`` is what its name suggests; ``is_late`` when it was not there from the beginning.
    """

    gateway: int
    seen: Seen
    state: State
    kinds: tuple[Kind, ...]
    left_out: tuple[Kind, ...]
    uses: tuple[Use, ...]
    rooms: tuple[str, ...]
    room: str
    is_late: bool

    @property
    def may_be_accepted(self) -> bool:
        """Return whether a person may add it, or more of it, to the home."""
        return self.state in (State.NEW, State.PARTLY)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person accepts: a device (Zigbee address), where it is, and what it was put on."""

    ieee: str
    room: str = ""
    use: str = Use.AS_SAID.value


def propose(
    gateway: int,
    devices: Sequence[Seen],
    sensors: Sequence[Sensor],
    *,
    first_us: int,
    elsewhere: Collection[str],
    purposes: Collection[Kind] | None,
) -> list[Proposal]:
    """Return what a gateway (number) proposes, what can be accepted first.

    ``sensors`` are those of its home; ``elsewhere`` the addresses enrolled in another;
    ``purposes`` the kinds that the consent covers, None where no decision is kept.
    """
    found: dict[str, list[Sensor]] = {}
    for sensor in sensors:
        if (sensor.gateway, sensor.dialect) == (gateway, ZIGBEE):
            found.setdefault(sensor.address, []).append(sensor)
    rooms = sorted({sensor.room for sensor in sensors if sensor.room})
    made = []
    for seen in devices:
        own = found.get(seen.device.name, []) or found.get(seen.device.ieee, [])
        one = _propose(gateway, seen, own, purposes, rooms)
        one = replace(one, is_late=seen.first_us > first_us)
        if seen.gone_us is not None:
            one = replace(one, state=State.GONE, kinds=())
        elif seen.device.ieee in elsewhere and not own:
            one = replace(one, state=State.ELSEWHERE, kinds=())
        made.append(one)
    order = list(State)
    return sorted(made, key=lambda one: (order.index(one.state), one.seen.device.name))


def _propose(
    gateway: int,
    seen: Seen,
    own: Sequence[Sensor],
    purposes: Collection[Kind] | None,
    rooms: Sequence[str],
) -> Proposal:
    device = seen.device
    measured = tuple(kind for kind in device.kinds if kind not in OF_DEVICES)
    uses = _uses(measured, purposes)
    enrolled = {sensor.kind for sensor in own}
    is_pad = bool(enrolled & set(_PADS.values()))
    kinds = tuple(
        kind
        for kind in device.kinds
        if (kind in OF_DEVICES or purposes is None or kind in purposes)
        and kind not in enrolled
        and not (is_pad and kind in _STANDS_FOR)
    )
    left_out = tuple(
        kind for kind in measured if kind not in kinds and kind not in enrolled and not is_pad
    )
    if own:
        state = State.PARTLY if kinds else State.ENROLLED
    elif not device.name:
        state = State.UNNAMED
    elif not measured:
        state = State.UNREADABLE
    elif not uses:
        state = State.UNCOVERED
    else:
        state = State.NEW
    given = tuple(sorted({sensor.room for sensor in own}))
    room = given[0] if given else _suggested(device.name, rooms)
    shown = uses if state is State.NEW else ()
    return Proposal(gateway, seen, state, kinds, left_out, shown, given, room, is_late=False)


def _uses(measured: Sequence[Kind], purposes: Collection[Kind] | None) -> tuple[Use, ...]:
    """Return what a device may have been put on; one choice is none."""

    def is_covered(kind: Kind) -> bool:
        return purposes is None or kind in purposes

    found = [Use.AS_SAID] if any(map(is_covered, measured)) else []
    if Kind.CONTACT in measured and is_covered(Kind.CONTACT):
        found.append(Use.EXIT)
    if any(kind in measured for kind in _STANDS_FOR):
        found += [use for use, kind in _PADS.items() if is_covered(kind)]
    return tuple(found)


def _suggested(name: str, rooms: Sequence[str]) -> str:
    """Return the room that a device's name begins with or holds, as this home writes it."""
    words = "-".join("".join(c if c.isalpha() else " " for c in name.lower()).split())
    known = {room.lower().replace(" ", "-"): room for room in (*ROOMS, *rooms)}
    for room in sorted(known, key=lambda room: (-len(room), room)):
        if f"-{room}-" in f"-{words}-":
            return known[room]
    return ""


ROOMS: Final = (
    "hall", "kitchen", "living-room", "bedroom", "bathroom", "toilet", "landing", "stairs",
    "dining-room", "study", "utility-room", "conservatory", "garage", "garden",
)  # fmt: skip
"""Rooms that a home may have, as kits write them."""


def is_worn(kinds: Iterable[Kind]) -> bool:
    """Return whether a device of these kinds is worn, so that it is in no room."""
    return any(kind in _WORN for kind in kinds)


def room_mistake(room: str, *, is_needed: bool) -> str:
    """Return what is wrong with the room of a device, nothing where it can be kept."""
    room = room.strip()
    if len(room) > LONGEST_ROOM or not room.isprintable() or room[:1] in ("=", "+", "-", "@"):
        return f"has a room of {len(room)} characters, expected a word for it of at most 40"
    return "has no room: say where it is, such as hall" if is_needed and not room else ""


def sensors_of(proposal: Proposal, choice: Choice, home: int) -> tuple[list[Sensor], str]:
    """Return the sensors that this choice makes of a proposal, or none and what is wrong.

    They have neither number nor id yet.
    """
    wrong = mistake(proposal, choice)
    if wrong:
        return [], wrong
    device, use = proposal.seen.device, Use(choice.use)
    # What is enrolled under its Zigbee address speaks under it.
    address = device.name or device.ieee
    room = choice.room.strip() or (proposal.rooms[0] if proposal.rooms else "")
    made = []
    pad = _PADS.get(use)
    for kind in proposal.kinds:
        if pad is not None and kind in _STANDS_FOR:
            continue
        is_exit = use is Use.EXIT and kind is Kind.CONTACT
        made.append((kind, is_exit))
    if pad is not None:
        made.append((pad, False))
    return [
        Sensor(0, "", home, proposal.gateway, ZIGBEE, address, kind, room, is_exit,
               device.model)
        for kind, is_exit in made
    ], ""  # fmt: skip


def mistake(proposal: Proposal, choice: Choice) -> str:
    """Return why a choice cannot be accepted, nothing where it can."""
    if not proposal.may_be_accepted:
        return WHY[proposal.state]
    is_needed = proposal.state is State.NEW and not is_worn(proposal.kinds)
    if wrong := room_mistake(choice.room, is_needed=is_needed):
        return wrong
    known = [use.value for use in proposal.uses] or [Use.AS_SAID.value]
    if choice.use not in known:
        return f"cannot be used as {choice.use[:20]!r}, expected one of {', '.join(known)}"
    return ""
