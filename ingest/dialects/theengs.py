"""Theengs Gateway: decoded Bluetooth devices, ``.../BTtoMQTT/{address}``.

Written from its page "Details and advanced options" and the properties of Theengs Decoder. The
device is named by the last level of the topic, its address without colons, in upper case. There
is no time in it. ``tempf`` repeats ``tempc``; ``volt`` is no charge, ``lightlevel`` no lux. What a
button is for is not said. A blind or curtain (``WCVR``) says how far it is open and whether its
motor runs: neither is a door, nor a person.
"""

from collections.abc import Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import ModelOf, Part, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.fields import Fields, happened, measured, parts_of, read_fields, worded
from ingest.dialects.numbers import number, percent_of_dbm
from ingest.message import Reason


def _link(value: object) -> float:
    return percent_of_dbm(number(value))


_BLIND: Final = "WCVR"
_DOOR: Final = {"open": 1.0, "timeout not closed": 1.0, "closed": 0.0}

FIELDS: Final[Fields] = {
    "tempc": measured(Kind.TEMPERATURE, number),
    "hum": measured(Kind.HUMIDITY, number),
    "lux": measured(Kind.ILLUMINANCE, number),
    "batt": measured(Kind.BATTERY, number),
    "power": measured(Kind.POWER, number),
    "rssi": measured(Kind.SIGNAL, _link),
    "motion": happened(Kind.MOTION),
    "presence": happened(Kind.MOTION),
    "occupancy": happened(Kind.MOTION),
    "open": happened(Kind.CONTACT),
    "contact": worded(Kind.CONTACT, _DOOR),
    "door": happened(Kind.CONTACT),
    "window": happened(Kind.CONTACT),
    "smoke": happened(Kind.SMOKE),
    "carbon_monoxide": happened(Kind.CARBON_MONOXIDE),
    "water_leak": happened(Kind.FLOOD),
    "moisture_detected": happened(Kind.FLOOD),
}
"""Every property that is decoded, by name; what is open is 1."""

_BLIND_FIELDS: Final[Fields] = {name: FIELDS[name] for name in ("batt", "rssi")}


def decode(rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return what one advertisement of a device says."""
    above, _, address = rest.rpartition("/")
    if above.rpartition("/")[2] != "BTtoMQTT":
        return ()  # the gateway's own state and versions
    said = read_document(payload)
    if not isinstance(said, dict):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an object")
    fields = _BLIND_FIELDS if said.get("type") == _BLIND else FIELDS
    parts = parts_of(address.upper(), read_fields(said, fields), None)
    if not parts:
        raise Undecodable(Reason.NO_VALUE, "no property that is a reading")
    return parts
