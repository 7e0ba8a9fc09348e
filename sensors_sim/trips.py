"""Days away: with family, in respite care, in hospital. Whoever lives in the home is gone."""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance
from sensors_sim.habits import Floats, Habits

BLOCK_DAYS: Final = 10
"""There is at most one trip in each so many days."""

MOST_NIGHTS: Final = 6


class _Stream(IntEnum):
    TRIP = 70


def away_h(seed: int, homes: NDArray[np.int32], day: int, who: Habits) -> tuple[Floats, Floats]:
    """Return the local hours from and to which each home is deserted on a day; nan if it is not.

    ``who.trips`` is the chance of a trip in ten days. It begins before noon or after, and lasts
    mostly for one or two nights.
    """
    own = chance.key(seed, _Stream.TRIP, homes)
    block, into = np.divmod(day + (BLOCK_DAYS * chance.uniform(own)).astype(np.int64), BLOCK_DAYS)
    own = chance.split(own, block)
    nights = 1 + np.floor(-2.0 * np.log(1 - chance.uniform(own, 1)))
    nights = np.minimum(nights, MOST_NIGHTS)
    first = np.floor((BLOCK_DAYS - nights) * chance.uniform(own, 2))
    is_gone = (chance.uniform(own, 3) < who.trips) & (into >= first) & (into <= first + nights)
    leaves = np.where(into == first, 10 + 7 * chance.uniform(own, 4), 4.0)
    returns = np.where(into == first + nights, 11 + 8 * chance.uniform(own, 5), 28.0)
    return np.where(is_gone, leaves, np.nan), np.where(is_gone, returns, np.nan)
