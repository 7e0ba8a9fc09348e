"""Devices that go on and off without a pause: what they say is not taken for the person.

The fold finds which signs are such (``detect/runs.py``); no detector of the person is told of
them. What is raised is a silent sensor, in ``plant.py``; the silence that it hid begins anew.
"""

from typing import Final

import numpy as np

from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Floats, Ints, Rows
from alerts.detect.roles import EVERYTHING
from alerts.detect.streams import Signs
from alerts.due import spread
from alerts.person import begin_anew
from alerts.scene import Scene

HEARS: Final = EVERYTHING
"""It is told of the signs that are not taken for the person, and of no others."""


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Note which devices chatter, after those that saw the person."""
    rows = slice(start, stop)
    _note(scene, signs.sensor[rows], signs.time_us[rows], signs.value[rows])


def fold_late(scene: Scene, signs: Signs) -> None:
    """Note which devices chatter, where that is news."""
    _note(scene, signs.sensor, signs.time_us, signs.value)


def decide(scene: Scene) -> None:
    """Nothing: it is raised with the devices that are silent."""


def learn(scene: Scene) -> None:
    """Nothing is usual of a sensor that fails."""


def chatters(scene: Scene, rows: Rows) -> Bools:
    """Return, by row of a device, whether it chatters."""
    result: Bools = scene.state.chatter_min[scene.roster.device[rows]] > 0
    return result


def least_us(scene: Scene, home: int) -> int:
    """Return how long a device of this home must go without a pause."""
    return round(float(scene.roster.tuned("chatter_hours", np.array([home]))[0]) * HOUR_US)


def uncover(scene: Scene, rows: Rows) -> None:
    """Begin the silences anew that these devices hid: what they said was not the person.

    A silence is then as old as the last sign of another device of the home, or as the run of
    signs: what the device said before that was believed.
    """
    state, roster = scene.state, scene.roster
    homes = np.unique(roster.device_home[rows])
    homes = homes[homes >= 0]
    seeing = roster.devices_by_home[spread(roster.home_device_start, homes)]
    device, home = roster.device[seeing], roster.device_home[seeing]
    began = state.chatter_min[device].astype(np.int64) * MINUTE_US
    last_us = np.where(began > 0, began, state.fired_us[device])
    newest = np.full(len(state.sign_us), NEVER, np.int64)
    np.maximum.at(newest, home, last_us)
    at_door = np.zeros(len(newest), np.bool_)
    is_last = last_us == newest[home]
    at_door[home[is_last & (began == 0) & _is_exit(scene)[device]]] = True
    hidden = homes[newest[homes] < state.sign_us[homes]]
    begin_anew(scene, hidden, newest[hidden], at_door[hidden], scene.now_us)


def _note(scene: Scene, sensor: Ints, time_us: Ints, began_min: Floats) -> None:
    state, lead = scene.state, scene.roster.sensor_lead[sensor]
    is_news = time_us > state.fired_us[lead]
    lead, time_us, began_min = lead[is_news], time_us[is_news], began_min[is_news]
    new = lead[state.chatter_min[lead] == 0]
    state.fired_us[lead], state.chatter_min[lead] = time_us, began_min
    scene.due.look_at(scene.roster, np.unique(new))


def _is_exit(scene: Scene) -> Bools:
    """Return bool[sensors]: whether the device of this first sensor is a way out."""
    roster = scene.roster
    result = np.zeros(len(roster.sensor_lead), np.bool_)
    result[roster.sensor_lead[roster.sensor_is_exit]] = True
    return result
