"""What Home Assistant discovery says of a Zigbee2MQTT hub's devices, one quantity a message.

The hub's ``homeassistant.discovery_topic`` is ``homeassistant`` below its ``base_topic``, for a
gateway may write nowhere else. Written from "MQTT discovery" of Home Assistant's documentation:
keys may be abbreviated, ``~`` stands for a base topic, a device's quantities come one by one or
together under ``components``, and an empty payload takes one back.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from config.announced import IEEE, MOST_BYTES, AnnouncedDevice, Source, read_ieee, short_text
from config.kinds import Kind
from ingest.dialects.dialect import Announced, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.zigbee_devices import readable_kinds, sorted_kinds
from ingest.dialects.zigbee_fields import FIELDS
from ingest.message import Reason
from ingest.topic import parse_topic

ROOT: Final = "homeassistant/"
_CONFIG: Final = "config"
_PROPERTY: Final = re.compile(r"value_json(?:\.(\w+)|\[['\"](\w+)['\"]\])", re.ASCII)
_COMPONENTS: Final = frozenset({"binary_sensor", "sensor", "event", "device_automation"})
_LONG: Final = {
    "stat_t": "state_topic", "t": "topic", "val_tpl": "value_template", "dev": "device",
    "ids": "identifiers", "mf": "manufacturer", "mdl": "model", "cmps": "components",
    "p": "platform", "pl": "payload", "pl_on": "payload_on", "pl_off": "payload_off",
    "ops": "options", "evt_typ": "event_types",
}  # fmt: skip
Said = Mapping[str, object]


def read_discovery(rest: str, payload: bytes) -> Sequence[Announced]:
    """Return what a message below ``homeassistant/`` announces; nothing of what is no sensor.

    Undecodable when it is no discovery message.
    """
    levels = rest.split("/")
    if levels[-1] != _CONFIG or not 3 < len(levels) < 6:
        return ()  # what Home Assistant says of itself
    component = levels[1]
    if not payload:
        return _taken_back(levels[2:-1])
    if len(payload) > MOST_BYTES:
        raise Undecodable(Reason.OVERSIZE, f"expected at most {MOST_BYTES:,} bytes")
    said = read_document(payload)
    if not isinstance(said, dict):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an object of Home Assistant's discovery")
    whole = _spelt_out(said)
    if component == "device":
        return _together(whole)
    return _one(component, whole, whole) if component in _COMPONENTS else ()


def _spelt_out(said: Said) -> dict[str, object]:
    found = {_LONG.get(key, key): value for key, value in said.items()}
    base = found.get("~")
    for key in ("state_topic", "topic"):
        topic = found.get(key)
        if isinstance(base, str) and isinstance(topic, str):
            found[key] = topic.replace("~", base, 1)
    return found


def _together(whole: Said) -> Sequence[Announced]:
    components = whole.get("components")
    found: list[Announced] = []
    for one in components.values() if isinstance(components, dict) else ():
        if isinstance(one, dict):
            said = _spelt_out({"~": whole.get("~"), "state_topic": whole.get("state_topic"), **one})
            platform = said.get("platform")
            if isinstance(platform, str) and platform in _COMPONENTS:
                found += _one(platform, said, whole)
    return found


def _one(component: str, said: Said, whole: Said) -> Sequence[Announced]:
    """Return the device with the kinds of this one quantity."""
    topic = said.get("state_topic") or said.get("topic")
    place = parse_topic(topic.encode("utf-8", "replace")) if isinstance(topic, str) else None
    if place is None or place.rest.startswith("bridge/"):
        return ()
    device = whole.get("device")
    about = _spelt_out(device) if isinstance(device, dict) else {}
    ieee = _ieee(about.get("identifiers"))
    if not ieee:
        return ()
    names = _properties(component, said.get("value_template"))
    kinds = [kind for name in names for kind in readable_kinds(name, _values(component, said))]
    model = short_text(about.get("model_id") or about.get("model"))
    found = AnnouncedDevice(
        ieee,
        _without_property(place.rest, names),
        model,
        short_text(about.get("manufacturer")),
        sorted_kinds(kinds, model),
    )
    under = f"{place.gateway}/{place.dialect}"
    return (Announced(Source.DISCOVERY, (found,), (), under),) if kinds else ()


def _properties(component: str, template: object) -> list[str]:
    if component in ("event", "device_automation"):
        return ["action"]
    text = template if isinstance(template, str) else ""
    return [name for pair in _PROPERTY.findall(text[:2000]) for name in pair if name in FIELDS]


def _values(component: str, said: Said) -> Iterable[object]:
    if component == "binary_sensor":
        return (said.get("payload_on"), said.get("payload_off"), True)
    if component == "device_automation":
        return (said.get("payload"),)
    listed = said.get("event_types" if component == "event" else "options")
    return listed if isinstance(listed, list) else (1.0,)


def _without_property(address: str, names: Sequence[str]) -> str:
    """Return the device's name: a hub that writes a topic an attribute adds the attribute."""
    head, _, last = address.rpartition("/")
    return head if head and last in names else address


def _ieee(identifiers: object) -> str:
    listed = identifiers if isinstance(identifiers, list) else [identifiers]
    for one in listed:
        text = one.lower() if isinstance(one, str) else ""
        found = IEEE.search(text)
        if found and text[: found.start()] in ("", "zigbee2mqtt_"):
            return found[0]
    return ""


def _taken_back(levels: Sequence[str]) -> Sequence[Announced]:
    """Return what an empty message takes back: one quantity, or the device with all of them."""
    ieee = read_ieee(levels[0])
    if not ieee:
        return ()
    quantity = levels[1] if len(levels) > 1 else ""
    name = "action" if quantity.startswith("action") else quantity
    kinds = tuple(field.kind for field in FIELDS.get(name, ())) if name else tuple(Kind)
    return (Announced(Source.DISCOVERY, (), ((ieee, kinds),)),) if kinds else ()
