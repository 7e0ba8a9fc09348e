"""Named residents: what is usual for a kind of person, read from TOML and checked."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec

FOLDER: Final = Path(__file__).parent / "scenarios" / "residents"
MOST_BOOKINGS: Final = 4
SHORTEST_DAY_H: Final = 10.0
USUAL: Final = "usual"
"""Who lives where a scenario names nobody."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Factor = Annotated[float, msgspec.Meta(ge=0, le=5)]
Span = tuple[Factor, Factor]
"""Lowest and highest; each home draws its own in between."""


class BadResident(ValueError):
    """A resident file is wrong; the message says where, what it is and what was expected."""


class Weekday(StrEnum):
    """A day of the week, in its order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Booking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something at a fixed hour of fixed weekdays: a visit to the home, or an outing from it."""

    at_h: Annotated[float, msgspec.Meta(ge=5, lt=24)]
    minutes: Annotated[float, msgspec.Meta(ge=5, le=600)]
    days: tuple[Weekday, ...] = tuple(Weekday)
    spread_h: Annotated[float, msgspec.Meta(ge=0, le=3)] = 0.2
    chance: Share = 1.0


class Resident(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is usual for a kind of person; every key has a default, which is the usual person.

    Hours are local. ``differs_h`` is the standard deviation between homes of when they get up
    and go to bed, ``spread_h`` that from day to day; ``meals_differ_h`` is the same between homes
    for meals and outings. ``trips`` is the chance of some days away in ten days. Of
    ``unseen_bathroom_share`` of them the bathroom used by night is another one, without a sensor.
    ``vigour`` changes evenly from its first to its second value over ``vigour_days`` from the
    start of the scenario.
    """

    summary: str = ""
    wake_h: Annotated[float, msgspec.Meta(ge=5, le=11)] = 7.151
    bed_h: Annotated[float, msgspec.Meta(ge=19, le=26)] = 23.3
    differs_h: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.984
    spread_h: Span = (0.232, 0.638)
    lie_in_h: Annotated[float, msgspec.Meta(ge=0, le=3)] = 0.478
    season: Factor = 1.0
    meals_differ_h: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.655
    trips: tuple[Share, Share] = (0.0, 0.0)
    thirst: Span = (0.6, 0.9)
    bladder: Span = (0.55, 0.9)
    night_bladder: Span = (0.0512, 1.2)
    unseen_bathroom_share: Share = 0.281
    restlessness: Span = (0.0, 0.0)
    wanderlust: Span = (0.0743, 0.826)
    energy: Span = (0.75, 1.06)
    goes_out_share: Share = 0.9
    is_accompanied: bool = False
    is_bed_bound: bool = False
    people: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    has_pets: bool = False
    vigour: Span = (1.0, 1.0)
    vigour_days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 1
    visit: tuple[Booking, ...] = ()
    outing: tuple[Booking, ...] = ()


def names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Return the names of the residents there are, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def load(name: str, folder: Path = FOLDER) -> Resident:
    """Return the resident of this name; BadResident when there is none or the file is wrong."""
    if name not in names(folder):
        raise BadResident(f"resident: {name!r} is unknown, expected one of {list_of(folder)}")
    return parse((folder / f"{name}.toml").read_text(encoding="utf-8"), file=f"{name}.toml")


def list_of(folder: Path = FOLDER) -> str:
    """Return the names of the residents there are, as text."""
    return ", ".join(names(folder))


def parse(text: str, *, file: str) -> Resident:
    """Return the resident in this text; BadResident names the key and ``file``."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadResident(f"resident: {file} is not TOML: {problem}") from problem
    try:
        resident = msgspec.convert(said, Resident)
    except msgspec.ValidationError as problem:
        what, _, where = str(problem).partition(" - at `$.")
        raise BadResident(f"resident: {where.rstrip('`') or '(top)'}: {what} ({file})") from problem
    wrong = _wrong(resident)
    if wrong:
        raise BadResident(f"resident: {wrong} ({file})")
    return resident


def _wrong(resident: Resident) -> str:
    """Return what is wrong with a resident that a type cannot say, nothing if all is well."""
    for key in ("spread_h", "thirst", "bladder", "night_bladder", "restlessness", "wanderlust"):
        low, high = getattr(resident, key)
        if low > high:
            return f"{key} is [{low:g}, {high:g}], expected the lower first"
    for key in ("visit", "outing"):
        if len(getattr(resident, key)) > MOST_BOOKINGS:
            return f"{key} has {len(getattr(resident, key))} entries, at most {MOST_BOOKINGS}"
    if resident.bed_h - resident.wake_h < SHORTEST_DAY_H:
        return f"bed_h is {resident.bed_h:g}, expected {SHORTEST_DAY_H:g} h or more after wake_h"
    return ""
