"""No sign of the person: a silence measured in expected events missed (DETECTION A.2, A.5).

Time in which the home could not be seen counts neither as events missed nor as silence.
"""

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


def expected(rate: Singles, home: int, start_us: int, stop_us: int, offsets: Offsets) -> float:
    """Return the events expected of one home between two moments.

    ``rate`` has the shape (96, homes), in events a quarter-hour.
    """
    if stop_us <= start_us:
        return 0.0
    inner = np.arange(start_us // QUARTER_US + 1, -(-stop_us // QUARTER_US)) * QUARTER_US
    edges = np.concatenate(([start_us], inner, [stop_us])).astype(np.int64)
    local_bins = bins(to_local(offsets, edges[:-1]))
    return float(np.sum(rate[local_bins, home] * (np.diff(edges) / QUARTER_US)))
