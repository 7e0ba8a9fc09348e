"""What a payload says, worked out the slow and obvious way; the twin of ``ingest/dialects``.

It shares no table and no function with them. It knows only the fields that the corpus holds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Expected = tuple[str, str, float, int | None]
"""Address, kind, value, time in milliseconds (None: at receipt)."""

_ZIGBEE_SAME = ("temperature", "humidity", "power")
_ZIGBEE_TRUE = {
    "smoke": "smoke",
    "carbon_monoxide": "carbon-monoxide",
    "water_leak": "flood",
    "sos": "pendant",
}
_ZIGBEE_ACTIONS = {"emergency": "pendant", "panic": "pendant", "sos": "pendant", "fall": "fall"}
_WORDS = {"high": 100.0, "medium": 50.0, "low": 10.0}


def _iso_ms(text: str) -> int:
    whole, _, rest = text.partition(".")
    offset = rest.lstrip("0123456789") if rest else ""
    fraction = rest[: len(rest) - len(offset)][:3] if rest else "000"
    moment = datetime.fromisoformat(whole + offset)
    return round(moment.timestamp()) * 1000 + int(fraction.ljust(3, "0"))


def zigbee2mqtt(rest: str, said: object) -> Sequence[Expected]:
    """Return what a message of Zigbee2MQTT says; ``rest`` is the topic below the base topic."""
    if rest.startswith("bridge/") or rest.rsplit("/", maxsplit=1)[-1] in ("set", "get", "write"):
        return []
    if not isinstance(said, dict):
        return []
    if rest.endswith("/availability"):
        address = rest[: -len("/availability")]
        return [(address, "availability", float(said["state"] == "online"), None)]
    told = {name: value for name, value in said.items() if value is not None}
    found = {**_zigbee_events(told), **_zigbee_levels(told)}
    seen = told.get("last_seen")
    time = _iso_ms(seen) if isinstance(seen, str) else seen
    return [(rest, kind, value, time) for kind, value in found.items()]


def _zigbee_events(told: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, kind in _ZIGBEE_TRUE.items():
        if name in told:
            found[kind] = 1.0 if told[name] else 0.0
    if "occupancy" in told or "presence" in told:
        found["motion"] = 1.0 if told.get("occupancy") or told.get("presence") else 0.0
    if "contact" in told:
        found["contact"] = 0.0 if told["contact"] else 1.0
    if told.get("action") in _ZIGBEE_ACTIONS:
        found[_ZIGBEE_ACTIONS[told["action"]]] = 1.0
    return found


def _zigbee_levels(told: Mapping[str, Any]) -> dict[str, float]:
    found = {name: float(told[name]) for name in _ZIGBEE_SAME if name in told}
    for name in ("illuminance", "illuminance_lux"):
        if name in told:
            found["illuminance"] = float(told[name])
    if "battery_state" in told:
        found["battery"] = _WORDS[told["battery_state"]]
    if "battery" in told:
        found["battery"] = float(told["battery"])
    if "linkquality" in told:
        found["signal"] = 100.0 * told["linkquality"] / 255.0
    return found


_MILESIGHT = {
    "temperature": "temperature",
    "humidity": "humidity",
    "illumination": "illuminance",
    "battery": "battery",
    "active_power": "power",
}
_MILESIGHT_WORDS = {
    ("pir", "trigger"): ("motion", 1.0),
    ("pir", "idle"): ("motion", 0.0),
    ("pir", "normal"): ("motion", 0.0),
    ("occupancy", "occupied"): ("motion", 1.0),
    ("occupancy", "vacant"): ("motion", 0.0),
    ("magnet_status", "open"): ("contact", 1.0),
    ("magnet_status", "close"): ("contact", 0.0),
}


def _milesight(decoded: Mapping[str, Any]) -> list[tuple[str, float]]:
    found = []
    for name, value in decoded.items():
        if name in _MILESIGHT:
            found.append((_MILESIGHT[name], float(value)))
        elif isinstance(value, str) and (name, value) in _MILESIGHT_WORDS:
            found.append(_MILESIGHT_WORDS[name, value])
        elif name == "button_event":
            found.append(("pendant", 1.0))
    return found


def chirpstack(rest: str, said: Mapping[str, Any]) -> Sequence[Expected]:
    """Return what a ChirpStack event says; ``rest`` is its whole own topic."""
    _, _, _, address, _, event = rest.split("/")
    time = _iso_ms(said["time"]) if "time" in said else None
    expected: list[Expected] = []
    if event == "status":
        expected.append((address, "battery", float(said["batteryLevel"]), time))
    if event == "up":
        decoded = said.get("object", {})
        expected += [(address, kind, value, time) for kind, value in _milesight(decoded)]
        for entry in decoded.get("history", []):
            past = entry["timestamp"] * 1000
            expected += [(address, kind, value, past) for kind, value in _milesight(entry)]
        heard = [reception["rssi"] for reception in said.get("rxInfo", [])]
        if heard:
            percent = max(0.0, min(100.0, 2.0 * (max(heard) + 100.0)))
            expected.append((address, "signal", percent, time))
    return expected


def senml(_rest: str, said: Sequence[Mapping[str, Any]]) -> Sequence[Expected]:
    """Return what a SenML pack says whose units name the kinds and whose times are absolute."""
    units = {"Cel": "temperature", "%RH": "humidity", "lx": "illuminance", "W": "power"}
    name, base_time, base_unit = "", 0.0, ""
    expected: list[Expected] = []
    for record in said:
        name = record.get("bn", name)
        base_time = record.get("bt", base_time)
        base_unit = record.get("bu", base_unit)
        unit = record.get("u", base_unit)
        if unit in units:
            time = round((base_time + record.get("t", 0)) * 1000)
            expected.append((name + record.get("n", ""), units[unit], float(record["v"]), time))
    return expected
