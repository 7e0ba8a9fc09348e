"""A carer who was expected and not seen: no way out was opened in the time of a booked visit."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect.columns import MINUTE_US, NEVER, Bools, Ints, Rows, rows_where
from alerts.detect.roles import Role, plays
from alerts.detect.streams import Signs
from alerts.findings_things import VisitNumbers, visit_not_seen
from alerts.lifecycle import Event
from alerts.scene import Scene

_KIND: Final = AlertKind.VISIT_NOT_SEEN
KINDS: Final = frozenset({_KIND})
HEARS: Final = Role.WAY_OUT


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """A door that is opened after all eases what stands."""
    state = scene.state
    homes = np.unique(signs.home[start:stop][_opens(signs, start, stop)])
    homes = homes[state.unvisited_us[homes] != NEVER] if len(homes) else homes
    _end(scene, homes, Event.EASE, "the outside door was used since, please confirm")


def fold_late(scene: Scene, signs: Signs) -> None:
    """A door that turns out to have been opened in time contradicts what was raised."""
    state = scene.state
    opens = _opens(signs, 0, len(signs.home))
    home, time_us = signs.home[opens], signs.time_us[opens]
    stands = state.unvisited_us[home] != NEVER
    home, time_us = home[stands], time_us[stands]
    if not len(home):
        return
    early_us = (scene.roster.tuned("visit_early_min", home) * MINUTE_US).astype(np.int64)
    is_wrong = time_us >= state.unvisited_us[home] - early_us
    is_wrong &= time_us <= state.unvisited_found_us[home]
    wrong = np.unique(home[is_wrong])
    _end(scene, wrong, Event.CONTRADICT, "late data shows the outside door in that time")
    after = np.setdiff1d(home[time_us > state.unvisited_found_us[home]], wrong)
    _end(scene, after, Event.EASE, "the outside door was used since, please confirm")


def decide(scene: Scene) -> None:
    """Raise visits of carers whose time is over and in whose time no way out was opened."""
    windows, state = scene.windows, scene.state
    closing = windows.closing(scene.before_us, scene.now_us)
    closing = closing[windows.is_care[closing]]
    if not len(closing):
        return
    home = windows.home[closing]
    missed = scene.counted[home] & ~state.is_out[home] & (state.unvisited_us[home] == NEVER)
    missed &= state.entry_us[home] < windows.start_us[closing]
    missed &= state.unseen_until_us[home] < windows.start_us[closing]
    missed &= state.home_known_us[home] <= windows.start_us[closing]
    rows = closing[missed]
    if not len(rows):
        return
    rows = rows[_has_door(scene)[windows.home[rows]]]
    for row in rows.tolist():
        one = int(windows.home[row])
        value = scene.home(one)
        numbers = VisitNumbers(
            int(windows.from_us[row]),
            int(windows.start_us[row]),
            int(windows.stop_us[row]),
            int(state.entry_us[one]) if state.entry_us[one] != NEVER else None,
            int(state.sign_us[one]),
        )
        zone = scene.zone(value.place)
        scene.actions.append(visit_not_seen(value, zone, scene.now_us, numbers))
        state.unvisited_us[one] = windows.from_us[row]
        state.unvisited_found_us[one] = scene.now_us


def learn(scene: Scene) -> None:
    """Nothing: a booking is a promise, not a habit."""


def _opens(signs: Signs, start: int, stop: int) -> Bools:
    return plays(signs.roles[start:stop], Role.WAY_OUT) & (signs.value[start:stop] > 0)


def _has_door(scene: Scene) -> Bools:
    """Whether a home has a contact on a way out that has spoken and is not told as silent."""
    roster, state = scene.roster, scene.state
    way = rows_where(roster.bookings.is_way_out)
    lead = roster.sensor_lead[way]
    works = (state.heard_us[lead] != NEVER) & (state.sensor_silent_us[lead] == NEVER)
    result = np.zeros(len(state.sign_us), np.bool_)
    result[roster.sensor_home[way[works]]] = True
    return result


def _id(scene: Scene, onset: Ints, home: int) -> str:
    return alert_id(scene.home(home).id, _KIND, int(onset[home]))


def _end(scene: Scene, homes: Rows, event: Event, note: str) -> None:
    state = scene.state
    for home in homes.tolist():
        scene.actions.append(Step(event, _id(scene, state.unvisited_us, home), note))
        state.unvisited_us[home] = NEVER
