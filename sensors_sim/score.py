"""How good alerts are: false ones a home-week, injected ones found and how soon, with intervals.

Plain columns in, figures out; nothing here knows a detector. Intervals are 95 % from a bootstrap
over homes (Efron 1979): the homes differ far more than the days of one home do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

DAY_US: Final = 86_400_000_000
WEEK_US: Final = 7 * DAY_US
HOUR_US: Final = 3_600_000_000
WITHIN_H: Final = (4, 8, 12, 24)
TICK_H: Final = 1 / 60
"""A detector decides once a minute: "within 4 h" is 4 h and up to one such minute, for all."""

RESAMPLES: Final = 1000
_EDGES: Final = (2.5, 97.5)

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Alerts:
    """n alerts: whose (-1: of no home), since when, when raised, of what kind, what was said.

    ``place`` int8[n] is the sensor that it is about, by the code of its place; -1 for none.
    """

    home: NDArray[np.int32]
    onset_us: Ints
    found_us: Ints
    kind: NDArray[np.str_]
    verdict: NDArray[np.str_]
    place: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.home)

    def take(self, rows: Bools | NDArray[np.intp]) -> "Alerts":
        """Return the rows picked by a mask or by indices."""
        return Alerts(
            self.home[rows],
            self.onset_us[rows],
            self.found_us[rows],
            self.kind[rows],
            self.verdict[rows],
            self.place[rows],
        )


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and the 95 % interval around it; NaN where there is nothing to measure."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


@dataclass(frozen=True, slots=True)
class Delays:
    """How soon n injected conditions were found: recall by hours, median and 90th percentile.

    A delay that was never is infinite, so that a median says so when half were not found.
    """

    count: int
    within: dict[int, Figure]
    median_h: Figure
    p90_h: Figure


@dataclass(frozen=True, slots=True)
class FalseRate:
    """False alerts a home-week: over all homes, and the home at the 90th percentile."""

    mean: Figure
    p90: Figure

    @property
    def per_100_homes(self) -> float:
        """Load a week on a team that answers for 100 homes."""
        return 100 * self.mean.value


def false_rate(home: NDArray[np.int32], weeks: Floats, *, seed: int = 1) -> FalseRate:
    """Return the rate of alerts by these homes; ``weeks`` is how long each home was tested.

    Homes that were not tested (0 weeks) count for nothing. The mean is all alerts over all
    weeks; the percentile is over the homes' own rates.
    """
    counts = np.bincount(home[home >= 0], minlength=len(weeks)).astype(np.float64)
    tested = weeks > 0
    counts, weeks = counts[tested], weeks[tested]
    if not len(weeks):
        return FalseRate(_NOTHING, _NOTHING)
    times = resampled(len(weeks), seed)
    mean = figure(counts.sum() / weeks.sum(), (times @ counts) / (times @ weeks))
    rate = counts / weeks
    p90 = figure(quantile(rate, 0.9), quantiles(rate, times, 0.9))
    return FalseRate(mean, p90)


def delays(
    delay_h: Floats,
    home: NDArray[np.int32],
    *,
    within_h: Sequence[int] = WITHIN_H,
    seed: int = 1,
) -> Delays:
    """Return how soon conditions were found; ``delay_h`` is inf where never, ``home`` whose."""
    if not len(delay_h):
        return Delays(0, dict.fromkeys(within_h, _NOTHING), _NOTHING, _NOTHING)
    _, row = np.unique(home, return_inverse=True)
    times = resampled(int(row.max()) + 1, seed)[:, row]
    total = times.sum(axis=1)
    within = {}
    for hours in within_h:
        is_found = delay_h <= hours + TICK_H
        within[hours] = figure(float(is_found.mean()), (times @ is_found) / total)
    return Delays(
        len(delay_h),
        within,
        figure(quantile(delay_h, 0.5), quantiles(delay_h, times, 0.5)),
        figure(quantile(delay_h, 0.9), quantiles(delay_h, times, 0.9)),
    )


def quantile(values: Floats, share: float) -> float:
    """Return the smallest value that at least this share of the values do not exceed."""
    at = max(int(np.ceil(share * len(values))) - 1, 0)
    return float(np.sort(values)[at])


def first_delay_h(
    alerts: Alerts, home: NDArray[np.int32], at_us: Ints, last_us: Ints, until_us: Ints
) -> Floats:
    """Return, of k conditions, hours until the first alert of its home; inf where there is none.

    ``home`` int32[k]; ``at_us`` is when it began, ``last_us`` the home's last activation until
    then: an alert raised earlier for that very silence stands, and its delay is 0. Later alerts
    count up to ``until_us``.
    """
    order = np.lexsort((alerts.found_us, alerts.home))
    whose, found = alerts.home[order], alerts.found_us[order]
    onset = alerts.onset_us[order]
    result = np.full(len(home), np.inf)
    start = np.searchsorted(whose, home, side="left")
    stop = np.searchsorted(whose, home, side="right")
    for row in range(len(home)):
        mine = slice(start[row], stop[row])
        stands = (found[mine] <= at_us[row]) & (onset[mine] >= last_us[row])
        later = found[mine][(found[mine] > at_us[row]) & (found[mine] <= until_us[row])]
        if stands.any():
            result[row] = 0.0
        elif len(later):
            result[row] = (later[0] - at_us[row]) / HOUR_US
    return result


def holds_empty_day(from_us: Ints, to_us: Ints) -> Bools:
    """Return which spans of local time hold a whole calendar day, midnight to midnight."""
    first_midnight = -(-from_us // DAY_US) * DAY_US
    holds: Bools = to_us - first_midnight >= DAY_US
    return holds


def confusion(truth: Sequence[str], said: Sequence[str]) -> dict[str, dict[str, int]]:
    """Return how often each truth was called what, every truth and saying in order of name."""
    sayings = sorted(set(said))
    table = {name: dict.fromkeys(sayings, 0) for name in sorted(set(truth))}
    for name, saying in zip(truth, said, strict=True):
        table[name][saying] += 1
    return table


_NOTHING: Final = Figure(np.nan, np.nan, np.nan)


def resampled(homes: int, seed: int) -> Floats:
    """Return float64[resamples, homes]: how often each home was drawn, with replacement.

    The same for the same number of homes and seed, so that differences can be paired.
    """
    rng = np.random.default_rng(seed)
    return rng.multinomial(homes, np.full(homes, 1 / homes), RESAMPLES).astype(np.float64)


def quantiles(values: Floats, times: Floats, share: float) -> Floats:
    """Return float64[resamples]: the quantile of values that were drawn so many ``times``."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(times[:, order], axis=1)
    at = (total < share * total[:, -1:] - 1e-9).sum(axis=1)
    picked: Floats = values[order][at]
    return picked


def figure(value: float, again: Floats) -> Figure:
    """Return a value with the 95 % interval of what it is when homes are drawn again."""
    edges = np.quantile(again, np.array(_EDGES) / 100, method="inverted_cdf")
    return Figure(float(value), float(edges[0]), float(edges[1]))
