"""A cold home: its warmest room has stayed below a limit, and for how long.

The warmest room, because a cold hall is no danger to somebody in a warm living room. A reading
older than three hours says nothing, neither cold nor warm.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Floats, Ints, Reals, Rows

REVIEW_DWELL_US: Final = 3 * HOUR_US
"""A night's dip is no finding: only hours below the review limit are worth a person's day."""

DANGER_DWELL_US: Final = 30 * MINUTE_US
FRESH_US: Final = 3 * HOUR_US
HYSTERESIS_C: Final = 0.5


def warmest(
    value: Reals,
    value_us: Ints,
    sensors: Rows,
    home: Ints,
    homes: int,
    now_us: int,
    fresh_us: int = FRESH_US,
) -> Floats:
    """Return float64[homes]: the warmest fresh room in degrees C, NaN where none is fresh.

    ``value`` and ``value_us`` are by sensor number; ``sensors`` names the thermometers and
    ``home``, of the same length, where each hangs.
    """
    top = np.full(homes, -np.inf)
    is_fresh = (now_us - value_us[sensors] < fresh_us) & ~np.isnan(value[sensors])
    np.maximum.at(top, home[is_fresh], value[sensors[is_fresh]])
    top[np.isneginf(top)] = np.nan
    return top


def lowest(value: Reals, sensors: Rows, home: Ints, homes: int) -> Floats:
    """Return float64[homes]: the lowest room in degrees C, however old, inf where none is known."""
    low = np.full(homes, np.inf)
    is_known = ~np.isnan(value[sensors])
    np.minimum.at(low, home[is_known], value[sensors[is_known]])
    return low


def below_since(since_us: Ints, warmest_c: Floats, limit_c: Floats, now_us: int) -> Ints:
    """Return, by home, since when it has been below the limit, NEVER where it is not.

    It is warm again only half a degree above the limit; a home without a fresh reading keeps
    what it had.
    """
    is_below, is_warm = warmest_c < limit_c, warmest_c >= limit_c + HYSTERESIS_C
    started = np.where(is_below & (since_us == NEVER), now_us, since_us)
    return np.where(is_warm, NEVER, started)


def is_cold(since_us: Ints, warmest_c: Floats, dwell_us: int, now_us: int) -> Bools:
    """Return, by home, whether it has been below for the dwell and is known to be so still."""
    has_dwelt: Bools = (since_us != NEVER) & (now_us - since_us >= dwell_us)
    return has_dwelt & ~np.isnan(warmest_c)
