"""Activations by the hour, for peers that judge counts; and the alert rule that serves them all.

A peer gives each hour a score, the larger the quieter. Its threshold is the home's own: the
largest score of the second and third week of its learning days. It raises when a score passes
that, and again only after one did not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api.evaluate_floors import Rule, person_alerts
from api.evaluate_worlds import LEARN_US, bounds
from sensors_sim import tihm
from sensors_sim.score import DAY_US, HOUR_US, Alerts, Bools, Floats, Ints

_SETTLING_US: Final = 7 * DAY_US
_LAPSE_H: Final = 26
"""A home of which that long nothing was heard is not judged until it is heard again."""

_MILD: Final = 0.25
"""Variance of the square root of a Poisson count (Anscombe 1948)."""

_PRIOR_DAYS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Hours:
    """Activations by hour and home: ``count`` float64[hours, homes].

    Hour t ends at ``end_us[t]``; ``of_day`` and ``of_week`` are local. ``is_on`` bool[hours,
    homes] is true where a home was heard in that hour or the 25 before it.
    """

    count: Floats
    end_us: Ints
    of_day: Ints
    of_week: Ints
    is_on: Bools


Scorer = Callable[[Hours], Floats]
"""Returns float64[hours, homes]; row t uses rows up to t only. -inf where it says nothing."""


def hours_of(trace: tihm.Activations) -> Hours:
    """Return the counts of all hours from the first activation to a day after the last."""
    zero = int(trace.time_us.min()) // HOUR_US
    total = int(trace.time_us.max()) // HOUR_US - zero + 1 + _LAPSE_H
    cell = (trace.time_us // HOUR_US - zero) * len(trace.homes) + trace.home
    count = np.bincount(cell, minlength=total * len(trace.homes)).reshape(total, -1)
    so_far = np.cumsum(count, axis=0)
    earlier = np.concatenate([np.zeros((_LAPSE_H, count.shape[1])), so_far[:-_LAPSE_H]])
    begin_us = (zero + np.arange(total)) * HOUR_US
    local, _ = tihm.to_local(begin_us)
    return Hours(
        count.astype(np.float64),
        begin_us + HOUR_US,
        local // HOUR_US % 24,
        local // HOUR_US % 168,
        so_far > earlier,
    )


def surprise(hours: Hours) -> Floats:
    """Return how unlike the hour of the day each count is, in standard deviations, by hour.

    Square roots of counts against the mean and spread of the same hour on all days before.
    """
    root = np.sqrt(hours.count)
    homes = root.shape[1]
    days, total, squares = (np.zeros((24, homes)) for _ in range(3))
    unlike = np.zeros(root.shape)
    for row, hour in enumerate(hours.of_day.tolist()):
        seen = np.maximum(days[hour], 1)
        mean = total[hour] / seen
        spread = np.maximum(squares[hour] - days[hour] * mean**2, 0)
        variance = (spread + _PRIOR_DAYS * _MILD) / (days[hour] + _PRIOR_DAYS)
        known = hours.is_on[row] & (days[hour] > 0)
        unlike[row] = np.where(known, (root[row] - mean) / np.sqrt(variance), 0)
        days[hour] += hours.is_on[row]
        total[hour] += np.where(hours.is_on[row], root[row], 0)
        squares[hour] += np.where(hours.is_on[row], root[row] ** 2, 0)
    return unlike


def rule_of(scorer: Scorer, kind: str) -> Rule:
    """Return the rule that raises when the score of a home passes that of its learning days."""

    def rule(trace: tihm.Activations) -> Alerts:
        hours = hours_of(trace)
        score = np.where(hours.is_on, scorer(hours), -np.inf)
        start, _ = bounds(trace)
        age_us = hours.end_us[:, None] - trace.time_us[start]
        is_taught = (age_us > _SETTLING_US) & (age_us <= LEARN_US)
        threshold = np.max(np.where(is_taught, score, -np.inf), axis=0, initial=-np.inf)
        over = (score > threshold) & (age_us > LEARN_US)
        over[1:] &= ~(score > threshold)[:-1]
        row, home = np.nonzero(over)
        found_us = hours.end_us[row]
        return person_alerts(home, _last_before(trace, home, found_us), found_us, kind)

    return rule


def _last_before(trace: tihm.Activations, home: NDArray[np.intp], at_us: Ints) -> Ints:
    """Return the last activation of each home before a moment."""
    start, stop = bounds(trace)
    last = np.empty(len(home), np.int64)
    for row, (number, moment) in enumerate(zip(home.tolist(), at_us.tolist(), strict=True)):
        mine = trace.time_us[start[number] : stop[number]]
        last[row] = mine[max(int(np.searchsorted(mine, moment)) - 1, 0)]
    return last
