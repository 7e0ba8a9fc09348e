"""Settings that somebody considers: ``[limits]`` and ``[detectors]`` as a place file has them."""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from alerts.detect import parameters
from config.places import Limits, Place
from config.problems import ConfigProblem, describe, read_text


def read_candidate(file: Path, place: Place, *, command: str) -> Place:
    """Return the place with the limits and parameters of this file, which may be a place file.

    What the file leaves out is the default, as in a place file. ConfigProblem names the file,
    the key and what was expected.
    """
    try:
        told = tomllib.loads(read_text(file, command))
        own = place.model_dump(exclude={"limits", "detectors"}, by_alias=True)
        made = Place.model_validate({**own, **told})
    except tomllib.TOMLDecodeError as problem:
        raise ConfigProblem(f"{command}: {file.name} is not TOML: {problem}") from problem
    except ValidationError as problem:
        raise ConfigProblem(describe(command, Place, problem, lambda _: file.name)) from problem
    kept = {name: getattr(made, name) for name in ("limits", "detectors", "alert_budget")}
    judged = place.model_copy(update=kept)
    try:
        parameters.values(judged)
    except ConfigProblem as problem:
        said = str(problem).replace(f"{place.key}.toml", file.name)
        raise ConfigProblem(said.replace("places:", f"{command}:")) from problem
    return judged


def settings_of(place: Place) -> dict[str, object]:
    """Return all limits and parameters in force at a place, by name."""
    limits = {name: getattr(place.limits, name) for name in Limits.model_fields}
    return {**limits, "alert_budget": place.alert_budget, **parameters.values(place)}
