"""Out at night: a door that leads out was used, and nothing has moved inside since."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import leaving
from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Ints, Rows, rows_where
from alerts.detect.roles import EVERYTHING, Role, plays
from alerts.detect.streams import Signs
from alerts.findings_nights import DoorAtNight, out_at_night
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import homes_that_pass, is_any_between

_FIRST_BIN, _ENDS_BIN = 1 * 4, 6 * 4
_ENDS_US: Final = 6 * HOUR_US
_DAY_US: Final = 24 * HOUR_US
_KIND: Final = AlertKind.OUT_AT_NIGHT
KINDS: Final = frozenset({_KIND})
HEARS: Final = EVERYTHING


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Note the doors of these signs; a sign inside eases what stands."""
    state, rows = scene.state, slice(start, stop)
    if not _may_change(scene, signs.bin[rows]):
        return
    is_door = plays(signs.roles[rows], Role.DOOR)
    home = signs.home[rows]
    homes, left_us = leaving.find_left(
        home, signs.time_us[rows], is_door, signs.bin[rows], state.left_us
    )
    state.left_us[homes] = left_us
    back = home[~is_door & (state.leave_us[home] != NEVER)]
    if len(back):
        _end(scene, np.unique(back), Event.EASE, "moving inside again")


def _may_change(scene: Scene, bin_: Ints) -> bool:
    """Return whether signs can change anything: by day only where a door of the night stands."""
    state = scene.state
    if ((bin_ >= leaving.FIRST_BIN) & (bin_ < leaving.LAST_BIN)).any():
        return True
    return bool((state.left_us != NEVER).any() or (state.leave_us != NEVER).any())


def fold_late(scene: Scene, signs: Signs) -> None:
    """Take late signs inside: one before the alert was raised contradicts it."""
    state = scene.state
    is_inside = ~plays(signs.roles, Role.DOOR)
    home, time_us = signs.home[is_inside], signs.time_us[is_inside]
    raised = state.leave_us[home] != NEVER
    is_wrong = raised & (time_us > state.leave_us[home]) & (time_us <= state.leave_found_us[home])
    is_back = raised & (time_us > state.leave_found_us[home])
    state.left_us[home[time_us > state.left_us[home]]] = NEVER
    wrong = np.unique(home[is_wrong])
    _end(scene, wrong, Event.CONTRADICT, "late data shows a sign inside since")
    _end(scene, np.setdiff1d(home[is_back], wrong), Event.EASE, "moving inside again")


def is_watching(scene: Scene) -> bool:
    """Return whether it is night anywhere, so that every tick counts."""
    return is_any_between(scene, _FIRST_BIN, _ENDS_BIN)


def decide(scene: Scene) -> None:
    """Raise homes in which nothing has moved for the wait after a door at night."""
    state, roster = scene.state, scene.roster
    if not is_watching(scene):
        return
    left = rows_where(state.left_us != NEVER)
    left = left[~state.has_left[left] & scene.counted[left]]
    if not len(left):
        return
    wait_us = roster.tuned("night_door_wait_min", left) * MINUTE_US
    is_due = scene.now_us - state.left_us[left] >= wait_us
    due, wait_us = left[is_due], wait_us[is_due]
    state.has_left[due] = True
    usual = leaving.share(state.left_nights[due], state.door_nights[due])
    limit = scene.tuned("night_door_share", due)
    needed = leaving.NIGHTS - 0.5
    hit = (usual < limit) & (state.door_nights[due] > needed)
    for row in rows_where(hit).tolist():
        home = int(due[row])
        value, left_us = scene.home(home), int(state.left_us[home])
        door = DoorAtNight(
            left_us,
            int(wait_us[row]),
            float(usual[row]),
            float(limit[row]),
            float(state.door_nights[home]),
            needed,
        )
        scene.actions.append(out_at_night(value, scene.zone(value.place), scene.now_us, door))
        state.leave_us[home], state.leave_found_us[home] = left_us, scene.now_us


def learn(scene: Scene) -> None:
    """Learn at 06:00 whether the door was used so in the night."""
    homes = homes_that_pass(scene, _ENDS_US)
    if not len(homes):
        return
    state = scene.state
    is_seen = scene.counted[homes] & scene.roster.rooms.home_has_door[homes]
    is_seen &= state.sign_us[homes] > scene.now_us - _DAY_US
    state.left_nights[homes], state.door_nights[homes] = leaving.end_night(
        state.left_nights[homes], state.door_nights[homes], state.has_left[homes], is_seen
    )
    state.has_left[homes], state.left_us[homes] = False, NEVER


def standing(scene: Scene) -> list[str]:
    """Return the ids of alerts that are still true now, in order of home number."""
    state = scene.state
    homes = rows_where(state.leave_us != NEVER)
    homes = homes[scene.counted[homes]]
    return [_id(scene, state.leave_us, home) for home in homes.tolist()]


def _id(scene: Scene, onset: Ints, home: int) -> str:
    return alert_id(scene.home(home).id, _KIND, int(onset[home]))


def _end(scene: Scene, homes: Rows, event: Event, note: str) -> None:
    state = scene.state
    for home in homes.tolist():
        scene.actions.append(Step(event, _id(scene, state.leave_us, home), note))
        state.leave_us[home] = NEVER
