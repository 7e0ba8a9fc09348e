"""The past as perfect delivery would have given it: every reading in time, no engine away."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, SECOND_US
from alerts.past import Past
from alerts.past_readings import PastReadings
from alerts.tick_log import TickRow, What
from ingest.batch import empty

STEP_US: Final = 5 * MINUTE_US
"""One step of the engine: as often as it looks whether a silence comes back."""

_FAR_US: Final = 1 << 62


def perfect(past: Past) -> Past:
    """Return the past with steps at even times, in which nothing comes late.

    Rosters, settings and what people did follow the clock as they did. Strays, whose own time
    nobody knows, are raised when they were.
    """
    rows = _rows(past)
    return replace(past, rows=rows, readings=PastReadings(past.readings.read, rows), is_even=True)


def _rows(past: Past) -> Sequence[TickRow]:
    logged = past.rows
    start_us = next((r.folded_us for r in logged if r.what is What.BEGIN), logged[0].before_us)
    stop_us = max(row.folded_us for row in logged)
    now_us = np.maximum.accumulate([row.now_us for row in logged])
    acts_us = np.maximum.accumulate([act.at_us for act in past.acts] or [0])
    strays = [row for row in logged if row.strays]
    rows: list[TickRow] = []
    for before_us in range(start_us, stop_us, STEP_US):
        version = past.versions[logged[0].settings if not rows else rows[-1].settings]
        wait_us = version.reorder_s * SECOND_US
        at_us = min(before_us + STEP_US, stop_us) + wait_us
        number = max(int(np.searchsorted(now_us, at_us, side="right")) - 1, 0)
        then, done = logged[number], int(np.searchsorted(acts_us, at_us, side="right"))
        row = TickRow(
            What.TICKS,
            at_us,
            position=0,
            received_us=_FAR_US,
            revision=then.revision,
            settings=then.settings,
            before_us=before_us,
            folded_us=at_us - wait_us,
            told_us=at_us,
            modes=then.modes,
            history=past.acts[done - 1].id if done and past.acts else 0,
        )
        if not rows or rows[-1].settings != row.settings:
            rows.append(_begun(row, rows))
        while strays and strays[0].now_us <= at_us:
            rows.append(replace(strays.pop(0), readings=empty(), id=len(rows) + 1))
        is_switched = not rows or (rows[-1].modes, rows[-1].revision) != (row.modes, row.revision)
        rows.append(replace(row, id=len(rows) + 1))
        if is_switched:
            rows.append(replace(row, what=What.SETTLE, id=len(rows) + 1))
    return rows


def _begun(row: TickRow, rows: Sequence[TickRow]) -> TickRow:
    """An engine that takes over what the one before it knew, with the settings of this row."""
    return replace(row, what=What.START, id=len(rows) + 1, origin=len(rows))
