from pathlib import Path

import pytest

from ingest.batch import empty
from ingest.journal import Journal
from ingest.message import Reason, Reject
from tests.api.life import A, B
from tests.api.visits import Visit
from tests.api.world import World, make_world, with_store

HOME = f"/api/v1/homes/{A}-home-1"
DAY = "from=2026-03-02T00:00:00Z&to=2026-03-03T00:00:00Z"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_places_are_those_of_the_caller_with_roles(world: World) -> None:
    places = Visit(world.app, "alice").get("/api/v1/places").json()
    assert places == [
        {
            "key": A,
            "name": "Fenbridge City Council",
            "time_zone": "Europe/London",
            "roles": ["care-worker"],
        }
    ]


def test_homes_page_through_a_place_and_say_which_are_unwatched(world: World) -> None:
    visit = Visit(world.app, "alice")
    first = visit.get(f"/api/v1/places/{A}/homes?limit=2").json()
    rest = visit.get(f"/api/v1/places/{A}/homes?limit=2&cursor={first['cursor']}").json()
    homes = first["homes"] + rest["homes"]
    assert [home["id"] for home in homes] == [f"{A}-home-{n}" for n in (1, 2, 3)]
    assert rest["cursor"] is None
    assert homes[0]["unwatched_since"] is None
    assert homes[2]["unwatched_since"] == "2026-03-03T09:10:00Z"
    assert homes[2]["unwatched_reason"] == "gateway"
    assert visit.get(f"/api/v1/homes/{A}-home-3").json() == homes[2]
    assert visit.get(f"/api/v1/places/{B}/homes").status_code == 404


def test_every_sensor_has_its_newest_value_and_age_or_none(world: World) -> None:
    found = Visit(world.app, "alice").get(f"{HOME}/sensors").json()["sensors"]
    by_kind = {sensor["kind"]: sensor for sensor in found}
    assert by_kind["temperature"]["unit"] == "°C"
    assert by_kind["temperature"]["age_s"] == 600
    assert not by_kind["temperature"]["is_stale"]
    assert by_kind["smoke"]["value"] is None
    assert by_kind["smoke"]["is_stale"]
    unwatched = Visit(world.app, "alice").get(f"/api/v1/homes/{A}-home-3/sensors").json()
    assert all(sensor["is_stale"] for sensor in unwatched["sensors"])


def test_readings_come_as_columns_of_the_asked_time(world: World) -> None:
    told = Visit(world.app, "alice").get(f"{HOME}/readings?{DAY}").json()
    lengths = {len(told[name]) for name in ("sensor", "time_ms", "value")}
    assert len(lengths) == 1
    assert lengths.pop() > 150
    assert told["time_ms"] == sorted(told["time_ms"])
    assert min(told["time_ms"]) >= 1_772_409_600_000
    assert max(told["time_ms"]) < 1_772_496_000_000
    assert f"{A}-1-sensor-6" in told["sensors"]


def test_before_the_worker_has_made_a_store_there_is_nothing_rather_than_a_failure(
    world: World,
) -> None:
    visit = Visit(with_store(world, None).app, "alice")
    assert visit.get(f"{HOME}/readings?{DAY}").json()["value"] == []
    assert {s["value"] for s in visit.get(f"{HOME}/sensors").json()["sensors"]} == {None}
    assert visit.get(f"/homes/{A}-home-1").status_code == 200


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "from is missing"),
        ("from=2026-03-02T00:00:00Z", "to is missing"),
        ("from=2026-03-03T00:00:00Z&to=2026-03-02T00:00:00Z", "swap them"),
        ("from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z", "swap them"),
        ("from=2026-01-02T00:00:00Z&to=2026-03-02T00:00:00Z", "ask in parts"),
        ("from=2026-03-02T00:00:00&to=2026-03-03T00:00:00Z", "from has no time zone"),
        ("from=yesterday&to=2026-03-03T00:00:00Z", "from is 'yesterday'"),
        ("from=2026-03-02T25:00:00Z&to=2026-03-03T00:00:00Z", "from"),
        ("from=9999-12-31T23:59:59Z&to=0001-01-01T00:00:00Z", "swap them"),
    ],
)
def test_a_wrong_range_is_told_what_to_ask(world: World, query: str, says: str) -> None:
    answer = Visit(world.app, "alice").get(f"{HOME}/readings?{query}")
    assert answer.status_code == 422, answer.text
    assert says in answer.json()["detail"]


def test_dead_letters_are_the_engineers_and_of_their_place_only(world: World) -> None:
    journal = Journal.open(world.folder / "journal.db")
    rejects = [
        Reject(Reason.NOT_JSON, f"stillwell/v1/{place}/gateway-one/r", raw, "expected JSON", 7)
        for place, raw in ((A, b"\xff<script>alert(1)</script>"), (B, b"secret"))
    ]
    journal.append(empty(), [], rejects)
    journal.close()
    visit = Visit(world.app, "bob")
    (letter,) = visit.get(f"/api/v1/places/{A}/dead-letters").json()["dead_letters"]
    assert letter["first_bytes"] == "\\xff<script>alert(1)</script>"
    assert letter["reason"] == "not-json"
    assert visit.get(f"/api/v1/places/{B}/dead-letters").status_code == 404
    assert visit.get(f"/api/v1/places/{A}/dead-letters?cursor=x").status_code == 422
    assert Visit(world.app, "alice").get(f"/api/v1/places/{A}/dead-letters").status_code == 403
    page = visit.get("/system").text
    assert "bytes, 26" in page
    assert "alert(1)" not in page
    assert "secret" not in page
