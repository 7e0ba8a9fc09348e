"""Homes at another address: the house is forgotten, what is broken and who is unseen is not.

Times are microseconds. A home (row) that never moved has 0 in ``since_us``.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np

from alerts.detect.columns import rows_where
from alerts.detect.roster import Roster
from alerts.detect.state import State, blanked
from config.kinds import CODE, Kind
from ingest.batch import Batch

STAYS: Final = frozenset({"reason", "blind_us", "unwatched_us"})
"""Of a home: since when nobody can see the person, who is the same wherever they live."""

OF_THE_HOUSE: Final = frozenset(
    {"value", "value_us", "has_zero", "celsius", "celsius_us", "fired_us", "opened_min",
     "run_min", "saw_hours", "busy_hours", "missed", "missed_peak"}
)  # fmt: skip
"""Of a sensor: what it said of the house. Whether it is silent or broken goes on as it was."""


def since(roster: Roster) -> dict[int, int]:
    """Return since when each home (number) that ever moved is where it is."""
    homes = roster.moved_homes
    return dict(zip(homes.tolist(), roster.home_since_us[homes].tolist(), strict=True))


def forget_houses(state: State, before: Mapping[int, int], roster: Roster) -> State:
    """Return the state without what was learned of the houses that were left.

    ``before`` is ``since`` of the roster that the state was learned with.
    """
    now = since(roster)
    size = len(state.sign_us)  # of a home that joins only now nothing is known
    both = sorted(home for home in {*before, *now} if home < size)
    homes = [home for home in both if before.get(home, 0) != now.get(home, 0)]
    if not homes:
        return state
    is_mains = roster.sensor_kind == CODE[Kind.MAINS]  # it says something of the box
    sensors = rows_where(np.isin(roster.sensor_home, homes) & ~is_mains)
    after = blanked(state, {"home": homes}, but=STAYS)
    # Of the day and night that are running a part was lived elsewhere.
    after.is_day_hidden[homes] = after.is_night_hidden[homes] = True
    return blanked(after, {"sensor": sensors.tolist()}, only=OF_THE_HOUSE)


def newer(batch: Batch, roster: Roster) -> Batch:
    """Return the readings without those of before their home was where it is now."""
    times = batch.time.view(np.int64)
    if not len(roster.moved_homes) or not len(batch) or times.min() > roster.moved_us:
        return batch
    home = roster.sensor_home[batch.sensor]
    is_old = (home >= 0) & (times <= roster.home_since_us[np.maximum(home, 0)])
    return batch.take(~is_old) if is_old.any() else batch
