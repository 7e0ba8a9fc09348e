"""One device is in one home: of two who accept it at once one is refused, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, select, update

from api import proposing
from api.proposing import Refused
from config import announcement_rows, audit, registry, replacements, tables
from config.announced import AnnouncedDevice, Announcement, Source
from config.homes import Home, HomeState
from config.kinds import Kind
from config.problems import ConfigProblem
from config.proposals import Choice
from tests.announced import ieee
from tests.config.test_consents_at_once import NOW_US, database, together
from tests.make import enrolment

__all__ = ["database"]
ROUNDS = 8


@pytest.fixture
def homes(database: Engine) -> list[Home]:
    with database.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=0)
        return registry.homes(connection)


def gateway_of(connection: Connection, home: Home) -> tuple[int, str]:
    g = tables.gateways.c
    row = connection.execute(select(g.number, g.id).where(g.home == home.number)).one()
    return int(row.number), str(row.id)


def announce(database: Engine, home: Home, name: str, *numbers: int, box: str = "") -> bool:
    devices = tuple(
        AnnouncedDevice(ieee(n), f"{name}-{i}", kinds=(Kind.MOTION,))
        for i, n in enumerate(numbers, start=1)
    )
    with database.begin() as connection:
        number, _ = gateway_of(connection, home)
        said = Announcement(number, Source.BRIDGE, NOW_US, devices, box=box)
        return announcement_rows.keep(connection, said)


def accept(database: Engine, home: Home, number: int) -> str:
    """Accept a device for a home; return what was refused, empty when it is the home's."""
    try:
        with database.begin() as connection:
            proposing.accept(connection, home, [Choice(ieee(number), "hall")], "olga", NOW_US)
    except Refused as problem:
        return str(problem)
    return ""


def test_of_two_who_accept_one_device_at_once_one_is_told_that_it_is_elsewhere(
    database: Engine, homes: list[Home]
) -> None:
    numbers = range(1, ROUNDS + 1)
    announce(database, homes[0], "hall-motion", *numbers)
    announce(database, homes[1], "kitchen-motion", *numbers)
    for number in numbers:
        told: list[str] = []

        def act(home: Home, number: int = number, told: list[str] = told) -> None:
            told.append(accept(database, home, number))

        together(lambda: act(homes[0]), lambda: act(homes[1]))  # done at once
        (refused,) = [said for said in told if said]
        assert "is enrolled in another home" in refused
    with database.connect() as connection:
        found = [s for s in registry.sensors(connection) if s.dialect == "zigbee2mqtt"]
        assert len(found) == ROUNDS
        assert audit.verify(connection) == []


def test_a_file_cannot_enrol_elsewhere_what_stands_under_a_name(
    database: Engine, homes: list[Home]
) -> None:
    announce(database, homes[0], "hall-motion", 1)
    assert accept(database, homes[0], 1) == ""
    device = ("device", ieee(1).removeprefix("0x"))
    with database.begin() as connection:
        assert homes[0].id in registry.taken(connection)[device]
        h = tables.homes.c
        ended = update(tables.homes).where(h.id == homes[0].id)
        connection.execute(ended.values(state=HomeState.ENDED.value))
        assert device not in registry.taken(connection)
    announce(database, homes[1], "kitchen-motion", 1)
    assert accept(database, homes[1], 1) == ""


def test_nothing_is_accepted_for_a_home_that_ended_after_it_was_looked_up(
    database: Engine, homes: list[Home]
) -> None:
    announce(database, homes[0], "hall-motion", 1)
    with database.begin() as connection:
        registry.set_home_state(connection, [homes[0].id], HomeState.ENDED)
    as_seen = replace(homes[0], state=HomeState.ACTIVE)
    with pytest.raises(ConfigProblem, match="the home has ended"):
        accept(database, as_seen, 1)


def test_a_box_that_was_replaced_proposes_nothing(database: Engine, homes: list[Home]) -> None:
    home = homes[0]
    with database.connect() as connection:
        _, old = gateway_of(connection, home)
    assert announce(database, home, "hall-motion", 1, box=old)
    with database.begin() as connection:
        replacements.replace_gateway(
            connection, old, "gate-new-0001", "olga", NOW_US, overlap_h=72, why="a test"
        )
        (hub,) = proposing.of_home(connection, home)
        assert (hub.at_us, list(hub.proposals)) == (None, [])
    assert not announce(database, home, "hall-motion", 1, 2, box=old)
    assert announce(database, home, "kitchen-motion", 3, box="gate-new-0001")
    with database.connect() as connection:
        (hub,) = proposing.of_home(connection, home)
    assert [one.seen.device.ieee for one in hub.proposals] == [ieee(3)]
    assert accept(database, home, 1) != ""
