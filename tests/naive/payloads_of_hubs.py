"""What payloads of Theengs, Tasmota, Shelly and The Things Stack say, the slow and obvious way.

The twin of their files in ``ingest/dialects``; it shares no table and no function with them, and
knows only the fields that the corpus holds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Expected = tuple[str, str, float, int | None]
"""Address, kind, value, time in milliseconds (None: at receipt)."""


def theengs(rest: str, said: Mapping[str, Any]) -> Sequence[Expected]:
    """Return what one decoded advertisement says."""
    found: dict[str, float] = {}
    if "tempc" in said:
        found["temperature"] = float(said["tempc"])
    if "hum" in said:
        found["humidity"] = float(said["hum"])
    if "lux" in said:
        found["illuminance"] = float(said["lux"])
    if "batt" in said:
        found["battery"] = float(said["batt"])
    is_blind = "position" in said or "direction" in said
    if "motion" in said and not is_blind:
        found["motion"] = 1.0 if said["motion"] else 0.0
    if "open" in said and not is_blind:
        found["contact"] = 1.0 if said["open"] else 0.0
    if "contact" in said:
        found["contact"] = 0.0 if said["contact"] == "closed" else 1.0
    address = rest.rsplit("/", maxsplit=1)[-1]
    return [(address, kind, value, None) for kind, value in found.items()]


def tasmota(rest: str, said: Mapping[str, Any]) -> Sequence[Expected]:
    """Return what a message of Tasmota says; its times have no offset in the corpus."""
    levels = rest.split("/")
    if len(levels) < 3 or levels[-1] not in ("SENSOR", "STATUS8", "RESULT"):
        return []
    hub = "/".join(levels[1:-1])
    said = said.get("StatusSNS", said)
    found = {} if levels[-1] == "RESULT" else _tasmota_peripherals(said)
    expected: list[Expected] = [(hub, kind, value, None) for kind, value in found.items()]
    for key, device in said.get("ZbReceived", {}).items():
        quality = 100 * device["LinkQuality"] / 255
        expected.append((f"{hub}:{key}", "signal", quality, None))
    for key, device in said.get("LwReceived", {}).items():
        expected.append((f"{hub}:{key}", "signal", min(2 * (device["RSSI"] + 100), 100), None))
        expected.append((f"{hub}:{key}", "contact", float(device["DoorOpen"]), None))
    return expected


def _tasmota_peripherals(said: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, peripheral in said.items():
        if isinstance(peripheral, dict) and name not in ("ESP32", "MPU6050"):
            if "Temperature" in peripheral and name != "ANALOG":
                found["temperature"] = float(peripheral["Temperature"])
            if "Humidity" in peripheral:
                found["humidity"] = float(peripheral["Humidity"])
            if "Illuminance" in peripheral:
                found["illuminance"] = float(peripheral["Illuminance"])
            if "Power" in peripheral:
                found["power"] = float(peripheral["Power"])
    return found


def shelly(rest: str, said: Mapping[str, Any]) -> Sequence[Expected]:
    """Return what a Shelly says: those of the corpus switch, and measure nothing of ours."""
    del rest
    components = said.get("params", {"": said})
    measured = ("apower", "tC", "rh", "lux", "alarm", "presence", "rssi", "battery")
    assert not any(
        name in status
        for status in components.values()
        if isinstance(status, dict)
        for name in measured
    )
    return []


def tts(rest: str, said: Mapping[str, Any]) -> Sequence[Expected]:
    """Return what an uplink of a Dragino sensor says."""
    uplink = said["uplink_message"]
    address = rest.split("/")[-2].lower()
    whole, _, fraction = uplink["received_at"].rstrip("Z").partition(".")
    moment = datetime.fromisoformat(f"{whole}+00:00")
    time = round(moment.timestamp()) * 1000 + int(fraction[:3])
    best = max(gateway["rssi"] for gateway in uplink["rx_metadata"])
    expected: list[Expected] = [(address, "signal", min(2.0 * (best + 100), 100.0), time)]
    decoded = uplink["decoded_payload"]
    if "TempC_SHT" in decoded:
        expected.append((address, "temperature", decoded["TempC_SHT"], time))
    if "Hum_SHT" in decoded:
        expected.append((address, "humidity", decoded["Hum_SHT"], time))
    return expected
