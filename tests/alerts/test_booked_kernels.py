"""Windows of booked visits, and who is there in them, against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.detect.booked import (
    VisitMemory,
    build_windows,
    find_returns,
    find_visitors,
)
from alerts.detect.columns import NEVER
from alerts.detect.local_time import build_offsets
from alerts.detect.roster import build_roster
from config.homes import Home
from config.sensor_table import build_sensor_table
from config.visits import FOREVER, Visit, VisitKind
from tests.alerts.world import DAY, HOUR, MINUTE, place
from tests.make import enrolment
from tests.naive import booked as naive

DAYS = (20_000, 20_543, 20_750)
"""An ordinary day, 30 March 2026 and 23 October 2026: the clocks change near by."""


@st.composite
def booked(draw: st.DrawFn) -> Visit:
    from_min, length = draw(st.integers(180, 1439)), draw(st.integers(1, 720))
    return Visit(
        1,
        draw(st.integers(1, 3)),
        VisitKind.CARE,
        draw(st.integers(1, 127)),
        from_min,
        from_min + length if from_min + length < 1440 else 1439 + 180,
        draw(st.sampled_from([0, 20_001, 20_544])),
        draw(st.sampled_from([FOREVER, 20_002, 20_752])),
    )


@given(st.lists(booked(), max_size=6), st.sampled_from(DAYS), st.data())
def test_windows_are_those_of_a_plain_loop(
    visits: list[Visit], first: int, data: st.DataObject
) -> None:
    made = enrolment(3)
    table = build_sensor_table(made.homes, made.gateways, made.sensors, visits=visits)
    roster = build_roster(table, {"fenbridge": place()})
    start = first * DAY
    offsets = (build_offsets("Europe/London", start, start + DAY),)
    found = build_windows(roster.bookings, roster.home_zone, offsets, start, start + DAY)
    wanted = naive.windows(visits, "Europe/London", 15, 30, range(first - 6, first + 6))
    lo, hi = start - 2 * DAY, start + 2 * DAY
    told = {
        (home, a, b)
        for home, a, b in zip(found.home, found.start_us, found.stop_us, strict=True)
        if lo <= a and b < hi
    }
    assert told == {
        (home, a, b) for home, mine in wanted.items() for a, b in mine if lo <= a and b < hi
    }
    home = data.draw(st.integers(1, 3))
    moment = start + data.draw(st.integers(-DAY, DAY))
    row = int(found.find(np.array([home]), np.array([moment]))[0])
    inside = [(a, b) for a, b in wanted.get(home, []) if a <= moment < b]
    assert (row >= 0) == bool(inside)
    if inside:
        assert (found.start_us[row], found.stop_us[row]) == inside[0]


MOMENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3 * 3600), st.integers(0, 3)), max_size=30
)
"""Signs: which window, the second in it, and which way out it opens, 0 for none."""


@given(MOMENTS, st.lists(st.integers(0, 3 * 3600), max_size=3))
def test_who_is_there_is_that_of_a_plain_loop_however_it_is_cut(
    moments: list[tuple[int, int, int]], cuts: list[int]
) -> None:
    rows = [(100 + w, w * DAY + s * 1_000_000, o) for w, s, o in sorted(moments)]
    memory = nobody()
    plain: dict[int, tuple[int, int, int]] = {}
    wanted, found = naive.visitors(rows, plain), list[tuple[bool, bool]]()
    edges = sorted(min(cut, len(rows)) for cut in cuts)
    for first, last in zip([0, *edges], [*edges, len(rows)], strict=True):
        part = rows[first:last]
        if not part:
            continue
        window, time_us, door = (np.array(column) for column in zip(*part, strict=True))
        home = np.zeros(len(part), np.int64)
        there, came, memory = find_visitors(
            window, home, time_us, door.astype(np.uint8), window, memory
        )
        found += zip(there.tolist(), came.tolist(), strict=True)
    assert found == wanted
    if 0 in plain:
        assert plain[0] == (memory.window_us[0], memory.opened_us[0], memory.door[0])


def nobody() -> VisitMemory:
    return VisitMemory(
        np.full(1, NEVER, np.int64), np.full(1, NEVER, np.int64), np.zeros(1, np.uint8)
    )


def test_a_visitor_who_comes_and_goes_leaves_nobody() -> None:
    memory = nobody()
    at = np.array([0, 2 * MINUTE, 3 * MINUTE, HOUR // 2, HOUR // 2 + MINUTE // 2, HOUR])
    door = np.array([1, 0, 0, 1, 1, 0], np.uint8)
    nothing = np.zeros(6, np.int64)
    there, came, _ = find_visitors(nothing, nothing, at, door, nothing, memory)
    assert there.tolist() == [True, True, True, False, False, False]
    assert came.all()


def test_only_the_door_by_which_a_visitor_came_ends_the_visit() -> None:
    at = np.array([0, 5, 10, 15, 20, 25]) * MINUTE
    door = np.array([1, 2, 0, 2, 1, 0], np.uint8)
    nothing = np.zeros(6, np.int64)
    there, _, memory = find_visitors(nothing, nothing, at, door, nothing, nobody())
    assert there.tolist() == [True, True, True, True, False, False]
    assert (memory.door[0], memory.opened_us[0]) == (0, 20 * MINUTE)


def test_what_comes_late_of_an_earlier_visit_ends_no_later_one() -> None:
    one, door = np.zeros(1, np.int64), np.ones(1, np.uint8)
    at, start = np.array([6 * HOUR]), np.array([5 * HOUR])
    _, _, memory = find_visitors(one, one, at, door, start, nobody())
    there, came, after = find_visitors(one, one, np.array([HOUR]), door, one, memory)
    assert (there.tolist(), came.tolist()) == ([True], [True])
    assert (after.window_us[0], after.opened_us[0], after.door[0]) == (5 * HOUR, 6 * HOUR, 1)


def test_the_first_movement_in_an_empty_home_may_be_the_person() -> None:
    is_person = np.array([False, False, True, False, False, True, False])
    is_inside = np.array([False, True, True, True, True, False, True])
    is_out = np.array([False, False, False, False, False, True, False])
    home = np.zeros(7, np.int64)
    back = find_returns(home, is_person, is_inside, np.array([True]), is_out)
    assert sorted(back.tolist()) == [1, 6]
    back = find_returns(home, is_person, is_inside, np.array([False]), is_out)
    assert back.tolist() == [6]


@pytest.mark.parametrize("homes", [[], [Home(1, "home-one-1", "fenbridge", "x")]])
def test_a_roster_without_doors_has_no_windows(homes: list[Home]) -> None:
    visits = [Visit(1, 1, VisitKind.CARE, 127, 0, 60, 0, FOREVER)] if homes else []
    roster = build_roster(build_sensor_table(homes, [], [], visits=visits), {})
    offsets = (build_offsets("Europe/London", 0, DAY),)
    found = build_windows(roster.bookings, roster.home_zone, offsets, 0, DAY)
    assert len(found.home) == 0
    assert found.find(np.array([0]), np.array([0])).tolist() == [-1]
    assert len(found.closing(0, DAY)) == 0
