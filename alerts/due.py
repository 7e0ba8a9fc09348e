"""When each device must be looked at again: a tick compares one column, not eight.

Kept between runs of ticks and never saved: it follows from the state. A device that works can
only cease to by time that passes, known when it was last looked at, or by a word that it is off.
Words from it only move that time further off.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import NEVER, Ints
from alerts.detect.roster import Roster

FAR_US: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Due:
    """``device_us`` int64[devices], by row of the roster: nothing changes before this moment."""

    device_us: Ints

    def look_at(self, roster: Roster, lead: Ints) -> None:
        """Look at the devices with these first sensors at the next tick."""
        if len(lead):
            self.device_us[np.searchsorted(roster.device, lead)] = NEVER


def look_at_all(roster: Roster) -> Due:
    """Return that every device is to be looked at."""
    return Due(np.full(len(roster.device), NEVER, np.int64))
