"""What Zigbee2MQTT announces of its devices: the list in ``bridge/devices``.

Written from its documentation, "MQTT topics and messages" and "Exposes". A list is taken whole or
not at all: a hub that is in order writes none with a mistake in it. Kept are address, name, model,
vendor and the kinds of ours that a device's exposes give; nothing else is looked at.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from config.announced import (
    MOST_BYTES,
    MOST_DEVICES,
    AnnouncedDevice,
    Source,
    kept_name,
    read_ieee,
    short_text,
)
from config.kinds import Kind
from ingest.dialects.dialect import Announced, Undecodable
from ingest.dialects.fields import Field
from ingest.dialects.zigbee_fields import FIELDS, OBJECT_SENSORS
from ingest.message import Reason

_PUBLISHED: Final = 1
_EXPECTED: Final = "expected the list of devices that Zigbee2MQTT writes"


class _Expose(msgspec.Struct, gc=False):
    type: str = ""
    property: str = ""
    access: int = _PUBLISHED
    values: list[object] = []
    value_on: object = None
    value_off: object = None
    features: list["_Expose"] = []


class _Definition(msgspec.Struct, gc=False):
    model: str | None = None
    vendor: str | None = None
    exposes: list[_Expose] | None = None


class _Device(msgspec.Struct, gc=False):
    ieee_address: str
    friendly_name: str = ""
    type: str = ""
    disabled: bool = False
    model_id: str | None = None
    manufacturer: str | None = None
    definition: _Definition | None = None


_decoder: Final = msgspec.json.Decoder(list[_Device])


def read_devices(payload: bytes) -> Announced:
    """Return the devices of a ``bridge/devices``; Undecodable says why it is refused whole.

    Left out are the coordinator, which is the hub itself, and what is disabled in the hub.
    """
    if len(payload) > MOST_BYTES:
        raise Undecodable(Reason.OVERSIZE, f"expected at most {MOST_BYTES:,} bytes of devices")
    try:
        said = _decoder.decode(payload)
    except msgspec.ValidationError:
        raise Undecodable(Reason.WRONG_SHAPE, _EXPECTED) from None
    except RecursionError:
        raise Undecodable(Reason.WRONG_SHAPE, f"{_EXPECTED}, found it nested too deeply") from None
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Undecodable(Reason.NOT_JSON, f"{_EXPECTED}, as JSON") from None
    if len(said) > MOST_DEVICES:
        raise Undecodable(Reason.OVERSIZE, f"expected at most {MOST_DEVICES:,} devices")
    devices = [_device(one) for one in said if one.type != "Coordinator" and not one.disabled]
    _expect_single([device.ieee for device in devices], "a Zigbee address")
    _expect_single([kept_name(one.name, one.ieee) for one in devices], "a name")
    return Announced(Source.BRIDGE, tuple(devices))


def readable_kinds(name: str, values: Iterable[object]) -> list[Kind]:
    """Return the kinds that a property of this name gives where it may have these values."""
    said = list(values)
    return [field.kind for field in FIELDS.get(name, ()) if _reads(field, said)]


def sorted_kinds(kinds: Iterable[Kind], model: str) -> tuple[Kind, ...]:
    """Return each kind of a device of this model once, by code."""
    found = set(kinds)
    if model in OBJECT_SENSORS:
        found.discard(Kind.FALL)
    return tuple(sorted(found, key=lambda kind: kind.code))


def _device(said: _Device) -> AnnouncedDevice:
    ieee = read_ieee(said.ieee_address)
    if not ieee:
        raise Undecodable(Reason.WRONG_SHAPE, f"{_EXPECTED}, each with its ieee_address")
    definition = said.definition or _Definition()
    model = short_text(definition.model or said.model_id)
    return AnnouncedDevice(
        ieee,
        said.friendly_name,
        model,
        short_text(definition.vendor or said.manufacturer),
        sorted_kinds(_exposed(definition.exposes or ()), model),
    )


def _exposed(exposes: Sequence[_Expose]) -> Iterable[Kind]:
    for one in exposes:
        if not one.property:  # a light, a switch: what it groups is published beside the others
            yield from _exposed(one.features)
        elif one.access & _PUBLISHED:
            yield from readable_kinds(one.property, _values(one))


def _values(one: _Expose) -> Sequence[object]:
    if one.type == "numeric":
        return (1.0,)
    if one.type == "binary":
        return (one.value_on, one.value_off)
    return one.values


def _reads(field: Field, values: Sequence[object]) -> bool:
    for value in values:
        try:
            if value is not None and field.read(value) is not None:
                return True
        except ValueError:
            continue
    return False


def _expect_single(names: Sequence[str], what: str) -> None:
    given = [name for name in names if name]
    if len(set(given)) < len(given):
        raise Undecodable(Reason.WRONG_SHAPE, f"{_EXPECTED}, found {what} twice")
