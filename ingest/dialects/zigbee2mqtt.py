"""Zigbee2MQTT, unchanged: its ``base_topic`` is ``stillwell/v1/{place}/{gateway}/zigbee2mqtt``.

Written from its documentation: "MQTT topics and messages", "MQTT" (the ``output`` and
``last_seen`` settings), "Device availability" and the devices' exposes.

- ``{name}`` carries an object; a name may contain ``/``, spaces and accents.
- ``{name}/{property}`` carries one bare value (``output: attribute``): ``true``, ``5``, ``OFF``.
- ``{name}/availability`` and ``bridge/state`` carry online or offline; ``bridge/health`` is
  sent only by a bridge that is alive, at its ``response_time``.
- ``bridge/devices`` and what stands below ``homeassistant/`` announce devices, and hold no reading.
- There is no time in it unless ``last_seen`` is set (ISO 8601 with offset, or epoch
  milliseconds).

State is cached and published whole: the same ``occupancy`` comes again with every temperature,
and a repeat is not a movement. Decoding has no memory and gives every value; the engine folds
them by change. Where ``occupancy`` and ``presence`` differ, somebody is there.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import ModelOf, Observation, Part, Undecodable
from ingest.dialects.discovery import ROOT as DISCOVERY
from ingest.dialects.discovery import read_discovery
from ingest.dialects.document import read_document, text_of
from ingest.dialects.fields import parts_of, read_fields, untimed
from ingest.dialects.status import state_of
from ingest.dialects.times import from_iso, from_ms
from ingest.dialects.zigbee_devices import read_devices
from ingest.dialects.zigbee_fields import FIELDS, OBJECT_SENSORS, REVERSED_CONTACTS
from ingest.message import Reason

_DEVICES: Final = "bridge/devices"
_AVAILABILITY: Final = "/availability"
_HEALTH_LATE_US: Final = 48 * 3_600_000_000
_COMMANDS: Final = frozenset({"set", "get", "write"})
_QUIET: Final = frozenset(
    {
        "config",
        "converters",
        "definitions",
        "extensions",
        "groups",
        "info",
        "log",
        "logging",
    }
)


def decode(rest: str, payload: bytes, received_us: int, model_of: ModelOf) -> Sequence[Part]:
    """Return what one message of the bridge, or of a device behind it, says."""
    if rest.startswith("bridge/"):
        return _bridge(rest, payload, received_us)
    if rest.startswith(DISCOVERY):
        return read_discovery(rest, payload)
    if rest.endswith(_AVAILABILITY):
        address = rest.removesuffix(_AVAILABILITY)
        return (Observation(address, Kind.AVAILABILITY, state_of(payload)),)
    said = _said(payload)
    if isinstance(said, dict):
        if rest.rpartition("/")[2] in _COMMANDS:
            raise Undecodable(Reason.NO_VALUE, "a command to a device, not a reading of one")
        return _device(rest, said, model_of)
    address, slash, name = rest.rpartition("/")
    if not slash or isinstance(said, list):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an object, or a value under its property")
    return _device(address, {name: said}, model_of)


def is_announcement(dialect: str, rest: str) -> bool:
    """Return whether what stands here announces devices: it may hold names that people gave."""
    return dialect == "zigbee2mqtt" and (rest == _DEVICES or rest.startswith(DISCOVERY))


def _bridge(rest: str, payload: bytes, received_us: int) -> Sequence[Part]:
    about = rest.split("/")[1]
    if rest == "bridge/state":
        return (Observation("", Kind.GATEWAY_STATUS, state_of(payload)),)
    if rest == "bridge/health":
        return (Observation("", Kind.GATEWAY_STATUS, 1.0, _health_time(payload, received_us)),)
    if rest == _DEVICES:
        return (read_devices(payload),)
    if about in _QUIET:
        return ()
    raise Undecodable(Reason.NO_VALUE, "the bridge's own business, not a reading")


def _health_time(payload: bytes, received_us: int) -> int | None:
    """Return when the bridge answered, None unless that is believable: it is alive anyhow."""
    try:
        said = read_document(payload)
        time_us = from_ms(said.get("response_time") if isinstance(said, dict) else None)
    except Undecodable:
        return None
    return time_us if received_us - _HEALTH_LATE_US < time_us <= received_us else None


def _said(payload: bytes) -> object:
    """Return the payload's JSON, or its bare text, which attribute topics do not quote."""
    try:
        return read_document(payload)
    except Undecodable as error:
        if error.reason is not Reason.NOT_JSON or payload[:1] in (b"{", b"["):
            raise
        return text_of(payload)


def _device(address: str, said: Mapping[str, object], model_of: ModelOf) -> Sequence[Part]:
    reading = read_fields(said, FIELDS)
    values = reading.values
    if Kind.CONTACT in values or Kind.FALL in values:
        model = model_of(address) or _own_model(said)
        if model in REVERSED_CONTACTS and Kind.CONTACT in values:
            values[Kind.CONTACT] = 1.0 - values[Kind.CONTACT]
        if model in OBJECT_SENSORS:
            values.pop(Kind.FALL, None)
    if not values and not reading.garbled:
        raise Undecodable(Reason.NO_VALUE, "no property that is a reading")
    try:
        time_us = _time(said.get("last_seen"))
    except Undecodable as error:
        return untimed(parts_of(address, reading, None), error.detail)
    return parts_of(address, reading, time_us)


def _own_model(said: Mapping[str, object]) -> str:
    device = said.get("device")
    model = device.get("model") if isinstance(device, dict) else None
    return model if isinstance(model, str) else ""


def _time(last_seen: object) -> int | None:
    if last_seen is None:
        return None
    return from_iso(last_seen) if isinstance(last_seen, str) else from_ms(last_seen)
