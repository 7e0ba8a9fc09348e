"""Booked visits by REST and by CSV: roles, places, all or nothing, and the running worker."""

from pathlib import Path

import pytest

from api import visiting, wiring
from config import registry
from config.problems import ConfigProblem
from config.settings import Settings
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world

WEEK = {"day": "mon tue wed thu fri", "from": "08:30", "to": "09:00", "kind": "care"}
ONCE = {"day": "2026-03-08", "from": "14:00", "to": "17:00", "kind": "other"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def path_of(world: World, place: str = A) -> str:
    return f"/api/v1/homes/{world.homes[place][0].id}/visits"


def test_what_a_supervisor_books_the_care_team_reads_and_the_roster_has(world: World) -> None:
    path = path_of(world)
    revision = world.resources.table().revision
    saved = Visit(world.app, "bob").send(path, {"visits": [WEEK, ONCE]}, "PUT")
    assert saved.status_code == 200, saved.text
    read = Visit(world.app, "alice").get(path).json()["visits"]
    assert read == [{**WEEK, "first": "", "last": ""}, {**ONCE, "first": "", "last": ""}]
    with world.database.connect() as connection:
        table = registry.load(connection)
    assert table.revision > revision
    assert [visit.home for visit in table.visits] == [world.homes[A][0].number] * 2
    Visit(world.app, "bob").send(path, {"visits": []}, "PUT")
    assert Visit(world.app, "bob").get(path).json() == {"visits": []}


def test_a_wrong_visit_is_refused_and_nothing_is_saved(world: World) -> None:
    bob, path = Visit(world.app, "bob"), path_of(world)
    bob.send(path, {"visits": [WEEK]}, "PUT")
    answer = bob.send(path, {"visits": [ONCE, {**WEEK, "from": "9"}, {**WEEK, "to": "x"}]}, "PUT")
    assert answer.status_code == 422
    for said in ("visits.1, from is '9'", "visits.2, to is 'x'"):
        assert said in answer.json()["detail"]
    assert [one["day"] for one in bob.get(path).json()["visits"]] == [WEEK["day"]]


def test_only_supervisors_and_officers_book_and_only_at_their_place(world: World) -> None:
    body = {"visits": [WEEK]}
    assert Visit(world.app, "alice").send(path_of(world), body, "PUT").status_code == 403
    assert Visit(world.app, "bob").send(path_of(world, B), body, "PUT").status_code == 404
    assert Visit(world.app, "charlie").get(path_of(world)).status_code == 404


@pytest.fixture
def settings(world: World, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(wiring, "open_database", lambda _: world.database)
    return Settings(data=world.folder)


def write(folder: Path, *lines: str) -> Path:
    file = folder / "visits.csv"
    file.write_text("home,day,from,to,kind\n" + "".join(f"{line}\n" for line in lines), "utf-8")
    return file


def test_a_file_replaces_the_visits_of_the_homes_it_names(world: World, settings: Settings) -> None:
    bob, told = "bob@example.org", list[str]()
    homes = [home.id for home in world.homes[A]]
    Visit(world.app, "bob").send(f"/api/v1/homes/{homes[-1]}/visits", {"visits": [ONCE]}, "PUT")
    file = write(
        world.folder, f"{homes[0]},daily,08:30,09:00,", f"{homes[0]},sat,12:00,12:30,other"
    )
    visiting.read_file(settings, file, A, bob, is_dry_run=True, tell=told.append)
    visiting.show(settings, A, homes[0], tell=told.append)
    assert told == [
        f"2 visits to 1 homes of {A} are right; nothing was saved (--dry-run)",
        "home,day,from,to,kind,first,last",
    ]
    visiting.read_file(settings, file, A, bob, is_dry_run=False, tell=told.append)
    told.clear()
    visiting.show(settings, A, "", tell=told.append)
    lines = set(told[1:])
    assert f"{homes[0]},daily,08:30,09:00,care,," in lines
    assert len(lines) == 2 + (homes[-1] != homes[0])


@pytest.mark.parametrize("by", ["alice@example.org", "charlie@example.org", "nobody@example.org"])
def test_whoever_may_not_book_imports_nothing(world: World, settings: Settings, by: str) -> None:
    file = write(world.folder, f"{world.homes[A][0].id},daily,08:30,09:00,")
    with pytest.raises(ConfigProblem, match="is no supervisor or officer"):
        visiting.read_file(settings, file, A, by, is_dry_run=False, tell=lambda _: None)


def test_one_mistake_saves_nothing_and_a_home_of_another_place_is_unknown(
    world: World, settings: Settings
) -> None:
    own, foreign = world.homes[A][0].id, world.homes[B][0].id
    file = write(world.folder, f"{own},daily,08:30,09:00,", f"{foreign},daily,08:30,09:00,")
    with pytest.raises(ConfigProblem, match=rf"row 3, home is '{foreign}', expected the id"):
        visiting.read_file(
            settings, file, A, "bob@example.org", is_dry_run=False, tell=lambda _: None
        )
    with world.database.connect() as connection:
        assert registry.visits(connection) == []
