"""What one setting does better than another on the same homes, days and draws.

Both see the same bootstrap of homes (Efron 1979), so that an interval is that of the difference:
what is hard about a home is hard for both and cancels.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim.score import TICK_H, Figure, Floats, figure, quantile, quantiles, resampled

_NOTHING: Final = Figure(np.nan, np.nan, np.nan)


def rate_difference(
    home: NDArray[np.int32], other: NDArray[np.int32], weeks: Floats, *, seed: int = 1
) -> Figure:
    """Return how many more alerts a home-week there are of ``home`` than of ``other``.

    Both are the homes of alerts; ``weeks`` float64[homes] is how long each was tested.
    """
    more = np.bincount(home[home >= 0], minlength=len(weeks)).astype(np.float64)
    more -= np.bincount(other[other >= 0], minlength=len(weeks))
    tested = weeks > 0
    if not tested.any():
        return _NOTHING
    times = resampled(int(tested.sum()), seed)
    more, weeks = more[tested], weeks[tested]
    return figure(more.sum() / weeks.sum(), (times @ more) / (times @ weeks))


def found_difference(
    delay_h: Floats, other_h: Floats, home: NDArray[np.int32], hours: float, *, seed: int = 1
) -> Figure:
    """Return by how much the share found within some hours is larger than the other's.

    Row k of both delays is the same injection into ``home[k]``; never is infinite.
    """
    if not len(delay_h):
        return _NOTHING
    more = (delay_h <= hours + TICK_H).astype(np.float64) - (other_h <= hours + TICK_H)
    times = _times(home, seed)
    return figure(float(more.mean()), (times @ more) / times.sum(axis=1))


def median_difference(
    delay_h: Floats, other_h: Floats, home: NDArray[np.int32], *, seed: int = 1
) -> Figure:
    """Return by how many hours the median delay is longer; NaN where neither has one."""
    if not len(delay_h):
        return _NOTHING
    times = _times(home, seed)
    with np.errstate(invalid="ignore"):
        again = quantiles(delay_h, times, 0.5) - quantiles(other_h, times, 0.5)
        value = np.float64(quantile(delay_h, 0.5)) - quantile(other_h, 0.5)
    known = again[~np.isnan(again)]
    return figure(float(value), known) if len(known) else _NOTHING


def _times(home: NDArray[np.int32], seed: int) -> Floats:
    _, row = np.unique(home, return_inverse=True)
    return resampled(int(row.max()) + 1, seed)[:, row]
