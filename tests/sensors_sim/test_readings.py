"""Readings put in order: by time, then sensor, equal ones as they came."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors_sim.readings import Readings, empty, ordered

START_US = 1_795_000_000_000_000


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), min_size=1, max_size=40),
    st.sampled_from([1, 7, 1000, 60_000_000]),
)
def test_readings_come_by_time_then_sensor_and_equal_ones_as_they_were(
    rows: list[tuple[int, int]], unit_us: int
) -> None:
    said = [(START_US + t * unit_us, sensor, row) for row, (sensor, t) in enumerate(rows)]
    made = ordered(
        Readings(
            np.array([sensor for _, sensor, _ in said], np.int32),
            np.array([time_us for time_us, _, _ in said], np.int64),
            np.array([row for _, _, row in said], np.float64),
        )
    )
    found = zip(made.time_us.tolist(), made.sensor.tolist(), made.value.tolist(), strict=True)
    assert list(found) == sorted(said)


@pytest.mark.parametrize("apart_us", [1 << 50, (1 << 61) // 3])
def test_moments_too_far_apart_for_one_integer_are_ordered_too(apart_us: int) -> None:
    time_us = np.array([2, 0, 1, 0], np.int64) * apart_us + 3
    made = ordered(Readings(np.array([1, 4, 1, 3], np.int32), time_us, np.arange(4.0)))
    assert made.value.tolist() == [3, 1, 2, 0]
    assert made.time_us.tolist() == sorted(time_us.tolist())


def test_no_readings_are_in_order() -> None:
    assert len(ordered(empty())) == 0
