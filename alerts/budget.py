"""The alert budget: one threshold for a place, from what its own last weeks would have raised.

DETECTION B. Every home-day leaves one number, its peak: how many of the home's own standard
deviations its longest silence stood above what is usual there. It is comparable between homes, so
the threshold that would have raised the wanted number of alerts is a rank among the peaks. Only
silences of a person are tuned; life safety has no budget, and the cap stays.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import Ints
from alerts.detect.parameters import STRICTEST_Z
from alerts.detect.peaks import LEVELS, height

WEEKS_AHEAD: Final = 4
"""The coming weeks that the interval speaks of."""

TOLERANCE: Final = 0.20
"""How near the rate should come to the budget."""

LOW_Z: Final = 1.0
HIGH_Z: Final = STRICTEST_Z
"""Between these a budget may move the threshold; whatever it is, the cap stays."""

_LIKELY_Z: Final = 1.15
"""A normal deviate lies within it three times in four."""

_INTERVAL_Z: Final = 1.96
_WEEK: Final = 7.0
_PRIOR_WEEKS: Final = 7.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """What to expect of a place at threshold ``z``, all rates per 100 homes a week.

    ``fixed`` are the alerts that the threshold does not decide. ``low`` and ``high`` enclose the
    rate of the next four weeks 95 times in 100, if these homes go on as they were; ``days`` were
    judged. ``needed`` homes bring that rate within 20 % of the budget three times in four.
    """

    z: float
    expected: float
    low: float
    high: float
    fixed: float
    homes: int
    needed: int
    days: int
    is_at_edge: bool

    @property
    def is_enough(self) -> bool:
        """Whether the place has homes enough for its budget to mean something."""
        return self.homes >= self.needed


def calibrate(
    counts: Ints, told: int, budget: float, *, low_z: float = LOW_Z, high_z: float = HIGH_Z
) -> Calibration | None:
    """Return the threshold that keeps these homes to ``budget`` alerts per 100 homes a week.

    ``counts`` int[days, LEVELS] are home-days by the level of their peak, days in any order by
    whole weeks; ``told`` are all other P2 and P3 alerts of the same days. The threshold stays
    within ``low_z`` and ``high_z``: then ``is_at_edge`` says that the budget cannot be met by it.
    None without a judged day.
    """
    judged = counts.sum(axis=1)
    home_weeks = float(judged.sum()) / _WEEK
    homes = int(judged.max(initial=0))
    if homes == 0:
        return None
    fixed = 100 * told / home_weeks
    wanted = max(budget - fixed, 0.0) / 100 * home_weeks
    above = np.cumsum(counts.sum(axis=0)[::-1])[::-1]
    level = int(np.abs(above[1:] - wanted).argmin()) + 1 if round(wanted) else LEVELS
    z = height(level)
    held = min(max(z, low_z), high_z)
    level = min(math.ceil(held / height(1) - 1e-6), LEVELS - 1)
    raised = counts[:, level:].sum(axis=1)
    expected = fixed + 100 * float(raised.sum()) / home_weeks
    spread = _spread(raised, judged)
    counted = expected / 100 * home_weeks
    ahead = expected / 100 * homes * WEEKS_AHEAD
    error = _error(spread, counted, ahead)
    factor = math.exp(_INTERVAL_Z * error)
    needed = math.ceil(homes * (error * _LIKELY_Z / math.log1p(TOLERANCE)) ** 2)
    return Calibration(
        z=held,
        expected=expected,
        low=expected / factor,
        high=expected * factor,
        fixed=fixed,
        homes=homes,
        needed=needed,
        days=int((judged > 0).sum()),
        is_at_edge=held != z,
    )


def sentences(found: Calibration, budget: float) -> list[str]:
    """Say what a place may expect, and when it has too few homes to be told: whole sentences."""
    rate = (
        f"about {found.expected:.1f} alerts per 100 homes a week are expected "
        f"({found.low:.1f} to {found.high:.1f}), the budget is {budget:g}"
    )
    if found.is_enough:
        told = [f"Alert budget: {rate}."]
    else:
        few = f"{found.homes} homes are too few to keep a budget: {rate}; "
        told = [f"{few}from about {found.needed} homes on it can be kept within 20 %."]
    if found.is_at_edge and found.expected > budget:
        told.append(
            f"The most patient setting still raises more: {found.fixed:.1f} by other detectors "
            f"and {found.expected - found.fixed:.1f} silences, those past the cap of hours among "
            "them."
        )
        told.append(
            "No threshold moves these: accept longer limits by name, pause homes whose people are "
            "away, or leave detectors in shadow."
        )
    elif found.is_at_edge:
        told.append("The strictest setting raises fewer.")
    return told


def _spread(raised: Ints, judged: Ints) -> float:
    """Return how much more weekly totals vary than chance: variance over mean, 1 for Poisson.

    Shrunk towards 1 by as much as seven weeks of chance, as a few weeks say little.
    """
    weeks = -(-len(raised) // int(_WEEK))
    week = np.arange(len(raised)) // int(_WEEK)
    total = np.bincount(week, raised, weeks)
    due = np.bincount(week, judged, weeks) * (raised.sum() / judged.sum())
    is_used = due > 0
    excess = float(((total - due)[is_used] ** 2 / due[is_used]).sum())
    freedom = max(int(is_used.sum()) - 1, 0)
    return max(1.0, (excess + _PRIOR_WEEKS) / (freedom + _PRIOR_WEEKS))


def _error(spread: float, counted: float, ahead: float) -> float:
    """Return the standard error of the logarithm of the coming rate over the counted one.

    Both are counts; the variance of the logarithm of a count is about its dispersion over it.
    """
    return math.sqrt(spread * (1 / max(counted, 0.5) + 1 / max(ahead, 0.5)))
