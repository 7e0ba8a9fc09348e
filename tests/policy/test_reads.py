"""Every page and answer that shows a person leaves a row in the audit log, or says why not."""

from pathlib import Path

import pytest
from sqlalchemy import select

from api import reading
from api.auth import PUBLIC
from config import tables
from config.roles import Role
from tests.api.carrying import waiting_move
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, account, make_world
from tests.policy.test_routes import STREAMS, filled, routes

TELLS_OF_NOBODY = {
    "/": "leads on",
    "/api/v1/installations": "noted where the homes of today are found",
    "/enrol/{draft}/check": "what one has typed oneself and not enrolled yet",
    "/enrol/{draft}/{step}": "what one has typed oneself and not enrolled yet",
    "/installations": "noted where the homes of today are found",
    "/api/v1/emergency-access": "one's own",
    "/api/v1/me/recipient": "one's own",
    "/api/v1/places/{place}/audit/verification": "whether the log is whole, and no row of it",
    "/me": "one's own",
    "/api/v1/openapi.json": "a description",
    "/api/v1/places": "places",
    "/api/v1/places/{place}/counts": "numbers of a place, small ones left out",
    "/api/v1/places/{place}/detectors": "detectors and who chose their mode",
    "/api/v1/places/{place}/detectors/{detector}/history": "detectors and who chose their mode",
    "/api/v1/places/{place}/budget": "a number",
    "/api/v1/places/{place}/ladders": "roles and teams",
    "/api/v1/places/{place}/ladders/{priority}": "roles and teams",
    "/api/v1/places/{place}/texts": "words that name nobody",
    "/api/v1/places/{place}/measures": "numbers of a place",
    "/api/v1/places/{place}/measures.csv": "an export, noted as such",
    "/counts": "numbers of places",
    "/hub": "numbers of places",
    "/detectors": "detectors and who chose their mode",
    "/detectors/{place}/{detector}": "detectors and who chose their mode",
    "/measures": "numbers of places",
    "/places": "places",
    "/rehearse": "who tried which settings when",
    "/rehearse/{place}/new": "settings of a place",
    "/rehearse/{place}/{number}": "noted where the rehearsal is found",
    "/rehearse/{place}/{number}/alerts.csv": "an export, noted as such",
    "/places/{place}": "what was decided for a place, and which members of staff decided it",
    "/places/{place}/budget": "a number",
    "/places/{place}/ladder/{priority}": "roles and teams",
    "/places/{place}/texts": "words that name nobody",
    "/places/{place}/logo": "a picture",
    "/system": "processes, and gateways by their ids",
}
"""Addresses that show nobody, or note it themselves: the reason of each."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("reads"))
    account(world.database, "all", *((A, role) for role in Role if role is not Role.INSTALLER))
    waiting_move(world, f"move-of-{A}", f"{A}-home-1", f"{A}-home-2", "account-bob")
    return world


def rows(world: World) -> int:
    a = tables.audit.c
    query = select(a.seq).where(a.actor == "account-all", a.what == "read", a.place == A)
    with world.database.connect() as connection:
        return len(connection.execute(query).all())


def test_every_address_that_is_read_is_noted_or_tells_of_nobody(world: World) -> None:
    reads = [
        path
        for method, path, _ in routes(world.app)
        if method == "GET" and path not in PUBLIC and path not in STREAMS
    ]
    assert set(TELLS_OF_NOBODY) <= set(reads)
    visit = Visit(world.app, "all")
    alert, finding = world.alerts_of(A)[-1], world.findings_of(A)[0]
    for path in reads:
        before = rows(world)
        address = filled(path, A, alert, finding)
        if path.endswith("/readings"):
            address += "?from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"
        visit.get(address)
        noted = rows(world) - before
        wanted = 0 if path in TELLS_OF_NOBODY else 1
        assert noted == wanted, f"{path}: {noted} rows; see api/reading.py, or give a reason here"


def test_every_list_that_is_noted_is_an_address(world: World) -> None:
    paths = {path for _, path, _ in routes(world.app)}
    assert set(reading.LISTS) <= paths
    assert {f"/api/v1/places/{{place}}/{name}" for name in reading.PLACE_LISTS} <= paths


def test_ones_own_emergency_access_is_no_reading_of_others(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    account(world.database, "all", (A, Role.SUPERVISOR))
    Visit(world.app, "all").get("/break-glass")
    assert rows(world) == 0
