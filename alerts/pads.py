"""What pads and contacts say now: taken or left, open or shut, and signs away from a seat.

Several detectors read it, so it moves on after all of them have folded the same signs.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import MINUTE_US, Ints, rows_where
from alerts.detect.roles import OFF_SEAT, SEAT, Role, plays
from alerts.detect.streams import Signs
from alerts.scene import Scene

HEARS: Final = Role.BED | Role.CHAIR | Role.OFF_BED | Role.OFF_CHAIR | Role.CONTACT | Role.EXIT


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Take the signs of rows ``start`` to ``stop``; those of a home are in time order."""
    _take(scene, signs, slice(start, stop))
    rows = slice(start, stop)
    home, roles, time_us = signs.home[rows], signs.roles[rows], signs.time_us[rows]
    for row, last in _elsewhere(scene):
        off = rows_where(plays(roles, OFF_SEAT[row]))
        last[home.take(off)] = time_us.take(off)  # newer than all that were told before


def _elsewhere(scene: Scene) -> list[tuple[int, Ints]]:
    """Return the seats that homes have, by row, with when something moved away from them last."""
    homes, last = scene.roster.things.seat_homes, scene.state.elsewhere_us
    return [(row, last[row]) for row in range(len(SEAT)) if len(homes[row])]


def _take(scene: Scene, signs: Signs, rows: slice) -> None:
    """Take what seats, doors and windows say."""
    state = scene.state
    home, roles = signs.home[rows], signs.roles[rows]
    time_us, value = signs.time_us[rows], signs.value[rows]
    for row in range(len(SEAT)):
        if not len(scene.roster.things.seat_homes[row]):
            continue
        on = rows_where(plays(roles, SEAT[row]))
        state.seat_us[row][home[on]] = time_us[on]
        state.is_taken[row][home[on]] = value[on] > 0
    exits = rows_where(plays(roles, Role.EXIT))
    state.exit_min[home[exits]] = time_us[exits] // MINUTE_US
    opens = rows_where(plays(roles, Role.CONTACT))
    if len(opens):
        since = np.where(value[opens] > 0, time_us[opens] // MINUTE_US, 0)
        state.opened_min[signs.sensor[rows][opens]] = since


def fold_late(scene: Scene, signs: Signs) -> None:
    """Take late signs: a change of a pad or contact is told late only where it is news."""
    _take(scene, signs, slice(None))
    for row, last in _elsewhere(scene):
        off = rows_where(plays(signs.roles, OFF_SEAT[row]))
        away = signs.home.take(off)
        last[away] = np.maximum(last.take(away), signs.time_us.take(off))


def decide(scene: Scene) -> None:
    """Nothing: it is known for others."""


def learn(scene: Scene) -> None:
    """Nothing: it is known for others."""
