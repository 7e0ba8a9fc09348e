"""Devices that say nothing while the home is in use: evidence, hour by hour, that one is dead.

Homes take turns through the hour, so that no tick carries the fleet. What is raised of it is
a silent sensor, in ``plant.py``.
"""

import numpy as np

from alerts.detect import missed
from alerts.detect.columns import HOUR_US, NEVER, Bools, Ints, Rows
from alerts.detect.fold import Signs
from alerts.detect.roster import TURNS
from alerts.due import FAR_US
from alerts.scene import Scene
from alerts.turns import turns


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Note which devices saw the person."""
    rows = slice(start, stop)
    lead = scene.roster.sensor_lead[signs.sensor[rows]]
    scene.state.fired_us[lead] = signs.time_us[rows]


def fold_late(scene: Scene, signs: Signs) -> None:
    """Note which devices saw the person, where that is news."""
    lead = scene.roster.sensor_lead[signs.sensor]
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
    suspect = np.flatnonzero(roster.device_is_person[rows] & (state.missed[device] > 0))
    dead = np.zeros(len(rows), np.bool_)
    if len(suspect):
        of = device[suspect]
        dead[suspect] = missed.is_dead(
            state.missed[of],
            state.missed_peak[of],
            state.heard_us[of],
            roster.tuned("dead_words", home[suspect]),
            roster.tuned("dead_hours", home[suspect]),
            scene.now_us,
        )
    return dead


def dead_from(scene: Scene, rows: Rows) -> Ints:
    """Return, by row of a device, the moment before which it cannot count as dead."""
    roster = scene.roster
    if not len(scene.state.sign_us):
        return np.full(len(rows), FAR_US, np.int64)
    hours = roster.tuned("dead_hours", np.maximum(roster.device_home[rows], 0))
    from_us = scene.state.heard_us[roster.device[rows]] + (hours * HOUR_US).astype(np.int64)
    return np.where(roster.device_is_person[rows], from_us, FAR_US)


def _pass_hour(scene: Scene, rows: Rows) -> None:
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    device, home = roster.device[rows], roster.device_home[rows]
    lost = state.gateway_lost_us[roster.device_gateway[rows]] != NEVER
    block = scene.zone_bin[roster.home_zone[home]] * missed.BLOCKS // 96
    habit = missed.Habit(
        state.spoke[block, device],
        state.chances[block, device],
        state.missed[device],
        state.missed_peak[device],
    )
    after = missed.pass_hour(
        habit,
        home // TURNS,  # the homes of one turn, numbered densely
        missed.speaking(state.heard_us, device, now_us),
        state.fired_us[device] > now_us - HOUR_US,
        state.fired_us[device] != NEVER,
        (state.heard_us[device] != NEVER) & ~lost & roster.home_is_active[home],
    )
    state.spoke[block, device], state.chances[block, device] = after.spoke, after.chances
    state.missed[device], state.missed_peak[device] = after.missed, after.peak
