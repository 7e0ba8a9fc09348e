"""Simple rules that a detector has to beat, judged by the same harness.

Each takes the activations of homes and returns alerts; what it says at a moment depends only on
what came before it, which the harness checks.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import tihm
from sensors_sim.inject import BURST_US
from sensors_sim.score import DAY_US, HOUR_US, Alerts, Bools, Ints

Rule = Callable[[tihm.Activations], Alerts]

BATHROOM: Final = tihm.PLACES.index("bathroom")
FRONT_DOOR: Final = tihm.PLACES.index("front-door")
_OPEN_US: Final = 3 * DAY_US
_SHORTEST_US: Final = HOUR_US // 12
_LONGEST_US: Final = 20 * HOUR_US
_BAND_H: Final = 3


def silence(hours: float) -> Rule:
    """Return the rule that raises every silence of more than these hours."""

    def rule(trace: tihm.Activations) -> Alerts:
        limit_us = int(hours * HOUR_US)
        rows = np.flatnonzero(gaps(trace) > limit_us)
        onset = trace.time_us[rows]
        return person_alerts(trace.home[rows], onset, onset + limit_us, f"silence-{hours:g}h")

    return rule


def longest_gap(factor: float, *, cap_h: float = 12, is_away_quiet: bool = False) -> Rule:
    """Return the rule: longer than the longest silence so far at this time of day, by a factor.

    The longest is that of all silences of this home so far, shorter than 20 h, that began within
    three clock hours of the hour in which this one began. After ``cap_h`` it is raised whatever
    was learned; with ``is_away_quiet`` a silence that an exit door began is never raised.
    """

    def rule(trace: tihm.Activations) -> Alerts:
        gap = gaps(trace)
        rows = np.flatnonzero(gap >= _SHORTEST_US)
        gap, start, home = gap[rows], trace.time_us[rows], trace.home[rows]
        local, _ = tihm.to_local(start)
        hour = local // HOUR_US % 24
        limit = np.full(len(rows), int(cap_h * HOUR_US), np.int64)
        for of_day in range(24):
            apart = (hour - of_day) % 24
            is_near = np.minimum(apart, 24 - apart) <= _BAND_H
            length = np.where(is_near & (gap < _LONGEST_US), gap, 0)
            longest = longest_before(home.astype(np.int64), length)
            mine = (hour == of_day) & (longest > 0)
            limit[mine] = np.minimum(limit[mine], (longest[mine] * factor).astype(np.int64))
        is_raised = limit < gap
        if is_away_quiet:
            is_raised &= ~tihm.IS_EXIT[trace.place[rows]]
        onset = start[is_raised]
        return person_alerts(
            home[is_raised], onset, onset + limit[is_raised], f"longest-gap-{factor:g}"
        )

    return rule


def longest_before(group: Ints, value: Ints) -> Ints:
    """Return, by row, the largest value of an earlier row of the same group, 0 without one.

    Groups ascend by row; values are not negative.
    """
    step = int(value.max(initial=0)) + 1
    rank = np.unique(group, return_inverse=True)[1]
    earlier = np.zeros(len(value), np.int64)
    earlier[1:] = np.where(rank[1:] == rank[:-1], value[:-1], 0)
    # Ranks ascend, so that one running maximum starts again at every group.
    top: Ints = np.maximum.accumulate(earlier + rank * step) - rank * step
    return top


def night_visits(deviations: float = 3.0) -> Rule:
    """Return the rule: more bathroom visits in a night than mean + deviations of those before.

    A night is 23 to 06 local, visits are bursts more than ten minutes apart, and a week of
    nights comes first. It is raised at the visit that is one too many.
    """

    def rule(trace: tihm.Activations) -> Alerts:
        home, night, time_us = _night_starts(trace)
        key = home * 100_000 + night
        nights, first, count = np.unique(key, return_index=True, return_counts=True)
        number = np.arange(len(key)) - np.repeat(first, count) + 1
        limit = np.repeat(_night_limits(trace, nights, count, deviations), count)
        over = number > limit
        over[1:] &= ~over[:-1] | (key[1:] != key[:-1])
        return person_alerts(home[over], time_us[over], time_us[over], "night-visits")

    return rule


def night_door() -> Rule:
    """Return the rule that raises the first use of the front door between 01 and 05 each night."""

    def rule(trace: tihm.Activations) -> Alerts:
        local, _ = tihm.to_local(trace.time_us)
        hour = local // HOUR_US % 24
        rows = np.flatnonzero((trace.place == FRONT_DOOR) & (hour >= 1) & (hour < 5))
        _, first = np.unique(
            trace.home[rows].astype(np.int64) * 100_000 + local[rows] // DAY_US, return_index=True
        )
        rows = rows[first]
        time_us = trace.time_us[rows]
        return person_alerts(trace.home[rows], time_us, time_us, "night-door")

    return rule


def gaps(trace: tihm.Activations) -> Ints:
    """Return, by row, the silence that this activation begins; three days for a home's last."""
    gap = np.full(len(trace), _OPEN_US, np.int64)
    gap[:-1] = np.where(np.diff(trace.home) == 0, np.diff(trace.time_us), _OPEN_US)
    return gap


def _night_starts(trace: tihm.Activations) -> tuple[Ints, Ints, Ints]:
    """Return (home, number of the night, moment) of every bathroom visit at night."""
    rows = np.flatnonzero(trace.place == BATHROOM)
    home, time_us = trace.home[rows].astype(np.int64), trace.time_us[rows]
    is_new = np.ones(len(rows), np.bool_)
    is_new[1:] = (np.diff(time_us) > BURST_US) | (np.diff(home) != 0)
    local, _ = tihm.to_local(time_us)
    since_23 = local + HOUR_US
    chosen: Bools = is_new & (since_23 % DAY_US < 7 * HOUR_US)
    return home[chosen], since_23[chosen] // DAY_US, time_us[chosen]


def _night_limits(
    trace: tihm.Activations, nights: Ints, count: NDArray[np.intp], deviations: float
) -> NDArray[np.float64]:
    """Return, by (home, night) with a visit, mean + deviations of all nights of it before."""
    limits = np.full(len(nights), np.inf)
    owner = nights // 100_000
    local, _ = tihm.to_local(trace.time_us)
    for home in np.unique(owner).tolist():
        rows = np.flatnonzero(owner == home)
        mine = nights[rows] % 100_000
        first = int(local[np.searchsorted(trace.home, home)] + HOUR_US) // DAY_US
        visits = np.zeros(int(mine[-1]) - first + 1)
        visits[mine - first] = count[rows]
        before = np.arange(len(visits))
        total = np.concatenate([[0], np.cumsum(visits)[:-1]])
        squares = np.concatenate([[0], np.cumsum(visits**2)[:-1]])
        mean = total / np.maximum(before, 1)
        deviation = np.sqrt(np.maximum(squares / np.maximum(before, 1) - mean**2, 0))
        limit = np.where(before >= 7, mean + deviations * deviation, np.inf)
        limits[rows] = limit[mine - first]
    return limits


def person_alerts(home: NDArray[np.integer], onset_us: Ints, found_us: Ints, kind: str) -> Alerts:
    """Return alerts about the person, one a row, all of one kind."""
    size = len(home)
    return Alerts(
        home.astype(np.int32),
        onset_us,
        found_us,
        np.full(size, kind),
        np.full(size, "person"),
        np.full(size, -1, np.int8),
    )
