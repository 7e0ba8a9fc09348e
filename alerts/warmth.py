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
    lowest,
    warmest,
)
from alerts.detect.columns import NEVER, Rows, rows_where
from alerts.due import spread
from alerts.findings import Warmth, cold
from alerts.lifecycle import Event
from alerts.scene import Scene

_KINDS: Final = (AlertKind.COLD_HOME, AlertKind.VERY_COLD_HOME)
_DWELL_US: Final = (REVIEW_DWELL_US, DANGER_DWELL_US)


def watch_warmth(scene: Scene) -> None:
    """Raise homes whose warmest room is below a limit; the lower limit covers the higher."""
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    homes = rows_where(scene.due.may_be_cold)
    if not len(homes):
        return
    rooms = rooms_of(scene, homes)
    warmest_c = warmest(state.celsius, state.celsius_us, *rooms, len(homes), now_us)
    covered = np.zeros(len(homes), np.bool_)
    for level in (1, 0):
        limit = roster.cold_c[level, homes]
        below = below_since(state.below_us[level, homes], warmest_c, limit, now_us)
        state.below_us[level, homes] = below
        raised = state.cold_us[level, homes]
        hit = is_cold(below, warmest_c, _DWELL_US[level], now_us) & roster.home_is_active[homes]
        for home in homes[(raised != NEVER) & (below == NEVER)].tolist():
            id_ = alert_id(scene.home(home).id, _KINDS[level], int(state.cold_us[level, home]))
            scene.actions.append(Step(Event.EASE, id_, "warm again, please confirm"))
            state.cold_us[level, home] = NEVER
        for at in rows_where(hit & ~covered & (state.cold_us[level, homes] == NEVER)).tolist():
            home, onset_us = int(homes[at]), int(below[at])
            value, celsius = scene.home(home), float(warmest_c[at])
            numbers = Warmth(onset_us, celsius, float(limit[at]), _DWELL_US[level])
            zone = scene.zone(value.place)
            scene.actions.append(cold(value, zone, _KINDS[level], now_us, numbers))
            state.cold_us[level, home] = onset_us
        covered |= hit
    # One room that stays cold may be all that is known when a warmer one is not heard any more.
    stays = lowest(state.celsius, *rooms, len(homes)) < roster.cold_most_c
    stays |= (state.below_us[:, homes] != NEVER).any(axis=0)
    scene.due.may_be_cold[homes] = stays | (state.cold_us[:, homes] != NEVER).any(axis=0)


def rooms_of(scene: Scene, homes: Rows) -> tuple[Rows, Rows]:
    """Return (thermometers of these homes, the row in ``homes`` of each)."""
    roster = scene.roster
    start = roster.home_thermometer_start
    sensors = roster.thermometers_by_home[spread(start, homes)]
    return sensors, np.repeat(np.arange(len(homes)), start[homes + 1] - start[homes])
