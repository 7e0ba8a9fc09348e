"""Names for the columns that kernels take and return; times are microseconds since 1970 UTC."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Halves = NDArray[np.float16]
Reals = Floats | Singles
Shorts = NDArray[np.int16]
Bytes = NDArray[np.int8]
Counts = NDArray[np.uint8]
Rows = NDArray[np.intp]


NEVER: Final = -(1 << 60)
"""A time before all others: it has not happened. Differences with it stay in int64."""

UNHEARD: Final = 0
"""The onset of a silence of something that was never heard: the same on every replay."""

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US
QUARTER_US: Final = 15 * MINUTE_US
BINS: Final = 96
"""Quarter-hours in a local day."""


def rows_where(mask: Bools | Counts) -> Rows:
    """Return the rows of a column that are true: ``np.flatnonzero`` without what it asks first.

    A tick asks it hundreds of times, of small fleets for longer than all else takes.
    """
    return mask.nonzero()[0]
