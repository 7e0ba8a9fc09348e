"""The outage of a street: several gateways of one postcode sector that went dark together.

A sector is some three thousand addresses, a street or a substation a part of it: not the share
tells, but that they went together. Of 80 hubs of which each is lost once a month by itself, four
within half an hour are a chance of one in 2.6 million half-hours.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, NEVER, Ints

TOGETHER_US: Final = 30 * MINUTE_US
"""How far apart the last words of hubs may be that lost their power at one moment."""

LEAST: Final = 3
_SHARE: Final = 20
_NO_BURST: Final = 1 << 62


def least(total: Ints) -> Ints:
    """Return how many of each sector's gateways must go together: three, or one in twenty."""
    return np.maximum(LEAST, -(-total // _SHARE))


def bursts(dark_us: Ints, sector: Ints, needed: Ints) -> Ints:
    """Return int64[sectors]: when the first gateway of a burst went dark, NEVER without a burst.

    ``dark_us`` and ``sector`` are of the gateways that are dark now, in any order; ``needed`` by
    sector. Of several bursts the first counts.
    """
    order = np.lexsort((dark_us, sector))
    time_us, code = dark_us[order], sector[order]
    last = np.arange(len(order)) + needed[code] - 1
    is_there = last < len(order)
    last = np.minimum(last, len(order) - 1)
    together = is_there & (code[last] == code) & (time_us[last] - time_us <= TOGETHER_US)
    first = np.full(len(needed), _NO_BURST, np.int64)
    np.minimum.at(first, code[together], time_us[together])
    return np.where(first == _NO_BURST, NEVER, first)


def members(dark_us: Ints, sector: Ints, from_us: Ints) -> Ints:
    """Return int64[sectors]: how many of the dark gateways belong to each sector's outage.

    Those that went dark with it or after it began; one that was lost before is another matter.
    """
    began = from_us[sector]
    mine = (began != NEVER) & (dark_us >= began)
    return np.bincount(sector[mine], minlength=len(from_us)).astype(np.int64)
