"""A place with something in every table of homes: it moves, and is taken elsewhere, whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import pytest
from sqlalchemy import Engine, select

from api import home_rows, place_export, place_import, place_move, sealed_rows, wiring
from api.home_rows import Subject
from config import audit, database, household_rows, keys, registry, tables
from config.database import migrate
from config.places import FOLDER
from config.settings import Settings
from tests.api.life import A, B
from tests.api.test_enrolling import begin
from tests.api.test_households import enrol, fields
from tests.api.test_rest_consents import decision
from tests.api.visits import Visit
from tests.api.world import World
from tests.form_world import HOME, make_form_world
from tests.postgres import Postgres

C: Final = "willowmere"
PLACED: Final = place_move.MOVES
"""Tables whose rows say the place themselves."""

NEWEST: Final = {
    "allowances", "consents", "contacts", "former_addresses", "gateway_credentials", "households",
    "installations", "legal_holds", "overrides", "pauses", "persons", "replaced_gateways",
    "replaced_sensors", "visits", "walk_tests", "welfare_calls",
}  # fmt: skip
"""Tables of a home that came after the places did: none may be empty here."""

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A place in which everything was done that can be done to homes."""
    server: Postgres | None = None
    url = name = ""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        assert server is not None
        name = server.create(template="template0")
        url = server.url(name)
    made = make_form_world(tmp_path, url=url).world
    bob = Visit(made.app, "bob")
    visits = [{"day": "daily", "from": "08:30", "to": "09:00", "kind": "care"}]
    done = [
        bob.send(f"/api/v1/homes/{HOME}/consents", decision()),
        bob.send(f"/api/v1/homes/{HOME}/visits", {"visits": visits}, "PUT"),
        enrol(bob, {"households": [fields(nhs_number="999 000 0026")]}),
    ]
    assert [one.text for one in done if one.status_code >= 400] == []
    begin(bob)
    yield made
    made.database.dispose()
    if server is not None:
        server.drop([name])


def rows_of_homes(connection: Any, place: str) -> Rows:  # noqa: ANN401  # a connection
    """Return every row about a home of this place, by table, without what says the place."""
    h = tables.homes.c
    found: Rows = {}
    query = select(h.number, h.id, h.place).where(h.place == place).order_by(h.number)
    for home in connection.execute(query).all():
        for table, mine in home_rows.rules(Subject(home.number, home.id, home.place)):
            told = connection.execute(select(table).where(mine).order_by(*table.primary_key))
            rows = [dict(row) for row in told.mappings()]
            if table.name in PLACED:
                rows = [{k: v for k, v in row.items() if k != "place"} for row in rows]
            found.setdefault(table.name, []).extend(rows)
    return found


def moved(world: World, *, to: str) -> None:
    """Merge A into a place, as `stillwell place merge` does."""
    with world.database.begin() as connection:
        plan = place_move.merging(connection, [A], to)
        done = place_move.move(connection, plan, account="account-bob", now_us=1)
    with world.database.connect() as connection:
        for target, numbers in done.homes.items():
            world.resources.vault.move(sealed_rows.subjects_of(connection, numbers), target)


@pytest.mark.parametrize("target", [C, B])
def test_every_row_of_every_home_is_the_same_row_at_the_new_place(
    world: World, target: str
) -> None:
    with world.database.connect() as connection:
        before, there = rows_of_homes(connection, A), rows_of_homes(connection, target)
        household = household_rows.read(connection, world.resources.vault, HOME)
    assert {name for name in NEWEST if not before.get(name)} == set()
    moved(world, to=target)
    with world.database.connect() as connection:
        after = rows_of_homes(connection, target)
        assert rows_of_homes(connection, A) == {}
        for name in before.keys() | there.keys():
            if name in ("audit", "gateway_topics"):  # grow by the move itself
                continue
            wanted = [*before.get(name, []), *there.get(name, [])]
            assert sorted(map(repr, after[name])) == sorted(map(repr, wanted)), name
        kept = household_rows.read(connection, world.resources.vault, HOME)
        assert audit.verify(connection) == []
    assert kept is not None
    assert household is not None
    assert (kept.persons, kept.address, kept.place) == (
        household.persons,
        household.address,
        target,
    )


def test_a_gateway_that_moved_is_heard_under_both_places(world: World) -> None:
    moved(world, to=C)
    with world.database.connect() as connection:
        hubs = [hub for hub in registry.gateways(connection) if hub.place == C]
    assert len(hubs) >= 4
    assert {hub.old_places for hub in hubs} == {(A,)}


def test_what_is_exported_and_imported_elsewhere_says_the_same(
    world: World, tmp_path: Path
) -> None:
    old = Settings(data=world.folder, database_url=url_of(world.database))
    out, new = tmp_path / "out", installation(tmp_path / "new")
    opened = list[Engine]()

    def connect(address: str) -> Engine:
        opened.append(database.connect(address))
        return opened[-1]

    world.write_store()
    with patch.object(wiring, "connect", connect):
        place_export.export(old, A, out, tell=lambda _: None)
        place_import.import_place(new, out, tell=lambda _: None)
        there = wiring.open_database(new)
        vault = keys.open_vault(new, there)
        with world.database.connect() as one, there.connect() as two:
            before, after = rows_of_homes(one, A), rows_of_homes(two, A)
            first = household_rows.read(one, world.resources.vault, HOME)
            second = household_rows.read(two, vault, HOME)
            assert audit.verify(two) == []
    for engine in opened:
        engine.dispose()
    assert first is not None
    assert second is not None
    assert (first.persons, first.address, first.notes) == (
        second.persons, second.address, second.notes,
    )  # fmt: skip
    counts = {name: len(rows) for name, rows in before.items()}
    assert {name: len(after[name]) for name in counts} == counts
    assert {name for name in NEWEST if not after.get(name)} == set()


def url_of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def installation(folder: Path) -> Settings:
    """Return an empty installation that has the place's file."""
    settings = Settings(data=folder / "data", places=folder / "places")
    settings.data.mkdir(parents=True)
    settings.places.mkdir()
    for file in FOLDER.glob(f"{A}*"):
        (settings.places / file.name).write_bytes(file.read_bytes())
    migrate(settings.database)
    return settings
