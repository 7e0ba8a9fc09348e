"""Findings that only late readings made possible are marked late; all others are not."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.kinds import Kind
from tests.alerts.houses import Houses, moved
from tests.alerts.lives import BED, CHAIR, DOSE, KINDS, day, of
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, World, in_order, quiet_life, warm

LEARNED = 5
NINE = START + LEARNED * DAY + 9 * HOUR
MIDNIGHT = START + (LEARNED + 1) * DAY


def told(world: World) -> dict[str, tuple[int, bool]]:
    """Return when each alert of the person that stands was found, and whether it is late."""
    standing = [a for a in world.alerts("no-sign-of-life", "not-back") if a.state == "open"]
    return {a.id: (a.evidence["decided_us"], a.is_late) for a in standing}


def lived(world: World, *, goes_out: bool) -> tuple[list[Reading], list[Reading]]:
    """Return ordinary days until nine, and what is heard last: movement, or the door."""
    life = in_order(quiet_life(world, 1, START, NINE))
    door, hall = world.sensor(1, Kind.CONTACT), world.sensor(1, Kind.MOTION, "hall")
    shut = [(door, START, 0.0)]
    last = [(door, NINE, 1.0), (door, NINE + 8_000_000, 0.0)]
    if not goes_out:
        last = [(hall, NINE, 1.0), (hall, NINE + 30_000_000, 0.0)]
    return in_order(life + shut), last


@cache
def in_time(*, goes_out: bool) -> dict[str, tuple[int, bool]]:
    """Return what is told where everything came in time."""
    return delivered(0, goes_out=goes_out)


def delivered(late_min: int, *, goes_out: bool) -> dict[str, tuple[int, bool]]:
    world = World(not_back_h=8.0)
    life, last = lived(world, goes_out=goes_out)
    came = NINE + 10_000_000 + late_min * MINUTE
    before = [r for r in life if r[1] < NINE - 50 * MINUTE]
    held = [r for r in life if r[1] >= NINE - 50 * MINUTE and r[1] < NINE]
    heat = world.sensor(1, Kind.TEMPERATURE)
    world.tail.put(in_order(before + [r for r in held if r[0] == heat]))
    world.tail.put(warm(world, 1, NINE, MIDNIGHT))
    if not late_min:
        world.tail.put(in_order([r for r in held if r[0] != heat] + last))
        world.run(MIDNIGHT - 1)
        return told(world)
    world.run(came)
    world.tail.put(in_order([r for r in held if r[0] != heat] + last), received_us=came)
    world.run(MIDNIGHT - 1)
    return told(world)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 840), st.booleans())
def test_a_silence_is_marked_late_where_it_is_told_later_than_it_would_have_been(
    late_min: int, goes_out: bool
) -> None:
    wanted, found = in_time(goes_out=goes_out), delivered(late_min, goes_out=goes_out)
    assert len(wanted) == 1
    assert not any(is_late for _, is_late in wanted.values())
    assert found.keys() == wanted.keys()
    for alert, (found_us, is_late) in found.items():
        assert is_late == (found_us > wanted[alert][0])


def test_a_sign_in_time_ends_what_was_late() -> None:
    world = World()
    life, last = lived(world, goes_out=False)
    world.tail.put([r for r in life if r[1] < NINE - 30 * MINUTE])
    world.tail.put(warm(world, 1, NINE, MIDNIGHT + 12 * HOUR))
    world.run(NINE + 6 * HOUR)
    world.tail.put(in_order(last), received_us=NINE + 6 * HOUR)
    hall, again = world.sensor(1, Kind.MOTION, "hall"), NINE + 7 * HOUR
    world.tail.put([(hall, again, 1.0), (hall, again + 30_000_000, 0.0)])
    world.run(MIDNIGHT + 12 * HOUR)
    assert [a.is_late for a in world.alerts("no-sign-of-life") if a.onset_us == again] == [False]


SEATS = {
    "bed left at 01:00": (BED, 25 * HOUR, 0.0, "bed-left"),
    "bed taken at noon": (BED, 12 * HOUR, 1.0, "seat-not-left"),
    "chair taken at noon": (CHAIR, 12 * HOUR, 1.0, "seat-not-left"),
}


@cache
def seated(case: str) -> Houses:
    """Return a home up to its fifth day, told minute by minute."""
    houses = Houses(kinds=KINDS)
    life = [r for number in range(LEARNED) for r in day(houses, number)]
    houses.run(life, START + LEARNED * DAY)
    assert case in SEATS
    return houses


def spell(case: str, late_min: int) -> list[tuple[str, int, bool]]:
    """Return what is told of a seat where its last word came so much later."""
    what, since, value, kind = SEATS[case]
    houses = seated(case).fork(tick=MINUTE)
    at = START + LEARNED * DAY + since + 30_000_000
    life = [r for number in (LEARNED, LEARNED + 1) for r in day(houses, number)]
    life = [r for r in life if r[1] < at or r[0] == houses.sensor("living room", Kind.TEMPERATURE)]
    came = at + 30_000_000 + late_min * MINUTE
    if late_min:
        houses.run([r for r in life if r[1] <= came], came)
        houses.run([r for r in life if r[1] > came], at + DAY, late=[(of(houses, what), at, value)])
    else:
        houses.run([*life, (of(houses, what), at, value)], at + DAY)
    return [(f.id, f.found_us, f.is_late) for f in houses.findings(kind) if f.onset_us == at]


@pytest.mark.parametrize("case", sorted(SEATS))
@pytest.mark.parametrize("late_min", [44, 80, 250, 700])
def test_a_bed_or_chair_is_marked_late_where_it_is_told_later_than_it_would_have_been(
    case: str, late_min: int
) -> None:
    ((alert, wanted_us, is_wanted_late),) = spell(case, 0)
    assert not is_wanted_late
    found = spell(case, late_min)
    if case == "bed left at 01:00" and late_min > 300:
        assert found == [], "a bed is judged by night"
        return
    ((same, found_us, is_late),) = found
    assert same == alert
    assert is_late == (found_us > wanted_us)


def test_a_sign_elsewhere_in_time_ends_what_was_late_of_a_chair() -> None:
    houses = seated("chair taken at noon").fork()
    at = START + LEARNED * DAY + 12 * HOUR
    heat, hall = houses.sensor("living room", Kind.TEMPERATURE), houses.sensor("hall")
    life = [r for number in (LEARNED, LEARNED + 1) for r in day(houses, number)]
    life = [r for r in life if r[1] < at or r[0] == heat]
    came = at + 6 * HOUR
    houses.run([r for r in life if r[1] <= came], came)
    houses.run(
        [r for r in life if r[1] > came] + moved(hall, came + MINUTE),
        at + DAY,
        late=[(of(houses, CHAIR), at, 1.0)],
    )
    assert [f.is_late for f in houses.findings("seat-not-left")] == [False]


def offline(late_min: int, tick: int) -> list[tuple[str, int, bool]]:
    """Return what is told of a gateway whose last will came so much later."""
    houses = Houses(kinds=(*KINDS, (Kind.GATEWAY_STATUS, "")), tick=tick)
    status = houses.sensor("", Kind.GATEWAY_STATUS)
    noon = START + 12 * HOUR + 30_000_000
    life = [r for r in [*day(houses, 0), (status, START, 1.0)] if r[1] < noon]
    came = -(-(noon + late_min * MINUTE) // tick) * tick
    if late_min:
        houses.run(life, came)
        houses.run([], noon + 3 * HOUR, late=[(status, noon, 0.0)])
    else:
        houses.run([*life, (status, noon, 0.0)], noon + 3 * HOUR)
    return [(f.id, f.found_us, f.is_late) for f in houses.findings("gateway-silent")]


@pytest.mark.parametrize("tick", [MINUTE, 5 * MINUTE])
@pytest.mark.parametrize("late_min", [1, 4, 5, 6, 12, 30])
def test_a_hub_that_says_late_that_it_is_offline_is_marked_late(late_min: int, tick: int) -> None:
    ((alert, wanted_us, is_wanted_late),) = offline(0, tick)
    ((same, found_us, is_late),) = offline(late_min, tick)
    assert not is_wanted_late
    assert same == alert
    assert is_late == (found_us > wanted_us)


@pytest.mark.parametrize("late_min", [0, 4, 12, 200])
def test_a_dose_that_a_dispenser_reports_late_as_missed_is_marked_late(late_min: int) -> None:
    houses = Houses(kinds=KINDS, tick=MINUTE)
    noon = START + 12 * HOUR
    missed = [(of(houses, DOSE), noon + 10_000_000, 0.0)]
    houses.run(day(houses, 0), noon + max(late_min, 1) * MINUTE)
    if late_min:
        houses.run([], noon + (late_min + 6) * MINUTE, late=missed)
    else:
        again = Houses(kinds=KINDS, tick=MINUTE)
        again.run([*day(again, 0), *missed], noon + 6 * MINUTE)
        houses = again
    (finding,) = [f for f in houses.findings("missed-dose") if f.evidence["rule"] == "dispenser"]
    assert finding.is_late == (late_min >= 5)
