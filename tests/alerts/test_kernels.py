"""Every kernel against its loop twin."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect import profile, silence, technical
from alerts.detect.cold import below_since, is_cold, warmest
from alerts.detect.columns import NEVER, Reals
from alerts.detect.local_time import bins, build_offsets, days, to_local
from alerts.detect.signs import DoorMemory, SensorMemory, find_out, find_signs
from config.kinds import CODE, Kind
from tests.naive import profile as naive_profile
from tests.naive import signs as naive_signs
from tests.naive import silence as naive_silence

LONDON = "Europe/London"
MINUTE = 60_000_000
HOUR = 60 * MINUTE
KIND_OF = [CODE[k] for k in (Kind.MOTION, Kind.CONTACT, Kind.POWER, Kind.PENDANT, Kind.BATTERY)]

values = st.sampled_from([0.0, 1.0, 199.0, 200.0, 2000.0])
rows = st.lists(st.tuples(st.integers(0, 4), values), max_size=40)


@given(rows, st.integers(0, 40))
def test_signs_equal_the_loop_however_the_readings_are_split(
    readings: list[tuple[int, float]], cut: int
) -> None:
    value, zero = [math.nan] * 5, [False] * 5
    wanted = naive_signs.find_signs(readings, KIND_OF, value, zero)
    memory = SensorMemory(np.full(5, np.nan), np.zeros(5, np.bool_))
    found: list[bool] = []
    for part in (readings[:cut], readings[cut:]):
        sensor = np.array([s for s, _ in part], np.int64)
        kind = np.array(KIND_OF, np.int64)[sensor]
        is_sign, memory = find_signs(sensor, np.array([v for _, v in part]), kind, memory)
        found += is_sign.tolist()
    assert found == wanted
    assert memory.has_zero.tolist() == zero
    np.testing.assert_array_equal(memory.value, value)


steps = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 40_000_000), st.booleans()), max_size=40
)


@given(steps, st.integers(0, 40))
def test_out_equals_the_loop_however_the_signs_are_split(
    signs: list[tuple[int, int, bool]], cut: int
) -> None:
    timed, now = [], 0
    for home, gap, is_exit in signs:
        now += gap
        timed.append((home, now, is_exit))
    door, inner = [NEVER] * 3, [2] * 3
    wanted = naive_signs.find_out(timed, door, inner)
    memory = DoorMemory(np.full(3, NEVER), np.full(3, 2))
    found: list[bool] = []
    for part in (timed[:cut], timed[cut:]):
        is_out, memory = find_out(
            np.array([h for h, _, _ in part], np.int64),
            np.array([t for _, t, _ in part], np.int64),
            np.array([e for _, _, e in part], np.bool_),
            memory,
        )
        found += is_out.tolist()
    assert found == wanted
    assert memory.door_us.tolist() == door
    assert memory.inner.tolist() == inner


def test_a_repeated_occupancy_is_not_new_movement_but_a_bare_trigger_is() -> None:
    kind = np.full(4, CODE[Kind.MOTION])
    sensor, value = np.zeros(4, np.int64), np.array([1.0, 0.0, 1.0, 1.0])
    memory = SensorMemory(np.full(1, np.nan), np.zeros(1, np.bool_))
    assert find_signs(sensor, value, kind, memory)[0].tolist() == [True, False, True, False]
    assert find_signs(sensor, np.ones(4), kind, memory)[0].all()


counts = st.lists(st.floats(0, 30, width=32), min_size=96, max_size=96)


@settings(max_examples=30)
@given(counts, counts)
def test_rates_equal_the_loop(active: list[float], extra: list[float]) -> None:
    watched = [a + b for a, b in zip(active, extra, strict=True)]
    columns = [np.array(c, np.float32)[:, None] for c in (active, watched)]
    found = profile.rates(columns[0], columns[1])[:, 0]
    np.testing.assert_allclose(found, naive_profile.rates(active, watched), rtol=1e-4)


@given(st.lists(st.floats(0, 200), max_size=30), st.floats(0.5, 6))
def test_the_limit_equals_the_loop(peaks: list[float], z: float) -> None:
    sums: tuple[Reals, Reals, Reals] = (np.zeros(1), np.zeros(1), np.zeros(1))
    for peak in peaks:
        sums = profile.learn_peak(*sums, np.array([peak]))
    assert profile.limits(*sums, np.array([z]))[0] == pytest.approx(naive_profile.limit(peaks, z))


def test_a_new_home_has_a_limit_before_anything_was_learned() -> None:
    limit = profile.limits(np.zeros(1), np.zeros(1), np.zeros(1), np.array([2.75]))[0]
    rate = profile.rates(np.zeros((96, 1), np.float32), np.zeros((96, 1), np.float32))
    morning = rate[7 * 4 : 19 * 4, 0].sum()
    assert 10 < limit < morning


def test_a_day_that_could_not_be_seen_teaches_nothing() -> None:
    active, watched = (np.full((96, 1), 5, np.float32) for _ in range(2))
    before = profile.rates(active, watched)
    nothing = np.zeros((96, 1), np.bool_)
    after = profile.rates(*profile.learn_day(active, watched, nothing, nothing))
    np.testing.assert_allclose(after, before, atol=0.06)


CHANGES = (1_774_746_000, 1_792_890_000)  # 29 March and 25 October 2026, 01:00 UTC


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(CHANGES), st.integers(-1500, 1500), st.integers(1, 1500))
def test_expected_events_equal_the_loop_across_clock_changes(
    change_s: int, offset: int, length: int
) -> None:
    start = change_s // 60 + offset
    rate = np.random.default_rng(3).random((96, 2)).astype(np.float32)
    table = build_offsets(LONDON, start * MINUTE, (start + length) * MINUTE)
    found = silence.expected(
        rate,
        np.array([1]),
        np.array([start * MINUTE]),
        np.array([(start + length) * MINUTE]),
        np.array([0]),
        [table],
    )
    wanted = naive_silence.expected(rate[:, 1].tolist(), start, start + length, LONDON)
    assert found[0] == pytest.approx(wanted, rel=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([LONDON, "UTC", "Asia/Kathmandu"]), st.integers(0, 365 * 96))
def test_local_bins_equal_the_wall_clock(zone: str, quarter: int) -> None:
    moment = 1_767_225_600_000_000 + quarter * 15 * MINUTE
    table = build_offsets(zone, moment, moment)
    assert bins(to_local(table, np.array([moment])))[0] == naive_silence.local_bin(moment, zone)


@pytest.mark.parametrize(("change_s", "hours"), [(CHANGES[0], 23), (CHANGES[1], 25)])
def test_a_clock_change_makes_a_day_of_23_or_25_hours(change_s: int, hours: int) -> None:
    table = build_offsets(LONDON, change_s * 1_000_000, change_s * 1_000_000)
    around = np.arange(change_s - 48 * 3600, change_s + 48 * 3600, 3600) * 1_000_000
    local_days = days(to_local(table, around))
    today = days(to_local(table, np.array([change_s * 1_000_000])))[0]
    assert int((local_days == today).sum()) == hours


def test_the_floor_and_the_cap_hold_whatever_was_learned() -> None:
    score, limit = np.array([99.0, 99.0, 0.0, 0.0]), np.array([1.0, 1.0, 1e9, 1e9])
    elapsed = np.array([3 * HOUR - 1, 3 * HOUR, 12 * HOUR - 1, 12 * HOUR])
    floor, cap = np.full(4, 3 * HOUR), np.full(4, 12 * HOUR)
    found = silence.is_silent(score, limit, elapsed, floor, cap)
    assert found.tolist() == [False, True, False, True]


def test_cold_needs_its_dwell_and_half_a_degree_to_end() -> None:
    since = np.array([NEVER])
    for minute, celsius, wanted in (
        (0, 17.9, False),
        (25, 18.3, False),
        (30, 18.4, True),
        (35, 18.6, False),
        (40, 18.4, False),
        (45, 17.9, False),
    ):
        top = np.array([celsius])
        since = below_since(since, top, np.array([18.0]), minute * MINUTE)
        assert is_cold(since, top, 30 * MINUTE, minute * MINUTE)[0] == wanted, minute


def test_the_warmest_room_counts_and_an_old_reading_says_nothing() -> None:
    value, at = np.array([12.0, 19.0, 25.0]), np.array([0, 0, -4 * HOUR])
    sensors, home = np.array([0, 1, 2]), np.array([0, 0, 1])
    top = warmest(value, at, sensors, home, 2, 0)
    assert top[0] == 19.0
    assert math.isnan(top[1])


@pytest.mark.parametrize(
    ("total", "lost", "before", "after"),
    [(4, 2, 0, 0), (4, 3, 0, 3), (10, 4, 0, 0), (10, 5, 0, 5), (10, 3, 5, 5), (10, 2, 5, 0)],
)
def test_an_outage_needs_half_and_three_and_ends_when_half_are_back(
    total: int, lost: int, before: int, after: int
) -> None:
    peak = technical.outages(np.array([total]), np.array([lost]), np.array([before]))
    assert peak.tolist() == [after]
