"""A device moves from one home to another of its place: what is asked, and what keeps it (pure).

A sensor that is carried to another home, by mistake or by malice, would tell of one person in the
file of another, and leave the first one unwatched. So one person proposes a move, and a second one
accepts it. What was read until then stays the first home's; in the other the device begins anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.homes import Home, HomeState, Sensor
from config.kinds import OF_DEVICES, Kind
from config.proposals import is_worn, room_mistake

LASTS_DAYS: Final = 7
"""Days within which the second person decides; then a proposal lapses."""

MOST_DEVICES: Final = 100
LONGEST_WHY: Final = 200
LONGEST_ADDRESS: Final = 255


class MoveState(StrEnum):
    """Where a move stands; only a waiting one can still be decided."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Carried:
    """A device that moves: any of its sensors (id), and where it is from then on.

    ``address`` is what the other hub calls it, empty where that is what it was called before.
    """

    sensor: str
    room: str = ""
    is_exit: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is proposed: the home (id) to go to, devices or a ``gateway`` (id) whole, and why.

    With a gateway every device of the home on it moves, those that are not named into the room
    that they had. ``to_gateway`` (id) may be left out where there is only one.
    """

    to_home: str
    devices: Sequence[Carried]
    why: str
    gateway: str = ""
    to_gateway: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A move as it is kept; homes, gateways and accounts are ids, times us since 1970 UTC."""

    id: str
    place: str
    home: str
    to_home: str
    gateway: str
    to_gateway: str
    devices: tuple[Carried, ...]
    why: str
    proposed_by: str
    proposed_us: int
    until_us: int
    state: MoveState
    decided_by: str
    decided_us: int | None
    said: str

    def is_open(self, now_us: int) -> bool:
        """Return whether it can still be decided."""
        return self.state is MoveState.WAITING and now_us < self.until_us


Device = tuple[int, str, str]
"""Gateway (number), dialect and address."""


def device_of(sensor: Sensor) -> Device:
    """Return what names the device of a sensor."""
    return sensor.gateway, sensor.dialect, sensor.address


def devices_of(sensors: Sequence[Sensor]) -> dict[Device, list[Sensor]]:
    """Return the devices among these sensors that may move by themselves, each with its sensors."""
    found: dict[Device, list[Sensor]] = {}
    for sensor in sensors:
        if sensor.kind is not Kind.GATEWAY_STATUS:
            found.setdefault(device_of(sensor), []).append(sensor)
    return found


_REFUSED: Final[Mapping[HomeState, str]] = {
    HomeState.PAUSED: "is paused: end the pause first, or it would not be seen whether the device "
    "is missed or works",
    HomeState.ENDED: "has ended: enrol it again first",
    HomeState.TEST: "is a canary home: nobody lives there, and its devices stay",
}


def home_mistakes(home: Home, to_home: Home, *, paused: Collection[int]) -> list[str]:
    """Return what keeps devices from moving between these homes; empty where nothing does.

    ``paused`` are homes (numbers) that somebody has paused for now.
    """
    if home.number == to_home.number:
        return ["it is the same home: choose another one of the place"]
    if home.place != to_home.place:
        return ["the homes are of two places: homes change their place by merge and split only"]
    wrong = []
    for one, name in ((home, "the home that it leaves"), (to_home, "the home that it goes to")):
        state = HomeState.PAUSED if one.number in paused else one.state
        if state in _REFUSED:
            wrong.append(f"{name} {_REFUSED[state]}")
    if to_home.state is HomeState.AWAITING_CONSENT:
        wrong.append("the home that it goes to awaits consent: record it first")
    return wrong


def consent_mistakes(sensors: Sequence[Sensor], purposes: Collection[Kind] | None) -> list[str]:
    """Return what the decision of the other home does not cover; ``purposes`` None without one."""
    if purposes is None:
        return ["no consent or decision of the home that it goes to stands: record it first"]
    kinds = {sensor.kind for sensor in sensors} - OF_DEVICES - set(purposes)
    if not kinds:
        return []
    named = ", ".join(sorted(kind.value for kind in kinds))
    return [
        f"the consent of the home that it goes to names no purpose for {named}: record it first"
    ]


def carried_mistakes(one: Carried, sensors: Sequence[Sensor]) -> list[str]:
    """Return what is wrong with where a device (its sensors) is to be."""
    kinds = [sensor.kind for sensor in sensors]
    wrong = []
    if said := room_mistake(one.room, is_needed=not is_worn(kinds)):
        wrong.append(f"the device {said}")
    if one.is_exit and Kind.CONTACT not in kinds:
        wrong.append("the device is no contact, so it is not on a door that leads out")
    address = one.address.strip()
    if len(address) > LONGEST_ADDRESS or not address.isprintable():
        wrong.append(f"address has {len(address)} characters, expected at most {LONGEST_ADDRESS}: "
                     "what the other hub calls the device")  # fmt: skip
    return wrong


def why_mistakes(why: str, *, what: str = "why it moves") -> list[str]:
    """Return what is wrong with a reason."""
    said = why.strip()
    if 3 <= len(said) <= LONGEST_WHY and said.isprintable():
        return []
    told = f"why has {len(said)} characters, expected 3 to {LONGEST_WHY} in one line"
    return [f"{told}: say in a few words, without names, {what}"]
