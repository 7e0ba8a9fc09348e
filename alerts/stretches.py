"""Steps of the past that may run as one: nothing entered the engine between them but time.

A live engine takes a step a minute. Where consecutive steps ran ticks with the same roster and
settings, nothing came late and nobody did anything, one run of all their ticks decides the same,
at a fraction of the cost; what each step decided is told apart.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US
from alerts.tick_log import TickRow, What

STRETCH_US: Final = HOUR_US
"""Longest stretch: its readings stay in the cache, and a wish to stop is heard."""


def stretches(
    rows: Sequence[TickRow], act_ids: Sequence[int], kept: frozenset[int]
) -> Iterator[Sequence[TickRow]]:
    """Yield the rows in order, those together that may run as one.

    ``act_ids`` are the history rows of what people did, ascending; ``kept`` are rows after which
    the memory is wanted.
    """
    done = np.searchsorted(act_ids, [row.history for row in rows], side="right").tolist()
    start = 0
    for number in range(1, len(rows) + 1):
        if number < len(rows) and done[number] == done[number - 1]:
            first, before, row = rows[start], rows[number - 1], rows[number]
            if _goes_on(first, before, row) and before.id not in kept:
                continue
        yield rows[start:number]
        start = number


def _goes_on(first: TickRow, before: TickRow, row: TickRow) -> bool:
    return (
        row.what is What.TICKS is before.what
        and not len(row.readings)
        and row.before_us == before.folded_us
        and row.before_us // STRETCH_US == first.before_us // STRETCH_US
        and (row.revision, row.settings, row.modes)
        == (before.revision, before.settings, before.modes)
    )
