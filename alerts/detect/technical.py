"""What is broken: devices and gateways that went quiet, and places whose gateways all did.

A gateway is judged by its silence only as far as something on it reports at a steady pace;
otherwise a sleeping person would look like a broken hub, and a broken hub hides a person.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Ints

UNPACED_US: Final = 26 * HOUR_US
"""Silence of a sensor or gateway on which nothing reports at a steady pace (26 hours)."""

OFFLINE_DWELL_US: Final = 5 * MINUTE_US
"""How long a last will must stand before the gateway counts as lost: hubs restart."""

OUTAGE_GATEWAYS: Final = 3
OUTAGE_SHARE: Final = 0.5
"""An outage of a place: at least so many of its gateways, and this share, lost together."""


def latest(*times: Ints) -> Ints:
    """Return the latest of several columns of times, row by row."""
    top = times[0]
    for time in times[1:]:
        top = np.maximum(top, time)
    return top


def is_off(off_us: Ints, heard_us: Ints) -> Bools:
    """Return where "offline" was the last word: nothing was heard after it."""
    is_last: Bools = (off_us != NEVER) & (off_us >= heard_us)
    return is_last


def is_gateway_lost(off: Bools, off_us: Ints, since_us: Ints, limit_us: Ints, now_us: int) -> Bools:
    """Return, by gateway, whether it is lost; ``since_us`` is when it was last heard or added."""
    return (now_us - since_us > limit_us) | (off & (now_us - off_us >= OFFLINE_DWELL_US))


def is_gateway_doubtful(off: Bools, since_us: Ints, limit_us: Ints, now_us: int) -> Bools:
    """Return, by gateway, whether it may be lost: a new silence waits until it has spoken."""
    return off | (now_us - since_us > limit_us // 2)


def count_by(code: Ints, is_counted: Bools, size: int) -> Ints:
    """Return int64[size]: how many counted rows each code has."""
    return np.bincount(code[is_counted], minlength=size).astype(np.int64)


def outages(total: Ints, lost: Ints, peak: Ints) -> Ints:
    """Return the new ``peak`` by place: 0 where there is no outage.

    An outage begins when at least half of a place's gateways, and at least three, are lost at
    the same time, and ends when half of those that were lost are back.
    """
    begins = (lost >= OUTAGE_GATEWAYS) & (lost >= OUTAGE_SHARE * total)
    stays = (peak > 0) & (2 * lost > peak)
    return np.where(begins | stays, np.maximum(peak, lost), 0)
