"""The settings that an evaluation judges: limits and parameters as a place file has them."""

import tomllib
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from alerts.detect import parameters
from alerts.detect.parameters import STRICTEST_Z
from api.evaluate_engine import DEFAULTS
from config.places import Place
from config.problems import ConfigProblem, describe

SWEPT: Final = "silence_z"
SWEEP: Final = (1.5, 2.0, 2.4, 2.75, 3.5, STRICTEST_Z)
"""How far beyond a home's usual longest silences one must be: the curve of what it costs.

What an alert budget may choose; the thresholds of other detectors move with it as they do live.
"""


def read_judged(file: Path | None) -> Place:
    """Return the place with the ``[limits]`` and ``[detectors]`` of this file; None is defaults.

    A council's own place file will do. ConfigProblem names file, key and what was expected. The
    time zone is always that of the recorded homes.
    """
    if file is None:
        return DEFAULTS
    try:
        told = tomllib.loads(file.read_bytes().decode("utf-8"))
        place = Place.model_validate(
            {**DEFAULTS.model_dump(exclude={"limits", "detectors"}, by_alias=True), **told}
        )
        parameters.values(place)
    except OSError as problem:
        raise ConfigProblem(f"evaluate: {file} cannot be read: {problem.strerror}") from problem
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigProblem(f"evaluate: {file.name} is not TOML: {problem}") from problem
    except ValidationError as problem:
        raise ConfigProblem(describe("evaluate", Place, problem, lambda _: file.name)) from problem
    except ConfigProblem as problem:
        raise ConfigProblem(str(problem).replace(f"{DEFAULTS.key}.toml", file.name)) from problem
    return place.model_copy(update={"key": DEFAULTS.key, "time_zone": DEFAULTS.time_zone})


def swept(place: Place, value: float) -> Place:
    """Return the same settings as a budget moves them that chose this threshold for silences."""
    return place.model_copy(update={"detectors": parameters.at(place, value)})


def told(place: Place) -> dict[str, object]:
    """Return all limits and parameters in force, for the report and the JSON."""
    return {**place.limits.model_dump(), **parameters.values(place)}
