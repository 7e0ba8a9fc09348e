"""Which real homes set the simulator's parameters and which judge it, and in what measure.

Two halves of few homes may differ by luck far more than two halves usually do; then nothing that
is learned from one could pass for the other. So of many random splits the most usual one is
taken: the rule sees recorded homes only, and knows nothing of simulated ones.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim.energy import split_distances, splits
from sensors_sim.lives import Floats
from sensors_sim.realism import GROUP, Group

SPLITS: Final = 200
WHOLE: Final = "whole"
GROUPS: Final = (WHOLE, *(group.value for group in Group))

_SEED: Final = 4
_SAME: Final = 1e-9
_LEAST: Final = 0.25


class Half(StrEnum):
    """Which real homes simulated ones are held against."""

    CALIBRATION = "calibration"
    JUDGED = "judged"


@dataclass(frozen=True, slots=True)
class Halves:
    """Rows of the homes that calibrate and of those that judge, intp[size] each.

    ``scale`` is what each statistic is divided by. Of each of ``GROUPS``: ``yardsticks``, the
    median distance between two random sets of homes, and ``apart``, how many yardsticks these
    two halves are from each other.
    """

    calibration: NDArray[np.intp]
    judged: NDArray[np.intp]
    scale: Floats
    yardsticks: Floats
    apart: Floats

    def rows(self, half: Half) -> NDArray[np.intp]:
        """Return the rows of one half."""
        return self.judged if half is Half.JUDGED else self.calibration


def usual_halves(values: Floats) -> Halves:
    """Return the most usual of ``SPLITS`` random splits of these homes in two.

    It is the one whose distances, each over the median of all splits, are nearest to 1: the
    largest |logarithm| of any group is least. The first set of the pair calibrates and sets the
    scale, so that nothing that is measured is known beforehand.
    """
    pairs = splits(len(values), len(values) // 2, SPLITS, np.random.default_rng(_SEED))
    found = [_halves(values, pairs, number) for number in range(len(pairs))]
    return min(found, key=lambda one: float(np.abs(np.log(one.apart)).max()))


def _halves(values: Floats, pairs: NDArray[np.intp], number: int) -> Halves:
    calibration, judged = (np.sort(rows) for rows in pairs[number])
    scale = scales(values[calibration])
    between = np.array([split_distances(of_group(values / scale, name), pairs) for name in GROUPS])
    yardsticks = np.median(between, axis=1)
    return Halves(calibration, judged, scale, yardsticks, between[:, number] / yardsticks)


def scales(values: Floats) -> Floats:
    """Return what to divide each statistic by: its standard deviation over these homes.

    A statistic in which few homes differ by little would outweigh all others, so it counts at
    least a quarter of its group's median.
    """
    spread: Floats = np.std(values, axis=0)
    for group in Group:
        mine = group.value == GROUP
        varied = spread[mine & (spread > _SAME)]
        least = np.median(varied) * _LEAST if len(varied) else 1.0
        spread[mine] = np.maximum(spread[mine], least)
    return spread


def of_group(values: Floats, group: str) -> Floats:
    """Return the columns of a group; in the whole vector every group weighs the same."""
    if group != WHOLE:
        mine: Floats = values[:, group == GROUP]
        return mine
    _, row, count = np.unique(GROUP, return_inverse=True, return_counts=True)
    weighed: Floats = values / np.sqrt(count.astype(np.float64)[row])
    return weighed
