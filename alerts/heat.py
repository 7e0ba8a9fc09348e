"""Hot homes: raised when even the coolest room has been above a limit, eased when it is cooler."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import cold
from alerts.detect.columns import NEVER, Bools, Floats, Rows, rows_where
from alerts.detect.roles import NOTHING
from alerts.detect.streams import Signs
from alerts.findings import Warmth, hot
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.warmth import rooms_of

_KINDS: Final = (AlertKind.HOT_HOME, AlertKind.VERY_HOT_HOME)
_LIMITS: Final = ("hot_review_c", "hot_danger_c")
_DWELL_US: Final = (cold.REVIEW_DWELL_US, cold.DANGER_DWELL_US)
KINDS: Final = frozenset(_KINDS)
HEARS: Final = NOTHING


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Nothing: temperatures are folded for all."""


def fold_late(scene: Scene, signs: Signs) -> None:
    """Nothing: temperatures are folded for all."""


def decide(scene: Scene) -> None:
    """Raise homes whose coolest room is above a limit; the higher limit covers the lower.

    The coolest, because a cool bedroom is a refuge and an oven heats one kitchen. Heat is cold
    with the sign turned, hysteresis and freshness included.
    """
    if not scene.is_regular:
        return
    state, roster = scene.state, scene.roster
    has_any = rows_where(scene.due.may_be_hot)
    if not len(has_any):
        return
    sensors, row = rooms_of(scene, has_any)
    celsius, celsius_us = -state.celsius[sensors], state.celsius_us[sensors]
    room = np.arange(len(sensors))
    turned = cold.warmest(celsius, celsius_us, room, row, len(has_any), scene.now_us)
    covered = np.zeros(len(has_any), np.bool_)
    for level in (1, 0):
        limit = roster.tuned(_LIMITS[level], has_any)
        since = cold.below_since(state.above_us[level, has_any], turned, -limit, scene.now_us)
        state.above_us[level, has_any] = since
        hit = cold.is_cold(since, turned, _DWELL_US[level], scene.now_us)
        hit &= roster.home_is_active[has_any]
        raised = state.hot_us[level, has_any]
        for home in has_any[(raised != NEVER) & (since == NEVER)].tolist():
            id_ = alert_id(scene.home(home).id, _KINDS[level], int(state.hot_us[level, home]))
            scene.actions.append(Step(Event.EASE, id_, "cooler again, please confirm"))
            state.hot_us[level, home] = NEVER
        _raise(scene, level, hit & ~covered & (raised == NEVER), has_any, -turned, limit)
        covered |= hit
    stays = cold.lowest(celsius, room, row, len(has_any)) < -roster.hot_least_c
    stays |= (state.above_us[:, has_any] != NEVER).any(axis=0)
    scene.due.may_be_hot[has_any] = stays | (state.hot_us[:, has_any] != NEVER).any(axis=0)


def learn(scene: Scene) -> None:
    """Nothing: the limits are the place's."""


def _raise(
    scene: Scene, level: int, due: Bools, homes: Rows, coolest_c: Floats, limit_c: Floats
) -> None:
    for row in rows_where(due).tolist():
        home = int(homes[row])
        value, onset_us = scene.home(home), int(scene.state.above_us[level, home])
        celsius, limit = float(coolest_c[row]), float(limit_c[row])
        numbers = Warmth(onset_us, celsius, limit, _DWELL_US[level])
        zone = scene.zone(value.place)
        scene.actions.append(hot(value, zone, _KINDS[level], scene.now_us, numbers))
        scene.state.hot_us[level, home] = onset_us
