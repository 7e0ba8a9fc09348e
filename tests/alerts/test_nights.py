"""Nights, days and devices through the live tick: what is raised, and what must stay quiet."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.lifecycle import Event
from config.homes import GoesOut, Home, HomeState
from config.kinds import Kind
from tests.alerts.houses import KINDS, Houses, days, moved, shared, used
from tests.alerts.world import DAY, HOUR, MINUTE, START, place


@cache
def life() -> dict[int, Houses]:
    """Return one ordinary life as it stood at several days."""
    houses, known = Houses(tick=15 * MINUTE), {}
    for first, last in pairwise((0, 7, 10, 14, 21, 28, 42)):
        houses.run(days(houses, first, last), START + last * DAY)
        known[last] = houses.fork()
    known[42].actions = houses.actions
    return known


def lived(until: int) -> Houses:
    return life()[until].fork()


def never(home: Home) -> Home:
    return replace(home, goes_out=GoesOut.NEVER)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 2 * 24 * 60 - 1), max_size=40, unique=True))
def test_what_is_learned_of_stays_does_not_hang_on_where_steps_end(ends: list[int]) -> None:
    whole, cut = (Houses(2, tick=MINUTE) for _ in range(2))
    readings = [r for home in (1, 2) for r in days(whole, 0, 2, home=home, seed=home)]
    whole.run(readings, START + 2 * DAY + MINUTE)
    for end in sorted(ends):
        cut.run(readings, START + end * MINUTE)
    cut.run(readings, START + 2 * DAY + MINUTE)
    assert whole.state.stay_days[:, 1:].sum() > 0
    for name in ("stay_peak", "stay_days", "stay_total", "stay_squares", "stay_us"):
        assert np.array_equal(getattr(whole.state, name), getattr(cut.state, name)), name


def test_more_bathroom_visits_on_three_nights_are_told_with_what_is_usual() -> None:
    houses = lived(21)
    houses.run(days(houses, 21, 24, visits=6), START + 24 * DAY)
    first = houses.findings("bathroom-at-night")[0]
    assert "Bathroom visits at night (23:00 to 06:00): 6, usually 2;" in first.sentence
    assert (first.priority, first.verdict) == ("P3", "person")
    assert first.found_us % DAY == 6 * HOUR
    assert first.onset_us == first.found_us - 7 * HOUR
    assert first.evidence["visits"] == 6


@pytest.mark.parametrize("visits", [2, 3])
def test_usual_nights_are_not_told(visits: int) -> None:
    houses = lived(21)
    houses.run(days(houses, 21, 26, visits=visits), START + 26 * DAY)
    assert houses.findings("bathroom-at-night") == []


def test_a_home_without_a_bathroom_sensor_or_in_its_first_week_tells_no_visits() -> None:
    other = Houses(
        tick=15 * MINUTE, kinds=[(kind, room.replace("bath", "store")) for kind, room in KINDS]
    )
    assert other.sensor("storeroom") == Houses().sensor("bathroom")
    other.run(days(Houses(), 0, 14, visits=2), START + 14 * DAY)
    other.run(days(Houses(), 14, 18, visits=9), START + 18 * DAY)
    young = Houses(tick=15 * MINUTE)
    young.run(days(young, 0, 6, visits=9), START + 6 * DAY)
    assert other.findings("bathroom-at-night") == young.findings("bathroom-at-night") == []


def test_a_paused_home_learns_and_tells_no_nights() -> None:
    houses = lived(14)
    before = houses.state.visit_seen.copy()
    houses.change(1, lambda home: replace(home, state=HomeState.PAUSED))
    houses.run(days(houses, 14, 18, visits=9), START + 18 * DAY)
    assert houses.findings("bathroom-at-night") == []
    assert (houses.state.visit_seen == before).all()


def test_others_in_the_home_are_named_in_the_sentence() -> None:
    houses = lived(14)
    houses.change(1, shared)
    houses.run(days(houses, 14, 17, visits=7), START + 17 * DAY)
    sentence = houses.findings("bathroom-at-night")[0].sentence
    assert "With more than one person and a pet in the home, all visits are counted" in sentence


def at_three(houses: Houses, day: int) -> int:
    return START + day * DAY + 3 * HOUR


def test_a_door_at_three_with_nothing_inside_after_it_is_told_within_twenty_minutes() -> None:
    houses = lived(7)
    at = at_three(houses, 7)
    houses.run(used(houses.sensor("hall", Kind.CONTACT), at), at + HOUR)
    (found,) = houses.findings("out-at-night")
    assert (found.priority, found.verdict) == ("P2", "away")
    assert found.onset_us == at
    assert 15 * MINUTE <= found.found_us - at <= 20 * MINUTE
    assert "used at 03:00 on Monday 9 November and nothing has moved inside" in found.sentence


def test_a_look_out_of_the_door_is_not_told() -> None:
    houses = lived(7)
    at = at_three(houses, 7)
    door, hall = houses.sensor("hall", Kind.CONTACT), houses.sensor("hall")
    houses.run(
        used(door, at) + used(door, at + 5 * MINUTE) + moved(hall, at + 6 * MINUTE), at + HOUR
    )
    assert houses.findings("out-at-night") == []


def test_a_door_by_day_or_of_somebody_who_never_goes_out_is_not_told() -> None:
    stays = lived(7)
    stays.change(1, never)
    for houses, at in ((lived(7), START + 7 * DAY + 5 * HOUR), (stays, at_three(stays, 7))):
        houses.run(used(houses.sensor("hall", Kind.CONTACT), at), at + HOUR)
        assert houses.findings("out-at-night") == []


def test_a_home_that_often_leaves_at_night_is_not_told_of_it() -> None:
    houses = Houses(tick=15 * MINUTE)
    door = houses.sensor("hall", Kind.CONTACT)
    nights = [r for day in range(2, 14) for r in used(door, at_three(houses, day))]
    houses.run(days(houses, 0, 14, visits=0) + nights, START + 14 * DAY)
    told = houses.findings("out-at-night")
    assert len(told) <= 1
    assert all(found.found_us < START + 4 * DAY for found in told)


def test_movement_inside_eases_being_out_at_night_and_a_late_sign_contradicts_it() -> None:
    for late, event in ((False, Event.EASE), (True, Event.CONTRADICT)):
        houses = lived(7)
        at = at_three(houses, 7)
        houses.run(used(houses.sensor("hall", Kind.CONTACT), at), at + HOUR)
        (found,) = houses.findings("out-at-night")
        sign = moved(houses.sensor("hall"), at + (5 * MINUTE if late else 90 * MINUTE))
        houses.run([] if late else sign, at + 2 * HOUR, late=sign if late else [])
        assert [step.event for step in houses.steps() if step.alert == found.id] == [event]


def test_movement_that_stays_in_the_bathroom_is_told_and_eased_by_another_room() -> None:
    houses = lived(14)
    at = START + 14 * DAY + 10 * HOUR
    houses.run(moved(houses.sensor("kitchen"), at - 2 * MINUTE), at - MINUTE)
    bathroom = [
        r for i in range(24) for r in moved(houses.sensor("bathroom"), at + i * 15 * MINUTE)
    ]
    houses.run(bathroom, at + 6 * HOUR)
    (found,) = houses.findings("long-in-room")
    assert (found.priority, found.onset_us) == ("P2", at)
    assert found.found_us - at <= 4 * HOUR
    assert "has been in the bathroom" in found.sentence
    houses.run(moved(houses.sensor("hall"), at + 7 * HOUR), at + 8 * HOUR)
    assert [step.event for step in houses.steps() if step.alert == found.id] == [Event.EASE]


def test_a_long_bath_and_a_night_in_bed_are_not_told() -> None:
    houses = lived(14)
    at = START + 14 * DAY + 22 * HOUR
    bath = [r for i in range(3) for r in moved(houses.sensor("bathroom"), at + i * 10 * MINUTE)]
    houses.run(bath, at + 9 * HOUR)
    assert houses.findings("long-in-room") == life()[42].findings("long-in-room") == []


def test_days_that_move_two_hours_later_are_told_once() -> None:
    houses = lived(21)
    houses.run(days(houses, 21, 35, shift=2 * HOUR), START + 35 * DAY)
    (found,) = houses.findings("sleep-shift")
    assert found.priority == "P3"
    assert found.found_us - START <= 29 * DAY
    assert "later in the day than usual" in found.sentence
    assert found.evidence["direction"] == "later"


def test_days_with_half_the_movement_are_told_with_what_was_usual() -> None:
    houses = lived(28)
    houses.run(days(houses, 28, 38, share=0.5), START + 38 * DAY)
    (found,) = houses.findings("less-movement")
    signs, usual = found.evidence["signs"], found.evidence["usual"]
    assert isinstance(signs, int)
    assert isinstance(usual, float)
    assert signs < 0.7 * usual
    assert "fewer than usual for" in found.sentence


def test_an_ordinary_life_tells_no_slow_change() -> None:
    houses = life()[42]
    assert houses.findings("sleep-shift", "less-movement", "sensor-silent") == []


def test_a_dead_sensor_is_told_while_the_home_is_in_use() -> None:
    houses = lived(10)
    houses.run(days(houses, 10, 14, without="kitchen"), START + 14 * DAY)
    (found,) = houses.findings("sensor-silent")
    assert found.sensor == f"sens-{houses.sensor('kitchen'):06d}"
    assert 30 * HOUR <= found.found_us - found.onset_us <= 60 * HOUR
    assert "while the home was in use: it usually sees somebody about" in found.sentence


def test_an_empty_home_is_not_full_of_dead_sensors() -> None:
    houses = lived(10)
    houses.run([], START + 14 * DAY)
    assert houses.findings("sensor-silent") == []


def test_a_place_sets_its_own_wait_at_the_door() -> None:
    slow = place().model_copy(update={"detectors": {"night_door_wait_min": 40.0}})
    houses = lived(7)
    houses.places = {"fenbridge": slow}
    houses.change(1, lambda home: home)
    at = at_three(houses, 7)
    houses.run(used(houses.sensor("hall", Kind.CONTACT), at), at + HOUR)
    (found,) = houses.findings("out-at-night")
    assert found.found_us - at >= 40 * MINUTE
