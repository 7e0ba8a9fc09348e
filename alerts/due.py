"""What must be looked at next: a tick compares one column, and looks only at what can be due.

Kept between runs of ticks and never saved: it follows from the state. Whoever works can only
cease to by time that passes, known when it was last looked at, or by a word that says so. Words
of life only move that time further off, so that a look may come too soon and never too late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.booked import Windows, build_windows
from alerts.detect.columns import DAY_US, MINUTE_US, NEVER, SECOND_US, Bools, Floats, Ints, Rows
from alerts.detect.local_time import Offsets
from alerts.detect.roster import Roster
from alerts.detect.things import Use

FAR_US: Final = 1 << 62
SLOW_US: Final = 5 * MINUTE_US
"""How often the detectors of slow things run: devices, warmth, homes that cannot be seen."""

NOW_S: Final = -(1 << 31)
OLDEST_US: Final = 3 * DAY_US
FAR_S: Final = (1 << 31) - 1


@dataclass(slots=True)
class Gateways:
    """How the gateways stand at one tick, and of homes: all of theirs lost, or in doubt."""

    is_lost: Bools
    is_off: Bools
    is_doubtful: Bools
    is_home_lost: Bools
    is_home_doubtful: Bools


@dataclass(slots=True)
class Due:
    """Nothing changes before these moments: int32 seconds by device, int64 by home and gateway.

    ``use_us`` is by ``Use`` and row of its homes. ``may_be_cold``, ``may_be_hot`` and
    ``stays_long`` bool[homes] name the homes to look at on every regular tick.
    """

    device_s: NDArray[np.int32]
    home_us: Ints
    gateway_us: Ints
    use_us: tuple[Ints, ...]
    may_be_cold: Bools
    may_be_hot: Bools
    stays_long: Bools
    gateways: Gateways
    pace: Floats | None = None
    """What ``Scene.pace`` was in the quarter-hours ``bins`` of the zones."""

    counted: Bools | None = None
    bins: tuple[int, ...] = ()
    mains: Rows | None = None
    """The sensors that say that the mains failed, None where one may have changed its mind."""

    windows: Windows | None = None
    """The booked visits around now, None until they were asked for."""

    def visits(
        self, roster: Roster, offsets: Sequence[Offsets], from_us: int, to_us: int
    ) -> Windows:
        """Return the booked visits of this time and the days before it."""
        if self.windows is None or not self.windows.covers(from_us - OLDEST_US, to_us):
            self.windows = build_windows(roster.bookings, roster.home_zone, offsets, from_us, to_us)
        return self.windows

    def look_at(self, roster: Roster, lead: Ints) -> None:
        """Look at the devices with these first sensors at the next regular tick."""
        if len(lead):
            self.device_s[np.searchsorted(roster.device, lead)] = NOW_S


def look_at_all(roster: Roster) -> Due:
    """Return that everything is to be looked at."""
    homes, gateways = len(roster.home_zone), len(roster.gateway_place)
    return Due(
        np.full(len(roster.device), NOW_S, np.int32),
        np.full(homes, NEVER, np.int64),
        np.full(gateways, NEVER, np.int64),
        tuple(np.full(len(roster.things.use_homes[use]), NEVER, np.int64) for use in Use),
        np.ones(homes, np.bool_),
        np.ones(homes, np.bool_),
        np.ones(homes, np.bool_),
        Gateways(
            np.zeros(gateways, np.bool_),
            np.zeros(gateways, np.bool_),
            np.zeros(gateways, np.bool_),
            np.zeros(homes, np.bool_),
            np.zeros(homes, np.bool_),
        ),
    )


def seconds(moment_us: Ints) -> NDArray[np.int32]:
    """Return moments as int32 seconds, rounded down; those past 2038 are far off."""
    return np.clip(moment_us // SECOND_US, NOW_S, FAR_S).astype(np.int32)


def looks(first_us: Ints, now_us: int) -> Ints:
    """Return when to look for what cannot be before these moments: not every minute at a few.

    What is further off than the next regular tick is looked at with the regular tick before it,
    with many others; most of it will have moved on by then.
    """
    regular_us = first_us // SLOW_US * SLOW_US
    return np.where(regular_us > now_us, regular_us, first_us)


def spread(start: Ints, rows: Rows) -> Rows:
    """Return the positions ``start[r]`` to ``start[r + 1]`` of each of these rows, in order."""
    begin, count = start[rows], start[rows + 1] - start[rows]
    stops = np.cumsum(count)
    total = int(stops[-1]) if len(stops) else 0
    positions: Rows = np.arange(total) + np.repeat(begin - (stops - count), count)
    return positions
