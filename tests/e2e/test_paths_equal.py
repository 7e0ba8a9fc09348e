from pathlib import Path

import pytest

from sensors_sim.faults import FaultKind
from sensors_sim.scenario import Scenario, load, parse
from tests.e2e.paths import in_process, through_the_broker

SCENARIO = """
seed = 11
days = 4
end = 2026-11-22T12:00:00Z
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
kind = "pendant"
place = "fenbridge"
home = 4
before_end_h = 22

[[incident]]
kind = "sensor-dead"
place = "abercoed"
home = 2
device = "living-room/climate"
before_end_h = 60
"""
FAULTS = """
homes_per_sector = 2
fault = [
  {kind = "stuck", place = "abercoed", home = 1, device = "hall/motion", before_end_h = 80, lasts_h = 20},
  {kind = "chattering", place = "fenbridge", home = 2, device = "hall/motion", by_s = 15, before_end_h = 40, lasts_h = 3},
  {kind = "flat-battery", place = "abercoed", home = 3, device = "hall/front-door", before_end_h = 90, lasts_h = 30},
  {kind = "dead", place = "fenbridge", home = 4, device = "kitchen/fridge", before_end_h = 80, lasts_h = 30},
  {kind = "clock-skew", place = "fenbridge", home = 2, by_s = 90, before_end_h = 90, lasts_h = 60},
  {kind = "clock-jump", place = "abercoed", home = 1, by_s = 3600, before_end_h = 52, lasts_h = 4},
  {kind = "clock-jump", place = "abercoed", home = 3, by_s = -3600, before_end_h = 30, lasts_h = 4},
  {kind = "late", place = "fenbridge", home = 1, by_s = 900, share = 0.4, before_end_h = 95, lasts_h = 95},
  {kind = "reordered", place = "abercoed", home = 2, by_s = 1500, share = 0.5, before_end_h = 95, lasts_h = 90},
  {kind = "duplicated", place = "fenbridge", home = 4, by_s = 2400, share = 0.6, before_end_h = 95, lasts_h = 90},
  {kind = "gateway-outage", place = "fenbridge", home = 4, before_end_h = 24, lasts_h = 7},
  {kind = "gateway-outage", place = "fenbridge", home = 1, before_end_h = 18, lasts_h = 6},
  {kind = "broker-outage", place = "abercoed", before_end_h = 60, lasts_h = 6},
  {kind = "street", place = "fenbridge", sector = 2, share = 0.5, before_end_h = 70, lasts_h = 5},
]
"""  # noqa: E501 - one fault a line


def kinds(scenario: Scenario) -> set[FaultKind]:
    return {fault.kind for fault in scenario.fault}


@pytest.mark.slow
@pytest.mark.parametrize("faults", ["", FAULTS], ids=["incidents", "incidents and every fault"])
def test_the_broker_and_the_fast_path_give_the_same_alerts(tmp_path: Path, faults: str) -> None:
    scenario = parse(faults + SCENARIO, file="test")

    real = through_the_broker(scenario, tmp_path / "broker")
    fast = in_process(scenario, tmp_path / "process")

    assert {row[1] for row in fast} >= {"no-sign-of-life", "gateway-silent", "smoke", "pendant"}
    assert fast == real


def test_both_lists_of_faults_name_every_kind() -> None:
    assert kinds(parse(FAULTS + SCENARIO, file="test")) == set(FaultKind)
    month = load("rough-month")
    assert kinds(month) == set(FaultKind)
    assert (len(month.places) * month.homes_per_place, month.days) == (50, 28)
