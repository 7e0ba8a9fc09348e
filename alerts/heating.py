"""Heating that failed: a home falls behind its own day's course, with nothing open."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import cold, spell, unheated
from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Floats, Halves, Rows, rows_where
from alerts.detect.groups import place_in_turn
from alerts.detect.roles import Role, plays
from alerts.detect.streams import Signs
from alerts.detect.usual import EIGHT_IN_TEN
from alerts.findings_things import HeatNumbers, heating_failed
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import turns

_KIND: Final = AlertKind.HEATING_FAILED
KINDS: Final = frozenset({_KIND})
HEARS: Final = Role.CONTACT
_FRESH_US: Final = 75 * MINUTE_US
_AIRS_MIN: Final = 5
"""Open for less is somebody who passes, or a fridge."""

_OPEN_MOST_MIN: Final = 12 * 60
"""Open for longer explains nothing any more: a contact that fell off its window."""

_EXPLAINS_US: Final = 2 * HOUR_US
_BEHIND_K: Final = 0.3
_EASED_K: Final = 1.0


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Note doors and windows that are shut after they stood open."""
    rows = slice(start, stop)
    sensor, state = signs.sensor[rows], scene.state
    on = rows_where(plays(signs.roles[rows], Role.CONTACT))
    if not len(on):
        return
    sensor, time_us = sensor[on], signs.time_us[rows][on] // MINUTE_US * MINUTE_US
    contact, pad = np.unique(sensor, return_inverse=True)
    opened = state.opened_min[contact].astype(np.int64)
    before = np.where(opened > 0, opened * MINUTE_US, NEVER)
    of = spell.find_changes(pad, time_us, before, NEVER)
    shut = (signs.value[rows][on] == 0) & (of.lasted_us >= _AIRS_MIN * MINUTE_US)
    shut &= of.lasted_us < _OPEN_MOST_MIN * MINUTE_US
    state.aired_us[signs.home[rows][on][shut]] = time_us[shut]


def fold_late(scene: Scene, signs: Signs) -> None:
    """Nothing: the hour that a late reading of a door explains has been judged."""


def decide(scene: Scene) -> None:
    """Let an hour pass for the homes whose turn it is; raise and ease what follows."""
    for turn in turns(scene):
        thermometers = scene.roster.thermometer_turns[turn]
        if len(thermometers):
            _pass_hour(scene, turn, thermometers)


def learn(scene: Scene) -> None:
    """Nothing more: the course of a day is learned with every hour."""


def _pass_hour(scene: Scene, turn: int, thermometers: Rows) -> None:
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    homes = roster.thermometer_homes[turn]
    dense = place_in_turn(roster.sensor_home[thermometers], roster.homes_a_turn)
    size = int(dense.max()) + 1
    top = cold.warmest(
        state.celsius, state.celsius_us, thermometers, dense, size, now_us, _FRESH_US
    )[place_in_turn(homes, roster.homes_a_turn)]
    gained = top - state.hour_end_c[homes]
    state.hour_end_c[homes] = top
    _note_open(scene, roster.contact_turns[turn])
    usual = _usual_gain(scene, homes)
    course = unheated.Course(
        usual.astype(np.float64),
        state.hour_spread[homes].astype(np.float64),
        state.short_k[homes].astype(np.float64),
    )
    is_told = state.unheated_us[homes] != NEVER
    aired = state.aired_us[homes] > now_us - _EXPLAINS_US
    after, learned = unheated.pass_hour(course, gained, aired, is_told)
    _keep_gain(scene, homes, after.gain)
    state.hour_spread[homes] = after.spread
    state.short_k[homes] = after.short_k
    state.warm_hours[homes] = np.minimum(state.warm_hours[homes] + learned, unheated.HOURS)
    behind = after.short_k > _BEHIND_K
    began = np.where(state.short_us[homes] == NEVER, now_us - HOUR_US, state.short_us[homes])
    state.short_us[homes] = np.where(behind, began, NEVER)
    _ease(scene, homes[is_told & (after.short_k < _EASED_K)])
    _raise(scene, homes, top, gained, after, ~aired & ~is_told)


def _usual_gain(scene: Scene, homes: Rows) -> Halves:
    if len(scene.offsets) == 1:
        gain: Halves = scene.state.hour_gain[int(scene.zone_bin[0]) // 4][homes]
    else:
        gain = scene.state.hour_gain[scene.zone_bin[scene.roster.home_zone[homes]] // 4, homes]
    return gain


def _keep_gain(scene: Scene, homes: Rows, gain: Floats) -> None:
    if len(scene.offsets) == 1:
        scene.state.hour_gain[int(scene.zone_bin[0]) // 4][homes] = gain
    else:
        hour = scene.zone_bin[scene.roster.home_zone[homes]] // 4
        scene.state.hour_gain[hour, homes] = gain


def _note_open(scene: Scene, contacts: Rows) -> None:
    """A contact that has stood open for minutes airs its home now."""
    state = scene.state
    opened = state.opened_min[contacts]
    for_min = scene.now_us // MINUTE_US - opened
    is_open = (opened > 0) & (for_min >= _AIRS_MIN) & (for_min < _OPEN_MOST_MIN)
    state.aired_us[scene.roster.sensor_home[contacts[is_open]]] = scene.now_us


def _raise(
    scene: Scene,
    homes: Rows,
    top: Floats,
    gained: Floats,
    after: unheated.Course,
    may: Bools,
) -> None:
    state, roster = scene.state, scene.roster
    rows = rows_where(may & (after.short_k > 0) & (gained < 0))
    homes, top, gained = homes[rows], top[rows], gained[rows]
    after = unheated.Course(after.gain[rows], after.spread[rows], after.short_k[rows])
    limit = unheated.limit_k(after.spread, scene.tuned("heating_short_k", homes))
    below = roster.tuned("heating_below_c", homes)
    can = roster.home_is_active[homes] & (state.reason[homes] == 0) & ~state.is_out[homes]
    can &= state.warm_hours[homes] >= unheated.HOURS
    due = can & (after.short_k > limit) & (top < below)
    around = EIGHT_IN_TEN * unheated.spread_k(after.spread)
    for at in rows_where(due).tolist():
        home = int(homes[at])
        value, since_us = scene.home(home), int(state.short_us[home])
        numbers = HeatNumbers(
            since_us,
            float(top[at]),
            float(gained[at]),
            float(after.gain[at] - around[at]),
            float(after.gain[at] + around[at]),
            float(after.short_k[at]),
            float(limit[at]),
            float(below[at]),
        )
        zone = scene.zone(value.place)
        scene.actions.append(heating_failed(value, zone, scene.now_us, numbers))
        state.unheated_us[home] = since_us


def _ease(scene: Scene, homes: Rows) -> None:
    state = scene.state
    for home in homes.tolist():
        id_ = alert_id(scene.home(home).id, _KIND, int(state.unheated_us[home]))
        scene.actions.append(Step(Event.EASE, id_, "as warm as usual again, please confirm"))
        state.unheated_us[home] = NEVER
