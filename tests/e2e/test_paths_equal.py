from pathlib import Path

import pytest

from sensors_sim.scenario import parse
from tests.e2e.paths import in_process, through_the_broker

SCENARIO = """
seed = 11
days = 4
places = ["fenbridge", "abercoed"]
homes_per_place = 4
zigbee_homes_per_place = 2

[[incident]]
kind = "collapse"
place = "fenbridge"
home = 1
before_end_h = 16

[[incident]]
kind = "gateway-offline"
place = "fenbridge"
home = 3
before_end_h = 30

[[incident]]
kind = "cold-home"
place = "abercoed"
home = 4
before_end_h = 40

[[incident]]
kind = "smoke"
place = "abercoed"
home = 1
before_end_h = 50

[[incident]]
kind = "sensor-dead"
place = "abercoed"
home = 2
device = "living-room/climate"
before_end_h = 60
"""


@pytest.mark.slow
def test_the_broker_and_the_fast_path_give_the_same_alerts(tmp_path: Path) -> None:
    scenario = parse(SCENARIO, file="test")

    real = through_the_broker(scenario, tmp_path / "broker")
    fast = in_process(scenario, tmp_path / "process")

    assert {row[1] for row in fast} >= {"no-sign-of-life", "gateway-silent", "smoke"}
    assert fast == real
