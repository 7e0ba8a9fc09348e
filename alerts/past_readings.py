"""Readings of the past as each step of the engine had them, from a store that keeps each once."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import DAY_US, NEVER, Bools, Ints
from alerts.tick_log import TickRow, What
from ingest.batch import Batch, concat, empty, ordered
from ingest.clock import instant
from ingest.sink import Store
from ingest.store.pieces import NO_HOME

Read = Callable[[int, int], Batch]
"""Returns the readings with start <= time < stop (microseconds), in any order."""

WINDOW_US: Final = DAY_US
"""How much is read from the store at once."""


def of_homes(store: Store, homes: Sequence[int]) -> Read:
    """Return what reads the past of these homes, and of sensors that belong to none."""

    def read(start_us: int, stop_us: int) -> Batch:
        start, stop = instant(start_us), instant(stop_us)
        return concat([store.read(home, start, stop) for home in (*homes, NO_HOME)])

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
        self._window, self._start_us, self._stop_us, self._window_run = empty(), 0, 0, -1

    def of(self, row: TickRow) -> Batch:
        """Return what came in time for the ticks of this row: ordered, each once."""
        if row.what is What.START:
            self._run += 1
            if row.origin == 0:
                self._since_us = NEVER
        if row.what is What.BEGIN:
            self._since_us = row.since_us
        if row.what is not What.TICKS or row.folded_us <= row.before_us:
            return empty()
        self._load(row.before_us + 1, row.folded_us + 1)
        time_us = self._window.time.view(np.int64)
        start, stop = np.searchsorted(time_us, [row.before_us + 1, row.folded_us + 1])
        part = self._window.slice(int(start), int(stop))
        received = part.received.view(np.int64)
        is_there: Bools = (received <= row.received_us) & (received >= self._since_us)
        return part if is_there.all() else part.take(is_there)

    def _load(self, start_us: int, stop_us: int) -> None:
        is_held = self._start_us <= start_us and stop_us <= self._stop_us
        if is_held and self._window_run == self._run:
            return
        self._start_us, self._stop_us = start_us, max(stop_us, start_us + WINDOW_US)
        self._window_run = self._run
        batch = ordered(self.read(self._start_us, self._stop_us))
        late = self._late.get(self._run)
        if late is not None and len(late):
            batch = batch.take(~np.isin(marks(batch), late))
        self._window = batch


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
