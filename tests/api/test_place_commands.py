"""``stillwell place add | check | list``, and what a place that is not live for P1 looks like."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerts import tables
from alerts.alert import AlertKind
from api import checking, place_files
from api.exits import Exit
from config import people
from config.database import migrate
from config.places import Place, load_place
from config.problems import ConfigProblem
from config.roles import Role
from config.settings import Settings
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, account, make_world
from tests.config.test_places import COMPLETE, GOOD


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(data=tmp_path / "data", places=tmp_path / "places")
    made.data.mkdir()
    migrate(made.database)
    return made


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = make_world(tmp_path)
    bare = made.resources.places[A].model_copy(update={"fallback": None})
    places: dict[str, Place] = {**made.resources.places, A: bare}
    made.resources = replace(made.resources, places=places)
    return made


def test_a_right_file_is_added_and_listed_and_a_second_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "willowmere.toml"
    file.write_text(GOOD, "utf-8")
    told: list[str] = []
    place_files.add(file, settings, tell=told.append)
    assert "willowmere added: Willowmere Borough Council" in told[0]
    assert any("safety_officer" in line for line in told)
    assert place_files.check(None, settings, tell=told.append) is Exit.NOT_READY

    with pytest.raises(ConfigProblem, match="willowmere is there already"):
        place_files.add(file, settings, tell=told.append)
    (settings.places / "willowmere.toml").write_text(GOOD + COMPLETE, "utf-8")
    assert place_files.check(None, settings, tell=told.append) is Exit.OK
    told.clear()
    place_files.list_places(settings, tell=told.append)
    assert told == ["willowmere       0 homes  live for P1      Willowmere Borough Council"]


def test_a_wrong_file_leaves_the_folder_as_it_was(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "willowmere.toml"
    file.write_text("alert_budget = 0\n" + GOOD, "utf-8")
    with pytest.raises(ConfigProblem, match=r"alert_budget is 0.*willowmere.toml, line 1"):
        place_files.add(file, settings, tell=print)
    assert not settings.places.exists()


def test_the_folder_that_ships_takes_no_files(tmp_path: Path) -> None:
    file = tmp_path / "willowmere.toml"
    file.write_text(GOOD, "utf-8")
    with pytest.raises(ConfigProblem, match="name a folder of your own"):
        place_files.add(file, Settings(data=tmp_path), tell=print)


def test_a_p1_of_a_place_that_is_not_live_is_raised_sent_and_shown_with_a_warning(
    world: World,
) -> None:
    id_ = world.raise_alert(AlertKind.PENDANT, world.homes[A][0], "Pendant pressed.", ago_min=1)
    page = Visit(world.app, "alice").get("/alerts").text
    assert f"/alerts/{id_}" in page
    assert "is not live for P1" in page
    with world.database.connect() as connection:
        sent = connection.execute(tables.outbox.select().where(tables.outbox.c.alert == id_)).one()
    assert sent.state == "pending"


def test_the_logo_of_a_place_is_shown_to_its_people_only(world: World, tmp_path: Path) -> None:
    content = b"\x89PNG\r\n\x1a\n" + b"invented"
    (tmp_path / "crest.png").write_bytes(content)
    (tmp_path / "willowmere.toml").write_text("logo = 'crest.png'\n" + GOOD, "utf-8")
    made = load_place(tmp_path / "willowmere.toml")
    shown = replace(world.resources, places={**world.resources.places, A: made})
    world.resources = shown
    answer = Visit(world.app, "alice").get(f"/places/{A}/logo")
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "image/png"
    assert Visit(world.app, "charlie").get(f"/places/{A}/logo").status_code == 404
    assert Visit(world.app, "charlie").get(f"/places/{B}/logo").status_code == 404


def test_places_that_are_live_say_nothing(world: World) -> None:
    assert "not live for P1" not in Visit(world.app, "charlie").get("/alerts").text


def test_a_hub_operator_sees_counts_and_health_of_each_place_and_no_home(world: World) -> None:
    account(world.database, "Hattie", (A, Role.HUB_OPERATOR), (B, Role.HUB_OPERATOR))
    world.beat()
    visit = Visit(world.app, "hattie")
    page = visit.get("/places").text
    assert "The service is ready" in page
    assert "is not live for P1" in page
    assert page.count('data-label="Homes">3<') == 2
    assert "/homes?place=" not in page
    home = world.homes[A][0]
    assert home.label not in page
    for path in ("/homes", f"/homes/{home.id}", "/alerts", f"/api/v1/homes/{home.id}",
                 f"/api/v1/places/{A}/homes", f"/alerts/{world.alerts_of(A)[0]}"):  # fmt: skip
        assert visit.get(path).status_code in (403, 404), path


def test_a_role_at_one_place_opens_the_homes_of_that_place_only(world: World) -> None:
    hattie = account(world.database, "Hattie", (A, Role.HUB_OPERATOR), (B, Role.HUB_OPERATOR))
    with world.database.begin() as connection:
        people.grant(connection, hattie, B, Role.OPERATOR)
    visit = Visit(world.app, "hattie")
    assert visit.get(f"/homes/{world.homes[B][0].id}").status_code == 200
    assert visit.get(f"/homes/{world.homes[A][0].id}").status_code == 404


def test_check_is_not_ready_while_a_place_is_not_live(settings: Settings) -> None:
    settings.places.mkdir()
    (settings.places / "willowmere.toml").write_text(GOOD, "utf-8")
    answer = checking._places(settings)
    assert not answer.is_ready
    assert "willowmere not live for P1" in answer.found
