"""The hub: counts and health of places side by side, for hub operators alone."""

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from alerts import tables
from alerts.alert import AlertKind, Priority, Unwatched
from api.health import WATCH, WORKER
from api.hub import gateways_of, oldest_waiting
from config import tables as registry
from config.homes import HomeState
from config.roles import Role
from ingest.batch import empty
from ingest.clock import microseconds
from ingest.journal import Journal
from ingest.message import Reason, Reject
from tests.api.life import MINUTE_US, A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    account(world.database, "Hattie", (A, Role.HUB_OPERATOR), (B, Role.HUB_OPERATOR))
    world.beat()
    return world


def row_of(page: str, place: str) -> dict[str, str]:
    """Return what the page says of a place, by the label of each cell."""
    row = re.search(rf'id="place-{place}">(.*?)</tr>', page, re.DOTALL)
    assert row is not None
    cells = re.findall(r'data-label="([^"]+)">(.*?)</t[dh]>', row.group(1), re.DOTALL)
    return {label: " ".join(re.sub("<[^>]+>", "", text).split()) for label, text in cells}


def test_places_stand_side_by_side_by_name_with_what_each_has(world: World) -> None:
    page = Visit(world.app, "hattie").get("/hub").text
    assert page.index(f"place-{A}") < page.index(f"place-{B}")
    told = row_of(page, A)
    assert told["Homes"] == "3"
    assert told["Unwatched"] == "1"
    assert told["Gateways seen"] == "2 of 3"
    assert told["Alerts that stand"] == "P1: 1, P2: 1, P3: 1, T: 1"
    assert told["Longest without anybody"] == "P2, 47 minutes"
    assert told["Messages refused"] == "0"


def test_messages_refused_are_those_of_the_place(world: World) -> None:
    journal = Journal.open(world.folder / "journal.db")
    topic = f"stillwell/v1/{B}/gateway-one/r"
    journal.append(empty(), [], [Reject(Reason.NOT_JSON, topic, b"secret", "expected JSON", 7)])
    journal.close()
    page = Visit(world.app, "hattie").get("/hub").text
    assert row_of(page, A)["Messages refused"] == "0"
    assert row_of(page, B)["Messages refused"] == "1"
    assert "secret" not in page


def test_no_home_and_no_gateway_is_named(world: World) -> None:
    page = Visit(world.app, "hattie").get("/hub").text
    for home in (*world.homes[A], *world.homes[B]):
        assert home.label not in page
        assert home.id not in page
    assert "-gateway-" not in page
    assert "No sign of movement" not in page


def test_only_places_where_one_runs_the_hub_are_shown(world: World) -> None:
    account(world.database, "Hugo", (A, Role.HUB_OPERATOR), (B, Role.COMMISSIONER))
    page = Visit(world.app, "hugo").get("/hub").text
    assert f"place-{A}" in page
    assert f"place-{B}" not in page


def test_who_runs_the_hub_begins_there_and_others_may_not(world: World) -> None:
    visit = Visit(world.app, "hattie")
    assert visit.get("/").headers["location"] == "/hub"
    assert 'href="/hub"' in visit.get("/places").text
    assert Visit(world.app, "alice").get("/hub").status_code == 403
    assert Visit(world.app).get("/hub").status_code == 303


def test_in_an_outage_no_gateway_counts_as_seen(world: World) -> None:
    gone = [Unwatched(home.id, A, microseconds(world.now), "outage") for home in world.homes[A]]
    world.ledger.set_unwatched(gone, world.now)
    with world.database.connect() as connection:
        assert gateways_of(connection, [A])[A].seen == 0


def test_a_home_whose_sensors_are_silent_has_a_gateway_that_is_seen(world: World) -> None:
    with world.database.begin() as connection:
        connection.execute(
            update(tables.alerts)
            .where(tables.alerts.c.kind == AlertKind.GATEWAY_SILENT.value)
            .values(state="closed")
        )
    home = world.homes[A][1]
    world.ledger.set_unwatched(
        [Unwatched(home.id, A, microseconds(world.now), "sensor")], world.now
    )
    with world.database.connect() as connection:
        found = gateways_of(connection, [A])[A]
    assert (found.seen, found.total) == (3, 3)


def test_the_gateway_of_a_canary_is_none_of_the_place(world: World) -> None:
    with world.database.begin() as connection:
        h = registry.homes
        canary = update(h).where(h.c.id == world.homes[A][0].id)
        connection.execute(canary.values(state=HomeState.TEST.value))
        assert gateways_of(connection, [A])[A].total == 2


def test_the_oldest_that_nobody_has_is_about_a_person_and_no_test(world: World) -> None:
    a = tables.alerts.c
    with world.database.begin() as connection:
        first = oldest_waiting(connection, [A, B])[A]
        mine = (a.place == A, a.priority == first.priority.value, a.raised_us == first.raised_us)
        connection.execute(update(tables.alerts).where(*mine).values(is_test=True))
        second = oldest_waiting(connection, [A, B])[A]
        connection.execute(update(tables.alerts).where(a.place == A).values(state="acknowledged"))
        assert A not in oldest_waiting(connection, [A, B])
    assert first.priority is Priority.P2
    assert second.raised_us > first.raised_us


def test_each_place_says_when_its_own_path_was_proven(world: World) -> None:
    wall_us = microseconds(world.wall)
    world.ledger.beat(
        WATCH,
        beat_us=wall_us,
        now=world.now,
        is_live=True,
        state={"proven_us": {A: wall_us - 1, B: wall_us - 10 * MINUTE_US}},
    )
    page = Visit(world.app, "hattie").get("/hub").text
    assert "late" not in row_of(page, A)["Path of alarms"]
    assert "late: alerts may not arrive" in row_of(page, B)["Path of alarms"]


def test_a_service_that_is_not_ready_is_said_above_all(world: World) -> None:
    world.ledger.beat(
        WORKER,
        beat_us=microseconds(world.wall) - 60 * MINUTE_US,
        now=world.now,
        is_live=True,
        state={},
    )
    assert "Not ready" in Visit(world.app, "hattie").get("/hub").text


def test_the_hub_speaks_welsh(world: World) -> None:
    visit = Visit(world.app, "hattie")
    visit.post("/language", {"language": "cy", "next": "/hub"})
    page = visit.get("/hub").text
    assert "Pyrth a welir" in page
    assert "Gateways seen" not in page
