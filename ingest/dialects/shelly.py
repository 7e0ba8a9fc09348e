"""Shelly Gen2 and later, unchanged: topic prefix ``stillwell/v1/{place}/{gateway}/shelly/{id}``.

Written from the Shelly API documentation, "MQTT" and the pages of its components.

- ``{id}/events/rpc`` carries ``NotifyStatus`` and ``NotifyFullStatus`` with ``params.ts`` in
  seconds of UTC; the first holds only what changed.
- ``{id}/status/{component}`` carries the status of one component, without a time.
- ``{id}/online`` carries ``true`` or ``false`` and is retained.
- ``{id}`` may have several levels: it is whatever topic prefix the device was given.

A component with another number than 0 (or 100, the first of an add-on) is a device of its own,
``{id}:{number}``. The temperature inside a relay is not the room, and what an input's button is
for is not said: both are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.fields import Fields, dated, happened, measured, parts_of, read_fields, untimed
from ingest.dialects.numbers import number, percent_of_dbm, truth
from ingest.dialects.times import from_seconds
from ingest.message import Reason

_NOTICES: Final = frozenset({"NotifyStatus", "NotifyFullStatus"})
_FIRST: Final = frozenset({"", "0", "100"})


def _charge(value: object) -> float | None:
    percent = value.get("percent") if isinstance(value, dict) else value
    return None if percent is None else number(percent)


def _external(value: object) -> float | None:
    present = value.get("present") if isinstance(value, dict) else value
    return None if present is None else truth(present)


def _link(value: object) -> float:
    return percent_of_dbm(number(value))


_POWER: Final[Fields] = {"apower": measured(Kind.POWER, number)}
COMPONENTS: Final[Mapping[str, Fields]] = {
    "temperature": {"tC": measured(Kind.TEMPERATURE, number)},
    "humidity": {"rh": measured(Kind.HUMIDITY, number)},
    "illuminance": {"lux": measured(Kind.ILLUMINANCE, number)},
    "devicepower": {
        "battery": measured(Kind.BATTERY, _charge),
        "external": measured(Kind.MAINS, _external),
    },
    "smoke": {"alarm": happened(Kind.SMOKE)},
    "flood": {"alarm": happened(Kind.FLOOD)},
    "presence": {"presence": happened(Kind.MOTION)},
    "wifi": {"rssi": measured(Kind.SIGNAL, _link)},
    "switch": _POWER,
    "pm1": _POWER,
}
"""What the fields of each component measure."""


def decode(rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return what one message of a device says."""
    device, about = _addressed(rest)
    if about == "online":
        return (Observation(device, Kind.AVAILABILITY, _online(payload)),)
    if about != "events/rpc" and not about.startswith("status/"):
        raise Undecodable(Reason.NO_VALUE, "no notice of a device's status")
    said = read_document(payload)
    if not isinstance(said, dict):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an object")
    if about != "events/rpc":
        return _parts(device, {about.removeprefix("status/"): said})
    params = said.get("params")
    method = said.get("method")
    if not isinstance(method, str) or method not in _NOTICES or not isinstance(params, dict):
        return ()  # a push, an answer, a firmware that arrived
    parts = _parts(device, params)
    if params.get("ts") is None or not parts:
        return parts
    try:
        time_us = from_seconds(params["ts"])
    except Undecodable as error:
        return untimed(parts, error.detail)
    return dated(parts, time_us)


def _addressed(rest: str) -> tuple[str, str]:
    """Return the device, whose prefix may have several levels, and what the message is about."""
    for about in ("events/rpc", "online"):
        if rest.endswith(f"/{about}"):
            return rest.removesuffix(f"/{about}"), about
    device, between, component = rest.rpartition("/status/")
    return (device, f"status/{component}") if between else (rest, "")


def _parts(device: str, components: Mapping[str, object]) -> list[Part]:
    parts: list[Part] = []
    for key, status in components.items():
        name, _, index = key.partition(":")
        fields = COMPONENTS.get(name)
        if fields is not None and isinstance(status, dict):
            address = device if index in _FIRST else f"{device}:{index}"
            parts += parts_of(address, read_fields(status, fields), None)
    return parts


def _online(payload: bytes) -> float:
    try:
        return truth(read_document(payload))
    except ValueError:
        raise Undecodable(Reason.WRONG_SHAPE, "expected true or false") from None
