"""A sensor that goes on and off by itself is told, and hides nobody; one that is stuck is told."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.alert import Finding
from alerts.detect.columns import NEVER
from alerts.detect.runs import take_runs
from alerts.lifecycle import Event
from config.kinds import Kind
from tests.alerts.houses import SECOND, Houses, days, moved, used, warm_days
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading
from tests.naive.runs import Run

FALL = START + 15 * DAY + 11 * HOUR
"""The last moment at which the person is seen, by day."""

_LIVED: list[Houses] = []


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 60), st.integers(0, 60))
def test_runs_equal_the_loop_however_they_are_cut(
    seed: int, devices: int, count: int, cut: int
) -> None:
    rng = np.random.default_rng(seed)
    device = rng.integers(0, devices, count)
    time_us = START + np.cumsum(rng.integers(0, 2 * MINUTE, count))
    loops = [Run() for _ in range(devices)]
    expected = [loops[d].take(t) for d, t in zip(device.tolist(), time_us.tolist(), strict=True)]
    last_us, run_min = np.full(devices, NEVER, np.int64), np.zeros(devices, np.int32)
    found: list[int] = []
    for part in (slice(0, cut), slice(cut, None)):
        found += take_runs(device[part], time_us[part], last_us, run_min).tolist()
        last_us[device[part]] = time_us[part]
    assert found == expected


def lived() -> Houses:
    """Return a home of fifteen days, at the midnight before somebody falls."""
    if not _LIVED:
        houses = Houses()
        houses.run(days(houses, 0, 15), START + 15 * DAY)
        _LIVED.append(houses)
    return _LIVED[0].fork()


def falling(houses: Houses, *more: Reading) -> list[Reading]:
    """Return the day until somebody falls, warmth until a day later, and these readings."""
    morning = [r for r in days(houses, 15, 16) if r[1] <= FALL]
    warm = [r for r in warm_days(houses, 15, 17) if r[1] > FALL]
    return sorted([*morning, *warm, *more], key=lambda row: row[1])


def fallen(*more: Reading, until: int = FALL + DAY) -> Houses:
    """Return the home in which somebody fell while this was heard as well."""
    houses = lived()
    houses.run(falling(houses, *more), until)
    return houses


def chattering(sensor: int, start: int, stop: int, pause: int = 5 * SECOND) -> list[Reading]:
    """Return on and off in turns."""
    return [(sensor, at, float(n % 2 == 0)) for n, at in enumerate(range(start, stop, pause))]


def silences(houses: Houses) -> list[Finding]:
    return houses.findings("no-sign-of-life")


HALL, KITCHEN, DOOR = (
    Houses().sensor(room, kind)
    for room, kind in (
        ("hall", Kind.MOTION),
        ("kitchen", Kind.MOTION),
        ("hall", Kind.CONTACT),
    )
)


def test_who_falls_beside_a_sensor_that_chatters_is_found_as_soon_as_without_it() -> None:
    plain = fallen()
    houses = fallen(*chattering(HALL, FALL - 5 * HOUR, FALL + DAY))
    (told,) = houses.findings("sensor-silent")
    assert told.evidence["rule"] == "chatter"
    assert told.sensor == f"sens-{HALL:06d}"
    assert "without a pause since" in told.sentence
    ((expected,), (found,)) = silences(plain), silences(houses)
    assert expected.onset_us - found.onset_us <= 30 * MINUTE  # the last sign may be the hall's
    assert found.found_us - expected.found_us <= 15 * MINUTE


def test_a_fall_while_a_sensor_begins_to_chatter_is_found_from_when_it_began() -> None:
    begins = FALL + 5 * MINUTE
    houses = fallen(*chattering(HALL, begins, FALL + DAY, 20 * SECOND))
    (told,) = houses.findings("sensor-silent")
    assert 3 * HOUR <= told.found_us - begins <= 3 * HOUR + 10 * MINUTE
    (found,) = silences(houses)
    assert found.onset_us == begins
    assert found.found_us - FALL <= 12 * HOUR + 10 * MINUTE


def test_a_sensor_that_ceases_to_chatter_is_believed_again() -> None:
    stops = FALL + 4 * HOUR
    seen = moved(HALL, stops + HOUR)
    houses = fallen(*chattering(HALL, FALL, stops), *seen, until=stops + 2 * HOUR)
    (told,) = houses.findings("sensor-silent")
    closed = [step for step in houses.steps() if step.event is Event.WORK_AGAIN]
    assert [step.alert for step in closed] == [told.id]
    assert houses.state.sign_us[1] == stops + HOUR


def test_one_who_left_while_a_sensor_chatters_is_away_and_not_silent() -> None:
    houses = fallen(*used(DOOR, FALL + MINUTE), *chattering(KITCHEN, FALL - 5 * HOUR, FALL + DAY))
    assert silences(houses) == []
    assert len(houses.findings("not-back")) == 1


def test_a_sensor_that_began_to_chatter_after_the_door_was_believed_until_then() -> None:
    begins = FALL + 5 * MINUTE
    houses = fallen(*used(DOOR, FALL + MINUTE), *chattering(KITCHEN, begins, FALL + DAY))
    (found,) = silences(houses)
    assert found.onset_us == begins


@pytest.mark.parametrize("pause", [5 * SECOND, 55 * SECOND])
def test_ticks_one_by_one_and_many_at_once_decide_the_same(pause: int) -> None:
    many, single = lived(), lived()
    readings = falling(
        many,
        *chattering(HALL, FALL - 2 * HOUR, FALL + 4 * HOUR, pause),
        *moved(KITCHEN, FALL + 3 * HOUR + 7 * MINUTE),
        *moved(HALL, FALL + 5 * HOUR),
        *chattering(HALL, FALL + 7 * HOUR, FALL + DAY, pause),
    )
    many.tick = single.tick = MINUTE
    many.run(readings, FALL + DAY)
    step_by_step(single, readings, FALL + DAY)
    assert single.actions == many.actions
    assert len(many.findings("sensor-silent")) == 2


def step_by_step(houses: Houses, readings: Sequence[Reading], until: int) -> None:
    at = 0
    while houses.now < until:
        stop, first = houses.now + houses.tick, at
        while at < len(readings) and readings[at][1] <= stop:
            at += 1
        houses.run(readings[first:at], stop)


def test_what_chatters_late_is_not_the_person_either() -> None:
    lost, back = FALL + 10 * MINUTE, FALL + 3 * HOUR
    houses = lived()
    begins = FALL - 4 * HOUR
    houses.run(falling(houses, *chattering(HALL, begins, lost)), back)
    sign_us, until = int(houses.state.sign_us[1]), back + HOUR
    houses.run(chattering(HALL, back, until), until, late=chattering(HALL, lost, back))
    assert houses.state.sign_us[1] == sign_us <= FALL
    assert houses.state.fired_us[HALL] > until - MINUTE


def test_movement_with_pauses_is_the_person_however_long_it_lasts() -> None:
    houses = fallen(*chattering(HALL, FALL, FALL + 9 * HOUR, 4 * MINUTE), until=FALL + 9 * HOUR)
    assert houses.findings("sensor-silent") == []
    assert silences(houses) == []


def test_a_sensor_that_is_stuck_at_clear_is_told_although_it_speaks() -> None:
    houses = Houses()
    houses.run(days(houses, 0, 10), START + 10 * DAY)
    stuck = houses.sensor("kitchen")
    clear = [(stuck, at, 0.0) for at in range(START + 10 * DAY, START + 14 * DAY, 10 * MINUTE)]
    houses.run([*days(houses, 10, 14, without="kitchen"), *clear], START + 14 * DAY)
    (told,) = houses.findings("sensor-silent")
    assert told.evidence["rule"] == "sees nobody"
    assert told.sensor == f"sens-{stuck:06d}"
    assert 30 * HOUR <= told.found_us - told.onset_us <= 60 * HOUR
    houses.run(days(houses, 14, 15), START + 15 * DAY)
    closed = [step for step in houses.steps() if step.event is Event.WORK_AGAIN]
    assert [step.alert for step in closed] == [told.id]
