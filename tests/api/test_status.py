import re
from dataclasses import replace
from html import unescape
from importlib.metadata import version
from pathlib import Path

import pytest

from api.app import create_app
from ingest.batch import empty
from ingest.journal import Journal
from ingest.message import Reason, Reject
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, homes=3)


def test_health_says_that_the_process_answers(world: World) -> None:
    assert Visit(world.app).get("/health").json() == {"status": "alive"}


def test_ready_when_the_worker_is_heard_connected_and_keeping_up(world: World) -> None:
    assert Visit(world.app).get("/ready").json() == {"status": "ready", "replaying": None}
    world.beat(is_live=False)
    assert Visit(world.app).get("/ready").json()["replaying"] == "2026-03-03T14:10:00Z"


@pytest.mark.parametrize(
    ("ago_s", "state", "says"),
    [
        (16.0, {}, "last heard 16 s ago"),
        (1.0, {"is_connected": False}, "not connected to the broker"),
        (1.0, {"journal_error": "disk is full"}, "journal cannot be written"),
        (1.0, {"engine_error": "OSError"}, "engine is failing"),
        (1.0, {"behind_s": 90.0}, "engine is 90 s behind"),
    ],
)
def test_not_ready_says_why(
    world: World, ago_s: float, state: dict[str, object], says: str
) -> None:
    world.beat(ago_s=ago_s, state=state)
    answer = Visit(world.app).get("/ready")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert len(answer.json()["reasons"]) == 1


def test_not_ready_before_the_worker_has_ever_run(world: World) -> None:
    from alerts import tables

    with world.database.begin() as connection:
        connection.execute(tables.heartbeats.delete())
    assert "stillwell worker" in Visit(world.app).get("/ready").json()["detail"]
    assert "has not started" in Visit(world.app, "alice").get("/alerts").text


def test_the_description_of_rest_is_for_those_who_may_use_it(world: World) -> None:
    app = world.app
    assert Visit(app).get("/api/v1/openapi.json").status_code == 401
    told = Visit(app, "alice").get("/api/v1/openapi.json").json()
    assert "/api/v1/alerts/{alert}/resolve" in told["paths"]
    assert "/live" not in told["paths"]
    assert "/sign-in" not in told["paths"]


def test_the_system_page_shows_what_the_worker_reports(world: World) -> None:
    world.beat(state={"is_connected": False, "readings": 12345})
    page = Visit(world.app, "bob").get("/system").text
    assert "The worker is not connected to the broker." in page
    assert "12,345" in page


def test_the_system_page_says_none_and_leaves_no_value_blank(world: World) -> None:
    world.beat(state={"rejects_by_reason": {}, "broker_problems": []})
    page = Visit(world.app, "bob").get("/system").text
    values = re.findall(r"summary-list__value\">(.*?)</dd>", page, re.DOTALL)
    assert values
    assert [value for value in values if not value.strip()] == []
    assert re.search(r"Of these, by reason</dt><dd[^>]*>none</dd>", page)


def test_gaps_are_shown_by_gateway_and_of_ones_own_places_only(world: World) -> None:
    own, other = (
        next(g for g in world.resources.table().gateways.values() if g.place == place)
        for place in (A, B)
    )
    world.beat(state={"gaps": 1_012, "gaps_of": [(own.number, 1_005), (other.number, 7)]})
    page = Visit(world.app, "bob").get("/system").text
    gaps = page.split('id="gaps"')[1].split("Dead letters")[0]
    assert own.id in gaps
    assert "1,005" in gaps
    assert other.id not in gaps
    world.beat(state={"gaps": 0, "gaps_of": []})
    assert (
        "every numbered message of your gateways came"
        in Visit(world.app, "bob").get("/system").text
    )


def test_the_system_page_tells_of_stores_and_versions_and_of_a_payload_its_shape_only(
    world: World,
) -> None:
    journal = Journal.open(world.folder / "journal.db")
    topic = f"stillwell/v1/{A}/{A}-gateway-1/r"
    payload = b'{"t": 1764000000, "who": "Mx Teasel", "v": [21.5, '
    journal.append(empty(), [], [Reject(Reason.NOT_JSON, topic, payload, "", 7)])
    journal.close()
    memory = world.folder / "engine.npz"
    memory.write_bytes(b"m" * 2_000_000)
    app = create_app(replace(world.resources, checkpoint=memory))
    page = unescape(Visit(app, "bob").get("/system").text)
    assert "2.0 MB" in page
    assert '{"t": number, "who": text, "v": [number, ..., cut off' in page
    assert "Teasel" not in page
    assert "21.5" not in page
    for told in ("Stores", "Memory of the engine", "Revision of the database", version("numpy")):
        assert told in page
    assert re.search(r"Database</th>.*?SQLite.*?[\d.]+ MB", page, re.DOTALL)
