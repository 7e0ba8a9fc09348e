"""What a home may have set for itself, and whether a value makes sense there."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from alerts.detect.columns import Floats
from alerts.detect.parameters import PARAMETERS, Parameter, values
from alerts.detect.place_limits import LIMITS
from config.overrides import Override
from config.places import Place
from config.problems import ConfigProblem

_OF_PLACES: Final = frozenset({"gateway_silent_min", "outage_share", "outage_expected"})
"""What is said of many homes at once, or of boxes that serve several."""

SETTINGS: Final[Mapping[str, Parameter]] = {
    one.name: one for one in (*LIMITS, *PARAMETERS) if one.name not in _OF_PLACES
}
_LOWER_FIRST: Final = (
    ("silence_floor_h", "silence_cap_h"),
    ("cold_danger_c", "cold_review_c"),
    ("hot_review_c", "hot_danger_c"),
)
"""Pairs of which the first may not pass the second."""


def of_place(place: Place) -> dict[str, float]:
    """Return what holds at a place, by the name of each setting that a home may have."""
    held = {**place.limits.model_dump(exclude={"unwatched_h"}), **values(place)}
    return {name: float(held[name]) for name in SETTINGS}


def value(overrides: Sequence[Override], place: Place, home: int, name: str) -> float:
    """Return what holds in a home (number): its own setting, else its place's."""
    own = (one.value for one in overrides if one.home == home and one.name == name)
    return next(own, of_place(place)[name])


def check(name: str, value: float, place: Place, own: Mapping[str, float]) -> None:
    """Raise ConfigProblem, saying what is wrong with this wish and what was expected.

    ``own`` are the other settings that the home has for itself, by name.
    """
    setting = SETTINGS.get(name)
    if setting is None:
        if name in _OF_PLACES:
            raise ConfigProblem(
                f"override: {name} is a setting of places, not of homes; set it in the place's file"
            )
        raise ConfigProblem(
            f"override: {name} is not a known setting, expected one of {', '.join(SETTINGS)}"
        )
    if not setting.low <= value <= setting.high:
        raise ConfigProblem(
            f"override: {name} is {value:g}, expected {setting.low:g} to {setting.high:g} "
            f"{setting.unit}"
        )
    here = {**of_place(place), **own}
    if value == here[name]:
        whose = "this home already" if name in own else "the place already: nothing to set"
        raise ConfigProblem(f"override: {name} is {value:g} at {whose}")
    pair = out_of_order({**here, name: value})
    if name in pair:
        low, high = pair
        held = {**here, name: value}
        raise ConfigProblem(
            f"override: {low} would be {held[low]:g} and {high} {held[high]:g}; "
            f"{low} must not be above {high}"
        )


def out_of_order(held: Mapping[str, float]) -> tuple[str, str]:
    """Return two settings of which the first may not pass the second and does, else nothing."""
    found = (pair for pair in _LOWER_FIRST if held[pair[0]] > held[pair[1]])
    return next(found, ("", ""))


def columns(overrides: Sequence[Override], homes: int) -> dict[str, Floats]:
    """Return float64[homes] of each setting that some home has for itself, NaN in the others.

    What is unknown, as after a parameter was given up, is left out.
    """
    found: dict[str, Floats] = {}
    for one in overrides:
        if one.name in SETTINGS and one.home < homes:
            column = found.setdefault(one.name, np.full(homes, np.nan))
            column[one.home] = one.value
    return found
