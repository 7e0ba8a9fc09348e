"""Pauses as columns: which homes are not watched at a moment, and where that changes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alerts.detect.columns import Bools, Ints, Rows
from config.pauses import Pause, PauseReason

REASONS = tuple(reason.value for reason in PauseReason)


@dataclass(frozen=True, slots=True)
class Pauses:
    """n pauses: whose, from when until when, when its end is told of, and why.

    ``stop_us`` is before ``until_us`` where a person ended it early.
    """

    home: Rows
    from_us: Ints
    stop_us: Ints
    until_us: Ints
    notice_us: Ints
    reason: Rows


def columns(pauses: Sequence[Pause]) -> Pauses:
    """Return the pauses as columns."""
    return Pauses(
        np.array([p.home for p in pauses], np.intp),
        np.array([p.from_us for p in pauses], np.int64),
        np.array([p.stop_us for p in pauses], np.int64),
        np.array([p.until_us for p in pauses], np.int64),
        np.array([p.notice_us for p in pauses], np.int64),
        np.array([REASONS.index(p.reason) for p in pauses], np.intp),
    )


def is_paused(pauses: Pauses, homes: int, at_us: int) -> Bools:
    """Return bool[homes]: whether each is paused at this moment."""
    found = np.zeros(homes, np.bool_)
    found[pauses.home[(pauses.from_us <= at_us) & (at_us < pauses.stop_us)]] = True
    return found


def cuts(pauses: Pauses, others_us: Ints, before_us: int, ticks_us: Ints) -> list[int]:
    """Return the positions of ticks by which another home is paused than by the tick before.

    ``before_us`` is the tick before the first of ``ticks_us``; other things change at
    ``others_us``.
    """
    edges = np.concatenate([pauses.from_us, pauses.stop_us, others_us])
    edges = edges[(edges > before_us) & (edges <= ticks_us[-1])]
    found: list[int] = np.unique(np.searchsorted(ticks_us, edges, side="left")).tolist()
    return found
