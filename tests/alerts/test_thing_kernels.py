"""The kernels of beds, chairs, doses, kitchen and heating against their loop twins."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.detect import spell, unheated, uses
from alerts.detect.columns import NEVER
from alerts.detect.things import Spell
from tests.naive.things import Spells, Uses, Warmth
from tests.naive.things import find_changes as naive_changes

MINUTE = 60_000_000
gaps = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 90 * MINUTE)), max_size=30)


@settings(deadline=None)
@given(gaps, st.integers(0, 30))
def test_changes_of_pads_equal_the_loop_however_they_are_split(
    steps: list[tuple[int, int]], cut: int
) -> None:
    rows, now = [], 0
    for pad, gap in steps:
        now += gap
        rows.append((pad, now))
    wanted = naive_changes(rows, {})
    before, found = np.full(3, NEVER), []
    for part in (rows[:cut], rows[cut:]):
        pads = np.array([p for p, _ in part], np.int64)
        time_us = np.array([t for _, t in part], np.int64)
        found += spell.find_changes(pads, time_us, before, NEVER).lasted_us.tolist()
        before[pads] = time_us
    assert found == wanted


@settings(deadline=None)
@given(st.lists(st.floats(0, 2000), max_size=40), st.floats(1, 4))
def test_the_limit_of_a_spell_equals_the_loop(days: list[float], z: float) -> None:
    naive = Spells(2.3, 0.5)
    longest = spell.Longest(np.zeros(1), np.zeros(1), np.zeros(1))
    for minutes in days:
        naive.end_day(minutes, 300.0)
        longest = spell.end_day(longest, np.array([minutes]), np.array([300.0]))
    _, limit = spell.limits(longest, Spell.OUT_OF_BED, np.array([z]))
    assert limit[0] == pytest.approx(naive.limit(z), rel=1e-6)


def test_the_longest_of_several_spells_of_a_home_is_kept() -> None:
    homes, longest = spell.find_longest(
        np.array([0, 7], np.float32), np.array([0, 1, 0]), np.array([9, 3, 4]) * MINUTE
    )
    peak = np.zeros(2)
    peak[homes] = longest
    assert peak.tolist() == [9, 7]


@settings(deadline=None)
@given(st.lists(st.none() | st.integers(240, 839), max_size=40), st.floats(1, 4))
def test_uses_equal_the_loop(days: list[int | None], z: float) -> None:
    naive, usual = Uses(), uses.Usual(*(np.zeros(1) for _ in range(4)))
    for first in days:
        naive.end_part(first)
        minute = np.array([-1 if first is None else first], np.int16)
        usual = uses.end_part(usual, minute, np.ones(1, np.bool_))
    due = uses.due_min(usual, 0, np.array([z]), np.array([90.0]))
    assert uses.share(usual)[0] == pytest.approx(naive.share())
    assert due[0] == pytest.approx(naive.due(240, 840, z, 90.0), abs=1e-3)


def test_a_part_that_was_not_seen_teaches_nothing() -> None:
    usual = uses.Usual(*(np.full(1, 3.0) for _ in range(4)))
    after = uses.end_part(usual, np.array([-1], np.int16), np.zeros(1, np.bool_))
    assert (after.days[0], after.hits[0]) == (3.0, 3.0)


def test_the_first_of_several_uses_is_kept() -> None:
    homes, first = uses.find_first(
        np.array([-1, 300], np.int16), np.array([0, 0, 1]), np.array([400, 500, 600])
    )
    assert dict(zip(homes.tolist(), first.tolist(), strict=True)) == {0: 400}


hours = st.lists(
    st.tuples(st.floats(-3, 3) | st.just(math.nan), st.booleans(), st.booleans()), max_size=40
)


@settings(deadline=None)
@given(hours)
def test_hours_of_warmth_equal_the_loop(steps: list[tuple[float, bool, bool]]) -> None:
    naive, course = Warmth(), unheated.Course(np.zeros(1), np.zeros(1), np.zeros(1))
    for gained, is_aired, is_told in steps:
        naive.pass_hour(gained, is_aired=is_aired, is_told=is_told)
        course, _ = unheated.pass_hour(
            course, np.array([gained]), np.array([is_aired]), np.array([is_told])
        )
    assert course.short_k[0] == pytest.approx(naive.short, abs=1e-9)
    assert course.gain[0] == pytest.approx(naive.gain, abs=1e-9)
    assert course.spread[0] == pytest.approx(naive.spread, abs=1e-9)
