"""What may be tuned in the detectors: one row each, with its unit, range, default and meaning.

A place sets its own in the ``[detectors]`` table of its file; what it leaves out is the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import Floats
from config.places import Place
from config.problems import ConfigProblem


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of one detector; ``sentence`` says to an officer what a larger one does.

    ``strict`` is where the strictest alert budget moves it, None for what no budget moves.
    """

    name: str
    unit: str
    low: float
    high: float
    default: float
    sentence: str
    strict: float | None = None


PARAMETERS: Final = (
    Parameter(
        "silence_z",
        "standard deviations",
        0.5,
        6.0,
        2.4,
        "How far beyond a home's usual longest silences a silence must be before it is told; "
        "larger is quieter and slower.",
    ),
    Parameter(
        "visits_limit",
        "log likelihood ratio",
        1.0,
        8.0,
        2.75,
        "How far several nights' bathroom visits must fit more visits better than the usual "
        "before they are told; larger is quieter and needs more nights.",
        3.5,
    ),
    Parameter(
        "night_door_wait_min",
        "minutes",
        5.0,
        60.0,
        15.0,
        "How long nothing may move inside after an outside door was used between 01:00 and "
        "05:00; larger is quieter and slower.",
    ),
    Parameter(
        "night_door_share",
        "share of nights",
        0.01,
        0.5,
        0.1,
        "In how many of its nights a home may use its door so before it is no longer told; "
        "larger tells more of homes that often do.",
        0.03,
    ),
    Parameter(
        "room_z",
        "standard deviations",
        1.0,
        6.0,
        3.0,
        "How far beyond a home's usual longest stays in the bathroom or hall a stay must be "
        "before it is told; larger is quieter and slower.",
        5.0,
    ),
    Parameter(
        "room_floor_min",
        "minutes",
        20.0,
        360.0,
        45.0,
        "How long movement must have stayed in the bathroom or hall, whatever was learned; "
        "larger is quieter and slower.",
    ),
    Parameter(
        "shift_limit",
        "standard deviations, summed",
        2.0,
        20.0,
        5.0,
        "How far the days of a home must have moved by hours before it is told; larger is "
        "quieter and needs more days.",
        10.0,
    ),
    Parameter(
        "fewer_limit",
        "standard deviations, summed",
        2.0,
        20.0,
        6.0,
        "How far the signs of movement a day must have fallen below the usual before it is told; "
        "larger is quieter and needs more days.",
        12.0,
    ),
    Parameter(
        "hot_review_c",
        "°C",
        24.0,
        34.0,
        27.0,
        "Above what temperature of its coolest room, for three hours, a home is told for review; "
        "larger is quieter.",
    ),
    Parameter(
        "hot_danger_c",
        "°C",
        27.0,
        40.0,
        32.0,
        "Above what temperature of its coolest room, for half an hour, a home is told at once; "
        "larger is quieter.",
    ),
    Parameter(
        "heating_short_k",
        "°C",
        1.0,
        6.0,
        2.5,
        "How much colder than its own day usually goes a home must get before its heating is "
        "told to have failed; larger is quieter and slower.",
        4.0,
    ),
    Parameter(
        "heating_below_c",
        "°C",
        15.0,
        23.0,
        19.0,
        "Below what temperature of its warmest room a failed heating is told at all; larger "
        "tells it sooner, and of more homes.",
    ),
    Parameter(
        "bed_left_z",
        "standard deviations",
        1.0,
        6.0,
        2.5,
        "How far beyond a home's usual longest time out of bed at night such a time must be "
        "before it is told; larger is quieter and slower.",
        4.5,
    ),
    Parameter(
        "bed_left_floor_min",
        "minutes",
        15.0,
        180.0,
        45.0,
        "How long a bed must be empty at night, whatever was learned; larger is quieter and "
        "slower.",
    ),
    Parameter(
        "seat_z",
        "standard deviations",
        1.0,
        6.0,
        2.5,
        "How far beyond a home's usual longest time in the bed or chair such a time must be "
        "before it is told; larger is quieter and slower.",
        4.5,
    ),
    Parameter(
        "bed_floor_h",
        "hours",
        6.0,
        20.0,
        9.0,
        "How long a bed must be taken with no movement elsewhere, whatever was learned; larger "
        "is quieter and slower.",
    ),
    Parameter(
        "chair_floor_h",
        "hours",
        1.0,
        12.0,
        4.0,
        "How long a chair must be taken with no movement elsewhere, whatever was learned; "
        "larger is quieter and slower.",
    ),
    Parameter(
        "use_z",
        "standard deviations",
        1.0,
        6.0,
        2.5,
        "How far past the usual time of a dose, or of the first use of the kitchen, it must be "
        "before it is told as missed; larger is quieter and slower.",
        4.5,
    ),
    Parameter(
        "use_wait_min",
        "minutes",
        30.0,
        360.0,
        90.0,
        "How long past the usual time of a dose, or of the first use of the kitchen, it must be "
        "at least; larger is quieter and slower.",
    ),
    Parameter(
        "dose_share",
        "share of days",
        0.5,
        0.99,
        0.8,
        "On how many of its days a home must take a dose in the part of the day before it is "
        "told that none was; larger is quieter and says nothing of more homes.",
    ),
    Parameter(
        "kitchen_share",
        "share of days",
        0.5,
        0.99,
        0.87,
        "On how many of its days a home must use its kitchen in each half of the day before it "
        "is told that it did so in neither; larger is quieter and says nothing of more homes.",
    ),
    Parameter(
        "visit_early_min",
        "minutes",
        0.0,
        120.0,
        15.0,
        "How long before its booked time a visitor may come; larger takes more doors and movement "
        "for a visitor's.",
    ),
    Parameter(
        "visit_late_min",
        "minutes",
        0.0,
        180.0,
        30.0,
        "How long after its booked time a visitor may still come or be there, and after which a "
        "carer who was not seen is told; larger is quieter and slower.",
    ),
    Parameter(
        "dead_words",
        "times missed",
        3.0,
        30.0,
        8.0,
        "How many times a sensor should have seen somebody since it last did before it counts as "
        "broken; larger is quieter and slower.",
    ),
    Parameter(
        "dead_hours",
        "hours",
        12.0,
        96.0,
        36.0,
        "How long a sensor must see nobody while the home is in use, whatever it missed; larger "
        "is quieter and slower.",
    ),
    Parameter(
        "chatter_hours",
        "hours",
        1.0,
        24.0,
        3.0,
        "How long a sensor must tell of movement without three minutes of pause before it counts "
        "as broken, and no longer as the person; larger is slower.",
    ),
    Parameter(
        "outage_share",
        "share",
        0.05,
        0.5,
        0.25,
        "An outage of the place is told when fewer than this share of the homes that should be "
        "heard in an hour are; larger tells it sooner, and wrongly more often.",
    ),
    Parameter(
        "outage_expected",
        "homes",
        3.0,
        1000.0,
        5.0,
        "An outage is told by silent homes only while at least so many should be heard in an "
        "hour; smaller finds it at night and in small places, and wrongly more often.",
    ),
)
STRICTEST_Z: Final = 4.0
"""How far an alert budget may move the margin of silences; all others move with it."""

_BY_NAME: Final = {parameter.name: parameter for parameter in PARAMETERS}


def values(place: Place | None) -> dict[str, float]:
    """Return every parameter's value at a place, the defaults for a place without a file.

    ConfigProblem names a parameter that is unknown or out of its range, and what was expected.
    """
    chosen = {} if place is None else place.detectors
    problems = [] if place is None else list(_problems(place.key, chosen))
    if problems:
        raise ConfigProblem("\n".join(problems))
    return {p.name: chosen.get(p.name, p.default) for p in PARAMETERS}


def strictness(z: Floats) -> Floats:
    """Return how strict a budget is that chose these margins of silences: 0 (or NaN) to 1."""
    usual = _BY_NAME["silence_z"].default
    share: Floats = np.clip((np.nan_to_num(z, nan=usual) - usual) / (STRICTEST_Z - usual), 0, 1)
    return share


def moves(place: Place | None) -> dict[str, float]:
    """Return how far the strictest budget moves each parameter; what a place chose stays."""
    chosen = {} if place is None else place.detectors
    return {
        p.name: p.strict - p.default
        for p in PARAMETERS
        if p.strict is not None and p.name not in chosen
    }


def at(place: Place, z: float) -> dict[str, float]:
    """Return the parameters of a place whose budget chose this margin of silences."""
    share = float(strictness(np.array([z]))[0])
    moved = {name: values(None)[name] + share * by for name, by in moves(place).items()}
    return {**place.detectors, "silence_z": z, **(moved if share else {})}


def _problems(place: str, chosen: Mapping[str, float]) -> list[str]:
    lines = []
    for name, value in chosen.items():
        parameter = _BY_NAME.get(name)
        if parameter is None:
            known = ", ".join(sorted(_BY_NAME))
            lines.append(
                f"places: detectors.{name} is not a known parameter, expected one of {known} "
                f"({place}.toml)"
            )
        elif not parameter.low <= value <= parameter.high:
            lines.append(
                f"places: detectors.{name} is {value:g}, expected "
                f"{parameter.low:g}..{parameter.high:g} ({place}.toml)"
            )
    return lines
