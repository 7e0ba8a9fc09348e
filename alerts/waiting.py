"""The reorder buffer: readings that were read and wait until their moment is decided."""

from typing import Final

import numpy as np

from alerts.detect.columns import Ints
from ingest.batch import Batch, concat, empty, ordered

_NONE: Final = 1 << 62


class Waiting:
    """Readings in time order, sorted no more often than needed."""

    def __init__(self) -> None:
        self._sorted = empty()
        self._fresh: list[Batch] = []
        self._fresh_us = _NONE
        self._late: list[Batch] = []

    def __len__(self) -> int:
        parts = (self._sorted, *self._fresh, *self._late)
        return sum(len(part) for part in parts)

    def add(self, batch: Batch, folded_us: int) -> None:
        """Take readings; those whose moment was decided already (``folded_us``) are late."""
        time_us = _time_us(batch)
        is_late = time_us <= folded_us
        if is_late.any():
            self._late.append(batch.take(is_late))
            batch, time_us = batch.take(~is_late), time_us[~is_late]
        if len(batch):
            self._fresh.append(batch)
            self._fresh_us = min(self._fresh_us, int(time_us.min()))

    def first_us(self) -> int | None:
        """Return the moment of the oldest reading, None when there is none."""
        parts = [p for p in (self._sorted, *self._fresh, *self._late) if len(p)]
        return min((int(_time_us(p).min()) for p in parts), default=None)

    def take(self, until_us: int) -> tuple[Batch, Batch, "Waiting"]:
        """Return (readings up to this moment, late ones, what still waits).

        Both are ordered, each reading once. This buffer keeps everything, so that a failure
        before the rest replaces it loses nothing.
        """
        if self._fresh_us <= until_us:
            self._sorted = ordered(concat([self._sorted, *self._fresh]))
            self._fresh, self._fresh_us = [], _NONE
        cut = int(np.searchsorted(_time_us(self._sorted), until_us, side="right"))
        rest = Waiting()
        rest._sorted = self._sorted.slice(cut, len(self._sorted))
        rest._fresh, rest._fresh_us = self._fresh, self._fresh_us
        return self._sorted.slice(0, cut), ordered(concat(self._late)), rest

    def all(self) -> Batch:
        """Return every reading that waits, in no order."""
        return concat([self._sorted, *self._fresh, *self._late])


def _time_us(batch: Batch) -> Ints:
    time_us: Ints = batch.time.astype("datetime64[us]", copy=False).view(np.int64)
    return time_us
