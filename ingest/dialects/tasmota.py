"""Tasmota, its ``FullTopic`` set to ``stillwell/v1/{place}/{gateway}/tasmota/%prefix%/%topic%/``.

Written from its pages "MQTT", "JSON Status Responses" and "Supported Peripherals".

- ``tele/{name}/SENSOR`` carries an object a peripheral (``"AM2301": {"Temperature": 21.5}``),
  ``tele/{name}/STATE`` the link, ``tele/{name}/LWT`` ``Online`` or ``Offline``, retained.
- ``Time`` is local and has no offset, so the time of receipt is taken, unless ``SetOption52``
  has put an offset there.
- ``TempUnit`` ``F`` is turned into Celsius. Of several thermometers the last named one counts;
  ``ANALOG`` and ``ESP32``, which measure the chip, are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document, text_of
from ingest.dialects.fields import Fields, dated, happened, measured, parts_of, read_fields, untimed
from ingest.dialects.numbers import number
from ingest.dialects.times import from_iso
from ingest.message import Reason

_LEVELS: Final = 3
_CHIPS: Final = frozenset({"ANALOG", "ESP32"})
_STATES: Final = {"online": 1.0, "offline": 0.0}
_OFFSET_AT: Final = 19

FIELDS: Final[Fields] = {
    "Temperature": measured(Kind.TEMPERATURE, number),
    "Humidity": measured(Kind.HUMIDITY, number),
    "Illuminance": measured(Kind.ILLUMINANCE, number),
    "Power": measured(Kind.POWER, number),
    "RSSI": measured(Kind.SIGNAL, number),
    "Battery": measured(Kind.BATTERY, number),
    "Occupancy": happened(Kind.MOTION),
    "Motion": happened(Kind.MOTION),
    "Contact": happened(Kind.CONTACT),
    "Water": happened(Kind.FLOOD),
    "Fire": happened(Kind.SMOKE),
    "CO": happened(Kind.CARBON_MONOXIDE),
}
"""What the fields of a peripheral measure; an open contact is 1, as here."""


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
    fields: dict[str, object] = {}
    for name, inner in said.items():
        if isinstance(inner, dict) and name not in _CHIPS:
            fields.update(inner)
    parts = parts_of(address, read_fields(fields, FIELDS), None)
    if said.get("TempUnit") == "F":
        return [_in_celsius(part) for part in parts]
    return parts


def _in_celsius(part: Part) -> Part:
    if isinstance(part, Observation) and part.kind is Kind.TEMPERATURE:
        return part._replace(value=(part.value - 32.0) / 1.8)
    return part
