"""Two forests from libraries, as peers: half-space trees of river, random cut forest of rrcf.

Both see, hour by hour, how much less than usual moved in each of the last four hours, and learn
as they go. Homes with the same past are scored once until they part.
"""

import copy
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, Protocol

import numpy as np

from api.evaluate_hours import Hours, surprise
from sensors_sim.score import Bools, Floats

_SHINGLE: Final = 4
_DEEPEST: Final = 3.0
_TREES: Final = 8
_POINTS: Final = 96


class Forest(Protocol):
    """Scores a point and learns it."""

    def take(self, point: Floats) -> float:
        """Return how unlike the points before it this one is; learn it."""


def missing(library: str) -> str:
    """Return what to do where a library is not installed, "" where it is."""
    if find_spec(library) is not None:
        return ""
    return f"not judged, {library} is not installed; python -m pip install 'stillwell[peers]'"


def score_half_spaces(hours: Hours) -> Floats:
    """Return the scores of river's half-space trees (Tan, Ting and Liu, IJCAI 2011)."""
    return fork_scores(hours, _HalfSpaces)


def score_random_cuts(hours: Hours) -> Floats:
    """Return the collusive displacement in rrcf's forest (Guha and others, ICML 2016)."""
    return fork_scores(hours, _RandomCuts)


class _HalfSpaces:
    def __init__(self) -> None:
        anomaly: Any = import_module("river.anomaly")
        self._trees = anomaly.HalfSpaceTrees(n_trees=10, height=8, window_size=168, seed=1)

    def take(self, point: Floats) -> float:
        named = dict(enumerate((point / _DEEPEST + 1).tolist()))
        score = float(self._trees.score_one(named))
        self._trees.learn_one(named)
        return score


class _RandomCuts:
    def __init__(self) -> None:
        rrcf: Any = import_module("rrcf")
        self._trees = [rrcf.RCTree(random_state=seed) for seed in range(_TREES)]
        self._count = 0

    def take(self, point: Floats) -> float:
        total = 0.0
        for tree in self._trees:
            if self._count >= _POINTS:
                tree.forget_point(self._count - _POINTS)
            tree.insert_point(point, index=self._count)
            total += float(tree.codisp(self._count))
        self._count += 1
        return total / len(self._trees)


def fork_scores(hours: Hours, make: Callable[[], Forest]) -> Floats:
    """Return float64[hours, homes]: each home's scores by a forest of its own from ``make``.

    Homes whose points have been the same so far share a forest; where they part it is copied.
    """
    lack = np.clip(surprise(hours), -_DEEPEST, 0)
    score = np.full(lack.shape, -np.inf)
    # A home that begins later is another home: the hour of its first activation parts them.
    begins = hours.is_on.argmax(axis=0)
    last = len(lack) - hours.is_on[::-1].argmax(axis=0)
    waiting = [
        (int(hour), np.flatnonzero(begins == hour).tolist(), make()) for hour in np.unique(begins)
    ]
    while waiting:
        row, homes, forest = waiting.pop()
        while homes:
            homes = [home for home in homes if row < last[home]]
            homes, *others = _alike(lack, hours.is_on, row, homes)
            waiting += [(row, other, copy.deepcopy(forest)) for other in others]
            if homes and hours.is_on[row, homes[0]]:
                score[row, homes] = forest.take(_point(lack, row, homes[0]))
            row += 1
    return score


def _alike(lack: Floats, is_on: Bools, row: int, homes: Sequence[int]) -> list[list[int]]:
    """Return the homes by this hour's value, the largest group first; one empty group for none."""
    groups: dict[tuple[bool, float], list[int]] = {}
    for home in homes:
        groups.setdefault((bool(is_on[row, home]), float(lack[row, home])), []).append(home)
    return sorted(groups.values(), key=len, reverse=True) or [[]]


def _point(lack: Floats, row: int, home: int) -> Floats:
    known = lack[max(row - _SHINGLE + 1, 0) : row + 1, home]
    return np.concatenate([np.zeros(_SHINGLE - len(known)), known])
