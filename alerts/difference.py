"""What other settings change: alerts added, removed, earlier, later. Pure.

Two alerts are the same when they have the same id. A condition whose onset other settings put
elsewhere (a home is below 19 degrees before it is below 18) is found by its subject and kind,
raised within ``NEAR_US``: the nearest, each once.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.detect.columns import HOUR_US, NEVER, Ints
from alerts.past import Alerts, Texts

NEAR_US: Final = 12 * HOUR_US


class Change(StrEnum):
    """What became of an alert."""

    ADDED = "added"
    REMOVED = "removed"
    EARLIER = "earlier"
    LATER = "later"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Changes:
    """n alerts of either side, by moment raised; a time is NEVER on the side that has none."""

    change: Texts
    id: Texts
    subject: Texts
    kind: Texts
    priority: Texts
    before_us: Ints
    after_us: Ints
    sentence: Texts

    def __len__(self) -> int:
        return len(self.change)

    def count(self, change: Change) -> int:
        """Return how many alerts changed in this way."""
        return int((self.change == change.value).sum())


def compare(before: Alerts, after: Alerts) -> Changes:
    """Return every alert of both, once each; sentences are those of ``after`` where it has one."""
    old, new = pairs(before, after)
    lone_old = np.setdiff1d(np.arange(len(before)), old)
    lone_new = np.setdiff1d(np.arange(len(after)), new)
    moved = after.raised_us[new] - before.raised_us[old]
    change = np.select(
        [moved < 0, moved > 0], [Change.EARLIER.value, Change.LATER.value], Change.SAME.value
    )
    never_old, never_new = np.full(len(lone_old), NEVER), np.full(len(lone_new), NEVER)
    said = {
        name: np.concatenate(
            [
                getattr(after, name)[new],
                getattr(before, name)[lone_old],
                getattr(after, name)[lone_new],
            ]
        )
        for name in ("id", "subject", "kind", "priority", "sentence")
    }
    before_us = np.concatenate([before.raised_us[old], before.raised_us[lone_old], never_new])
    after_us = np.concatenate([after.raised_us[new], never_old, after.raised_us[lone_new]])
    lone = [Change.REMOVED.value] * len(lone_old) + [Change.ADDED.value] * len(lone_new)
    order = np.lexsort((said["id"], np.maximum(before_us, after_us)))
    return Changes(
        np.concatenate([change, np.array(lone, np.str_)])[order],
        said["id"][order],
        said["subject"][order],
        said["kind"][order],
        said["priority"][order],
        before_us[order],
        after_us[order],
        said["sentence"][order],
    )


def pairs(before: Alerts, after: Alerts) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows of ``before`` and of ``after`` that are the same condition."""
    _, old, new = np.intersect1d(before.id, after.id, assume_unique=True, return_indices=True)
    more_old, more_new = _nearest(before, after, old, new)
    return np.concatenate([old, more_old]), np.concatenate([new, more_new])


def is_identical(before: Alerts, after: Alerts) -> bool:
    """Return whether both hold the same alerts: ids, kinds, times, returns and sentences."""
    return all(
        np.array_equal(getattr(before, name), getattr(after, name)) for name in Alerts.__slots__
    )


def _nearest(
    before: Alerts, after: Alerts, old: NDArray[np.intp], new: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair what has no namesake: the nearest of the same subject and kind, each once."""
    free_old = np.setdiff1d(np.arange(len(before)), old)
    free_new = np.setdiff1d(np.arange(len(after)), new)
    keys = np.unique(
        np.concatenate([_key(before, free_old), _key(after, free_new)]), return_inverse=True
    )[1]
    of_old, of_new = keys[: len(free_old)], keys[len(free_old) :]
    found: list[tuple[int, int, int]] = []
    for key in np.intersect1d(of_old, of_new).tolist():
        left, right = free_old[of_old == key], free_new[of_new == key]
        apart = np.abs(before.raised_us[left][:, None] - after.raised_us[right][None, :])
        rows, columns = np.nonzero(apart <= NEAR_US)
        found += zip(
            apart[rows, columns].tolist(), left[rows].tolist(), right[columns].tolist(), strict=True
        )
    taken: dict[int, int] = {}
    for _, a, b in sorted(found):
        if a not in taken and b not in taken.values():
            taken[a] = b
    return np.array(list(taken), np.intp), np.array(list(taken.values()), np.intp)


def _key(alerts: Alerts, rows: NDArray[np.intp]) -> Texts:
    return np.char.add(np.char.add(alerts.subject[rows], "\x1f"), alerts.kind[rows])
