"""Rehearsals on a page: who may see which, what is kept, and how they end."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts import rehearsal_tables as tables
from alerts import rehearsals
from alerts.detect.parameters import PARAMETERS
from alerts.detect.place_limits import LIMITS
from alerts.rehearsals import Busy, RehearsalState
from api import home_rows
from api.app import create_app
from api.home_rows import Subject
from api.web.parameter_texts import TEXTS
from api.web.rehearse_form import BUDGET, GROUPS, NUMBERS
from config import tables as registry
from config.places import Limits
from config.roles import Role
from ingest.clock import microseconds
from tests.api.life import DAY_US, A, B
from tests.api.rehearsed import ask, done, keep_past, running
from tests.api.visits import Visit
from tests.api.world import World, account, make_world

BOB = "account-bob"


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = make_world(tmp_path)
    account(world.database, "Olive", (A, Role.OFFICER))
    account(world.database, "Eddy", (A, Role.ENGINEER), (A, Role.COMMISSIONER))
    keep_past(world)
    return world


def state_of(world: World, number: int) -> RehearsalState:
    with world.database.connect() as connection:
        kept = rehearsals.find(connection, [A], number)
    assert kept is not None
    return kept.state


def test_another_place_sees_nothing_of_it(world: World) -> None:
    number = done(world, BOB)
    account(world.database, "Nora", (B, Role.SUPERVISOR))
    visit = Visit(world.app, "nora")
    addresses = [f"/rehearse/{A}/new", f"/rehearse/{A}/{number}", f"/rehearse/{B}/{number}"]
    for address in [*addresses, f"/rehearse/{A}/{number}/alerts.csv"]:
        answer = visit.get(address)
        assert answer.status_code == 404
        assert "alert-rehearsed" not in answer.text
    assert visit.post(f"/rehearse/{A}/{number}/cancel", {}).status_code == 404
    assert f"rehearsal {number}" not in visit.get("/rehearse").text


@pytest.mark.parametrize("who", ["alice", "eddy"])
def test_roles_that_may_not_see_homes_or_settings_are_refused(world: World, who: str) -> None:
    number = done(world, BOB)
    for address in ("/rehearse", f"/rehearse/{A}/new", f"/rehearse/{A}/{number}"):
        assert Visit(world.app, who).get(address).status_code == 403


def test_what_is_only_asked_for_is_its_askers_alone(world: World) -> None:
    number = ask(world, BOB).number
    assert Visit(world.app, "bob").get(f"/rehearse/{A}/{number}").status_code == 200
    assert Visit(world.app, "olive").get(f"/rehearse/{A}/{number}").status_code == 404
    assert f"/rehearse/{A}/{number}" not in Visit(world.app, "olive").get("/rehearse").text


def test_it_begins_once_and_the_next_of_the_place_waits(world: World) -> None:
    begun: list[int] = []
    app = create_app(replace(world.resources, rehearse=begun.append))
    number, other = ask(world, BOB).number, ask(world, BOB).number
    visit = Visit(app, "bob")
    assert visit.post(f"/rehearse/{A}/{number}/begin", {}).status_code == 303
    assert visit.post(f"/rehearse/{A}/{number}/begin", {}).status_code == 409
    refused = visit.post(f"/rehearse/{A}/{other}/begin", {})
    assert refused.status_code == 409
    assert "runs already" in refused.text
    assert begun == [number]
    assert state_of(world, other) is RehearsalState.ASKED


def test_an_installation_runs_two_at_most(world: World) -> None:
    for place in ("one", "two"):
        running(world, BOB, place)
    kept = ask(world, BOB)
    with world.database.begin() as connection, pytest.raises(Busy) as told:
        rehearsals.begin(connection, kept, BOB, microseconds(world.wall))
    assert not told.value.is_here


def test_one_without_a_beat_is_interrupted_and_frees_its_place(world: World) -> None:
    kept, now_us = ask(world, BOB), microseconds(world.wall)
    with world.database.begin() as connection:
        assert rehearsals.begin(connection, kept, BOB, now_us - 2 * rehearsals.SILENT_US)
    page = Visit(world.app, "bob").get(f"/rehearse/{A}/{kept.number}")
    assert "It was interrupted" in page.text
    assert state_of(world, kept.number) is RehearsalState.INTERRUPTED
    another = ask(world, BOB)
    with world.database.begin() as connection:
        assert not rehearsals.beat(connection, kept.number, 0.9, now_us), "it must end by itself"
        assert rehearsals.begin(connection, another, BOB, now_us)


def test_the_file_holds_every_alert_and_no_formula_and_looking_is_noted(world: World) -> None:
    number = done(world, BOB)
    home = world.homes[A][0]
    with world.database.begin() as connection:
        t = registry.homes
        connection.execute(t.update().where(t.c.id == home.id).values(label="=1+1"))
    visit = Visit(world.app, "olive")
    assert home.id in visit.get(f"/rehearse/{A}/{number}").text
    rows = list(csv.DictReader(io.StringIO(visit.get(f"/rehearse/{A}/{number}/alerts.csv").text)))
    assert [row["change"] for row in rows] == ["added", "removed"]
    assert rows[0]["home"] == home.id
    assert rows[0]["label"] == "'=1+1"
    with world.database.connect() as connection:
        a = registry.audit.c
        query = select(a.what).where(a.subject == f"rehearsal:{number}", a.actor == "account-olive")
        assert sorted(connection.execute(query).scalars()) == ["export", "read"]


def test_a_home_that_left_the_place_is_not_shown(world: World) -> None:
    number, home = done(world, BOB), world.homes[A][0]
    with world.database.begin() as connection:
        t = registry.homes
        connection.execute(t.update().where(t.c.id == home.id).values(place=B))
    visit = Visit(world.app, "bob")
    assert home.id not in visit.get(f"/rehearse/{A}/{number}").text
    assert home.id not in visit.get(f"/rehearse/{A}/{number}/alerts.csv").text


def test_what_it_told_of_a_home_goes_with_the_home_and_its_sums_name_nobody(world: World) -> None:
    number, home = done(world, BOB), world.homes[A][0]
    rules = {t.name: (t, own) for t, own in home_rows.rules(Subject(home.number, home.id, A))}
    with world.database.begin() as connection:
        table, own = rules["rehearsed_alerts"]
        assert connection.execute(table.delete().where(own)).rowcount >= 1
        row = connection.execute(select(tables.rehearsals)).one()
    assert home.id not in f"{row.figures} {row.candidate}"
    assert Visit(world.app, "bob").get(f"/rehearse/{A}/{number}").status_code == 200


def test_it_is_kept_for_its_days_and_longer_only_under_a_hold(world: World) -> None:
    number, home = done(world, BOB), world.homes[A][0]
    wall_us = microseconds(world.wall)
    kept_us = wall_us + rehearsals.KEPT_DAYS * DAY_US
    with world.database.begin() as connection:
        assert rehearsals.expire(connection, A, kept_us, []) == 0
        assert rehearsals.expire(connection, A, kept_us + DAY_US, [home.id]) == 0
        assert rehearsals.due(connection, A, kept_us + DAY_US, []) == 1
        assert rehearsals.expire(connection, A, kept_us + DAY_US, []) == 1
        assert rehearsals.find(connection, [A], number) is None
        assert connection.execute(select(tables.alerts)).all() == []


def test_every_parameter_and_limit_that_can_be_tried_is_in_the_catalogue_and_in_its_range() -> None:
    every = (*PARAMETERS, *LIMITS)
    assert {one.sentence for one in every} | {one.unit for one in every} == set(TEXTS)
    for one in LIMITS:
        field = Limits.model_fields[one.name]
        told = {type(m).__name__: m for m in field.metadata}
        assert (one.low, one.high) == (told["Ge"].ge, told["Le"].le)
        assert one.default == field.default


def test_every_number_is_folded_once_under_what_it_is_about_and_a_mistake_opens_its_part(
    world: World,
) -> None:
    folded = [name for _id, _title, names in GROUPS for name in names]
    assert sorted([BUDGET.name, *folded]) == sorted(one.name for one in NUMBERS)
    bob = Visit(world.app, "bob")
    page = bob.get(f"/rehearse/{A}/new").text
    assert opened(page) == []
    typed = dict(re.findall(r'name="((?:from|to)-[dmy])"[^>]*value="(\d+)"', page))
    answer = bob.post(f"/rehearse/{A}/new", {**typed, "seat_z": "many"})
    assert answer.status_code == 422
    assert opened(answer.text) == ["numbers-beds"]


def opened(page: str) -> list[str]:
    """Return the ids of the numbers' parts that stand open."""
    return re.findall(r'<details class="govuk-details" id="(numbers-[a-z]+)" open>', page)
