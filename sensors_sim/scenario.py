"""A scenario: how many homes, for how long, and what goes wrong in them; read from TOML."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from sensors_sim import residents
from sensors_sim.faults import OF_A_DEVICE, FaultKind
from sensors_sim.kit import DEVICES, MOST_SECTORS

FOLDER: Final = Path(__file__).parent / "scenarios"
_HUB_KEYS: Final = (
    "zigbee_homes_per_place",
    "chirpstack_homes_per_place",
    "senml_homes_per_place",
)
_DEVICE_NAMES: Final = frozenset(device.name for device in DEVICES)


_Table = TypeVar("_Table", bound=msgspec.Struct)


class BadScenario(ValueError):
    """A scenario file is wrong; the message says where, what it is and what was expected."""


class Incident(StrEnum):
    """What can go wrong."""

    COLLAPSE = "collapse"
    SMOKE = "smoke"
    PENDANT = "pendant"
    FALL = "fall"
    COLD_HOME = "cold-home"
    GATEWAY_OFFLINE = "gateway-offline"
    SENSOR_DEAD = "sensor-dead"
    STILL_MOVING = "collapse-still-moving"
    NOT_UP = "not-up"
    OUT_AT_NIGHT = "out-at-night"
    LONG_BATHROOM = "long-bathroom"
    NIGHT_VISITS = "night-visits"
    WANDERING = "wandering"
    GRADUAL_DECLINE = "gradual-decline"
    SLEEP_SHIFT = "sleep-shift"
    MISSED_MEDICATION = "missed-medication"
    SELF_NEGLECT = "self-neglect"
    CHAIR_NOT_LEFT = "chair-not-left"
    WINDOW_OPEN = "window-open"


class Mishap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One incident in one home, which begins either before the end or after going live.

    ``home`` counts the homes of the place from 1. ``device`` is the one that dies, ``room``
    where somebody collapses. With ``at_h`` it begins at that local hour, the last one that
    lies ``before_end_h`` before the end. ``by`` is how many visits more, or hours later.
    """

    kind: Incident
    place: str
    home: Annotated[int, msgspec.Meta(ge=1)]
    before_end_h: Annotated[float, msgspec.Meta(ge=0)] | None = None
    after_live_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    at_h: Annotated[float, msgspec.Meta(ge=0, lt=24)] | None = None
    lasts_h: Annotated[float, msgspec.Meta(gt=0)] | None = None
    by: Annotated[float, msgspec.Meta(ge=1, le=12)] = 3.0
    device: str = ""
    room: Literal["", "hall", "kitchen", "living room", "bedroom", "bathroom"] = ""


class Malfunction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fault on the way of readings, in one home of a place or, without ``home``, in all.

    A street's is in all homes of one ``sector`` of postcodes, counted from 1 in its place.
    """

    kind: FaultKind
    place: str
    home: Annotated[int, msgspec.Meta(ge=1)] | None = None
    sector: Annotated[int, msgspec.Meta(ge=1)] | None = None
    before_end_h: Annotated[float, msgspec.Meta(ge=0)]
    lasts_h: Annotated[float, msgspec.Meta(gt=0)]
    device: str = ""
    by_s: float = 5.0
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0


class Tenancy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A resident, by the name of the file, and the share of all homes that they live in."""

    name: str
    share: Annotated[float, msgspec.Meta(gt=0, le=1)]


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a scenario file says; every key but the seed and the places has a default.

    ``end`` is where a file of it ends; what is published ends now. ``clock_offset_s`` is the
    standard deviation of how far the clocks of gateways are off, each by the same all along.
    Every ``homes_per_sector`` homes of a place share the sector of their postcode; with 0 nobody
    has said it.
    """

    seed: int
    places: tuple[str, ...]
    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = 28
    homes_per_place: Annotated[int, msgspec.Meta(ge=1, le=9999)] = 20
    zigbee_homes_per_place: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 6
    chirpstack_homes_per_place: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    senml_homes_per_place: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    homes_per_sector: Annotated[int, msgspec.Meta(ge=0, le=9999)] = 0
    clock_offset_s: Annotated[float, msgspec.Meta(ge=0, le=60)] = 1.0
    time_zone: str = "Europe/London"
    end: datetime = datetime(2026, 11, 22, tzinfo=UTC)
    residents: tuple[Tenancy, ...] = ()
    incident: tuple[Mishap, ...] = ()
    fault: tuple[Malfunction, ...] = ()

    @property
    def sectors_per_place(self) -> int:
        """Return how many sectors of postcodes the homes of each place are in."""
        size = self.homes_per_sector
        return -(-self.homes_per_place // size) if size else 0

    def home_row(self, place: str, home: int) -> int:
        """Return the row of a place's home (from 1) among all homes of the roster."""
        return self.places.index(place) * self.homes_per_place + home - 1


def load(name: str | Path) -> Scenario:
    """Return the scenario of this file, or of this name among ours; BadScenario if wrong."""
    path = Path(name)
    if path.suffix != ".toml":
        path = FOLDER / f"{name}.toml"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        known = ", ".join(sorted(p.stem for p in FOLDER.glob("*.toml")))
        raise BadScenario(
            f"scenario: {name} cannot be read, expected a TOML file or one of: {known}"
        ) from problem
    return parse(text, file=path.name)


def parse(text: str, *, file: str) -> Scenario:
    """Return the scenario in this text; BadScenario names the key and ``file``."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadScenario(f"scenario: {file} is not TOML: {problem}") from problem
    scenario = msgspec.structs.replace(
        _read({k: v for k, v in said.items() if k not in _TABLES}, Scenario, "", file),
        residents=_read_all(said, "residents", Tenancy, file),
        incident=_read_all(said, "incident", Mishap, file),
        fault=_read_all(said, "fault", Malfunction, file),
    )
    _check(scenario, file)
    return scenario


_TABLES: Final = ("residents", "incident", "fault")


def _read_all(
    said: Mapping[str, object], key: str, shape: type[_Table], file: str
) -> tuple[_Table, ...]:
    tables = said.get(key, [])
    if not isinstance(tables, list):
        raise BadScenario(f"scenario: {key} is no list, expected [[{key}]] tables ({file})")
    return tuple(_read(table, shape, f"{key}.{i}.", file) for i, table in enumerate(tables))


def _read(said: object, shape: type[_Table], prefix: str, file: str) -> _Table:
    unknown = sorted(set(said) - set(shape.__struct_fields__)) if isinstance(said, dict) else []
    if unknown:
        raise BadScenario(
            f"scenario: {prefix}{unknown[0]} is not a known key; "
            f"remove it or check its spelling ({file})"
        )
    try:
        return msgspec.convert(said, shape)
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$.")
        key = f"{prefix}{where.rstrip('`')}".rstrip(".")
        raise BadScenario(f"scenario: {key}: {what} ({file})") from problem


def _check(scenario: Scenario, file: str) -> None:
    try:
        ZoneInfo(scenario.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise BadScenario(
            f"scenario: time_zone is {scenario.time_zone!r}, expected an IANA name ({file})"
        ) from problem
    if scenario.end.tzinfo is None:
        raise BadScenario(f"scenario: end is {scenario.end}, expected an offset from UTC ({file})")
    if len(set(scenario.places)) != len(scenario.places) or not scenario.places:
        raise BadScenario(f"scenario: places must name at least one, each once ({file})")
    hubs = [getattr(scenario, key) for key in _HUB_KEYS]
    if sum(hubs) > scenario.homes_per_place:
        told = ", ".join(f"{key} is {n}" for key, n in zip(_HUB_KEYS, hubs, strict=True) if n)
        raise BadScenario(
            f"scenario: {told}, expected together at most homes_per_place "
            f"{scenario.homes_per_place} ({file})"
        )
    sectors = scenario.sectors_per_place * len(scenario.places)
    if sectors > MOST_SECTORS:
        raise BadScenario(
            f"scenario: homes_per_sector makes {sectors} sectors, at most {MOST_SECTORS} ({file})"
        )
    _check_residents(scenario, file)
    for i, mishap in enumerate(scenario.incident):
        wrong = _wrong(scenario, mishap)
        if wrong:
            raise BadScenario(f"scenario: incident.{i}.{wrong} ({file})")
    for i, fault in enumerate(scenario.fault):
        wrong = _wrong_fault(scenario, fault)
        if wrong:
            raise BadScenario(f"scenario: fault.{i}.{wrong} ({file})")


def _check_residents(scenario: Scenario, file: str) -> None:
    for i, tenancy in enumerate(scenario.residents):
        if tenancy.name not in residents.names():
            raise BadScenario(
                f"scenario: residents.{i}.name is {tenancy.name!r}, "
                f"expected one of {residents.list_of()} ({file})"
            )
    total = sum(tenancy.share for tenancy in scenario.residents)
    if total > 1 + 1e-9:
        raise BadScenario(f"scenario: residents' shares sum to {total:g}, at most 1 ({file})")


def _wrong_fault(scenario: Scenario, fault: Malfunction) -> str:
    """Return what is wrong with a fault, nothing if all is well."""
    if fault.place not in scenario.places:
        return f"place is {fault.place!r}, expected one of {', '.join(scenario.places)}"
    if (fault.home or 1) > scenario.homes_per_place:
        return f"home is {fault.home}, expected 1..{scenario.homes_per_place}"
    wrong = _wrong_sector(scenario, fault)
    if wrong:
        return wrong
    if (fault.kind in OF_A_DEVICE) != bool(fault.device):
        return f"device is {fault.device!r}, expected a name for what fails in a device, else none"
    if fault.device and fault.device not in _DEVICE_NAMES:
        return f"device is {fault.device!r}, expected one of {', '.join(sorted(_DEVICE_NAMES))}"
    if fault.by_s <= 0 and fault.kind not in (FaultKind.CLOCK_JUMP, FaultKind.CLOCK_SKEW):
        return f"by_s is {fault.by_s:g}, expected more than 0"
    return ""


def _wrong_sector(scenario: Scenario, fault: Malfunction) -> str:
    if fault.kind is not FaultKind.STREET:
        return "" if fault.sector is None else f"sector is {fault.sector}, expected none here"
    if fault.home is not None:
        return f"home is {fault.home}, expected none for a street: name its sector"
    most = scenario.sectors_per_place
    if not most:
        return "kind is 'street', expected homes_per_sector to say which homes share a sector"
    if fault.sector is None or fault.sector > most:
        return f"sector is {fault.sector}, expected 1..{most}"
    return ""


def _wrong(scenario: Scenario, mishap: Mishap) -> str:
    """Return what is wrong with an incident, nothing if all is well."""
    if mishap.place not in scenario.places:
        return f"place is {mishap.place!r}, expected one of {', '.join(scenario.places)}"
    if mishap.home > scenario.homes_per_place:
        return f"home is {mishap.home}, expected 1..{scenario.homes_per_place}"
    if (mishap.before_end_h is None) == (mishap.after_live_s is None):
        return "before_end_h or after_live_s must say when, and only one of them"
    if mishap.at_h is not None and mishap.before_end_h is None:
        return "at_h needs before_end_h, for what happens live happens at once"
    if mishap.room and mishap.kind not in (Incident.COLLAPSE, Incident.STILL_MOVING):
        return f"room is {mishap.room!r}, expected none but for a collapse"
    if (mishap.kind is Incident.SENSOR_DEAD) != bool(mishap.device):
        return f"device is {mishap.device!r}, expected a name for sensor-dead and none else"
    if mishap.device and mishap.device not in _DEVICE_NAMES:
        return f"device is {mishap.device!r}, expected one of {', '.join(sorted(_DEVICE_NAMES))}"
    return ""
