"""A door that stands open cools a home, and no other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.kinds import Kind
from sensors_sim.climate import STEP_S, Window, sense_climate
from sensors_sim.draught import CHILLS_S, DOORS, RECOVERS_S, chill, open_s
from sensors_sim.incidents import NEVER_US
from sensors_sim.kit import SLOTS, slot
from sensors_sim.readings import Readings, empty, ordered

HOUR_US, DAY_US = 3_600_000_000, 86_400_000_000
WINTER_US = 20_470 * DAY_US
STEP_US = STEP_S * 1_000_000
GRID_US = np.arange(0, 12 * STEP_US, STEP_US)
HOMES = np.arange(1, 4, dtype=np.int32)


def opened(*turns: tuple[int, int, int, int | None]) -> Readings:
    """Readings of (home, door, opens at, shuts at), in microseconds."""
    rows = []
    for home, door, start_us, end_us in turns:
        sensor = home * SLOTS + DOORS[door]
        rows.append((sensor, start_us, 1.0))
        if end_us is not None:
            rows.append((sensor, end_us, 0.0))
    return Readings(
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] for row in rows]),
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 11 * STEP_US), st.integers(1, STEP_US)),
        max_size=6,
        unique_by=lambda turn: turn[0],
    )
)
def test_seconds_open_fall_into_the_steps_in_which_doors_stood_open(
    turns: list[tuple[int, int, int]],
) -> None:
    if not turns:
        return
    lived = opened(*((home, home % 2, start, start + lasts) for home, start, lasts in turns))
    naive = np.zeros((len(GRID_US), 3))
    for home, start, lasts in turns:
        for step, edge in enumerate(GRID_US.tolist()):
            overlap = min(start + lasts, edge + STEP_US) - max(start, edge)
            naive[step, home] += max(overlap, 0) / 1e6
    assert open_s(lived, 3, GRID_US) == pytest.approx(naive, abs=1e-6)


def test_a_door_that_nobody_shuts_stands_open_to_the_end() -> None:
    found = open_s(opened((1, 0, 2 * STEP_US, None)), 3, GRID_US)
    assert found[2:-1, 1] == pytest.approx(STEP_S)
    assert found[:2].sum() == found[:, (0, 2)].sum() == 0


def test_homes_without_an_open_door_lose_nothing() -> None:
    assert open_s(empty(), 3, GRID_US).sum() == 0
    assert chill(np.zeros((5, 3)), np.full((5, 3), 15.0), STEP_S).sum() == 0


def test_a_draught_takes_its_share_and_is_made_good_again() -> None:
    stands_s = np.zeros((40, 1))
    stands_s[0] = 600
    found = chill(stands_s, np.full((40, 1), 10.0), STEP_S)
    assert found[0, 0] == pytest.approx(10 * (1 - np.exp(-600 / CHILLS_S)))
    assert found[4, 0] == pytest.approx(found[0, 0] * np.exp(-4 * STEP_S / RECOVERS_S))
    assert (np.diff(found[:, 0]) < 0).all()


def test_an_open_door_cannot_cool_a_home_below_the_weather() -> None:
    found = chill(np.full((200, 1), float(STEP_S)), np.full((200, 1), 12.0), STEP_S)
    assert found.max() <= 12.0


def test_only_the_home_with_the_open_door_reports_that_it_grew_cold() -> None:
    start_us = WINTER_US + 12 * HOUR_US
    lived = opened((1, 0, start_us, start_us + HOUR_US))
    window, never = Window(WINTER_US, WINTER_US + DAY_US), np.full(3, NEVER_US, np.int64)
    shut = ordered(sense_climate(1, HOMES, window, never, None, empty()))
    aired = ordered(sense_climate(1, HOMES, window, never, None, lived))
    thermometer = slot("living-room/climate", Kind.TEMPERATURE)

    def lowest(made: Readings, home: int) -> float:
        here = made.sensor == home * SLOTS + thermometer
        here &= (made.time_us > start_us) & (made.time_us < start_us + 2 * HOUR_US)
        return float(made.value[here].min())

    assert lowest(aired, 1) < lowest(shut, 1) - 3
    assert [lowest(aired, home) for home in (0, 2)] == [lowest(shut, home) for home in (0, 2)]
