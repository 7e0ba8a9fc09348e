from pathlib import Path

import pytest

from config.kinds import Kind
from sensors_sim.encode import OF_HUBS
from sensors_sim.kit import roster
from sensors_sim.scenario import parse
from tests.e2e.paths import in_process, through_the_broker

HOMES = """
seed = 5
days = 2
places = ["fenbridge"]
homes_per_place = 4
zigbee_homes_per_place = 1
chirpstack_homes_per_place = 1
senml_homes_per_place = 1
end = 2026-11-22T12:00:00Z
"""
ALARMS = ("smoke", "pendant", "fall")
SCENARIO = HOMES + "".join(
    f'[[incident]]\nkind = "{kind}"\nplace = "fenbridge"\nhome = {home}\nbefore_end_h = {hours}\n'
    for hours, kind in enumerate(ALARMS, start=3)
    for home in range(1, 5)
)


@pytest.mark.slow
def test_an_alarm_is_raised_whatever_the_hub_speaks_and_by_either_path(tmp_path: Path) -> None:
    scenario = parse(SCENARIO, file="test")
    enrolled = roster(scenario)
    spoken = {sensor.dialect for sensor in enrolled.sensors if sensor.kind is Kind.SMOKE}
    assert len(spoken) == len(OF_HUBS) - 1

    real = through_the_broker(scenario, tmp_path / "broker")
    fast = in_process(scenario, tmp_path / "process")

    alarms = sorted((str(row[1]), row[2]) for row in fast if row[1] in ALARMS)
    assert alarms == sorted((kind, home.id) for kind in ALARMS for home in enrolled.homes)
    assert fast == real
