from itertools import count

import pytest

from config.enrol import build, read_plan
from config.kinds import Kind
from config.problems import ConfigProblem
from config.sensor_table import build_sensor_table

PLACES = frozenset({"fenbridge"})
GOOD = """
[[home]]
place = "fenbridge"
label = "Home 61, Larch Row"
gateway = "gate-sixty-one"
risk_tier = 1

[[home.sensor]]
dialect = "zigbee2mqtt"
address = "Living room/motion"
kind = "motion"
room = "living room"

[[home.sensor]]
dialect = "zigbee2mqtt"
address = "Living room/motion"
kind = "battery"
"""


def _with_sector(sector: str) -> str:
    return GOOD.replace("risk_tier = 1", f'risk_tier = 1\nsector = "{sector}"')


def _ids() -> "count[int]":
    return count(10_000_000)


def test_a_plan_becomes_values_with_a_status_sensor_for_the_gateway() -> None:
    numbers = _ids()
    made = build(read_plan(GOOD, file="x.toml", places=PLACES), lambda: f"id-{next(numbers)}")

    table = build_sensor_table(made.homes, made.gateways, made.sensors)
    assert made.gateways[0].id == "gate-sixty-one"
    assert table.sensors[int(table.gateway_sensor[1])].kind is Kind.GATEWAY_STATUS
    device = table.device(1, "zigbee2mqtt", "Living room/motion")
    assert device is not None
    assert set(device.sensors) == {Kind.MOTION, Kind.BATTERY}


@pytest.mark.parametrize("written", ["zz1 2", "ZZ12", " ZZ1  2 "])
def test_a_postcode_sector_is_kept_in_one_form_and_is_a_column(written: str) -> None:
    numbers = _ids()
    plan = read_plan(_with_sector(written), file="x.toml", places=PLACES)
    made = build(plan, lambda: f"id-{next(numbers)}")
    table = build_sensor_table(made.homes, made.gateways, made.sensors)

    assert table.sectors == (("fenbridge", "ZZ1 2"),)
    assert table.home_sector[1] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("fenbridge", "nowhere-at-all"), "expected one of fenbridge"),
        (GOOD.replace('"motion"', '"motions"'), "home.0.sensor.0.kind is 'motions'"),
        (GOOD.replace("risk_tier = 1", "risk_tier = 9"), "home.0.risk_tier is 9, expected 1..3"),
        (_with_sector("PE1 2AB"), "home.0.sector is a whole postcode, expected its sector alone"),
        (_with_sector("Larch Row"), "home.0.sector is 'Larch Row', expected the sector"),
        (GOOD.replace('kind = "battery"', 'kind = "motion"'), "as motion twice"),
        (GOOD.replace("Living room/motion", "a/#"), "home.0.sensor.0.address is 'a/#'"),
        (GOOD.replace("gate-sixty-one", "g\u0430te-sixty-one"), "home.0.gateway is"),
        (GOOD.replace("gate-sixty-one", "gate-61"), "home.0.gateway is 'gate-61'"),
        (GOOD.replace("gate-sixty-one", "g" * 41), "home.0.gateway is 'ggg"),
        (GOOD.replace("gate-sixty-one", "Gate-sixty-one"), "home.0.gateway is 'Gate-sixty-one'"),
        ("[[home]\n", "x.toml is not TOML"),
        ("", "home is missing"),
    ],
)
def test_a_wrong_plan_says_what_to_mend(text: str, said: str) -> None:
    with pytest.raises(ConfigProblem) as problem:
        read_plan(text, file="x.toml", places=PLACES)

    assert said in str(problem.value)


def test_sensors_of_every_dialect_that_is_read_can_be_enrolled() -> None:
    from config.enrol import DIALECTS, STATUS_DIALECT
    from ingest.dialects import DIALECTS as READ

    assert set(DIALECTS) == set(READ) - {STATUS_DIALECT}
