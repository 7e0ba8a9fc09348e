"""Homes, sensors and gateways that join a running engine; every row keeps its number."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from alerts.detect.columns import BINS, MINUTE_US, NEVER
from alerts.detect.profile import limits, rates
from alerts.detect.roster import Roster
from alerts.detect.state import State, blank, empty, grown, recoded


@dataclass(frozen=True, slots=True)
class Codes:
    """Places, and (place, postcode sector), by their rows in the state."""

    places: Sequence[str] = ()
    sectors: Sequence[tuple[str, str]] = ()


def codes_of(roster: Roster) -> Codes:
    """Return the codes of a state that this roster has joined."""
    return Codes(tuple(roster.table.places), tuple(roster.table.sectors))


def join(state: State | None, before: Codes, roster: Roster, now_us: int) -> State:
    """Return the state with room for the roster; new rows are known from ``now_us``.

    ``before`` are the codes of the state until now. A home that is watched anew starts
    its clock now: what was quiet while nobody watched is not held against it. Where nobody goes
    out alone (any more) nobody is out: a door was a sign like any other.
    """
    after = codes_of(roster)
    if state is None:
        state = empty(roster.sizes)
    else:
        state = _follow(state, "place", before.places, after.places)
        state = _follow(state, "sector", before.sectors, after.sectors)
        state = grown(state, roster.sizes)
    known_min, known_us = state.sensor_known_min, state.gateway_known_us
    known_min[(roster.sensor_kind >= 0) & (known_min == 0)] = max(now_us // MINUTE_US, 1)
    known_us[(roster.gateway_place >= 0) & (known_us == NEVER)] = now_us
    forget_replaced(state, roster, now_us)
    rewatch(state, roster, now_us)
    state.is_out &= roster.home_is_alone
    new = np.isnan(state.limit)
    # Also of homes known before: the place may have set another z since.
    z = roster.threshold_z(state.place_z)
    state.limit[:] = limits(state.peak_count, state.peak_total, state.peak_squares, z)
    # Nobody has learned anything of a new home yet: all begin with the same day.
    nothing = np.zeros((BINS, 1), np.float32)
    state.rate[:, new] = rates(nothing, nothing)
    return state


def forget_replaced(state: State, roster: Roster, until_us: int) -> bool:
    """Let sensors that were replaced by this moment begin with nothing, once; in place.

    Return whether there were any. What is told of a silent one stands until the new one is heard.
    """
    rows = roster.replaced
    replaced_us = roster.table.sensor_replaced_us[rows]
    since_min = (replaced_us // MINUTE_US).astype(np.int32)
    is_new = (replaced_us <= until_us) & (since_min > state.sensor_known_min[rows])
    rows = rows[is_new]
    if not len(rows):
        return False
    blank(state, {"sensor": rows.tolist()}, but=("sensor_silent_us",))
    state.sensor_known_min[rows] = since_min[is_new]
    return True


def rewatch(state: State, roster: Roster, now_us: int) -> None:
    """Let homes that cease to be watched, and those that are again, begin with nothing; in place.

    Of a day or night that was partly watched nothing is learned.
    """
    known = state.home_known_us
    gone = ~roster.home_is_active & (known >= 0)
    if gone.any():
        state.has_sign[:, gone], state.watched[:, gone] = False, 0
        state.peak[gone] = state.day_peak[gone] = 0
        state.again_us[gone] = state.left_us[gone] = state.stay_us[gone] = NEVER
        state.has_left[gone] = False
    known[~roster.home_is_active & (known != NEVER)] = -now_us
    again = roster.home_is_active & (known < 0) & (known != NEVER)
    state.sign_us[again], state.is_seen[again] = now_us, False
    state.unseen_until_us[again] = now_us
    state.is_overdue[again] = False
    state.score[again], state.unseen_us[again], state.is_out[again] = 0, 0, False
    known[again | (roster.home_is_active & (known == NEVER))] = now_us


def _follow(
    state: State, axis: str, before: Sequence[Hashable], after: Sequence[Hashable]
) -> State:
    """Return the state with each place or sector in its new row: codes follow the alphabet."""
    if tuple(before) == tuple(after):
        return state
    row_of = {key: row for row, key in enumerate(after)}
    moves = [(row, row_of[key]) for row, key in enumerate(before) if key in row_of]
    return recoded(state, axis, len(after), moves)
