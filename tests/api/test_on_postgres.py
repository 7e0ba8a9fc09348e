"""Pages and REST over PostgreSQL: every statement that they send is one that it takes."""

from collections.abc import Iterator

import pytest

from alerts.alert import AlertKind
from config import audit
from tests.api.life import A
from tests.api.visits import Visit
from tests.api.world import World, make_world
from tests.policy.test_routes import STREAMS, routes
from tests.postgres import Postgres


@pytest.fixture(scope="module")
def world(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    name = postgres.create(template="template0")
    made = make_world(tmp_path_factory.mktemp("world"), url=postgres.url(name))
    made.beat()
    yield made
    made.database.dispose()
    postgres.drop([name])


def paths(world: World) -> list[str]:
    """Return the address of every page and answer that takes no body."""
    finding = world.find_in_shadow(world.homes[A][1], "No sign of movement since 09:00.")
    known = {
        "alert": world.alerts_of(A)[-1],
        "home": world.homes[A][0].id,
        "home_id": world.homes[A][0].id,
        "place": A,
        "detector": "inactivity",
        "finding": finding,
    }
    found = []
    for method, path, _ in routes(world.app):
        if method != "GET":
            continue
        for key, value in known.items():
            path = path.replace(f"{{{key}}}", value)  # noqa: PLW2901
        if "{" not in path and path not in STREAMS:
            found.append(path)
    return sorted(found)


def test_every_page_is_shown(world: World) -> None:
    visit, tried = Visit(world.app, "bob"), paths(world)
    answers = {path: visit.get(path).status_code for path in tried}
    assert len(answers) > 30
    assert {path: code for path, code in answers.items() if code >= 500 and path != "/ready"} == {}
    for path in (
        "/alerts",
        "/homes",
        f"/homes/{world.homes[A][0].id}",
        "/places",
        "/counts",
        "/hub",
    ):
        assert answers[path] == 200, path


def test_an_alert_is_taken_on_attended_and_ended(world: World) -> None:
    visit = Visit(world.app, "bob")
    alert = world.raise_alert(AlertKind.FALL, world.homes[A][2], "A fall.", ago_min=3)
    for step, form in (("acknowledge", {}), ("attend", {}), ("resolve", {"outcome": "seen-well"})):
        answer = visit.send(f"/api/v1/alerts/{alert}/{step}", form)
        assert answer.status_code == 200, answer.text
    with world.database.connect() as connection:
        assert audit.verify(connection) == []
