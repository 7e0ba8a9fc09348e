"""Readings of the past as each step of the engine had them, from a store that keeps each once."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import DAY_US, NEVER, Bools, Ints
from alerts.tick_log import TickRow, What
from ingest.batch import Batch, concat, empty
from ingest.clock import instant
from ingest.sink import Store
from ingest.store.pieces import NO_HOME

Read = Callable[[int, int], Batch]
"""Returns the readings with start <= time < stop (microseconds), by time, each once."""

_KEPT: Final = 2
"""Days that are held: a step may reach over midnight."""


def of_homes(store: Store, homes: Sequence[int]) -> Read:
    """Return what reads the past of these homes, and of sensors that belong to none."""

    def read(start_us: int, stop_us: int) -> Batch:
        return store.read_many((*homes, NO_HOME), instant(start_us), instant(stop_us))

    return read


class PastReadings:
    """Gives the rows of a tick log, in their order, what came in time for them.

    In time is what the store has of those minutes, less what the log says came late, and less
    what had not arrived by then: an engine that was killed and went on from an older memory
    decided some minutes twice, the second time knowing more.
    """

    def __init__(self, read: Read, rows: Sequence[TickRow]) -> None:
        self.read = read
        self._late = _late_by_run(rows)
        self._run = 0
        self._since_us = NEVER
        self._days: dict[tuple[int, int], Batch] = {}

    def of(self, rows: Sequence[TickRow]) -> Batch:
        """Return what came in time for the ticks of these rows, a stretch: by time, each once."""
        row = rows[0]
        if row.what is What.START:
            self._run += 1
            if row.origin == 0:
                self._since_us = NEVER
        if row.what is What.BEGIN:
            self._since_us = row.since_us
        if row.what is not What.TICKS or rows[-1].folded_us <= row.before_us:
            return empty()
        part = self._between(row.before_us + 1, rows[-1].folded_us + 1)
        ends_us = np.array([one.folded_us for one in rows])
        received_us = np.array([one.received_us for one in rows])
        received = part.received.view(np.int64)
        latest = received_us[np.searchsorted(ends_us, part.time.view(np.int64))]
        is_there: Bools = (received <= latest) & (received >= self._since_us)
        return part if is_there.all() else part.take(is_there)

    def _between(self, start_us: int, stop_us: int) -> Batch:
        days = range(start_us // DAY_US, (stop_us - 1) // DAY_US + 1)
        parts = [_part(self._day(day), start_us, stop_us) for day in days]
        return parts[0] if len(parts) == 1 else concat(parts)

    def _day(self, day: int) -> Batch:
        key = (self._run, day)
        if key not in self._days:
            self._days = dict(list(self._days.items())[1 - _KEPT :])
            batch = self.read(day * DAY_US, (day + 1) * DAY_US)
            late = self._late.get(self._run)
            if late is not None and len(late):
                batch = batch.take(~np.isin(marks(batch), late))
            self._days[key] = batch
        return self._days[key]


def _part(batch: Batch, start_us: int, stop_us: int) -> Batch:
    start, stop = np.searchsorted(batch.time.view(np.int64), [start_us, stop_us])
    return batch.slice(int(start), int(stop))


def _late_by_run(rows: Sequence[TickRow]) -> dict[int, NDArray[np.uint64]]:
    """Return the marks of what came late, by how many engines had begun."""
    run, found = 0, dict[int, list[Batch]]()
    for row in rows:
        run += row.what is What.START
        if row.what is What.TICKS and len(row.readings):
            found.setdefault(run, []).append(row.readings)
    return {run: np.unique(marks(concat(batches))) for run, batches in found.items()}


def marks(batch: Batch) -> NDArray[np.uint64]:
    """Return 64 bits a reading that tell it from others by sensor, time, value and receipt."""
    columns: tuple[Ints, ...] = (
        batch.sensor.astype(np.int64),
        batch.time.view(np.int64),
        np.ascontiguousarray(batch.value).view(np.int64),
        batch.received.view(np.int64),
    )
    mark = np.zeros(len(batch), np.uint64)
    for column in columns:
        mark = (mark ^ column.view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        mark ^= mark >> np.uint64(29)
    return mark
