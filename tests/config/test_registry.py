from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from config import registry
from config.homes import HomeState
from config.kinds import Kind
from config.sensor_table import NONE, STATE_CODE
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def database() -> Engine:
    return new_database()


def test_an_enrolment_reads_back_as_columns(database: Engine) -> None:
    with database.begin() as connection:
        made = registry.enrol(connection, enrolment(2), now_us=0)
        table = registry.load(connection)

    for sensor in made.sensors:
        assert table.sensors[sensor.number] == sensor
        assert table.sensor_home[sensor.number] == sensor.home
        assert table.sensor_kind[sensor.number] == sensor.kind.code
    device = table.device(made.gateways[0].number, "native", "smoke-4")
    assert device is not None
    assert table.sensors[device.sensors[Kind.SMOKE]].home == made.homes[0].number


def test_numbers_are_never_used_again_and_others_are_holes(database: Engine) -> None:
    with database.begin() as connection:
        registry.enrol(connection, enrolment(1), now_us=0)
        made = registry.enrol(connection, enrolment(1, first=2, place="northmoor"), now_us=0)
        table = registry.load(connection)

    assert made.homes[0].number == 2
    assert table.home_place[0] == NONE
    assert [table.places[code] for code in table.home_place[1:]] == ["fenbridge", "northmoor"]
    assert table.sensor_kind.dtype == np.int8


def test_every_change_raises_the_revision(database: Engine) -> None:
    with database.begin() as connection:
        before = registry.revision(connection)
        made = registry.enrol(connection, enrolment(1), now_us=0)
        between = registry.revision(connection)
        registry.set_home_state(connection, [made.homes[0].id], HomeState.PAUSED)
        table = registry.load(connection)

    assert before < between < table.revision
    assert table.home_state[made.homes[0].number] == STATE_CODE[HomeState.PAUSED]


def test_the_same_address_twice_saves_nothing(database: Engine) -> None:
    doubled = enrolment(1)
    twin = replace(doubled.sensors[1], number=99, id="sens-another")
    with pytest.raises(IntegrityError), database.begin() as connection:
        registry.enrol(connection, replace(doubled, sensors=(*doubled.sensors, twin)), now_us=0)

    with database.connect() as connection:
        assert registry.load(connection).homes == {}
