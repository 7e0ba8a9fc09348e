"""The standard kit of a home as data, and the roster of a scenario's homes.

Every home has the same slots in the same order, so the row of a sensor in the roster is
``row of its home * SLOTS + slot``.
"""

import hashlib
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from config.enrol import STATUS_DIALECT
from config.homes import Enrolment, Gateway, GoesOut, Home, Sensor
from config.kinds import Kind
from sensors_sim import chance
from sensors_sim.agenda import Room
from sensors_sim.dialects import CARRIED
from sensors_sim.dialects.dialect import CHIRPSTACK, NATIVE, SENML, ZIGBEE
from sensors_sim.household import Tenanted, tenants

ROOM_NAME: Final = {
    Room.HALL: "hall",
    Room.KITCHEN: "kitchen",
    Room.LIVING_ROOM: "living room",
    Room.BEDROOM: "bedroom",
    Room.BATHROOM: "bathroom",
}
"""How a room is written on an enrolment form."""


@dataclass(frozen=True, slots=True)
class KitDevice:
    """One device of the kit; ``name`` is its Zigbee2MQTT friendly name, without spaces.

    Its first kind is what it is for: a hub whose dialect cannot carry that leaves the device
    to the native gateway of the home. ``model`` is its model where the hub is Zigbee2MQTT.
    """

    name: str
    room: Room | None
    kinds: tuple[Kind, ...]
    model: str
    is_exit: bool = False


_POWERED: Final = (Kind.BATTERY, Kind.SIGNAL)


def _motion(room: Room, *more: Kind) -> KitDevice:
    name = f"{ROOM_NAME[room].replace(' ', '-')}/motion"
    return KitDevice(name, room, (Kind.MOTION, *more, *_POWERED), "RTCGQ11LM")


GATEWAY: Final = KitDevice("gateway", None, (Kind.GATEWAY_STATUS,), "")
HUB: Final = KitDevice("hub", None, (Kind.MAINS,), "BSIR-EZ")
"""What tells whether the home has mains: the hub, or a siren with a battery of its own."""

DEVICES: Final = (
    GATEWAY,
    _motion(Room.HALL),
    _motion(Room.KITCHEN),
    _motion(Room.LIVING_ROOM, Kind.ILLUMINANCE),
    _motion(Room.BEDROOM),
    _motion(Room.BATHROOM),
    KitDevice("hall/front-door", Room.HALL, (Kind.CONTACT, *_POWERED), "MCCGQ11LM", is_exit=True),
    KitDevice("kitchen/fridge", Room.KITCHEN, (Kind.CONTACT, *_POWERED), "MCCGQ11LM"),
    KitDevice("bedroom/bed", Room.BEDROOM, (Kind.BED, *_POWERED), "SPM915"),
    KitDevice("living-room/chair", Room.LIVING_ROOM, (Kind.CHAIR, *_POWERED), "SPM915"),
    KitDevice(
        "living-room/climate",
        Room.LIVING_ROOM,
        (Kind.TEMPERATURE, Kind.HUMIDITY, *_POWERED),
        "WSDCGQ11LM",
    ),
    KitDevice("kitchen/kettle", Room.KITCHEN, (Kind.POWER, Kind.SIGNAL), "TS011F_plug_1"),
    KitDevice("hall/smoke", Room.HALL, (Kind.SMOKE, *_POWERED), "HS1SA"),
    KitDevice("kitchen/carbon-monoxide", Room.KITCHEN, (Kind.CARBON_MONOXIDE, *_POWERED), "HS1CA"),
    KitDevice("bathroom/flood", Room.BATHROOM, (Kind.FLOOD, *_POWERED), "SJCGQ11LM"),
    KitDevice("pendant", None, (Kind.PENDANT, Kind.FALL, *_POWERED), "SOS"),
    KitDevice("kitchen/medication", Room.KITCHEN, (Kind.MEDICATION, *_POWERED), ""),
    KitDevice("kitchen/back-door", Room.KITCHEN, (Kind.CONTACT, *_POWERED), "MCCGQ11LM", True),
    HUB,
)
"""The devices of every home; a slot is one kind of one of them, in this order."""

SLOT_DEVICE: Final[NDArray[np.int32]] = np.array(
    [row for row, device in enumerate(DEVICES) for _ in device.kinds], np.int32
)
"""int32[slots]: row in ``DEVICES``."""

SLOT_KIND: Final[NDArray[np.int8]] = np.array(
    [kind.code for device in DEVICES for kind in device.kinds], np.int8
)
"""int8[slots]: code of the kind."""

SLOTS: Final = len(SLOT_KIND)
"""Sensors in a home."""

_SLOT: Final = {
    (device.name, kind): slot
    for slot, (device, kind) in enumerate(
        (device, kind) for device in DEVICES for kind in device.kinds
    )
}

_STREETS: Final = (
    "Larch Row", "Heron Close", "Teasel Lane", "Old Pump Yard", "Quince Walk", "Sedge End",
    "Plover Rise", "Bobbin Court", "Hazel Steps", "Tinder Hill", "Marl Pit Road", "Wren Garth",
)  # fmt: skip


def slot(device: str, kind: Kind) -> int:
    """Return the slot of this kind of this device; KeyError when the kit has none."""
    return _SLOT[(device, kind)]


def make_id(seed: int, what: str, number: int) -> str:
    """Return an id that looks random and is the same for the same arguments."""
    digest = hashlib.blake2b(f"{seed}/{what}/{number}".encode(), digest_size=8)
    return f"{what[0]}-{digest.hexdigest()}"


class Neighbourhood(Tenanted, Protocol):
    """What a roster needs to know of a scenario."""

    @property
    def places(self) -> tuple[str, ...]:
        """Return the keys of the places."""
        ...

    @property
    def homes_per_place(self) -> int:
        """Return how many homes each place has."""
        ...

    @property
    def zigbee_homes_per_place(self) -> int:
        """Return how many of them have a Zigbee2MQTT hub."""
        ...

    @property
    def chirpstack_homes_per_place(self) -> int:
        """Return how many of them have a ChirpStack hub."""
        ...

    @property
    def senml_homes_per_place(self) -> int:
        """Return how many of them have a hub that speaks SenML."""
        ...

    @property
    def homes_per_sector(self) -> int:
        """Return how many homes share a sector of postcodes, 0 where nobody has said it."""
        ...

    @property
    def sectors_per_place(self) -> int:
        """Return how many sectors the homes of a place are in."""
        ...


MOST_SECTORS: Final = 990


def _sector(of: Neighbourhood, row: int) -> str:
    """Return the sector of a home's postcode, of an area that does not exist; or nothing."""
    if not of.homes_per_sector:
        return ""
    place, home = divmod(row, of.homes_per_place)
    code = place * of.sectors_per_place + home // of.homes_per_sector
    return f"ZZ{code // 10 + 1} {code % 10}"


def hub_of(of: Neighbourhood, home: int) -> str:
    """Return the dialect of the hub in a place's home, counted from 0.

    The last homes have a Zigbee2MQTT hub, those before them ChirpStack, then SenML; the first
    have a native gateway.
    """
    left = of.homes_per_place
    for hub, count in (
        (ZIGBEE, of.zigbee_homes_per_place),
        (CHIRPSTACK, of.chirpstack_homes_per_place),
        (SENML, of.senml_homes_per_place),
    ):
        left -= count
        if home >= left:
            return hub
    return NATIVE


def roster(of: Neighbourhood) -> Enrolment:
    """Return the homes, gateways and sensors of a scenario, numbered from 1."""
    homes: list[Home] = []
    gateways: list[Gateway] = []
    sensors: list[Sensor] = []
    numbers = np.arange(1, len(of.places) * of.homes_per_place + 1, dtype=np.int32)
    who = tenants(of, numbers)
    tiers = 1 + np.searchsorted([0.2, 0.7], chance.uniform(chance.key(of.seed, 0, numbers)))
    for row, number in enumerate(numbers.tolist()):
        place = of.places[row // of.homes_per_place]
        index = row % of.homes_per_place
        homes.append(
            Home(
                number,
                make_id(of.seed, "home", number),
                place,
                f"Home {index + 1:02d}, {_STREETS[row % len(_STREETS)]}",
                goes_out=_goes_out(bool(who.goes_out[row]), bool(who.is_accompanied[row])),
                residents=2 if who.is_couple[row] else 1,
                has_pets=bool(who.has_pets[row]),
                risk_tier=int(tiers[row]),
                sector=_sector(of, row),
            )
        )
        gateways.append(Gateway(number, make_id(of.seed, "gateway", number), place, number))
        sensors += _sensors(of.seed, number, hub_of(of, index))
    return Enrolment(tuple(homes), tuple(gateways), tuple(sensors))


def _goes_out(goes_out: bool, is_accompanied: bool) -> GoesOut:
    if not goes_out:
        return GoesOut.NEVER
    return GoesOut.ACCOMPANIED if is_accompanied else GoesOut.ALONE


def _sensors(seed: int, home: int, hub: str) -> list[Sensor]:
    made = []
    number = (home - 1) * SLOTS
    for row, device in enumerate(DEVICES):
        speaks = hub if device.kinds[0] in CARRIED[hub] else NATIVE
        for kind in device.kinds:
            number += 1
            own_id = make_id(seed, "sensor", number)
            made.append(
                Sensor(
                    number,
                    own_id,
                    home,
                    home,
                    STATUS_DIALECT if device is GATEWAY else speaks,
                    _address(seed, home * len(DEVICES) + row, device, speaks, own_id),
                    kind,
                    ROOM_NAME[device.room] if device.room else "",
                    device.is_exit and kind is Kind.CONTACT,
                    device.model if speaks == ZIGBEE else "",
                )
            )
    return made


def _address(seed: int, number: int, device: KitDevice, dialect: str, own_id: str) -> str:
    """Return what a hub calls a device, of which there is one ``number`` in the scenario."""
    if device is GATEWAY:
        return ""
    if dialect == NATIVE:
        return own_id
    if dialect == ZIGBEE:
        return device.name
    # An EUI-64 in lower case, locally administered, so that it is no maker's.
    eui = f"02{make_id(seed, 'eui', number)[-14:]}"
    return eui if dialect == CHIRPSTACK else f"urn:dev:mac:{eui}"
