"""Beds, chairs, doses, the kitchen and heating: what is told, and what must stay quiet."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from alerts.detect.state import as_arrays, empty
from alerts.lifecycle import Event
from config.kinds import Kind
from tests.alerts.houses import Houses, moved
from tests.alerts.lives import BED, CHAIR, DOSE, KINDS, day, of, warmth, without
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading

LEARNED = 14
TOLD = ("bed-left", "seat-not-left", "missed-dose", "kitchen-unused", "heating-failed")
NOW = START + LEARNED * DAY
MOST_BYTES = 3072


@cache
def _life() -> Houses:
    houses = Houses(kinds=KINDS)
    houses.run([r for number in range(LEARNED) for r in day(houses, number)], NOW)
    assert houses.findings(*TOLD) == []
    return houses


def life() -> Houses:
    """Return homes that have lived fourteen usual days."""
    return _life().fork()


def evening(houses: Houses) -> list[Reading]:
    """Return the day after those, that ends in bed."""
    return day(houses, LEARNED)


def test_usual_days_say_nothing() -> None:
    houses = life()
    houses.run([r for i in range(3) for r in day(houses, LEARNED + i)], NOW + 3 * DAY)
    assert houses.findings(*TOLD) == []


def test_a_bed_that_was_left_at_night_is_told_until_it_is_in_use_again() -> None:
    houses = life()
    bed, bath = of(houses, BED), houses.sensor("bathroom")
    left = NOW + 3 * HOUR
    readings = [r for r in evening(houses) if r[1] >= NOW + 4 * HOUR and r[0] != bed]
    warm = warmth(houses, LEARNED)[:24]
    houses.run([(bed, left, 0.0), *moved(bath, left + MINUTE), *warm], NOW + 4 * HOUR)
    (told,) = houses.findings("bed-left")
    assert told.onset_us == left
    assert "The bed was left at 03:00" in told.sentence
    assert "Last sign of movement at 03:01" in told.sentence
    assert told.found_us - left >= 45 * MINUTE
    assert [s for s in houses.steps() if s.event is Event.EASE] == []
    houses.run([*readings, (bed, NOW + 4 * HOUR + MINUTE, 1.0)], NOW + 5 * HOUR)
    assert [s.alert for s in houses.steps() if s.event is Event.EASE] == [told.id]


def _left(houses: Houses) -> list[Reading]:
    return [(of(houses, BED), NOW + 3 * HOUR, 0.0)]


def test_who_sits_in_the_chair_instead_is_not_told() -> None:
    houses = life()
    houses.run([*_left(houses), (of(houses, CHAIR), NOW + 190 * MINUTE, 1.0)], NOW + 5 * HOUR)
    assert houses.findings("bed-left") == []


def test_who_gets_up_from_five_on_is_not_told() -> None:
    houses = life()
    houses.run([(of(houses, BED), NOW + 5 * HOUR + MINUTE, 0.0)], NOW + 7 * HOUR)
    assert houses.findings("bed-left") == []


def test_a_pad_that_is_told_as_silent_says_nothing_of_the_person() -> None:
    houses = life()
    houses.run(_left(houses), NOW + 3 * HOUR + 10 * MINUTE)
    bed = of(houses, BED)
    houses.state.missed[bed] = 1000
    houses.state.heard_us[bed] = houses.state.fired_us[bed] = NOW - 40 * HOUR
    houses.run([], NOW + 5 * HOUR)
    assert houses.findings("bed-left") == []


def test_time_in_which_the_home_could_not_be_seen_does_not_count() -> None:
    houses = life()
    gateway = next(s.number for s in houses.sensors if s.kind is Kind.GATEWAY_STATUS)
    lost = [(gateway, NOW + 3 * HOUR + MINUTE, 0.0), (gateway, NOW + 4 * HOUR + 30 * MINUTE, 1.0)]
    houses.run([*_left(houses), *lost], NOW + 5 * HOUR)
    assert houses.findings("bed-left") == []
    houses.run([], NOW + 5 * HOUR + 30 * MINUTE)
    (told,) = houses.findings("bed-left")
    assert told.onset_us == NOW + 3 * HOUR


def test_two_beds_say_nothing_since_nobody_knows_whose_they_are() -> None:
    houses = life()
    twice = replace(houses.sensors[-1], number=99, id="sens-000099", kind=Kind.BED)
    houses.enrol(houses.homes, [*houses.sensors, twice])
    houses.run(_left(houses), NOW + 5 * HOUR)
    assert houses.findings("bed-left") == []


@pytest.mark.parametrize(
    ("what", "taken", "asked"), [(BED, -90 * MINUTE, 11 * HOUR), (CHAIR, 10 * HOUR, 15 * HOUR)]
)
def test_a_bed_or_chair_that_is_not_left_is_told(
    what: tuple[Kind, str], taken: int, asked: int
) -> None:
    houses = life()
    lived = [r for r in evening(houses) if r[1] < NOW + taken]
    warm = [r for r in warmth(houses, LEARNED) if r[1] >= NOW + taken]
    sits: list[Reading] = [(of(houses, what), NOW + taken, 1.0)] if lived else []
    houses.run([*lived, *warm, *sits], NOW + asked)
    (told,) = houses.findings("seat-not-left")
    assert told.evidence["seat"] == what[0].value
    assert f"The {what[0].value} has been in use since" in told.sentence
    houses.run(moved(houses.sensor("hall"), NOW + asked + MINUTE), NOW + asked + HOUR)
    assert Event.EASE in [s.event for s in houses.steps() if s.alert == told.id]


def test_a_pad_that_is_stuck_while_life_goes_on_elsewhere_is_not_told() -> None:
    houses = life()
    bed = of(houses, BED)
    for number in range(3):
        told = without(day(houses, LEARNED + number), bed)
        houses.run(told, NOW + (number + 1) * DAY)
    assert houses.findings("seat-not-left") == []


def test_a_dose_that_is_not_taken_by_its_usual_time_is_told_once() -> None:
    houses = life()
    houses.run(without(evening(houses), of(houses, DOSE)), NOW + DAY)
    (told,) = houses.findings("missed-dose")
    assert 9 * HOUR < told.found_us - NOW < 11 * HOUR
    assert "No dose was taken this morning" in told.sentence
    houses.run(day(houses, LEARNED + 1), NOW + 2 * DAY)
    doses = {finding.id for finding in houses.findings("missed-dose")}
    steps = [(s.event, s.alert) for s in houses.steps() if s.alert in doses]
    assert (doses, steps) == ({told.id}, [(Event.EASE, told.id)])


def test_a_dispenser_that_says_missed_is_believed_at_once_and_told_once() -> None:
    houses = life()
    dose = of(houses, DOSE)
    said: list[Reading] = [(dose, NOW + 9 * HOUR, 0.0)]
    houses.run([*without(evening(houses), dose, until=NOW + 12 * HOUR), *said], NOW + 12 * HOUR)
    (told,) = houses.findings("missed-dose")
    assert told.found_us <= NOW + 9 * HOUR + 10 * MINUTE
    assert told.evidence["rule"] == "dispenser"


def test_a_late_word_that_the_dose_was_taken_keeps_it_from_being_told() -> None:
    houses = life()
    dose = of(houses, DOSE)
    rest = without(evening(houses), dose)
    houses.run([r for r in rest if r[1] <= NOW + 9 * HOUR], NOW + 9 * HOUR)
    houses.run(
        [r for r in rest if NOW + 9 * HOUR < r[1] <= NOW + 13 * HOUR],
        NOW + 13 * HOUR,
        late=[(dose, NOW + 8 * HOUR, 1.0)],
    )
    assert houses.findings("missed-dose") == []


def _kitchen(houses: Houses) -> tuple[int, ...]:
    return (of(houses, (Kind.POWER, "kitchen")), houses.sensor("kitchen", Kind.CONTACT))


def test_a_kitchen_that_is_not_used_all_day_is_told_and_one_missed_meal_is_not() -> None:
    houses = life()
    today = evening(houses)
    houses.run(without(today, *_kitchen(houses), until=NOW + 13 * HOUR), NOW + DAY)
    assert houses.findings("kitchen-unused") == []
    houses.run(without(day(houses, LEARNED + 1), *_kitchen(houses)), NOW + 2 * DAY)
    (told,) = houses.findings("kitchen-unused")
    assert told.found_us > NOW + DAY + 14 * HOUR
    assert "Kettle, cooker and fridge were not used" in told.sentence


def _cooling(houses: Houses, since: int, k_per_hour: float) -> list[Reading]:
    """Return warmth as usual, then falling to 14 °C."""
    usual = [r for i in range(2) for r in warmth(houses, LEARNED + i)]
    at_start = next(value for _, at, value in usual if at >= since)
    return [
        (s, at, value if at < since else max(at_start - k_per_hour * (at - since) / HOUR, 14.0))
        for s, at, value in usual
    ]


def _lived(houses: Houses) -> list[Reading]:
    thermometer = houses.sensor("living room", Kind.TEMPERATURE)
    return without([r for i in range(2) for r in day(houses, LEARNED + i)], thermometer)


def test_a_home_that_cools_while_it_is_usually_heated_is_told_before_it_is_cold() -> None:
    houses = life()
    since = NOW + 7 * HOUR
    houses.run([*_lived(houses), *_cooling(houses, since, 0.8)], NOW + 2 * DAY)
    (told,) = houses.findings("heating-failed")
    assert told.found_us - since < 5 * HOUR
    assert told.found_us < min(f.found_us for f in houses.findings("cold-home"))
    assert "no door or window is known to have stood open" in told.sentence


@pytest.mark.parametrize("k_per_hour", [0.8, 4.0])
def test_an_open_window_explains_the_fall(k_per_hour: float) -> None:
    """Known from its contact; or by a fall that no wall allows, where no contact tells."""
    houses = life()
    since = NOW + 16 * HOUR
    cooling = _cooling(houses, since, k_per_hour)
    shut = since + (4 * HOUR if k_per_hour < 1 else HOUR)
    usual = dict(zip([at for _, at, _ in cooling], warmth(houses, LEARNED) * 2, strict=False))
    readings = [r if r[1] < shut else (r[0], r[1], usual[r[1]][2]) for r in cooling]
    window = houses.sensor("bedroom", Kind.CONTACT)
    told = [(window, NOW + HOUR, 0.0), (window, since, 1.0), (window, shut, 0.0)]
    told = told if k_per_hour < 1 else []
    houses.run([*_lived(houses), *readings, *told], NOW + 26 * HOUR)
    assert houses.findings("heating-failed") == []


def test_splits_and_restarts_change_nothing() -> None:
    whole, parts = life(), life()
    readings = [r for i in range(2) for r in day(whole, LEARNED + i)]
    readings = without(readings, of(whole, DOSE), *_kitchen(whole))
    whole.run(readings, NOW + 2 * DAY)
    for hours in range(1, 49):
        stop = NOW + hours * HOUR
        parts.run([r for r in readings if parts.now < r[1] <= stop], stop)
    assert whole.actions == parts.actions
    for name, column in as_arrays(whole.state).items():
        np.testing.assert_array_equal(column, as_arrays(parts.state)[name], name)


def test_what_is_remembered_of_a_home_with_eight_sensors_stays_small() -> None:
    state = empty({"home": 1, "sensor": 8, "gateway": 1, "place": 0, "sector": 0})
    assert sum(column.nbytes for column in as_arrays(state).values()) <= MOST_BYTES
