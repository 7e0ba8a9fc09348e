"""What only one may begin is begun once when two begin it at the same moment, on both databases."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select

from config import (
    audit,
    contacts,
    credentials,
    gateway_tables,
    keys,
    pause_rows,
    replacements,
    safeguarding,
    sensor_replacements,
    tables,
    walk_test_rows,
)
from config.contacts import ContactsPlan
from config.pauses import Pause, PauseReason
from config.problems import ConfigProblem
from config.sensor_replacements import NewDevice
from config.settings import Settings
from tests.config.test_consents_at_once import (
    NOW_US,
    ROUNDS,
    database,
    home,
    together,
)

__all__ = ["database", "home"]
HOUR_US = 3_600_000_000


def twice(engine: Engine, act: Callable[[Connection, str], object]) -> list[str]:
    """Do this as two people at once; return what was refused, in words."""
    refused = list[str]()

    def run(who: str) -> None:
        try:
            with engine.begin() as connection:
                act(connection, who)
        except ConfigProblem as problem:
            refused.append(str(problem))

    together(lambda: run("one"), lambda: run("two"))
    with engine.connect() as connection:
        assert audit.verify(connection) == []
    return refused


def number_of(engine: Engine, id_: str) -> int:
    h = tables.homes.c
    with engine.connect() as connection:
        return int(connection.execute(select(h.number).where(h.id == id_)).scalar_one())


@pytest.mark.usefixtures("home")
def test_a_home_has_one_walk_test_so_that_ending_it_makes_every_alarm_real(
    database: Engine, home: str
) -> None:
    number = number_of(database, home)
    for turn in range(ROUNDS):
        at_us = NOW_US + turn * HOUR_US
        (told,) = twice(database, lambda c, who: walk_test_rows.begin(c, number, who, at_us))  # noqa: B023  # done at once
        assert "one is under way in this home" in told
        with database.begin() as connection:
            walk_test_rows.end(connection, number, "one", at_us + 1, {})
            tests = walk_test_rows.read(connection)
        assert not [one for one in tests if one.covers(at_us + 2)]


def test_a_home_has_one_pause_at_a_time_so_that_ending_it_watches_it_again(
    database: Engine, home: str
) -> None:
    number = number_of(database, home)
    for turn in range(ROUNDS):
        start_us = NOW_US + 2 * turn * HOUR_US

        def begin(connection: Connection, who: str, at_us: int = start_us) -> None:
            wish = Pause(0, number, PauseReason.HOLIDAY, at_us, at_us + HOUR_US, who, at_us)
            pause_rows.begin(connection, wish)

        (told,) = twice(database, begin)
        assert "covers part of that time" in told
    with database.connect() as connection:
        assert len(pause_rows.of_home(connection, number)) == ROUNDS


def test_two_credentials_of_a_gateway_have_names_of_their_own(database: Engine, home: str) -> None:
    with database.connect() as connection:
        g = tables.gateways.c
        query = select(g.id).where(g.home == number_of(database, home))
        gateway = connection.execute(query).scalar_one()
    issued = list[str]()

    def issue(connection: Connection, who: str) -> None:
        issued.append(credentials.issue(connection, gateway, who, NOW_US, 1.0).username)

    assert twice(database, issue) == []
    assert len(set(issued)) == 2
    with database.connect() as connection:
        kept = connection.execute(select(gateway_tables.credentials.c.username)).scalars().all()
    assert sorted(kept) == sorted(issued)


def test_who_is_barred_does_not_come_back_with_a_list_that_is_saved_at_that_moment(
    database: Engine, home: str, tmp_path: Path
) -> None:
    vault = keys.open_vault(Settings(data=tmp_path), database)
    for turn in range(ROUNDS):
        person = {"kind": "contact", "name": "Mx Barred", "phone": f"01632 960 {100 + turn}"}
        with database.begin() as connection:
            plan = contacts.read_plan({"contact": [person]}, "a test")
            (listed,), _ = contacts.save(connection, vault, home, plan, "one", NOW_US)
        again = contacts.read_plan({"contact": [{**person, "id": listed.id}]}, "a test")

        def act(
            connection: Connection, who: str, id_: str = listed.id, wish: ContactsPlan = again
        ) -> None:
            if who == "one":
                safeguarding.bar(connection, vault, id_, who, NOW_US, "a test of races")
            else:
                contacts.save(connection, vault, home, wish, who, NOW_US)

        twice(database, act)
        with database.connect() as connection:
            assert contacts.read(connection, vault, home) == []


@pytest.mark.usefixtures("home")
def test_a_gateway_is_replaced_once_and_the_other_is_told(database: Engine) -> None:
    with database.connect() as connection:
        (serving,) = connection.execute(select(tables.gateways.c.id)).scalars()
    for turn in range(ROUNDS):
        at_us = NOW_US + turn * HOUR_US

        def act(
            connection: Connection,
            who: str,
            old: str = serving,
            turn: int = turn,
            at_us: int = at_us,
        ) -> None:
            new = f"gate-{who}-{turn:05d}"
            replacements.replace_gateway(
                connection, old, new, who, at_us, overlap_h=0, why="a test of races"
            )

        (told,) = twice(database, act)
        assert "gateway" in told
        with database.connect() as connection:
            (serving,) = connection.execute(select(tables.gateways.c.id)).scalars()
        assert serving.endswith(f"{turn:05d}")


def test_a_device_takes_the_place_of_one_sensor_at_a_time(database: Engine, home: str) -> None:
    s, number = tables.sensors.c, number_of(database, home)
    with database.connect() as connection:
        query = select(s.id).where(s.home == number, s.kind != "gateway-status").order_by(s.number)
        sensors = dict(zip(("one", "two"), connection.execute(query).scalars(), strict=False))

    def put(connection: Connection, who: str, turn: int) -> None:
        new, at_us = NewDevice(f"device-{turn}"), NOW_US + turn * HOUR_US
        sensor_replacements.replace_device(
            connection, sensors[who], new, who, at_us, why="it is broken"
        )

    for turn in range(ROUNDS):
        (told,) = twice(database, lambda c, who: put(c, who, turn))  # noqa: B023  # done at once
        assert "of this home has that address" in told
