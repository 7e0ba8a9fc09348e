"""Peers: what others would use for the same task, judged by the same harness.

Three are written here from their sources and run over all homes at once; two are libraries of
the extra ``peers`` and are never needed to run Stillwell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from api.evaluate_floors import Rule
from api.evaluate_forests import missing, score_half_spaces, score_random_cuts
from api.evaluate_hours import Hours, rule_of, surprise
from api.evaluate_judge import Judged, judge
from api.evaluate_stage import Stage
from api.evaluate_worlds import copies, join
from sensors_sim import inject, tihm
from sensors_sim.score import HOUR_US, Floats

_WEIGHT: Final = 0.2
_SLACK: Final = 0.5
_TRAILING_H: Final = 6
_FEW: Final = 7
_CUT_US: Final = 25 * HOUR_US


def ewma(hours: Hours) -> Floats:
    """Return the exponentially weighted mean of surprise, downwards (Roberts 1959)."""
    unlike, score = surprise(hours), np.zeros(hours.count.shape)
    level = np.zeros(hours.count.shape[1])
    for row in range(len(unlike)):
        level = (1 - _WEIGHT) * level + _WEIGHT * unlike[row]
        score[row] = -level
    return score


def cusum(hours: Hours) -> Floats:
    """Return the cumulative sum of surprise below a slack of half a deviation (Page 1954)."""
    unlike, score = surprise(hours), np.zeros(hours.count.shape)
    level = np.zeros(hours.count.shape[1])
    for row in range(len(unlike)):
        level = np.maximum(level - unlike[row] - _SLACK, 0)
        score[row] = level
    return score


def poisson(hours: Hours) -> Floats:
    """Return how unlikely so few activations in six hours are, by the hour of the week.

    The rate of an hour of the week is its mean over all weeks before, with one week of the mean
    of that hour of the day. The score bounds -ln P(no more than n) from below (Chernoff 1952):
    m - n + n ln(n / m); it is exact for none at all.
    """
    homes = hours.count.shape[1]
    weeks, by_week = np.zeros((168, homes)), np.zeros((168, homes))
    days, by_day = np.zeros((24, homes)), np.zeros((24, homes))
    expected, score = np.zeros(hours.count.shape), np.zeros(hours.count.shape)
    for row, (week, day) in enumerate(
        zip(hours.of_week.tolist(), hours.of_day.tolist(), strict=True)
    ):
        usual = by_day[day] / np.maximum(days[day], 1)
        expected[row] = (by_week[week] + usual) / (weeks[week] + 1)
        rows = slice(max(row - _TRAILING_H + 1, 0), row + 1)
        score[row] = _tail(hours.count[rows].sum(axis=0), expected[rows].sum(axis=0))
        on, count = hours.is_on[row], np.where(hours.is_on[row], hours.count[row], 0)
        weeks[week], by_week[week] = weeks[week] + on, by_week[week] + count
        days[day], by_day[day] = days[day] + on, by_day[day] + count
    return score


def _tail(count: Floats, mean: Floats) -> Floats:
    some = np.maximum(count, 1e-12)
    tail = mean - count + count * np.log(some / np.maximum(mean, 1e-12))
    result: Floats = np.where(count < mean, tail, 0.0)
    return result


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer with what it is; ``homes`` is how many it is judged on, 0 for all.

    ``missing`` says why it cannot run here, "" where it can; ``guarded_homes`` is on how many it
    is shown that it does not look ahead, 0 for all.
    """

    name: str
    about: str
    rule: Rule
    homes: int = 0
    guarded_homes: int = 0
    missing: Callable[[], str] = str


PEERS: Final = (
    Peer("peer.ewma", "weighted mean of hourly counts (Roberts 1959)", rule_of(ewma, "ewma")),
    Peer("peer.cusum", "cumulative sum of hourly counts (Page 1954)", rule_of(cusum, "cusum")),
    Peer(
        "peer.poisson_week",
        "six hours' count by the hour of the week, Poisson (Chernoff 1952)",
        rule_of(poisson, "poisson"),
    ),
    Peer(
        "peer.half_space_trees",
        "river's half-space trees over four hours (Tan, Ting and Liu 2011)",
        rule_of(score_half_spaces, "half-space-trees"),
        guarded_homes=_FEW,
        missing=lambda: missing("river"),
    ),
    Peer(
        "peer.rrcf",
        "rrcf's random cut forest over four hours (Guha and others 2016); some minutes",
        rule_of(score_random_cuts, "rrcf"),
        homes=_FEW,
        guarded_homes=3,
        missing=lambda: missing("rrcf"),
    ),
)


def few_homes(trace: tihm.Activations, count: int) -> tihm.Activations:
    """Return so many homes, evenly chosen in order of name; all of them for 0."""
    return tihm.only(trace, _chosen(len(trace.homes), count)) if count else trace


def judge_peer(peer: Peer, stage: Stage) -> tuple[Judged, str]:
    """Return the figures of a peer, and on what it was judged.

    Homes and their copies go in together, so that a slow peer may share what they have in common;
    a copy ends a day after its collapse.
    """
    trace = stage.trace
    homes = _chosen(len(trace.homes), peer.homes or len(trace.homes))
    draws = stage.draws.take(homes[stage.draws.home])
    fallen = copies(trace, draws, _cut_collapse, np.random.default_rng(0))
    everything = join([tihm.only(trace, homes), fallen])
    alerts = peer.rule(everything)
    own = np.flatnonzero(homes).astype(np.int32)
    is_own = alerts.home < len(own)
    mine, theirs = alerts.take(is_own), alerts.take(~is_own)
    mine.home[:] = own[mine.home]
    theirs.home[:] -= len(own)
    judged = judge(peer.name, mine, theirs, trace, stage.judged, draws, homes)
    return judged, f"{peer.name}: {peer.about}; {len(own)} homes, {len(draws)} collapses"


def _cut_collapse(stream: inject.Stream, at_us: int, _: np.random.Generator) -> inject.Stream:
    fallen = inject.collapse(stream, at_us)
    return fallen.take(fallen.time_us < at_us + _CUT_US)


def _chosen(total: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    chosen = np.zeros(total, np.bool_)
    chosen[np.linspace(0, total - 1, min(count, total)).astype(np.int64)] = True
    return chosen
