"""Tasmota, its ``FullTopic`` set to ``stillwell/v1/{place}/{gateway}/tasmota/%prefix%/%topic%/``.

Written from its pages "MQTT", "JSON Status Responses" and "Supported Peripherals".

- ``tele/{name}/SENSOR`` carries an object a peripheral (``"AM2301": {"Temperature": 21.5}``),
  ``tele/{name}/STATE`` the link, ``tele/{name}/LWT`` ``Online`` or ``Offline``, retained.
- ``Time`` is local and has no offset, so the time of receipt is taken, unless ``SetOption52``
  has put an offset there.
- ``TempUnit`` ``F`` is turned into Celsius. Of several thermometers the last named one counts;
  those of the chip (``ESP32``, ``MPU6050``) and of the analogue pin are left out.
- ``ZbReceived`` (its Zigbee bridge) and ``LwReceived`` (its LoRaWAN bridge), in ``SENSOR`` or
  ``RESULT``, speak for other devices, each ``{name}:{key}``. Their ``Power`` is a switch's state.
- ``RSSI`` is percent in ``Wifi`` and dBm elsewhere. What ``Switch1`` is wired to is not said.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document, text_of
from ingest.dialects.fields import (
    Fields,
    Reading,
    dated,
    happened,
    measured,
    parts_of,
    read_fields,
    untimed,
)
from ingest.dialects.numbers import number, percent_of_dbm
from ingest.dialects.times import from_iso
from ingest.message import Reason

_LEVELS: Final = 3
_CHIPS: Final = frozenset({"ESP32", "MPU6050"})
_STATES: Final = {"online": 1.0, "offline": 0.0}
_OFFSET_AT: Final = 19
_BEST_LINK: Final = 255.0


def _link_quality(value: object) -> float:
    return 100.0 * number(value) / _BEST_LINK


def _dbm(value: object) -> float:
    return percent_of_dbm(number(value))


_EVENTS: Final[Fields] = {
    "Occupancy": happened(Kind.MOTION),
    "Motion": happened(Kind.MOTION),
    "Contact": happened(Kind.CONTACT),
    "Water": happened(Kind.FLOOD),
    "Fire": happened(Kind.SMOKE),
    "CO": happened(Kind.CARBON_MONOXIDE),
    "PersonalAlarm": happened(Kind.PENDANT),
    "Panic": happened(Kind.PENDANT),
}

_HAPPENING: Final = frozenset(field.kind for (field,) in _EVENTS.values())

FIELDS: Final[Fields] = {
    "Temperature": measured(Kind.TEMPERATURE, number),
    "Humidity": measured(Kind.HUMIDITY, number),
    "Illuminance": measured(Kind.ILLUMINANCE, number),
    "Power": measured(Kind.POWER, number),
    "Battery": measured(Kind.BATTERY, number),
    **_EVENTS,
}
"""What the fields of a peripheral measure; an open contact is 1, as here."""

_OF_PERIPHERAL: Final[Mapping[str, Fields]] = {
    "Wifi": {"RSSI": measured(Kind.SIGNAL, number)},
    "ANALOG": {"Illuminance": FIELDS["Illuminance"]},
    "IBEACON": {},
}
"""Peripherals whose fields mean something else, or nothing here."""

BRIDGED: Final[Mapping[str, Fields]] = {
    "ZbReceived": {
        "Temperature": FIELDS["Temperature"],
        "Humidity": FIELDS["Humidity"],
        "Illuminance": FIELDS["Illuminance"],
        "ActivePower": measured(Kind.POWER, number),
        "BatteryPercentage": measured(Kind.BATTERY, number),
        "LinkQuality": measured(Kind.SIGNAL, _link_quality),
        **_EVENTS,
    },
    "LwReceived": {
        "DoorOpen": happened(Kind.CONTACT),
        "RSSI": measured(Kind.SIGNAL, _dbm),
        "Temperature": FIELDS["Temperature"],
        "Humidity": FIELDS["Humidity"],
        "Occupancy": happened(Kind.MOTION),
        "Leak": happened(Kind.FLOOD),
    },
}
"""What the devices of a bridge say."""


def decode(rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return what one message of a device says."""
    levels = rest.split("/")
    if len(levels) < _LEVELS or levels[0] not in ("tele", "stat"):
        raise Undecodable(Reason.BAD_TOPIC, "expected tele/{name}/SENSOR, STATE or LWT")
    address, about = "/".join(levels[1:-1]), levels[-1]
    if about == "LWT":
        state = _STATES.get(text_of(payload).strip().lower())
        if state is None:
            raise Undecodable(Reason.WRONG_SHAPE, "expected Online or Offline")
        return (Observation(address, Kind.AVAILABILITY, state),)
    if about == "RESULT":
        said = read_document(payload)
        return _bridged(address, said) if isinstance(said, dict) else ()
    if about not in ("SENSOR", "STATE", "STATUS8", "STATUS10"):
        return ()
    said = read_document(payload)
    if isinstance(said, dict) and isinstance(said.get("StatusSNS"), dict):
        said = said["StatusSNS"]
    if not isinstance(said, dict):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an object")
    parts = _parts(address, said)
    time = said.get("Time")
    if not isinstance(time, str) or len(time) <= _OFFSET_AT:
        return parts
    try:
        time_us = from_iso(time)
    except Undecodable as error:
        return untimed(parts, error.detail)
    return dated(parts, time_us)


def _parts(address: str, said: Mapping[str, object]) -> list[Part]:
    values: dict[Kind, float] = {}
    garbled: list[tuple[Kind, str]] = []
    for name, inner in said.items():
        if isinstance(inner, dict) and name not in _CHIPS and name not in BRIDGED:
            found = read_fields(inner, _OF_PERIPHERAL.get(name, FIELDS))
            for kind, value in found.values.items():
                # One detector's "nothing" must not hide another's fire.
                values[kind] = max(value, values.get(kind, value)) if kind in _HAPPENING else value
            garbled += found.garbled
    parts = parts_of(address, Reading(values, garbled), None) + _bridged(address, said)
    if said.get("TempUnit") == "F":
        return [_in_celsius(part) for part in parts]
    return parts


def _bridged(address: str, said: Mapping[str, object]) -> list[Part]:
    parts: list[Part] = []
    for bridge, fields in BRIDGED.items():
        devices = said.get(bridge)
        for key, inner in devices.items() if isinstance(devices, dict) else ():
            if isinstance(inner, dict):
                parts += parts_of(f"{address}:{key}", read_fields(inner, fields), None)
    return parts


def _in_celsius(part: Part) -> Part:
    if isinstance(part, Observation) and part.kind is Kind.TEMPERATURE:
        return part._replace(value=(part.value - 32.0) / 1.8)
    return part
