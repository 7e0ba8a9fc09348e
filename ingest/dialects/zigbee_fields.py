"""What Zigbee2MQTT's exposed properties measure.

Sources: the exposes of zigbee-herdsman-converters 26.112 (1,182 devices) and Zigbee2MQTT's
page "Exposes". Left out on purpose: ``device_temperature`` (the chip) and
``local_temperature`` (measured on a hot radiator valve) are not the room; ``gas`` is
combustible gas, or cubic metres on a meter, and no kind of ours; ``occupancy_2`` and
``mmwave_area*_occupancy`` are parts of the ``occupancy`` beside them; ``presence_*`` and
``occupancy_*`` otherwise are settings; ``power_outage_count`` counts starts after a cut, and does
not tell of the cut; ``fall_warning`` and ``maybe_fall`` come before a fall that the device
then confirms or drops; ``temperature_unit`` is the device's own display.
"""

from collections.abc import Mapping
from typing import Final

from config.kinds import Kind
from ingest.dialects.fields import Field, Fields, happened, hinted, measured, worded
from ingest.dialects.numbers import number, truth

REVERSED_CONTACTS: Final = frozenset({"TERNCY-DC01"})
"""Models whose ``contact: true`` means open; every other model's means closed."""

OBJECT_SENSORS: Final = frozenset({"MFKZQ01LM", "DWZTCGQ11LM"})
"""Models whose action ``fall`` is a thing that fell: Aqara's cube, and P100 in object mode."""

_LQI_FULL: Final = 255.0

# The switch-like words are those of the two devices (PushOk POK003, POK010) that declare
# ON as the value that means open; a bool is the contact itself, and closed is true.
_OPEN: Final = {"on": 1.0, "off": 0.0, "false": 1.0, "true": 0.0}
_CHARGE: Final = {"high": 100.0, "usb": 100.0, "medium": 50.0, "middle": 50.0, "low": 10.0}
_POWER_SOURCES: Final = frozenset(
    {"unknown", "battery", "mains (single phase)", "mains (3 phase)", "dc source"}
)
_ACTIONS: Final[Mapping[str, Kind]] = {
    "emergency": Kind.PENDANT,
    "panic": Kind.PENDANT,
    "sos": Kind.PENDANT,
    "fall": Kind.FALL,
}


def _opened(value: object) -> float:
    return truth(value, _OPEN) if isinstance(value, str) else 1.0 - truth(value)


def _charge(value: object) -> float | None:
    if isinstance(value, str):
        return _CHARGE.get(value.strip().lower())
    return number(value)


def _charge_unless_low(value: object) -> float:
    # A pendant may say no more about its battery than this.
    return _CHARGE["low"] if truth(value) else _CHARGE["high"]


def _link(value: object) -> float:
    return number(value) / _LQI_FULL * 100.0


def _watts(value: object) -> float | None:
    # One device calls its power source "power".
    if isinstance(value, str) and value.strip().lower() in _POWER_SOURCES:
        return None
    return number(value)


def _unless_at_fault(value: object) -> float:
    return 1.0 - truth(value)


def _action(kind: Kind) -> Field:
    def read(value: object) -> float | None:
        said = value.strip().lower() if isinstance(value, str) else ""
        return 1.0 if _ACTIONS.get(said) is kind else None

    return Field(kind, read)


_SMOKE_STATES: Final = {
    "alarm": 1.0,
    "normal": 0.0,
    "none": 0.0,
    "detecting": None,
    "unknown": None,
}
_FALL_STATES: Final = {
    "fall_alarm": 1.0,
    "fall": 1.0,
    "normal": 0.0,
    "none": 0.0,
    "fall_warning": None,
    "maybe_fall": None,
    "unknown": None,
}
_FALLING: Final = {
    "falling": 1.0,
    **dict.fromkeys(("unoccupied", "occupied", "sitting", "on_the_bed", "low_posture"), 0.0),
}
_LEAK_WORDS: Final = {"leak": 1.0, "dry": 0.0}
_LEAK_INPUTS: Final = (
    *(f"input_{n}_leak_detect_{n + 6}" for n in range(1, 11)),
    *(f"channel_{n}_leak_detect_{n + 16}" for n in range(1, 11)),
)
_LEAKS: Final = (
    "water_leak",
    "active_water_leak",
    "water_leak_both_zones",
    *(f"water_leak_zone_{n}" for n in (1, 2)),
    *(f"water_leak_wire_{n}" for n in (1, 2, 3, 4)),
)

FIELDS: Final[Fields] = {
    "contact": measured(Kind.CONTACT, _opened),
    "occupancy": happened(Kind.MOTION),
    "presence": happened(Kind.MOTION),
    "smoke": happened(Kind.SMOKE, rank=1),
    "smoke_state": worded(Kind.SMOKE, _SMOKE_STATES),
    "carbon_monoxide": happened(Kind.CARBON_MONOXIDE, rank=1),
    "co_state": worded(Kind.CARBON_MONOXIDE, {"alarm": 1.0, "normal": 0.0}),
    **dict.fromkeys(_LEAKS, happened(Kind.FLOOD)),
    **dict.fromkeys(_LEAK_INPUTS, worded(Kind.FLOOD, _LEAK_WORDS)),
    "sos": happened(Kind.PENDANT),
    "sos_alarm": happened(Kind.PENDANT),
    "action": (_action(Kind.PENDANT), _action(Kind.FALL)),
    "fall_status": worded(Kind.FALL, _FALL_STATES),
    "fall_down_status": worded(Kind.FALL, _FALL_STATES),
    "status": hinted(Kind.FALL, _FALLING),
    "temperature": measured(Kind.TEMPERATURE, number),
    "humidity": measured(Kind.HUMIDITY, number),
    "illuminance": measured(Kind.ILLUMINANCE, number),
    # Until 2.0 ``illuminance`` was the raw cluster value and this one the lux.
    "illuminance_lux": measured(Kind.ILLUMINANCE, number, rank=1),
    "power": measured(Kind.POWER, _watts),
    "battery": measured(Kind.BATTERY, _charge, rank=2),
    "battery_state": measured(Kind.BATTERY, _charge, rank=1),
    "battery_low": measured(Kind.BATTERY, _charge_unless_low),
    "linkquality": measured(Kind.SIGNAL, _link),
    "mains_power_connected": happened(Kind.MAINS, rank=1),
    # "Indicates whether the device mains voltage supply is at fault": true is a fault.
    "ac_status": measured(Kind.MAINS, _unless_at_fault),
}
"""Every property that is decoded, by name."""
