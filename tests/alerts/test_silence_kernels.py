"""Kernels of hushes, long silences and allowances against their loop twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect import caps, hush, profile
from alerts.detect.local_time import build_offsets, minutes
from config.allowances import Allowance
from tests.naive import caps as naive_caps
from tests.naive import hush as naive_hush
from tests.naive.silence import local_bin

LONDON = "Europe/London"
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = 20_000 * DAY


@given(st.lists(st.integers(0, 600), max_size=12), st.integers(0, 600))
def test_heard_earlier_is_one_to_seven_hours_ago(signs: list[int], now: int) -> None:
    recent = np.zeros(1, np.int64)
    for minute in range(now + 1):
        if minute % 10 == 0 and minute:
            recent = hush.aged(recent)
        if minute in signs:
            recent |= 1
    slots = {now // 10 - minute // 10 for minute in signs if minute <= now}
    assert hush.was_heard_earlier(recent)[0] == any(6 <= slot < 42 for slot in slots)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 365 * 24 * 60))
def test_the_hour_expected_equals_the_loop_in_every_zone(minute: int) -> None:
    now = 29_000_000 + minute
    zones = (LONDON, "Asia/Kathmandu")
    tables = [build_offsets(zone, now * MINUTE, now * MINUTE) for zone in zones]
    rate = np.random.default_rng(5).random((96, 2)).astype(np.float32)
    found = hush.expected_in_hour(rate, np.array([0, 1]), tables, now * MINUTE)
    wanted = [
        naive_hush.expected_in_hour(rate[:, home].tolist(), now, zone)
        for home, zone in enumerate(zones)
    ]
    assert found.tolist() == pytest.approx(wanted, rel=1e-5)


homes = st.lists(
    st.tuples(st.booleans(), st.floats(0, 20), st.booleans(), st.integers(0, 2)), max_size=20
)


@given(homes)
def test_heard_and_expected_equal_the_loop(rows: list[tuple[bool, float, bool, int]]) -> None:
    is_heard = [row[0] for row in rows]
    missed = [row[1] for row in rows]
    is_counted = [row[2] for row in rows]
    place = [row[3] for row in rows]
    found = hush.heard_and_expected(
        np.array(is_heard, np.bool_),
        np.array(missed, np.float32),
        np.array(is_counted, np.bool_),
        np.argsort(place, kind="stable"),
        np.searchsorted(np.sort(place), np.arange(4)),
    )
    wanted = naive_hush.heard_and_expected(is_heard, missed, is_counted, place, 3)
    for mine, other in zip(found, wanted, strict=True):
        assert mine.tolist() == pytest.approx(other, rel=1e-4, abs=1e-5)


def test_a_hush_needs_enough_homes_and_ends_when_half_are_heard() -> None:
    share, least = np.full(4, 0.25), np.full(4, 5.0)
    heard, expected = np.array([1.0, 2.0, 0.0, 0.0]), np.array([8.0, 8.0, 4.9, 5.0])
    assert hush.begins(heard, expected, share, least).tolist() == [True, False, False, True]
    heard, expected = np.array([3.0, 2.0, 10.0, 11.0]), np.array([4.0, 0.0, 22.0, 22.0])
    assert hush.is_over(heard, expected).tolist() == [True, False, False, True]


@given(st.lists(st.integers(0, 40 * 1440), max_size=caps.RING + 2, unique=True))
def test_proposals_equal_the_loop(ages_min: list[int]) -> None:
    ring = np.zeros((caps.RING, 2), np.int32)
    for age_min in sorted(ages_min, reverse=True):
        caps.remember(ring, np.array([1]), np.array([NOW - age_min * MINUTE]))
    tables = [build_offsets("UTC", NOW, NOW)]
    local = minutes(tables, np.zeros(ring.shape, np.int64), ring.astype(np.int64) * MINUTE)
    found = [column.tolist() for column in caps.proposals(ring, local, NOW)]
    wanted = naive_caps.proposal(ring[:, 1].tolist(), NOW)
    assert found == ([[], [], []] if wanted is None else [[1], [wanted[0]], [wanted[1]]])


def test_a_silence_that_two_signs_end_in_one_tick_is_remembered_once() -> None:
    ring = np.zeros((caps.RING, 1), np.int32)
    caps.remember(ring, np.array([0, 0]), np.full(2, NOW))
    assert np.count_nonzero(ring) == 1


allowances = st.lists(
    st.builds(
        Allowance,
        number=st.just(1),
        home=st.just(0),
        is_out=st.booleans(),
        from_min=st.integers(0, 1439),
        to_min=st.integers(0, 1439),
        cap_h=st.floats(1, 24),
        account=st.just("alice"),
        accepted_us=st.integers(NOW - DAY, NOW + DAY),
        until_us=st.integers(NOW - DAY, NOW + DAY),
    ),
    max_size=4,
)


@given(allowances, st.integers(0, 1439), st.booleans())
def test_a_cap_is_lifted_as_the_loop_lifts_it(
    allowed: list[Allowance],
    began: int,
    is_out: bool,  # hypothesis gives it
) -> None:
    began_min = np.full(len(allowed), began)
    cap = caps.lifted(np.array([12 * HOUR]), caps.columns(allowed), began_min, NOW, is_out=is_out)
    assert cap[0] == naive_caps.lifted(12 * HOUR, allowed, began, NOW, is_out=is_out)
    assert cap[0] >= 12 * HOUR


@given(st.integers(0, 365 * 1440), st.sampled_from([LONDON, "Asia/Kathmandu"]))
def test_the_minute_of_the_local_day_equals_the_wall_clock(minute: int, zone: str) -> None:
    moment = (29_000_000 + minute) * MINUTE
    table = build_offsets(zone, moment, moment)
    found = minutes([table], np.zeros(1, np.int64), np.array([moment]))[0]
    assert found // 15 == local_bin(moment, zone)
    assert found % 15 == (29_000_000 + minute) % 15


def test_quarter_hours_are_taken_back_up_to_now_and_only_of_the_homes_named() -> None:
    watched = np.full((12, 2), 255, np.uint8)
    profile.unwatch(watched, np.array([1]), np.array([10]), stop=np.array([20]))
    seen = profile.unpacked(watched)
    assert seen[:, 0].all()
    assert np.flatnonzero(~seen[:, 1]).tolist() == list(range(10, 20))


def test_a_quarter_hour_is_watched_for_the_homes_that_are_seen_in_it() -> None:
    watched = np.zeros((12, 3), np.uint8)
    for bin_ in (0, 7, 8, 95):
        profile.watch(watched, bin_, np.array([True, False, bin_ == 8]))
    profile.watch(watched, 8, np.array([True, False, False]))
    seen = profile.unpacked(watched)
    assert np.flatnonzero(seen[:, 0]).tolist() == [0, 7, 8, 95]
    assert np.flatnonzero(seen[:, 2]).tolist() == [8]
    assert not seen[:, 1].any()


def test_what_is_usual_is_the_mean_that_the_limit_is_built_on() -> None:
    sums = profile.learn_peak(np.zeros(1), np.zeros(1), np.zeros(1), np.array([12.0]))
    limit = profile.limits(*sums, np.zeros(1))[0]
    assert profile.usual_peak(float(sums[0][0]), float(sums[1][0])) == pytest.approx(limit)
