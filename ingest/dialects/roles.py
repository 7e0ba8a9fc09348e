"""What a quantity means on a device that was enrolled as something else.

A hub does not know what a sensor was put on. A pressure pad with a contact output says
``contact`` (OWON SPM915: closed while somebody lies on it), a pad with an occupancy output
says ``occupancy`` (Tuya bed strap): enrolled as a bed or a chair, that is what they measure.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from config.sensor_table import Device

ROLES: Final[Mapping[Kind, Sequence[tuple[Kind, bool]]]] = {
    Kind.CONTACT: ((Kind.BED, True), (Kind.CHAIR, True)),
    Kind.MOTION: ((Kind.BED, False), (Kind.CHAIR, False)),
}
"""Said kind -> the kinds that it may stand for, and whether its value is turned round."""


def sensor_for(device: Device, kind: Kind, value: float) -> tuple[int, float] | None:
    """Return the sensor and its value that this quantity is for, None when not enrolled."""
    number = device.sensors.get(kind)
    if number is not None:
        return number, value
    for role, is_turned in ROLES.get(kind, ()):
        number = device.sensors.get(role)
        if number is not None:
            return number, 1.0 - value if is_turned else value
    return None
