from datetime import UTC
from pathlib import Path

import numpy as np
import pytest

from alerts.alert import AlertKind
from api.roster import SensorValue
from api.web import sensors
from api.web.strip import last_sign
from config.homes import Sensor
from config.kinds import OF_DEVICES, Kind
from ingest.batch import build, empty
from ingest.clock import instant, microseconds
from ingest.sink import Latest
from tests.api.life import HOUR_US, MINUTE_US, A
from tests.api.visits import Visit
from tests.api.world import NOW, World, make_world

NOW_US = microseconds(NOW)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def value(
    kind: Kind, said: float | None, *, room: str = "hall", device: str = "one", stale: bool = False
) -> SensorValue:
    sensor = Sensor(1, "sensor-one", 1, 1, "native", device, kind, room)
    at_us = NOW_US - 5 * MINUTE_US
    latest = None if said is None else Latest(1, at_us, said, at_us)
    return SensorValue(sensor, latest, stale or latest is None)


def test_the_person_comes_first_in_each_room_and_equipment_is_left_out() -> None:
    kinds = (Kind.HUMIDITY, Kind.SMOKE, Kind.BATTERY, Kind.TEMPERATURE, Kind.SIGNAL, Kind.MOTION)
    values = [value(kind, 1) for kind in kinds]
    values.append(value(Kind.PENDANT, None, room=""))
    worn, hall = sensors.rooms(values, NOW_US, UTC)
    assert worn["name"] == "Worn or whole home"
    assert [row["value"] for row in worn["rows"]] == ["unknown"]
    assert hall["name"] == "Hall"
    told = [row["kind"] for row in hall["rows"]]
    assert told == ["Motion", "Temperature", "Smoke", "Humidity"]
    assert hall["rows"][0]["when"] == "14:05 (5 minutes ago)"


def test_every_kind_is_shown_once_in_a_room_or_as_equipment() -> None:
    for kind in Kind:
        values = [value(kind, 1)]
        shown = [row for room in sensors.rooms(values, NOW_US, UTC) for row in room["rows"]]
        assert len(shown) == (kind not in OF_DEVICES)
        assert len(sensors.devices(values, NOW_US, UTC)) == (kind in OF_DEVICES)


def test_a_device_tells_its_battery_and_link_or_that_they_are_unknown() -> None:
    values = [
        value(Kind.SMOKE, 0, device="smoke"),
        value(Kind.BATTERY, 9, device="smoke"),
        value(Kind.SIGNAL, None, device="smoke"),
        value(Kind.AVAILABILITY, 0, device="smoke"),
        value(Kind.BATTERY, 4, device="old", stale=True),
        value(Kind.MOTION, 1, device="plain"),
    ]
    smoke, old = sensors.devices(values, NOW_US, UTC)
    assert (smoke["does"], smoke["battery"]) == ("smoke", "9%")
    assert smoke["link"] == "unknown, not reachable"
    assert old["battery"] == "4% (old: unknown now)"
    assert old["link"] == "not measured"
    told = sensors.equipment_summary(values)
    assert told == "Batteries and links: lowest battery 9% (hall)"
    assert sensors.equipment_summary(values[4:]).endswith("batteries unknown")


def test_the_last_sign_is_the_newest_reading_that_tells_of_somebody() -> None:
    kinds = {1: Kind.MOTION, 2: Kind.TEMPERATURE}
    at = [NOW_US - n * MINUTE_US for n in (40, 30, 20, 10)]
    batch = build([1, 1, 2, 7], at, [1.0, 0.0, 20.0, 1.0], at)
    assert last_sign(batch, kinds) == (at[0], 1)
    assert last_sign(empty(), kinds) is None
    assert last_sign(batch, {}) is None


def test_the_home_page_says_when_and_where_somebody_was_last_seen(world: World) -> None:
    visit = Visit(world.app, "alice")
    path = f"/homes/{A}-home-1"
    whole, fragment = visit.get(path).text, visit.get(f"{path}?fragment=1").text
    told = whole.split('id="last-sign">')[1].split("</p>")[0]
    assert told.startswith("Last sign of the person: <strong><time datetime=")
    assert "ago)</time></strong>, " in told
    assert told in fragment
    pet = visit.get(f"/homes/{A}-home-2").text
    assert "Last sign of anybody: " in pet
    world.store.batches.clear()
    assert "<strong>none in the last 28 days</strong>" in visit.get(path).text


def test_every_live_page_says_of_what_moment_it_is(world: World) -> None:
    visit = Visit(world.app, "bob")
    for path in ("/alerts", "/homes", f"/homes/{A}-home-1", "/system", "/alerts?fragment=1"):
        page = visit.get(path).text
        assert 'As at <time datetime="2026-03-03T14:10:00Z">3 March 2026, 14:10</time>' in page


def test_an_alert_that_was_found_while_catching_up_says_since_when_it_is_shown(
    world: World,
) -> None:
    late = world.raise_alert(AlertKind.NO_SIGN_OF_LIFE, world.homes[A][1], "Quiet.", ago_min=90)
    visit = Visit(world.app, "alice")
    assert "On this page since" not in visit.get(f"/alerts/{late}").text
    finding_us = NOW_US - 5 * HOUR_US
    from sqlalchemy import update

    from alerts import tables

    with world.database.begin() as connection:
        a = tables.alerts
        connection.execute(update(a).where(a.c.id == late).values(raised_us=finding_us))
    page = visit.get(f"/alerts/{late}").text
    assert "On this page since" in page
    assert instant(finding_us) < np.datetime64("2026-03-03T12:00:00", "us")


def test_an_alert_tells_each_moment_once(world: World) -> None:
    quiet = world.raise_alert(AlertKind.NO_SIGN_OF_LIFE, world.homes[A][1], "Quiet.", ago_min=9)
    page = Visit(world.app, "alice").get(f"/alerts/{quiet}").text
    assert page.count("3 March 2026, 12:01") == 1
    assert "Last sign of the person" in page
    assert "The person, not the equipment" in page
