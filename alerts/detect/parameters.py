"""What may be tuned in the detectors: one row each, with its unit, range, default and meaning.

A place sets its own in the ``[detectors]`` table of its file; what it leaves out is the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from config.places import Place
from config.problems import ConfigProblem


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of one detector; ``sentence`` says to an officer what a larger one does."""

    name: str
    unit: str
    low: float
    high: float
    default: float
    sentence: str


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
