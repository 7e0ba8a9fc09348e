"""When each device must be looked at again: a tick compares one column, not eight.

Kept between runs of ticks and never saved: it follows from the state. A device that works can
only cease to by time that passes, known when it was last looked at, or by a word that it is off.
Words from it only move that time further off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.booked import Windows, build_windows
from alerts.detect.columns import DAY_US, NEVER, Ints
from alerts.detect.local_time import Offsets
from alerts.detect.roster import Roster

FAR_US: Final = 1 << 62
OLDEST_US: Final = 3 * DAY_US


@dataclass(slots=True)
class Due:
    """``device_us`` int64[devices], by row of the roster: nothing changes before this moment.

    ``windows`` are the booked visits around now, None until they were asked for.
    """

    device_us: Ints
    windows: Windows | None = None

    def visits(
        self, roster: Roster, offsets: Sequence[Offsets], from_us: int, to_us: int
    ) -> Windows:
        """Return the booked visits of this time and the days before it."""
        if self.windows is None or not self.windows.covers(from_us - OLDEST_US, to_us):
            self.windows = build_windows(roster.bookings, roster.home_zone, offsets, from_us, to_us)
        return self.windows

    def look_at(self, roster: Roster, lead: Ints) -> None:
        """Look at the devices with these first sensors at the next tick."""
        if len(lead):
            self.device_us[np.searchsorted(roster.device, lead)] = NEVER


def look_at_all(roster: Roster) -> Due:
    """Return that every device is to be looked at."""
    return Due(np.full(len(roster.device), NEVER, np.int64))
