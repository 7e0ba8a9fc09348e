"""Cold homes: raised after the dwell, eased when it is warm again."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect.cold import (
    DANGER_DWELL_US,
    REVIEW_DWELL_US,
    below_since,
    is_cold,
    warmest,
)
from alerts.detect.columns import NEVER
from alerts.findings import cold
from alerts.lifecycle import Event
from alerts.scene import Scene

_KINDS: Final = (AlertKind.COLD_HOME, AlertKind.VERY_COLD_HOME)
_DWELL_US: Final = (REVIEW_DWELL_US, DANGER_DWELL_US)


def watch_warmth(scene: Scene) -> None:
    """Raise homes whose warmest room is below a limit; the lower limit covers the higher."""
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    thermometer = roster.thermometer
    if not len(thermometer):
        return
    top = warmest(
        state.celsius,
        state.celsius_us,
        thermometer,
        roster.sensor_home[thermometer],
        len(state.sign_us),
        now_us,
    )
    covered = np.zeros(len(top), np.bool_)
    for level in (1, 0):
        below = below_since(state.below_us[level], top, roster.cold_c[level], now_us)
        state.below_us[level] = below
        raised = state.cold_us[level]
        hit = is_cold(below, top, _DWELL_US[level], now_us) & roster.home_is_active
        for home in np.flatnonzero((raised != NEVER) & (below == NEVER)).tolist():
            id_ = alert_id(scene.home(home).id, _KINDS[level], int(raised[home]))
            scene.actions.append(Step(Event.EASE, id_, "warm again, please confirm"))
            raised[home] = NEVER
        for home in np.flatnonzero(hit & ~covered & (raised == NEVER)).tolist():
            value, limit_c = scene.home(home), float(roster.cold_c[level][home])
            zone, onset_us = scene.zone(value.place), int(below[home])
            scene.actions.append(
                cold(value, zone, _KINDS[level], onset_us, now_us, float(top[home]), limit_c)
            )
            raised[home] = onset_us
        covered |= hit
