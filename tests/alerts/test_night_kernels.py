"""The kernels of nights, slow change and dead sensors against their loop twins."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect import change, leaving, missed, stay, visits
from alerts.detect.columns import HOUR_US, NEVER, Rows
from alerts.detect.rooms import Room, room_of
from tests.naive.change import Days
from tests.naive.change import shift_gain as naive_gain
from tests.naive.missed import Devices
from tests.naive.nights import Nights, Stay
from tests.naive.nights import find_left as naive_left
from tests.naive.nights import find_visits as naive_visits

MINUTE = 60_000_000
gaps = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30 * MINUTE)), max_size=30)


@settings(deadline=None)
@given(gaps, st.integers(0, 30))
def test_visits_equal_the_loop_however_the_signs_are_split(
    steps: list[tuple[int, int]], cut: int
) -> None:
    rows, now = [], 0
    for one, gap in steps:
        now += gap
        rows.append((one, now))
    wanted = naive_visits(rows, {})
    before, found = np.full(3, NEVER), []
    for part in (rows[:cut], rows[cut:]):
        home = np.array([h for h, _ in part], np.int64)
        time_us = np.array([t for _, t in part], np.int64)
        found += visits.find_visits(home, time_us, before).tolist()
        before[home] = time_us
    assert found == wanted


def _usual(values: Sequence[float]) -> visits.Usual:
    return visits.Usual(*(np.array([value]) for value in values))


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), max_size=60))
def test_a_home_of_nights_equals_the_loop(nights: list[int]) -> None:
    naive, usual = Nights(), _usual((0, 0, 0, 0))
    for count in nights:
        wanted = naive.end_night(count)
        usual, score = visits.end_night(np.array([count], np.uint8), usual)
        assert score[0] == pytest.approx(wanted, abs=1e-9)
    assert usual.total[0] == pytest.approx(naive.total)
    assert usual.squares[0] == pytest.approx(naive.squares)


def test_one_wild_night_alone_is_never_enough() -> None:
    usual = _usual((0, 0, 0, 0))
    for _ in range(30):
        usual, _ = visits.end_night(np.array([2], np.uint8), usual)
    _, score = visits.end_night(np.array([40], np.uint8), usual)
    assert 1.9 < score[0] < 2.5


def test_a_count_of_visits_stops_at_255() -> None:
    most = visits.add_visits(np.array([254, 3], np.uint8), np.zeros(9, np.int64))
    assert most.tolist() == [255, 3]


doors = st.lists(
    st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 95), st.integers(0, MINUTE)),
    max_size=40,
)


@settings(deadline=None)
@given(doors, st.integers(0, 40))
def test_a_door_at_night_equals_the_loop_however_the_signs_are_split(
    steps: list[tuple[int, bool, int, int]], cut: int
) -> None:
    rows, now = [], 0
    for home, is_door, bin_, gap in steps:
        now += gap
        rows.append((home, now, is_door, bin_))
    naive: dict[int, int] = {}
    left = np.full(3, NEVER)
    for part in (rows[:cut], rows[cut:]):
        wanted = naive_left(part, naive)
        homes, new = leaving.find_left(
            np.array([row[0] for row in part], np.int64),
            np.array([row[1] for row in part], np.int64),
            np.array([row[2] for row in part], np.bool_),
            np.array([row[3] for row in part], np.int64),
            left,
        )
        left[homes] = new
        assert wanted <= set(homes.tolist())
    assert left.tolist() == [naive.get(home, NEVER) for home in range(3)]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([change.SHIFT, change.FEWER]),
    st.lists(st.floats(-40, 40, width=32), max_size=60),
)
def test_slow_change_equals_the_loop(figure: change.Figure, values: list[float]) -> None:
    naive, usual = Days(figure), change.Usual(*np.zeros((5, 1)))
    for value in values:
        wanted = naive.end_day(value)
        usual = change.end_day(np.array([value]), np.ones(1, np.bool_), usual, figure)
        assert usual.score[0] == pytest.approx(wanted, abs=1e-6)


def test_a_day_that_is_not_valid_changes_nothing() -> None:
    usual = change.Usual(*np.full((5, 1), 4.0))
    after = change.end_day(np.array([99.0]), np.zeros(1, np.bool_), usual, change.FEWER)
    assert [c[0] for c in (after.days, after.total, after.squares, after.score, after.seen)] == [
        4.0
    ] * 5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.05, 0.95))
def test_the_gain_of_a_shift_equals_the_loop(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    rate = rng.uniform(0.005, 1.6, (96, 1)).astype(np.float32)
    has_sign = rng.random((96, 1)) < density
    later, earlier = change.shift_gain(has_sign, rate)[:, 0]
    columns = has_sign[:, 0].tolist(), rate[:, 0].tolist()
    assert later == pytest.approx(naive_gain(*columns, 6), abs=1e-3)
    assert earlier == pytest.approx(naive_gain(*columns, -6), abs=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5))
def test_missed_chances_equal_the_loop(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    naive, home = Devices(count), np.zeros(count, np.int64)
    seen, chances = np.zeros((2, 4, count), np.float32)
    missed_, peak = np.zeros((2, count), np.float32)
    sees = rng.random(count) < 0.8
    for hour in range(120):
        saw = sees & (rng.random(count) < 0.6)
        can = rng.random(count) < 0.95
        block = hour % 24 // 6
        naive.pass_hour(saw.tolist(), sees.tolist(), can.tolist(), block)
        habit = missed.Habit(seen[block], chances[block], missed_, peak)
        habit = missed.pass_hour(habit, home, saw, sees, can)
        seen[block], chances[block], missed_, peak = (
            habit.saw,
            habit.chances,
            habit.missed,
            habit.peak,
        )
    np.testing.assert_allclose(missed_, naive.missed, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(peak, naive.peak, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(seen.T, naive.saw, rtol=1e-3, atol=1e-3)


def test_a_device_is_dead_only_after_its_hours_and_beyond_its_own_past() -> None:
    evidence, peak = np.array([9, 9, 9, 7], np.float32), np.array([0, 5, 0, 0], np.float32)
    fired = np.array([0, 0, HOUR_US, 0], np.int64)
    dead = missed.is_dead(
        evidence, peak, fired, np.full(4, 8.0), np.full(4, 30.0), int(30.5 * HOUR_US)
    )
    assert dead.tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("name", "room"),
    [
        ("Bathroom", Room.BATHROOM),
        ("upstairs toilet", Room.BATHROOM),
        ("en-suite", Room.BATHROOM),
        ("ystafell ymolchi", Room.BATHROOM),
        ("Hallway", Room.HALL),
        ("kitchen", Room.KITCHEN),
        ("back bedroom", Room.BEDROOM),
        ("", Room.OTHER),
        ("study", Room.OTHER),
    ],
)
def test_a_room_is_known_by_the_words_on_the_form(name: str, room: Room) -> None:
    assert room_of(name) is room


steps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 40 * MINUTE)), max_size=40
)


def _follow(stays: stay.Stays, homes: Rows, new: stay.Stays) -> None:
    stays.room[homes], stays.start_us[homes] = new.room, new.start_us
    stays.last_us[homes] = new.last_us


@settings(deadline=None)
@given(steps, st.booleans())
def test_stays_equal_the_loop_sign_by_sign(
    signs: list[tuple[int, int, int]],
    is_held: bool,
) -> None:
    naive = [Stay() for _ in range(3)]
    stays = stay.Stays(np.zeros(3, np.int8), np.full(3, NEVER), np.full(3, NEVER))
    now = 0
    for one, room, gap in signs:
        now += gap
        wanted = naive[one].sign(now, room, is_held=is_held)
        homes, new, ended, _ = stay.find_stays(
            np.array([one]),
            np.array([now]),
            np.array([room], np.int8),
            stays,
            np.full(3, 0 if is_held else NEVER),
        )
        assert (homes.tolist(), ended.tolist()) == ([one], [wanted])
        _follow(stays, homes, new)
        assert (stays.start_us[one], stays.room[one]) == (naive[one].start, naive[one].room)


@settings(deadline=None)
@given(steps)
def test_a_slice_of_signs_leaves_the_stay_that_the_last_of_them_is_in(
    signs: list[tuple[int, int, int]],
) -> None:
    """Within one tick signs lie less than an hour apart."""
    naive = [Stay() for _ in range(3)]
    rows = [(one, room, at) for at, (one, room, _) in enumerate(signs)]
    for one, room, at in rows:
        naive[one].sign(at, room, is_held=False)
    stays = stay.Stays(np.zeros(3, np.int8), np.full(3, NEVER), np.full(3, NEVER))
    homes, new, _, _ = stay.find_stays(
        np.array([one for one, _, _ in rows], np.int64),
        np.array([at for _, _, at in rows], np.int64),
        np.array([room for _, room, _ in rows], np.int8),
        stays,
        np.full(3, NEVER),
    )
    _follow(stays, homes, new)
    wanted = [NEVER if one.start < 0 else one.start for one in naive]
    assert stays.start_us.tolist() == wanted


@settings(deadline=None)
@given(steps, st.sets(st.integers(1, 39)))
def test_the_stays_that_ended_are_those_of_the_loop_however_signs_are_cut(
    signs: list[tuple[int, int, int]], cuts: set[int]
) -> None:
    """Within one tick signs lie less than an hour apart."""
    naive, held = [Stay() for _ in range(3)], np.full(3, NEVER)
    wanted: list[tuple[int, int, float]] = []
    for at, (one, room, _) in enumerate(signs):
        was, start, last = naive[one].room, naive[one].start, naive[one].last
        if naive[one].sign(at * MINUTE, room, is_held=False):
            wanted.append((one, was, (last - start) / MINUTE))
    stays = stay.Stays(np.zeros(3, np.int8), np.full(3, NEVER), np.full(3, NEVER))
    found: list[tuple[int, int, float]] = []
    home = np.array([one for one, _, _ in signs], np.int64)
    rooms = np.array([room for _, room, _ in signs], np.int8)
    time_us = np.arange(len(signs)) * MINUTE
    bounds = [0, *sorted(cut for cut in cuts if cut < len(signs)), len(signs)]
    for first, stop in pairwise(bounds):
        part = slice(first, stop)
        said = (home[part], time_us[part], rooms[part])
        homes, new, _, ended = stay.find_stays(*said, stays, held)
        columns = (ended.home, ended.room, ended.minutes)
        found += zip(*(column.tolist() for column in columns), strict=True)
        _follow(stays, homes, new)
    assert sorted(found) == sorted(wanted)


@given(st.lists(st.floats(0, 300), max_size=30))
def test_the_limit_of_stays_equals_the_loop(peaks: list[float]) -> None:
    longest, n, total, squares = stay.Longest(*np.zeros((3, 1))), 0.0, 0.0, 0.0
    for peak in peaks:
        longest = stay.end_day(longest, np.array([peak]))
        if peak > 0:
            x = float(np.log(max(peak, 1)))
            n, total, squares = n * 0.97 + 1, total * 0.97 + x, squares * 0.97 + x * x
    mean = (total + 5 * 2.12) / (n + 5)
    variance = (max(squares - 2 * mean * total + n * mean**2, 0) + 15 * 0.55) / (n + 15)
    usual, limit = stay.limits(longest, 0, np.full(1, 3.0))
    assert usual[0] == pytest.approx(np.exp(mean))
    assert limit[0] == pytest.approx(np.exp(mean + 3 * variance**0.5))
