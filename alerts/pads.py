"""What pads and contacts say now: taken or left, open or shut, and signs away from a seat.

Several detectors read it, so it moves on after all of them have folded the same signs.
"""

import numpy as np

from alerts.detect.columns import MINUTE_US
from alerts.detect.fold import Signs
from alerts.detect.things import NO
from alerts.scene import Scene


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Take the signs of rows ``start`` to ``stop``, in time order."""
    state, things, rows = scene.state, scene.roster.things, slice(start, stop)
    sensor, home = signs.sensor[rows], signs.home[rows]
    time_us, value = signs.time_us[rows], signs.value[rows]
    seat = things.sensor_seat[sensor]
    on = np.flatnonzero(seat != NO)
    if len(on):
        state.seat_us[seat[on], home[on]] = time_us[on]
        state.is_taken[seat[on], home[on]] = value[on] > 0
    for row, is_away in enumerate(things.is_away):
        if not len(things.seat_homes[row]):
            continue
        away = is_away[sensor]
        known = state.elsewhere_us[row, home[away]]
        state.elsewhere_us[row, home[away]] = np.maximum(known, time_us[away])
    exits = scene.roster.sensor_is_exit[sensor]
    state.exit_min[home[exits]] = time_us[exits] // MINUTE_US
    opens = scene.roster.is_contact[sensor]
    if opens.any():
        since = np.where(value[opens] > 0, time_us[opens] // MINUTE_US, 0)
        state.opened_min[sensor[opens]] = since


def fold_late(scene: Scene, signs: Signs) -> None:
    """Take late signs: a change of a pad or contact is told late only where it is news."""
    fold(scene, signs, 0, len(signs.home))


def decide(scene: Scene) -> None:
    """Nothing: it is known for others."""


def learn(scene: Scene) -> None:
    """Nothing: it is known for others."""
