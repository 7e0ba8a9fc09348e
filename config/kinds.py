"""The table of sensor kinds: what a value means, its unit, its plausible range and its cadence.

The integer ``code`` of a kind is its row here and what columns and files hold, so rows are
only ever appended.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray


class Kind(StrEnum):
    """What a sensor measures."""

    MOTION = "motion"
    CONTACT = "contact"
    BED = "bed"
    CHAIR = "chair"
    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    ILLUMINANCE = "illuminance"
    POWER = "power"
    SMOKE = "smoke"
    CARBON_MONOXIDE = "carbon-monoxide"
    FLOOD = "flood"
    PENDANT = "pendant"
    FALL = "fall"
    MEDICATION = "medication"
    BATTERY = "battery"
    SIGNAL = "signal"
    GATEWAY_STATUS = "gateway-status"
    AVAILABILITY = "availability"
    MAINS = "mains"

    @property
    def code(self) -> int:
        """Row of this kind in ``KINDS``; the value that columns hold."""
        return CODE[self]


class Shape(StrEnum):
    """How values follow each other: a level is sampled, an event happens."""

    EVENT = "event"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class KindRow:
    """One row of the table.

    ``low`` and ``high`` are the inclusive plausible range in ``unit``. ``cadence_s`` is the
    longest usual time between two reports of a healthy sensor, or None where silence is
    normal. ``is_life_safety`` marks P1. ``is_person_sign`` marks kinds whose activity shows
    that somebody is in the home.
    """

    kind: Kind
    shape: Shape
    unit: str
    low: float
    high: float
    cadence_s: int | None
    is_life_safety: bool
    is_person_sign: bool
    meaning: str


_E, _L = Shape.EVENT, Shape.LEVEL
_DAY: Final = 86_400

KINDS: Final[tuple[KindRow, ...]] = (
    KindRow(Kind.MOTION, _E, "", 0, 1, None, False, True, "1 movement seen, 0 clear again"),
    KindRow(Kind.CONTACT, _E, "", 0, 1, None, False, True, "1 open, 0 closed"),
    KindRow(Kind.BED, _E, "", 0, 1, None, False, True, "1 somebody in bed, 0 empty"),
    KindRow(Kind.CHAIR, _E, "", 0, 1, None, False, True, "1 somebody seated, 0 empty"),
    KindRow(Kind.TEMPERATURE, _L, "°C", -30, 60, 3600, False, False, "air temperature"),
    KindRow(Kind.HUMIDITY, _L, "%", 0, 100, 3600, False, False, "relative humidity"),
    KindRow(Kind.ILLUMINANCE, _L, "lx", 0, 200_000, 3600, False, False, "illuminance"),
    KindRow(Kind.POWER, _L, "W", 0, 20_000, None, False, True, "power drawn (kettle, cooker)"),
    KindRow(Kind.SMOKE, _E, "", 0, 1, None, True, False, "1 smoke or fire, 0 clear"),
    KindRow(Kind.CARBON_MONOXIDE, _E, "", 0, 1, None, True, False, "1 alarm, 0 clear"),
    KindRow(Kind.FLOOD, _E, "", 0, 1, None, True, False, "1 water on the floor, 0 dry"),
    KindRow(Kind.PENDANT, _E, "", 0, 1, None, True, True, "1 SOS pressed, 0 released"),
    KindRow(Kind.FALL, _E, "", 0, 1, None, True, False, "1 fall detected, 0 clear"),
    KindRow(Kind.MEDICATION, _E, "", 0, 1, None, False, True, "1 dose taken, 0 dose missed"),
    KindRow(Kind.BATTERY, _L, "%", 0, 100, _DAY, False, False, "charge left"),
    KindRow(Kind.SIGNAL, _L, "%", 0, 100, _DAY, False, False, "radio link quality"),
    KindRow(Kind.GATEWAY_STATUS, _E, "", 0, 1, None, False, False, "1 online, 0 offline"),
    KindRow(Kind.AVAILABILITY, _E, "", 0, 1, None, False, False, "1 device reachable, 0 not"),
    KindRow(Kind.MAINS, _E, "", 0, 1, None, False, False, "1 on mains, 0 the mains failed"),
)
"""Every kind, by code."""

OF_DEVICES: Final = frozenset(
    {Kind.BATTERY, Kind.SIGNAL, Kind.GATEWAY_STATUS, Kind.AVAILABILITY, Kind.MAINS}
)
"""Kinds that tell of a device or hub, and not of the home or the person."""

CODE: Final[dict[Kind, int]] = {row.kind: code for code, row in enumerate(KINDS)}
"""Code of each kind."""

LOW: Final[NDArray[np.float64]] = np.array([row.low for row in KINDS], np.float64)
"""float64[kinds]: lowest plausible value by code."""

HIGH: Final[NDArray[np.float64]] = np.array([row.high for row in KINDS], np.float64)
"""float64[kinds]: highest plausible value by code."""

CADENCE_S: Final[NDArray[np.float64]] = np.array(
    [np.inf if row.cadence_s is None else row.cadence_s for row in KINDS], np.float64
)
"""float64[kinds]: longest usual time between reports in seconds, inf where silence is normal."""

IS_LIFE_SAFETY: Final[NDArray[np.bool_]] = np.array([row.is_life_safety for row in KINDS], np.bool_)
"""bool[kinds]: a value of 1 is a P1 signal."""

IS_PERSON_SIGN: Final[NDArray[np.bool_]] = np.array([row.is_person_sign for row in KINDS], np.bool_)
"""bool[kinds]: activity of this kind shows that somebody is there."""
