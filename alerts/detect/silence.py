"""No sign of the person: a silence measured in expected events missed (DETECTION A.2, A.5).

Time in which the home could not be seen counts neither as events missed nor as silence.
"""

from collections.abc import Sequence

import numpy as np

from alerts.detect.columns import QUARTER_US, Bools, Floats, Ints, Singles
from alerts.detect.local_time import Offsets, bins, to_local


def is_silent(
    score: Floats, limit: Floats, elapsed_us: Ints, floor_us: Ints, cap_us: Ints
) -> Bools:
    """Return, by home, whether a silence at home is too long.

    It is when it passes the home's own limit and the floor, or the cap whatever was learned.
    """
    return ((score > limit) & (elapsed_us >= floor_us)) | (elapsed_us >= cap_us)


def expected(
    rate: Singles,
    homes: Ints,
    start_us: Ints,
    stop_us: Ints,
    zone: Ints,
    offsets: Sequence[Offsets],
) -> Floats:
    """Return float64[k]: the events expected of each of k homes from its start to its stop.

    ``rate`` has the shape (96, all homes), in events a quarter-hour; ``zone`` int64[k] indexes
    ``offsets``. A stop before its start expects nothing.
    """
    if not len(homes):
        return np.zeros(0)
    first, last = int(start_us.min()) // QUARTER_US, int(stop_us.max()) // QUARTER_US
    edge = np.arange(first, max(last, first) + 1)[:, None] * QUARTER_US
    overlap = np.minimum(stop_us, edge + QUARTER_US) - np.maximum(start_us, edge)
    local_bins = np.stack([bins(to_local(table, edge[:, 0])) for table in offsets])
    per_quarter = rate[local_bins[zone].T, homes]
    total: Floats = np.sum(per_quarter * (np.maximum(overlap, 0) / QUARTER_US), axis=0)
    return total
