"""A bathroom or hall occupied far beyond this home's own stays, while nothing moves elsewhere."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import stay
from alerts.detect.columns import MINUTE_US, NEVER, Rows, rows_where
from alerts.detect.roles import EVERYTHING
from alerts.detect.streams import Signs
from alerts.findings_nights import RoomStay, long_in_room
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import homes_that_pass

_KIND: Final = AlertKind.LONG_IN_ROOM
KINDS: Final = frozenset({_KIND})
HEARS: Final = EVERYTHING


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Follow which room the person is in; a sign in another one eases what stands."""
    state, rows = scene.state, slice(start, stop)
    before = stay.Stays(state.stay_room, state.stay_us, state.stay_last_us)
    room = signs.room[rows]
    home, time_us = signs.home[rows], signs.time_us[rows]
    held_us = state.stay_raised_us
    homes, after, has_ended, over = stay.find_stays(home, time_us, room, before, held_us)
    _keep_longest(scene, over)
    ended = homes[has_ended]
    state.stay_room[homes], state.stay_us[homes] = after.room, after.start_us
    state.stay_last_us[homes] = after.last_us
    is_long = after.last_us - after.start_us > _least_us(scene)
    scene.due.stays_long[homes[is_long]] = True
    _ease(scene, ended[state.stay_raised_us[ended] != NEVER])


def fold_late(scene: Scene, signs: Signs) -> None:
    """A late sign elsewhere ends a stay that it interrupts."""
    state = scene.state
    home, room = signs.home, signs.room
    elsewhere = (room != state.stay_room[home]) & (signs.time_us > state.stay_us[home])
    homes = np.unique(home[elsewhere & (state.stay_us[home] != NEVER)])
    _ease(scene, homes[state.stay_raised_us[homes] != NEVER])
    state.stay_us[homes] = NEVER


def decide(scene: Scene) -> None:
    """Raise stays that go on and are beyond the home's own limit."""
    if not scene.is_regular:
        return
    state, roster, now_us = scene.state, scene.roster, scene.now_us
    long = rows_where(scene.due.stays_long)
    is_long = state.stay_us[long] != NEVER
    is_long &= state.stay_last_us[long] - state.stay_us[long] > _least_us(scene)
    is_long &= now_us - state.stay_last_us[long] <= stay.GAP_US
    scene.due.stays_long[long[~is_long]] = False
    long = long[is_long]
    long = long[(state.stay_raised_us[long] == NEVER) & scene.counted[long]]
    for row, room in enumerate(stay.ROOMS):
        # Until a stay has ended nobody knows that movement elsewhere would be seen at all.
        homes = long[(state.stay_room[long] == room) & (state.stay_days[row, long] > 0)]
        minutes = stay.minutes(_stays(scene, homes))
        longest = _longest(scene, row, homes)
        usual, limit = stay.limits(longest, row, scene.tuned("room_z", homes))
        limit = np.maximum(limit, roster.tuned("room_floor_min", homes))
        low, high = stay.band(longest, row)
        for at in rows_where(minutes > limit).tolist():
            home = int(homes[at])
            value, since_us = scene.home(home), int(state.stay_us[home])
            numbers = RoomStay(
                room.name.lower(),
                since_us,
                float(minutes[at]),
                float(usual[at]),
                float(low[at]),
                float(high[at]),
                float(limit[at]),
            )
            scene.actions.append(long_in_room(value, scene.zone(value.place), now_us, numbers))
            state.stay_raised_us[home] = since_us


def learn(scene: Scene) -> None:
    """Learn the longest stay of the local day that has just ended."""
    homes = homes_that_pass(scene, 0)
    if not len(homes):
        return
    state = scene.state
    for row in range(len(stay.ROOMS)):
        after = stay.end_day(
            _longest(scene, row, homes), state.stay_peak[row, homes].astype(np.float64)
        )
        state.stay_days[row, homes], state.stay_total[row, homes] = after.days, after.total
        state.stay_squares[row, homes] = after.squares
        state.stay_peak[row, homes] = 0


def _least_us(scene: Scene) -> int:
    return int(scene.roster.tuning.least("room_floor_min") * MINUTE_US)


def _stays(scene: Scene, homes: Rows) -> stay.Stays:
    state = scene.state
    return stay.Stays(state.stay_room[homes], state.stay_us[homes], state.stay_last_us[homes])


def _longest(scene: Scene, row: int, homes: Rows) -> stay.Longest:
    state = scene.state
    return stay.Longest(
        state.stay_days[row, homes].astype(np.float64),
        state.stay_total[row, homes].astype(np.float64),
        state.stay_squares[row, homes].astype(np.float64),
    )


def _keep_longest(scene: Scene, ended: stay.Ended) -> None:
    """Keep the longest stay of the day; one that was raised teaches no more than its limit."""
    state = scene.state
    for row, room in enumerate(stay.ROOMS):
        peak = state.stay_peak[row]
        mine = rows_where((ended.room == room) & (ended.minutes > peak[ended.home]))
        if not len(mine):
            continue
        homes = ended.home[mine]
        _, limit = stay.limits(_longest(scene, row, homes), row, scene.tuned("room_z", homes))
        np.maximum.at(peak, homes, np.minimum(ended.minutes[mine], 1.5 * limit).astype(np.float32))


def _ease(scene: Scene, homes: Rows) -> None:
    state = scene.state
    for home in homes.tolist():
        id_ = alert_id(scene.home(home).id, _KIND, int(state.stay_raised_us[home]))
        scene.actions.append(Step(Event.EASE, id_, "movement in another room, please confirm"))
        state.stay_raised_us[home] = NEVER
