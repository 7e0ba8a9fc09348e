"""Devices that see nobody while the home is in use: evidence, hour by hour, that one is dead.

Homes take turns through the hour, so that no tick carries the fleet. What is raised of it is
a silent sensor, in ``plant.py``.
"""

from typing import Final

import numpy as np

from alerts.detect import missed
from alerts.detect.columns import HOUR_US, NEVER, Bools, Floats, Ints, Rows, rows_where
from alerts.detect.groups import place_in_turn
from alerts.detect.roles import EVERYTHING
from alerts.detect.streams import Signs
from alerts.due import FAR_US, NOW_S
from alerts.scene import Scene
from alerts.turns import turns

HEARS: Final = EVERYTHING


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Note which devices saw the person."""
    rows = slice(start, stop)
    lead = scene.roster.sensor_lead[signs.sensor[rows]]
    scene.state.fired_us[lead] = signs.time_us[rows]
    scene.state.chatter_min[lead] = 0


def fold_late(scene: Scene, signs: Signs) -> None:
    """Note which devices saw the person, where that is news."""
    lead = scene.roster.sensor_lead[signs.sensor]
    is_news = signs.time_us > scene.state.fired_us[lead]
    scene.state.chatter_min[lead[is_news]] = 0
    np.maximum.at(scene.state.fired_us, lead, signs.time_us)


def decide(scene: Scene) -> None:
    """Let an hour pass for the homes whose turn it is."""
    for turn in turns(scene):
        rows = scene.roster.device_turns[turn]
        if len(rows):
            _pass_hour(scene, rows)


def learn(scene: Scene) -> None:
    """Nothing more: what is usual is learned with every hour."""


def dead_devices(scene: Scene, rows: Rows) -> Bools:
    """Return, by row of a device, whether it missed more than chance and its past can explain."""
    state, roster = scene.state, scene.roster
    device, home = roster.device[rows], np.maximum(roster.device_home[rows], 0)
    suspect = rows_where(roster.device_is_person[rows] & (state.missed[device] > 0))
    dead = np.zeros(len(rows), np.bool_)
    if len(suspect):
        of = device[suspect]
        dead[suspect] = missed.is_dead(
            state.missed[of],
            state.missed_peak[of],
            state.fired_us[of],
            roster.tuned("dead_words", home[suspect]),
            roster.tuned("dead_hours", home[suspect]),
            scene.now_us,
        )
    return dead


def limits(scene: Scene, rows: Rows) -> tuple[Floats, Floats]:
    """Return, by row of a device, (times missed, hours): beyond both of them it counts as dead."""
    state, roster = scene.state, scene.roster
    home = np.maximum(roster.device_home[rows], 0)
    least, peak = roster.tuned("dead_words", home), state.missed_peak[roster.device[rows]]
    return np.maximum(least, 2 * peak), roster.tuned("dead_hours", home)


def dead_from(scene: Scene, rows: Rows) -> Ints:
    """Return, by row of a device, the moment before which it cannot count as dead.

    That is far off as long as it has missed too little: an hour that adds to it looks again.
    """
    roster = scene.roster
    from_us = np.full(len(rows), FAR_US, np.int64)
    may = rows_where(_has_missed(scene, rows))
    if len(may):
        hours = roster.tuned("dead_hours", roster.device_home[rows[may]])
        fired = scene.state.fired_us[roster.device[rows[may]]]
        from_us[may] = fired + (hours * HOUR_US).astype(np.int64)
    return from_us


def _has_missed(scene: Scene, rows: Rows) -> Bools:
    """Return, by row of a device that sees a person, whether it missed enough to be dead."""
    state, roster = scene.state, scene.roster
    device = roster.device[rows]
    result: Bools = (state.missed[device] > 0) & roster.device_is_person[rows]
    may = rows_where(result)
    home = np.maximum(roster.device_home[rows[may]], 0)
    least = np.maximum(roster.tuned("dead_words", home), 2 * state.missed_peak[device[may]])
    result[may] = (state.missed[device[may]] > least) & (roster.device_home[rows[may]] >= 0)
    return result


def _pass_hour(scene: Scene, rows: Rows) -> None:
    if len(scene.offsets) == 1:
        _pass_block(scene, rows, int(scene.zone_bin[0]) * missed.BLOCKS // 96)
        return
    block = scene.zone_bin[scene.roster.home_zone[scene.roster.device_home[rows]]]
    for one in np.unique(block * missed.BLOCKS // 96).tolist():
        _pass_block(scene, rows[block * missed.BLOCKS // 96 == one], one)


def _pass_block(scene: Scene, rows: Rows, block: int) -> None:
    """Let an hour of one quarter of the day pass for these devices: all of their homes."""
    state, roster, hour_ago = scene.state, scene.roster, scene.now_us - HOUR_US
    device, home = roster.device[rows], roster.device_home[rows]
    fired, is_sane = state.fired_us[device], state.chatter_min[device] == 0
    can = is_sane & (state.heard_us[device] != NEVER) & roster.home_is_active[home]
    if scene.due.gateways.is_lost.any():
        can &= state.gateway_lost_us[roster.device_gateway[rows]] == NEVER
    saw_hours, busy_hours = state.saw_hours[block], state.busy_hours[block]
    was_missed = state.missed[device]
    habit = missed.Habit(
        saw_hours[device], busy_hours[device], was_missed, state.missed_peak[device]
    )
    after = missed.pass_hour(
        habit,
        place_in_turn(home, roster.homes_a_turn),
        is_sane & (fired > hour_ago),
        fired != NEVER,
        can,
    )
    saw_hours[device], busy_hours[device] = after.saw, after.chances
    changed = rows_where(after.missed != was_missed)
    if len(changed):
        state.missed[device[changed]] = after.missed[changed]
        state.missed_peak[device[changed]] = after.peak[changed]
        more = rows[changed[after.missed[changed] > was_missed[changed]]]
        scene.due.device_s[more[_has_missed(scene, more)]] = NOW_S
