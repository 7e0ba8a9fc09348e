"""The reorder buffer: readings that were read and wait until their moment is decided."""

from collections.abc import Sequence

import numpy as np

from alerts.detect.columns import Ints
from ingest.batch import Batch, concat, empty, ordered


class Waiting:
    """Readings by batch until the first of a batch is due, then in time order.

    Most batches are of one moment, so each reading is sorted once, with few others; a batch of
    days is sorted once too, and handed out piece by piece.
    """

    def __init__(self) -> None:
        self._sorted, self._gone = empty(), 0
        self._fresh: list[tuple[int, Batch]] = []
        """Batches with the moment of the first reading of each."""

        self._late: list[Batch] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, batch: Batch, folded_us: int) -> None:
        """Take readings; those whose moment was decided already (``folded_us``) are late."""
        time_us = _time_us(batch)
        self._count += len(batch)
        is_late = time_us <= folded_us
        if is_late.any():
            self._late.append(batch.take(is_late))
            batch, time_us = batch.take(~is_late), time_us[~is_late]
        if len(batch):
            self._fresh.append((int(time_us.min()), batch))

    def first_us(self) -> int | None:
        """Return the moment of the oldest reading, None when there is none."""
        return min((int(_time_us(p).min()) for p in self.batches() if len(p)), default=None)

    def take(self, until_us: int) -> tuple[Batch, Batch, "Waiting"]:
        """Return (readings up to this moment, late ones, what still waits).

        Both are ordered, each reading once. This buffer keeps everything, so that a failure
        before the rest replaces it loses nothing.
        """
        due = [batch for first_us, batch in self._fresh if first_us <= until_us]
        if due:
            self._sorted, self._gone = ordered(concat([self._sorted, *due])), 0
            self._fresh = [one for one in self._fresh if one[0] > until_us]
        cut = int(np.searchsorted(_time_us(self._sorted), until_us, side="right"))
        rest = Waiting()
        rest._sorted, rest._gone = self._sorted.slice(cut, len(self._sorted)), self._gone + cut
        if rest._gone >= len(rest._sorted):
            # A view keeps all that was sorted, though most of it is gone.
            rest._sorted, rest._gone = concat([rest._sorted]), 0
        rest._fresh = list(self._fresh)
        self._count, rest._count = self._counted(), rest._counted()
        return self._sorted.slice(0, cut), ordered(concat(self._late)), rest

    def without(self, sensors: Sequence[int], folded_us: int) -> "Waiting":
        """Return what waits but the readings of these sensors; ``folded_us`` as in ``add``."""
        kept = Waiting()
        for batch in self.batches():
            kept.add(batch.take(~np.isin(batch.sensor, sensors)) if sensors else batch, folded_us)
        return kept

    def all(self) -> Batch:
        """Return every reading that waits, in no order."""
        return concat(self.batches())

    def batches(self) -> list[Batch]:
        """Return every reading that waits, in the batches in which they are held."""
        return [self._sorted, *(batch for _, batch in self._fresh), *self._late]

    def _counted(self) -> int:
        return sum(len(batch) for batch in self.batches())


def _time_us(batch: Batch) -> Ints:
    time_us: Ints = batch.time.astype("datetime64[us]", copy=False).view(np.int64)
    return time_us
