"""What the fields of decoded LoRaWAN frames measure, as Milesight and Dragino name them.

Left out on purpose: ``light_level`` and ``daylight`` are steps, not lux; ``activity`` has no
defined span; ``distance``, ``co2`` and the like are no kind of ours; a smoke alarm's test is
no smoke, and a silenced alarm (``silent``) says nothing about whether there still is some.
"""

from typing import Final

from config.kinds import Kind
from ingest.dialects.fields import Field, Fields, happened, hinted, measured, worded
from ingest.dialects.numbers import number, truth

# Milesight's decoders say "unknown" for a byte they do not know.
_UNKNOWN: Final[dict[str, float | None]] = {"unknown": None}
_OPEN: Final = {"open": 1.0, "opened": 1.0, "close": 0.0, "closed": 0.0, **_UNKNOWN}
_SEEN: Final = {"trigger": 1.0, "motion": 1.0, "idle": 0.0, "normal": 0.0, "clear": 0.0}
_OCCUPIED: Final = {"occupied": 1.0, "vacant": 0.0}
_LEAK: Final = {"leak": 1.0, "leakage": 1.0, "alarm": 1.0, "normal": 0.0, "dry": 0.0, **_UNKNOWN}
_ALARM: Final = {"alarm": 1.0, "normal": 0.0, **_UNKNOWN}
_IN_BED: Final = {"in_bed": 1.0, "out_of_bed": 0.0, "vacant": 0.0, "fall": 0.0}
_FALLEN: Final = {
    "fall": 1.0,
    **dict.fromkeys(("normal", "vacant", "in_bed", "out_of_bed"), 0.0),
}
_PRESSES: Final = frozenset({"short press", "long press", "double press", "press", "pressed"})


def _counted(value: object) -> float:
    # Elsys and others count movements in the interval; occupancy may be 2 (certain).
    if isinstance(value, str):
        return truth(value, {**_SEEN, **_OCCUPIED})
    return truth(value) if isinstance(value, bool) else float(number(value) > 0)


def _pressed(value: object) -> float | None:
    said = value.get("status") if isinstance(value, dict) else value
    return 1.0 if isinstance(said, str) and said.strip().lower() in _PRESSES else None


def _alarm_events(value: object) -> float | None:
    states = {"alarm_triggered": 1.0, "alarm_deactivated": 0.0}
    falls = [
        states.get(str(event.get("alarm_status")))
        for event in (value if isinstance(value, list) else ())
        if isinstance(event, dict) and event.get("alarm_type") == "fall"
    ]
    return max((fall for fall in falls if fall is not None), default=None)


_TEMPERATURE: Final = measured(Kind.TEMPERATURE, number)
_HUMIDITY: Final = measured(Kind.HUMIDITY, number)
_ILLUMINANCE: Final = measured(Kind.ILLUMINANCE, number)
_POWER: Final = measured(Kind.POWER, number)
_BATTERY: Final = measured(Kind.BATTERY, number)
_MOTION: Final = measured(Kind.MOTION, _counted)
_DOOR: Final = worded(Kind.CONTACT, _OPEN)
_FLOOD: Final = worded(Kind.FLOOD, _LEAK)
_SMOKE: Final = worded(Kind.SMOKE, _ALARM)

FIELDS: Final[Fields] = {
    "temperature": _TEMPERATURE,
    "TempC_SHT": _TEMPERATURE,
    "humidity": _HUMIDITY,
    "Hum_SHT": _HUMIDITY,
    "illumination": _ILLUMINANCE,
    "illuminance": _ILLUMINANCE,
    "light": _ILLUMINANCE,
    "lux": _ILLUMINANCE,
    "active_power": _POWER,
    "power": _POWER,
    "battery": _BATTERY,
    "battery_level": _BATTERY,
    "pir": _MOTION,
    "pir_status": _MOTION,
    "motion": _MOTION,
    "occupancy": _MOTION,
    "magnet_status": _DOOR,
    "door": _DOOR,
    "door_status": _DOOR,
    "DOOR_OPEN_STATUS": _DOOR,
    "leakage_status": _FLOOD,
    "water_leak": _FLOOD,
    "WATER_LEAK_STATUS": _FLOOD,
    "smoke": _SMOKE,
    "smoke_status": _SMOKE,
    "co_status": worded(Kind.CARBON_MONOXIDE, _ALARM),
    "carbon_monoxide": worded(Kind.CARBON_MONOXIDE, _ALARM),
    "button_event": measured(Kind.PENDANT, _pressed),
    "sos": happened(Kind.PENDANT),
    "panic": happened(Kind.PENDANT),
    "emergency": happened(Kind.PENDANT),
    "fall": happened(Kind.FALL),
    "detection_status": (*hinted(Kind.BED, _IN_BED), *hinted(Kind.FALL, _FALLEN)),
    "events": (Field(Kind.FALL, _alarm_events, 1),),
}
"""Every field that is decoded, by name."""

SMOKE_ALARM_FIELDS: Final[Fields] = {
    **FIELDS,
    "event": hinted(Kind.SMOKE, {"alarm": 1.0, "normal": 0.0}),
}
"""For a frame whose ``type`` is ``smoke sensor`` (Milesight GS524N)."""
