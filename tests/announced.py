"""What a Zigbee2MQTT hub announces, small and invented: the list of its bridge, and discovery."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

MOTION: Final = {"type": "binary", "property": "occupancy", "value_on": True, "value_off": False}
CONTACT: Final = {"type": "binary", "property": "contact", "value_on": False, "value_off": True}
SMOKE: Final = {"type": "binary", "property": "smoke", "value_on": True, "value_off": False}
BATTERY: Final = {"type": "numeric", "property": "battery"}
TEMPERATURE: Final = {"type": "numeric", "property": "temperature"}


def ieee(number: int) -> str:
    """Return the Zigbee address of an invented device."""
    return f"0x00158d{number:010x}"


def device(
    number: int,
    name: str | None = None,
    exposes: Sequence[Mapping[str, Any]] = (MOTION, BATTERY),
    **more: object,
) -> dict[str, Any]:
    """Return one device as ``bridge/devices`` lists it; without a name it goes by its address."""
    definition = {"model": f"M-{number}", "vendor": "Larkspur Sensors", "exposes": list(exposes)}
    made = {
        "ieee_address": ieee(number),
        "friendly_name": ieee(number) if name is None else name,
        "type": "EndDevice",
        "supported": True,
        "disabled": False,
        "definition": definition,
    }
    return made | more


def listed(*devices: Mapping[str, Any]) -> bytes:
    """Return the payload of ``bridge/devices``; a hub lists its coordinator too."""
    hub = {"ieee_address": ieee(0), "friendly_name": "Coordinator", "type": "Coordinator"}
    return json.dumps([hub, *devices]).encode()


def discovered(
    number: int, base: str, name: str, quantity: str, component: str = "binary_sensor"
) -> tuple[str, bytes]:
    """Return (topic below the dialect, payload) that announce one quantity to Home Assistant."""
    said: dict[str, object] = {
        "name": None,
        "state_topic": f"{base}/zigbee2mqtt/{name}",
        "unique_id": f"{ieee(number)}_{quantity}_zigbee2mqtt",
        "value_template": "{{ value_json." + quantity + " }}",
        "device": {
            "identifiers": [f"zigbee2mqtt_{ieee(number)}"],
            "manufacturer": "Larkspur Sensors",
            "model": "Sensor",
            "model_id": f"M-{number}",
            "name": name,
        },
    }
    if component == "binary_sensor":
        said |= {"payload_on": True, "payload_off": False}
    topic = f"homeassistant/{component}/{ieee(number)}/{quantity}/config"
    return topic, json.dumps(said).encode()
