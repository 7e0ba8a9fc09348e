"""The reorder buffer: each reading once, in order, and no bytes of what has gone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from alerts.waiting import Waiting
from ingest.batch import BYTES_PER_READING, Batch, build, ordered

MINUTE = 60

Moments = list[list[int]]


def at(*moments: int) -> Batch:
    """Return a reading of one sensor at each of these moments, its value the moment."""
    return build([1] * len(moments), moments, [float(m) for m in moments], moments)


@given(
    st.lists(st.lists(st.integers(0, 40), max_size=6), max_size=12),
    st.lists(st.integers(1, 15), min_size=12, max_size=12),
)
def test_every_reading_is_handed_out_once_in_order_however_it_was_cut(
    batches: Moments, steps: list[int]
) -> None:
    waiting, until, waits = Waiting(), 0, set[int]()
    for moments, step in zip(batches, steps, strict=False):
        waiting.add(at(*moments), until)
        late = {moment for moment in moments if moment <= until}
        waits |= set(moments) - late
        until += step
        taken, came_late, waiting = waiting.take(until)
        assert taken.value.tolist() == sorted(moment for moment in waits if moment <= until)
        assert came_late.value.tolist() == sorted(late)
        waits = {moment for moment in waits if moment > until}
        assert ordered(waiting.all()).value.tolist() == sorted(waits)
        assert waiting.first_us() == min(waits, default=None)
        assert len(waiting) == len(waiting.all())


def test_a_step_that_fails_leaves_everything_to_be_taken_again() -> None:
    waiting = Waiting()
    waiting.add(at(1, 3, 2), 0)
    waiting.add(at(5, 4), 0)
    waiting.add(at(0), 0)
    first, second = waiting.take(3), waiting.take(3)
    assert first[0].value.tolist() == second[0].value.tolist() == [1, 2, 3]
    assert first[1].value.tolist() == second[1].value.tolist() == [0]
    assert len(waiting) == 6


def test_a_stream_holds_the_bytes_of_what_waits_and_no_more() -> None:
    waiting, chunk = Waiting(), 100
    for second in range(20 * MINUTE):
        waiting.add(at(*[second * chunk + i for i in range(chunk)]), 0)
        if second % MINUTE == 0:
            waiting = waiting.take((second - 2 * MINUTE) * chunk)[2]
            assert held_bytes(waiting) <= 1.1 * len(waiting) * BYTES_PER_READING
            assert len(waiting) <= (2 * MINUTE + 1) * chunk


def test_days_that_came_at_once_go_as_they_are_decided() -> None:
    waiting = Waiting()
    waiting.add(at(*range(10_000)), -1)
    for until in range(0, 10_000, 100):
        waiting = waiting.take(until)[2]
        assert held_bytes(waiting) <= 2 * len(waiting) * BYTES_PER_READING + 100


def held_bytes(waiting: Waiting) -> int:
    """Return the bytes of all columns, those of which only a part is seen counted whole."""
    return sum(
        whole(column).nbytes
        for part in waiting.batches()
        for column in (part.sensor, part.time, part.value, part.received)
    )


def whole(column: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return the array that a view looks at."""
    while isinstance(column.base, np.ndarray):
        column = column.base
    return column
