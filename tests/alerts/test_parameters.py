"""Parameters of detectors: what a place may set, and what it is told when it is wrong."""

import pytest

from alerts.detect.parameters import PARAMETERS, values
from alerts.detect.roster import build_roster
from config.problems import ConfigProblem
from config.sensor_table import build_sensor_table
from tests.alerts.world import place
from tests.make import enrolment


def test_a_place_without_a_file_gets_the_defaults() -> None:
    assert values(None) == {p.name: p.default for p in PARAMETERS}


def test_every_parameter_has_a_default_in_its_range_a_unit_and_a_sentence() -> None:
    names = [p.name for p in PARAMETERS]
    assert len(set(names)) == len(names)
    for parameter in PARAMETERS:
        assert parameter.low <= parameter.default <= parameter.high, parameter.name
        assert parameter.unit, parameter.name
        assert parameter.sentence.endswith("."), parameter.name


def test_a_place_sets_its_own_z() -> None:
    made = enrolment(1, place="fenbridge")
    table = build_sensor_table(made.homes, made.gateways, made.sensors, revision=1)
    mine = place().model_copy(update={"detectors": {"silence_z": 3.5}})
    assert set(build_roster(table, {"fenbridge": mine}).silence_z.tolist()) == {3.5}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("silence_z", 99.0, "detectors.silence_z is 99, expected 0.5..6 (fenbridge.toml)"),
        ("silense_z", 3.0, "detectors.silense_z is not a known parameter, expected one of"),
    ],
)
def test_a_wrong_parameter_is_told_with_what_was_expected(
    name: str, value: float, told: str
) -> None:
    mine = place().model_copy(update={"detectors": {name: value}})
    with pytest.raises(ConfigProblem) as problem:
        values(mine)
    assert told in str(problem.value)
