"""What a simulated Zigbee2MQTT hub announces: its list of devices, and Home Assistant discovery.

Beside the devices of the home it has two that are enrolled nowhere: a movement sensor on the
landing, for somebody to accept, and a lamp, of which nothing is to be read.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from config.homes import Enrolment, Gateway
from config.kinds import Kind
from sensors_sim.dialects.dialect import ZIGBEE, Outgoing, prefix

_VENDOR: Final = "Stillwell simulator"
_CONTACT: Final = {"type": "binary", "property": "contact", "value_on": False, "value_off": True}


def _binary(name: str) -> dict[str, Any]:
    return {"type": "binary", "property": name, "value_on": True, "value_off": False}


def _numeric(name: str) -> dict[str, Any]:
    return {"type": "numeric", "property": name}


EXPOSES: Final[Mapping[Kind, dict[str, Any]]] = {
    Kind.MOTION: _binary("occupancy"),
    Kind.CONTACT: _CONTACT,
    Kind.BED: _CONTACT,
    Kind.CHAIR: _CONTACT,
    Kind.SMOKE: _binary("smoke"),
    Kind.CARBON_MONOXIDE: _binary("carbon_monoxide"),
    Kind.FLOOD: _binary("water_leak"),
    Kind.PENDANT: {"type": "enum", "property": "action", "values": ["emergency"]},
    Kind.FALL: {"type": "enum", "property": "action", "values": ["fall"]},
    Kind.MAINS: _binary("ac_status"),
    **{
        kind: _numeric(name)
        for kind, name in (
            (Kind.TEMPERATURE, "temperature"),
            (Kind.HUMIDITY, "humidity"),
            (Kind.ILLUMINANCE, "illuminance"),
            (Kind.POWER, "power"),
            (Kind.BATTERY, "battery"),
            (Kind.SIGNAL, "linkquality"),
        )
    },
}
"""What a device of each kind declares."""

_SPARE: Final[Mapping[str, Sequence[Kind]]] = {
    "landing/motion": (Kind.MOTION, Kind.BATTERY, Kind.SIGNAL),
    "hall/lamp": (Kind.SIGNAL,),
}


def ieee_of(gateway: str, address: str) -> str:
    """Return the Zigbee address of a simulated device, the same each time."""
    digest = hashlib.blake2b(f"{gateway}/{address}".encode(), digest_size=5)
    return f"0x00158d{digest.hexdigest()}"


def announcements(enrolment: Enrolment) -> dict[int, list[Outgoing]]:
    """Return by the row of each Zigbee2MQTT gateway what it announces at its start, retained."""
    devices: dict[int, dict[str, list[Kind]]] = {}
    models: dict[tuple[int, str], str] = {}
    for sensor in enrolment.sensors:
        if sensor.dialect == ZIGBEE and sensor.kind in EXPOSES:
            devices.setdefault(sensor.gateway, {}).setdefault(sensor.address, []).append(
                sensor.kind
            )
            models[sensor.gateway, sensor.address] = sensor.model
    made = {}
    for row, gateway in enumerate(enrolment.gateways):
        own = devices.get(gateway.number)
        if own:
            known = {address: models[gateway.number, address] for address in own}
            said = _said(gateway, {**own, **_SPARE}, known)
            made[row] = [Outgoing(row, topic, payload, 0) for topic, payload in said]
    return made


def _said(
    gateway: Gateway, devices: Mapping[str, Sequence[Kind]], models: Mapping[str, str]
) -> Iterable[tuple[str, bytes]]:
    base = f"{prefix(gateway)}/{ZIGBEE}"
    listed: list[dict[str, Any]] = [
        {"ieee_address": ieee_of(gateway.id, ""), "friendly_name": "Coordinator",
         "type": "Coordinator"},
    ]  # fmt: skip
    for address, kinds in devices.items():
        model = models.get(address, "SIM-1") or "SIM-1"
        exposes = [EXPOSES[kind] for kind in kinds]
        listed.append(
            {
                "ieee_address": ieee_of(gateway.id, address),
                "friendly_name": address,
                "type": "EndDevice",
                "disabled": False,
                "definition": {"model": model, "vendor": _VENDOR, "exposes": exposes},
            }
        )
    yield f"{base}/bridge/devices", json.dumps(listed).encode()
    for address, kinds in devices.items():
        about = {
            "identifiers": [f"zigbee2mqtt_{ieee_of(gateway.id, address)}"],
            "manufacturer": _VENDOR,
            "model_id": models.get(address, "SIM-1") or "SIM-1",
        }
        for kind in kinds:
            yield _discovered(base, address, about, EXPOSES[kind])


def _discovered(
    base: str, address: str, about: Mapping[str, Any], exposes: Mapping[str, Any]
) -> tuple[str, bytes]:
    """Return the topic and payload by which Home Assistant learns of one quantity."""
    name = exposes["property"]
    node = about["identifiers"][0].removeprefix("zigbee2mqtt_")
    said = {"device": about, "unique_id": f"{node}_{name}_zigbee2mqtt"}
    if exposes["type"] == "enum":
        (word,) = exposes["values"]
        component, leaf = "device_automation", f"{name}_{word}"
        said |= {"automation_type": "trigger", "topic": f"{base}/{address}/action", "type": name}
        said |= {"subtype": word, "payload": word}
    else:
        component = "binary_sensor" if exposes["type"] == "binary" else "sensor"
        leaf = name
        said |= {"state_topic": f"{base}/{address}"}
        said |= {"value_template": "{{ value_json." + name + " }}"}
        if component == "binary_sensor":
            said |= {"payload_on": exposes["value_on"], "payload_off": exposes["value_off"]}
    return f"{base}/homeassistant/{component}/{node}/{leaf}/config", json.dumps(said).encode()
