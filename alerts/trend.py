"""Slow change, for review and never an alarm: days that move by hours, or hold less movement."""

from dataclasses import replace
from typing import Final

import numpy as np

from alerts.alert import AlertKind
from alerts.detect import change
from alerts.detect.columns import DAY_US, Floats, Rows, rows_where
from alerts.detect.roles import EVERYTHING
from alerts.detect.streams import Signs
from alerts.detect.usual import EIGHT_IN_TEN
from alerts.findings_nights import Change, less_movement, sleep_shift
from alerts.scene import Scene
from alerts.turns import blocks, homes_that_pass

KINDS: Final = frozenset({AlertKind.SLEEP_SHIFT, AlertKind.LESS_MOVEMENT})
HEARS: Final = EVERYTHING
_LATER, _EARLIER, _FEWER = range(3)
_FIGURE: Final = (change.SHIFT, change.SHIFT, change.FEWER)
_LIMIT: Final = ("shift_limit", "shift_limit", "fewer_limit")
_ONE: Final = np.float32(1)
"""Of the column's own type: numpy is far slower with others."""

_MANY: Final = 16
"""Homes a sign from which on looking at every home costs more than at every sign."""

_REST: Final = 28
"""Days in which a change that was told is not told again: it is reviewed, not repeated."""


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Count the signs of the day."""
    home, day_signs = signs.home[start:stop], scene.state.day_signs
    if len(home) * _MANY < len(day_signs):
        np.add.at(day_signs, home, _ONE)
    else:  # counts are whole, and exact either way
        day_signs += np.bincount(home, minlength=len(day_signs)).astype(np.float32)


def fold_late(scene: Scene, signs: Signs) -> None:
    """Count nothing: a day is judged by what was known when it ended."""


def decide(scene: Scene) -> None:
    """Note the homes that cannot be seen: their day teaches nothing."""
    if scene.is_regular:
        scene.state.is_day_hidden |= ~scene.counted


def learn(scene: Scene) -> None:
    """Judge and learn the local day that has just ended."""
    homes = homes_that_pass(scene, 0)
    if not len(homes):
        return
    state = scene.state
    count, gain = np.empty(len(homes)), np.empty((2, len(homes)))
    first = 0
    for block in blocks(homes, len(state.sign_us)):
        has_sign = state.has_sign[:, block]
        mine = slice(first, first + has_sign.shape[1])
        count[mine] = change.count_bins(has_sign)
        gain[:, mine] = change.shift_gain(has_sign, state.rate[:, block])
        first = mine.stop
    is_valid = (count >= change.LEAST_BINS) & ~state.is_day_hidden[homes]
    fewer = -np.log1p(state.day_signs[homes].astype(np.float64))
    for row, value in enumerate((*gain, fewer)):
        _judge(scene, row, homes[is_valid], value[is_valid])
    state.day_signs[homes], state.is_day_hidden[homes] = 0, False


def _judge(scene: Scene, row: int, homes: Rows, value: Floats) -> None:
    state, figure = scene.state, _FIGURE[row]
    before = change.Usual(
        state.change_days[row, homes].astype(np.float64),
        state.change_total[row, homes].astype(np.float64),
        state.change_squares[row, homes].astype(np.float64),
        state.change_score[row, homes].astype(np.float64),
        state.change_seen[row, homes].astype(np.float64),
    )
    after = change.end_day(value, np.ones(len(homes), np.bool_), before, figure)
    limit = scene.tuned(_LIMIT[row], homes)
    run = np.where(after.score > 0, state.change_run[row, homes].astype(np.int64) + 1, 0)
    rest = np.maximum(state.change_rest[row, homes].astype(np.int64) - 1, 0)
    is_over = after.score > limit
    is_told = is_over & (rest == 0)
    usual, told = change.mean(before, figure), rows_where(is_told)
    around = EIGHT_IN_TEN * change.spread(before, figure) if len(told) else usual
    for at in told.tolist():
        numbers = Change(
            int(run[at]),
            float(value[at]),
            float(usual[at]),
            float(usual[at] - around[at]),
            float(usual[at] + around[at]),
            float(before.score[at]),
            float(after.score[at]),
            float(limit[at]),
        )
        _raise(scene, row, int(homes[at]), numbers)
    # Fewer signs than in its first weeks may be the new usual: it is learned anew once told.
    forget = is_told & (row == _FEWER)
    state.change_days[row, homes] = np.where(forget, 0, after.days)
    state.change_total[row, homes] = np.where(forget, 0, after.total)
    state.change_squares[row, homes] = np.where(forget, 0, after.squares)
    state.change_seen[row, homes] = np.where(forget, 0, np.minimum(after.seen, 255))
    state.change_score[row, homes] = np.where(is_over, 0, after.score)
    state.change_run[row, homes] = np.where(is_over, 0, np.minimum(run, 255))
    state.change_rest[row, homes] = np.where(is_told, _REST, rest)


def _raise(scene: Scene, row: int, home: int, numbers: Change) -> None:
    value, day_us = scene.home(home), scene.now_us - numbers.days * DAY_US
    if row == _FEWER:
        # Of minus the logarithm: the lowest is the highest count of signs.
        told = replace(
            numbers,
            today=float(np.expm1(-numbers.today)),
            usual=float(np.expm1(-numbers.usual)),
            usual_low=max(float(np.expm1(-numbers.usual_high)), 0.0),
            usual_high=float(np.expm1(-numbers.usual_low)),
        )
        scene.actions.append(less_movement(value, day_us, scene.now_us, told))
    else:
        is_later = row == _LATER
        scene.actions.append(sleep_shift(value, day_us, scene.now_us, numbers, is_later=is_later))
