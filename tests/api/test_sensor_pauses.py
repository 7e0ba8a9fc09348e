"""A value is the present for two of its sensor's own usual pauses; then it is old, never "OK"."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from api.roster import SensorValue, values_of
from api.sensor_pauses import UsualPauses, usual_pauses
from config.homes import Sensor
from config.kinds import Kind
from ingest.batch import Batch, build, concat, empty
from ingest.clock import microseconds
from tests.api.life import DAY_US, HOUR_US, MINUTE_US, A, FakeStore
from tests.api.visits import Visit
from tests.api.world import NOW, World, make_world

NOW_US = microseconds(NOW)
THERMOMETER = Sensor(1, "sensor-1", 1, 1, "native", "climate", Kind.TEMPERATURE, "hall")
DOOR = Sensor(2, "sensor-2", 1, 1, "native", "door", Kind.CONTACT, "hall")
NEVER = Sensor(3, "sensor-3", 1, 1, "native", "smoke", Kind.SMOKE, "hall")


def every(sensor: Sensor, pause_us: int, until_us: int, days: int = 10) -> Batch:
    """Return readings at this pause for some days, the last one at ``until_us``."""
    times = list(range(until_us - days * DAY_US, until_us + 1, pause_us))
    return build([sensor.number] * len(times), times, [1.0] * len(times), times)


@dataclass
class Told:
    thermometer: SensorValue
    door: SensorValue
    never: SensorValue


def told(*batches: Batch, is_unwatched: bool = False) -> Told:
    batch, sensors = concat([*batches, empty()]), [THERMOMETER, DOOR, NEVER]
    usual = usual_pauses(batch, sensors, NOW_US)
    store = FakeStore({1: batch})
    return Told(*values_of(sensors, store, NOW_US, is_unwatched=is_unwatched, usual=usual))


@pytest.mark.parametrize("pause_us", [5 * MINUTE_US, HOUR_US, 6 * HOUR_US])
def test_a_value_is_old_past_two_of_its_own_intervals_whatever_others_take(pause_us: int) -> None:
    fresh = told(every(THERMOMETER, pause_us, NOW_US - 2 * pause_us))
    assert not fresh.thermometer.is_stale
    old = told(every(THERMOMETER, pause_us, NOW_US - 2 * pause_us - 1))
    assert old.thermometer.is_stale


def test_a_sensor_that_only_tells_of_events_is_old_past_twice_its_longest_pause_of_a_day() -> None:
    assert not told(every(DOOR, 10 * HOUR_US, NOW_US - 20 * HOUR_US)).door.is_stale
    assert told(every(DOOR, 10 * HOUR_US, NOW_US - 20 * HOUR_US - 1)).door.is_stale


def test_a_device_of_which_nothing_is_usual_yet_is_old_after_two_days() -> None:
    one = build([2], [NOW_US - 2 * DAY_US], [0.0], [NOW_US])
    assert not told(one).door.is_stale
    one = build([2], [NOW_US - 2 * DAY_US - 1], [0.0], [NOW_US])
    assert told(one).door.is_stale


def test_a_sensor_that_was_never_heard_is_unknown() -> None:
    never = told(every(DOOR, HOUR_US, NOW_US)).never
    assert never.latest is None
    assert never.is_stale


def test_in_a_home_that_cannot_be_seen_no_value_is_the_present() -> None:
    found = told(every(DOOR, HOUR_US, NOW_US), is_unwatched=True)
    assert found.door.is_stale


def test_pauses_that_differ_are_weighed_by_day_and_not_by_reading() -> None:
    """A sensor that speaks each minute by day and not at all at night is usual at night too."""
    start = NOW_US - 10 * DAY_US
    times = [
        start + day * DAY_US + minute * MINUTE_US for day in range(10) for minute in range(14 * 60)
    ]
    batch = build([2] * len(times), times, [1.0] * len(times), times)
    usual = usual_pauses(batch, [DOOR], NOW_US)
    assert usual.sensors[2] == 10 * HOUR_US + MINUTE_US


def test_nothing_is_usual_of_an_empty_history() -> None:
    assert usual_pauses(empty(), [THERMOMETER, DOOR], NOW_US) == UsualPauses()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path)


def test_a_home_page_has_an_age_beside_every_value_and_grey_where_it_is_old(world: World) -> None:
    """One sensor fell silent beyond two of its intervals, one was never heard."""
    number, _ = 1, world.homes[A][0]
    batch = world.store.batches[number]
    motion = next(
        s.number
        for s in world.resources.table().sensors.values()
        if s.home == number and s.kind is Kind.MOTION and s.room == "kitchen"
    )
    is_late = (batch.sensor == motion) & (batch.time > world.now - np.timedelta64(4, "D"))
    world.store.batches[number] = batch.take(~is_late)
    visit = Visit(world.app, "alice")
    for address in (f"/homes/{A}-home-1", f"/homes/{A}-home-1?fragment=1"):
        page = visit.get(address).text
        table = page[page.index('class="govuk-table stillwell-sensors"') :]
        rows = table[: table.index("</table>")].split('<tr class="govuk-table__row')[2:]
        assert len(rows) == 9
        for row in rows:
            is_heard = '<time datetime="' in row and " ago)</time>" in row
            is_unknown = "unknown" in row and "nothing received yet" in row
            assert is_heard or is_unknown, row
        grey = [row for row in rows if row.startswith(" stillwell-stale")]
        assert len(grey) == 2
        assert [one for row in grey for one in ("Motion", "Smoke") if one in row] == [
            "Smoke",
            "Motion",
        ]
        assert "(old: unknown now)" in grey[1]
        assert ">OK<" not in page
    sensors = visit.get(f"/api/v1/homes/{A}-home-1/sensors").json()["sensors"]
    stale = [(one["kind"], one["room"]) for one in sensors if one["is_stale"]]
    assert sorted(stale) == [("motion", "kitchen"), ("smoke", "hall")]
