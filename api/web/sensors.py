"""A home's sensors as people read them: what they say by room, and the equipment apart."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any, Final

from api.roster import SensorValue
from api.web import words
from api.web.language import N_, _
from config.kinds import OF_DEVICES, Kind

_ORDER: Final = (
    Kind.MOTION,
    Kind.CONTACT,
    Kind.BED,
    Kind.CHAIR,
    Kind.POWER,
    Kind.MEDICATION,
    Kind.PENDANT,
    Kind.FALL,
    Kind.TEMPERATURE,
    Kind.SMOKE,
    Kind.CARBON_MONOXIDE,
    Kind.FLOOD,
    Kind.HUMIDITY,
    Kind.ILLUMINANCE,
)
_RANK: Final = {kind: rank for rank, kind in enumerate(_ORDER)}


def rooms(values: Sequence[SensorValue], now_us: int, zone: tzinfo) -> list[dict[str, Any]]:
    """Return the rooms with what each sensor last said, the person first and equipment left out.

    What belongs to no room comes first: a pendant is worn, wherever the person is.
    """
    found: dict[str, list[SensorValue]] = {}
    for value in values:
        if value.sensor.kind not in OF_DEVICES:
            found.setdefault(value.sensor.room, []).append(value)
    return [
        {
            "name": room_name(room),
            "rows": [
                _row(value, now_us, zone)
                for value in sorted(found[room], key=lambda v: _RANK.get(v.sensor.kind, len(_RANK)))
            ],
        }
        for room in sorted(found)
    ]


def room_name(room: str) -> str:
    """Return a room's name as a heading."""
    return words.label(room) if room else _("Worn or whole home")


def _row(value: SensorValue, now_us: int, zone: tzinfo) -> dict[str, Any]:
    sensor, latest = value.sensor, value.latest
    return {
        "kind": words.kind(sensor.kind) + (_(", way out") if sensor.is_exit else ""),
        "value": words.value(sensor.kind, latest.value) if latest else _("unknown"),
        "when": words.when(latest.time_us, now_us, zone) if latest else _("nothing received yet"),
        "iso": words.iso(latest.time_us) if latest else "",
        "is_stale": value.is_stale,
    }


def devices(values: Sequence[SensorValue], now_us: int, zone: tzinfo) -> list[dict[str, Any]]:
    """Return each device that tells of itself; what it does not report is not measured.

    Native gateways name every quantity apart, so there a battery is a device of its own.
    """
    found: dict[tuple[int, str, str], list[SensorValue]] = {}
    for value in values:
        sensor = value.sensor
        found.setdefault((sensor.gateway, sensor.dialect, sensor.address), []).append(value)
    return [
        _device(parts, now_us, zone)
        for parts in found.values()
        if any(part.sensor.kind in OF_DEVICES for part in parts)
    ]


def _device(parts: Sequence[SensorValue], now_us: int, zone: tzinfo) -> dict[str, Any]:
    sensor = parts[0].sensor
    does = [words.kind(p.sensor.kind).lower() for p in parts if p.sensor.kind not in OF_DEVICES]
    links = [p for p in parts if p.sensor.kind in OF_DEVICES and p.sensor.kind is not Kind.BATTERY]
    heard_us = max((p.latest.time_us for p in parts if p.latest), default=None)
    return {
        "room": room_name(sensor.room),
        "does": ", ".join(does) or words.kind(sensor.kind).lower(),
        "address": sensor.address,
        "battery": _told([p for p in parts if p.sensor.kind is Kind.BATTERY]),
        "link": _told(links),
        "is_stale": all(part.is_stale for part in parts),
        "when": _("nothing received yet")
        if heard_us is None
        else words.when(heard_us, now_us, zone),
        "iso": "" if heard_us is None else words.iso(heard_us),
    }


def _told(parts: Sequence[SensorValue]) -> str:
    told = []
    for part in parts:
        text = words.value(part.sensor.kind, part.latest.value) if part.latest else _("unknown")
        told.append(f"{text} {_('(old: unknown now)')}" if part.latest and part.is_stale else text)
    return ", ".join(told) or _("not measured")


def equipment_summary(values: Sequence[SensorValue]) -> str:
    """Return the equipment in one line: the weakest battery that is known."""
    batteries = [
        (v.latest.value, v.sensor.room)
        for v in values
        if v.sensor.kind is Kind.BATTERY and v.latest and not v.is_stale
    ]
    if not batteries:
        return _("Batteries and links: batteries unknown")
    level, room = min(batteries)
    lowest = N_("Batteries and links: lowest battery %(level)s (%(room)s)")
    return _(lowest, level=f"{level:.0f}%", room=room_name(room).lower())
