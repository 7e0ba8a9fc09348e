"""SenML (RFC 8428), JSON: an array of records with base values.

- **Address and kind.** The full name is ``bn`` + ``n``. When its last part (after the last
  ``/``, ``:`` or ``;``) names a quantity below, that is the kind, and what stands before
  is the address; otherwise the unit names the kind and the whole name is the address.
- **Time.** ``bt`` + ``t``; values below 2**28 are relative to now, which is the time of
  receipt (section 4.5.3). No time at all means now.
- **Values.** ``v`` (+ ``bv``) in a unit that suits the kind; ``vb`` only where something
  happens; ``vs`` only as on, off, true, false. Sums (``s``) and data (``vd``) are no readings.
- A pack whose ``bver`` is above 10 is refused, and a record with an unknown field that ends
  in ``_`` is left out (section 4.4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from config.kinds import KINDS, Kind, Shape
from ingest.dialects.dialect import Fault, ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.fields import suspicion
from ingest.dialects.numbers import number, percent_of_dbm, truth
from ingest.dialects.times import from_seconds
from ingest.message import Reason

_VERSION: Final = 10
_RELATIVE_BELOW_S: Final = 2**28
_KELVIN: Final = 273.15
_EVENTS: Final = frozenset(row.kind for row in KINDS if row.shape is Shape.EVENT)

_NAMES: Final[Mapping[str, Kind]] = {
    **{kind.value: kind for kind in Kind if kind not in (Kind.GATEWAY_STATUS, Kind.AVAILABILITY)},
    "temp": Kind.TEMPERATURE,
    "hum": Kind.HUMIDITY,
    "light": Kind.ILLUMINANCE,
    "pir": Kind.MOTION,
    "presence": Kind.MOTION,
    "occupancy": Kind.MOTION,
    "door": Kind.CONTACT,
    "window": Kind.CONTACT,
    "open": Kind.CONTACT,
    "co": Kind.CARBON_MONOXIDE,
    "carbon_monoxide": Kind.CARBON_MONOXIDE,
    "leak": Kind.FLOOD,
    "water_leak": Kind.FLOOD,
    "water": Kind.FLOOD,
    "sos": Kind.PENDANT,
    "panic": Kind.PENDANT,
    "rssi": Kind.SIGNAL,
}
"""Last part of a name -> kind; for ``contact`` and ``door`` true means open."""

_Scale = Callable[[float], float]


def _same(value: float) -> float:
    return value


def _times(factor: float) -> _Scale:
    return lambda value: value * factor


_UNITS: Final[Mapping[str, tuple[Kind, _Scale]]] = {
    "Cel": (Kind.TEMPERATURE, _same),
    "K": (Kind.TEMPERATURE, lambda kelvin: kelvin - _KELVIN),
    "%RH": (Kind.HUMIDITY, _same),
    "lx": (Kind.ILLUMINANCE, _same),
    "W": (Kind.POWER, _same),
    "kW": (Kind.POWER, _times(1000.0)),
    "%EL": (Kind.BATTERY, _same),
    "dBm": (Kind.SIGNAL, percent_of_dbm),
    "dBW": (Kind.SIGNAL, lambda dbw: percent_of_dbm(dbw + 30.0)),
}
"""Unit -> the kind that it names, and how it becomes ours."""

_SHARES: Final[Mapping[str, _Scale]] = {"/": _times(100.0), "%": _same}
"""Units of any share, usable where the name says of what."""

_KNOWN: Final = frozenset(
    ("bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut")
)


@dataclass(frozen=True, slots=True)
class _Base:
    name: str = ""
    time: float = 0.0
    unit: str = ""
    value: float = 0.0


def decode(_rest: str, payload: bytes, received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return what the records of one pack say."""
    pack = read_document(payload)
    if not isinstance(pack, list) or not all(isinstance(record, dict) for record in pack):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an array of SenML records")
    parts: list[Part] = []
    base = _Base()
    for record in pack:
        base, fault = _rebased(base, record)
        part = fault or _part(base, record, received_us)
        if part is not None:
            parts.append(part)
    if not parts:
        raise Undecodable(Reason.NO_VALUE, "no record of a quantity that we know")
    return parts


def _rebased(base: _Base, record: Mapping[str, object]) -> tuple[_Base, Fault | None]:
    """Return the base that holds from this record on, and what is wrong with it."""
    version = record.get("bver", _VERSION)
    if not isinstance(version, int) or version > _VERSION:
        raise Undecodable(Reason.WRONG_SHAPE, f"expected SenML version {_VERSION} or older")
    try:
        return replace(
            base,
            name=_text(record, "bn", base.name),
            time=number(record.get("bt", base.time)),
            unit=_text(record, "bu", base.unit),
            value=number(record.get("bv", base.value)),
        ), None
    except ValueError:
        return base, Fault(Reason.WRONG_SHAPE, "expected bn, bu as text and bt, bv as numbers")


def _text(record: Mapping[str, object], label: str, default: str) -> str:
    text = record.get(label, default)
    if not isinstance(text, str):
        raise ValueError(f"{label} is not text")  # noqa: TRY004 - caught as a bad record
    return text


def _named(name: str, unit: str) -> tuple[str, Kind | None]:
    cut = max(name.rfind(mark) for mark in "/:;")
    kind = _NAMES.get(name[cut + 1 :].lower())
    if kind is not None:
        return name[: max(cut, 0)], kind
    known = _UNITS.get(unit)
    return name, known[0] if known else None


def _part(base: _Base, record: Mapping[str, object], received_us: int) -> Part | None:
    if any(label.endswith("_") and label not in _KNOWN for label in record):
        return None
    try:
        unit = _text(record, "u", base.unit)
        address, kind = _named(base.name + _text(record, "n", ""), unit)
    except ValueError:
        return Fault(Reason.WRONG_SHAPE, "expected n and u as text")
    if kind is None or not ("v" in record or "vb" in record or "vs" in record):
        return None
    try:
        time_us = _time(base, record, received_us)
    except Undecodable as error:
        return Fault(error.reason, error.detail, suspicion(address, kind, None))
    try:
        value = _value(base, record, kind, unit)
    except ValueError as error:
        return Fault(Reason.NOT_A_NUMBER, str(error), suspicion(address, kind, time_us))
    return Observation(address, kind, value, time_us)


def _time(base: _Base, record: Mapping[str, object], received_us: int) -> int | None:
    try:
        time = base.time + number(record.get("t", 0.0))
    except ValueError:
        raise Undecodable(Reason.BAD_TIME, "expected t as a number of seconds") from None
    if time >= _RELATIVE_BELOW_S:
        return from_seconds(time)
    return received_us + from_seconds(time) if time else None


def _value(base: _Base, record: Mapping[str, object], kind: Kind, unit: str) -> float:
    if kind in _EVENTS:
        if "v" in record:
            return truth(base.value + number(record["v"]))
        return truth(record["vb"] if "vb" in record else record["vs"])
    scale = _scale(kind, unit)
    return scale(base.value + number(record.get("v")))


def _scale(kind: Kind, unit: str) -> _Scale:
    known = _UNITS.get(unit)
    if known is not None and known[0] is kind:
        return known[1]
    if not unit:
        return _same
    if unit in _SHARES and kind in (Kind.HUMIDITY, Kind.BATTERY, Kind.SIGNAL):
        return _SHARES[unit]
    raise ValueError(f"expected a unit of {kind.value}")
