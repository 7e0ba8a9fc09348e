"""Longer caps that the engine proposes and only a named person may accept (safety rule 5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.caps import BAND_MIN, proposals
from alerts.detect.columns import MINUTE_US
from alerts.detect.local_time import Offsets, minutes
from alerts.detect.roster import Roster
from alerts.detect.state import State

CAP_H: Final = 24.0
_DAY_MIN: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Proposal:
    """A cap for one home (``home`` is its number) and a part of its local day, and why.

    ``count`` long silences at home, of the last 28 days, began in it.
    """

    home: int
    from_min: int
    to_min: int
    cap_h: float
    count: int


def propose(
    state: State, roster: Roster, offsets: Sequence[Offsets], now_us: int
) -> list[Proposal]:
    """Return what a person should be asked about now, by number of the home."""
    onset_us = state.long_min.astype(np.int64) * MINUTE_US
    zone = np.broadcast_to(roster.home_zone, onset_us.shape)
    found = proposals(state.long_min, minutes(offsets, zone, onset_us), now_us)
    return [
        Proposal(
            home,
            (minute - BAND_MIN) % _DAY_MIN,
            (minute + BAND_MIN + 1) % _DAY_MIN,
            CAP_H,
            count,
        )
        for home, minute, count in zip(*(column.tolist() for column in found), strict=True)
    ]
