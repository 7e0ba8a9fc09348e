"""Bed or chair not left: taken far longer than is usual, with no movement away from it."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import spell
from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Bools, Floats, Ints, Rows, rows_where
from alerts.detect.roles import OFF_SEAT, SEAT, Role, Roles, plays
from alerts.detect.streams import Signs
from alerts.detect.things import SEATS, Spell
from alerts.findings_things import Long, seat_not_left
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import homes_that_pass

_KIND: Final = AlertKind.SEAT_NOT_LEFT
KINDS: Final = frozenset({_KIND})
HEARS: Final = Role.BED | Role.CHAIR | Role.OFF_BED | Role.OFF_CHAIR
_ROWS: Final = (Spell.IN_BED, Spell.IN_CHAIR)
_FLOORS: Final = ("bed_floor_h", "chair_floor_h")
_DAY_ENDS_US: Final = 12 * HOUR_US
"""A day of beds and chairs ends at noon, which few are in bed to see."""


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Learn how long it was taken when it is left; that, or a sign elsewhere, eases."""
    state, things, rows = scene.state, scene.roster.things, slice(start, stop)
    roles, home, value = signs.roles[rows], signs.home[rows], signs.value[rows]
    is_any_late = bool(state.late_spells.any())
    for row, of in enumerate(_ROWS):
        if not len(things.seat_homes[row]):
            continue
        on = rows_where(plays(roles, SEAT[row]))
        if len(on):
            changes = spell.find_changes(
                home[on], signs.time_us[rows][on], state.seat_us[row], NEVER
            )
            left = rows_where((value[on] == 0) & (changes.lasted_us >= 0))
            homes, longest = spell.find_longest(
                state.spell_peak[of], home[on][left], changes.lasted_us[left]
            )
            state.spell_peak[of, homes] = longest
        if is_any_late:
            spell.forget_late(state.late_spells, of, home[_tells(row, roles)])
        _ease_by(scene, row, roles, home, value)


def fold_late(scene: Scene, signs: Signs) -> None:
    """A late sign that it was left, or a sign elsewhere since, eases what stands."""
    for row, of in enumerate(_ROWS):
        news = signs.time_us > scene.state.spell_us[of, signs.home]
        _ease_by(scene, row, signs.roles[news], signs.home[news], signs.value[news])


def note_late(scene: Scene, signs: Signs) -> None:
    """Note which seats had been taken for too long by the regular tick before these late signs."""
    state = scene.state
    for row, of in enumerate(_ROWS):
        homes = np.unique(signs.home[_tells(row, signs.roles)])
        spell.forget_late(state.late_spells, of, homes)
        if len(homes):
            of_row = _long(scene, row, homes, scene.last_regular_us)
            spell.keep_late(state.late_spells, of, of_row.homes[of_row.minutes > of_row.limit])


def decide(scene: Scene) -> None:
    """Raise beds and chairs taken for longer than the home's own limit."""
    if not scene.is_regular:
        return
    for row in range(len(_ROWS)):
        _decide(scene, row)


def learn(scene: Scene) -> None:
    """Learn at noon the longest stay that ended since the last noon."""
    passed = homes_that_pass(scene, _DAY_ENDS_US)
    state = scene.state
    for row, of in enumerate(_ROWS):
        homes = passed[scene.roster.things.seat_sensor[row, passed] >= 0]
        if not len(homes):
            continue
        longest = _longest(scene, of, homes)
        _, limit = spell.limits(longest, of, scene.tuned("seat_z", homes))
        after = spell.end_day(longest, state.spell_peak[of, homes].astype(np.float64), limit)
        state.spell_days[of, homes] = after.days
        state.spell_total[of, homes] = after.total
        state.spell_squares[of, homes] = after.squares
        state.spell_peak[of, homes] = 0


def _decide(scene: Scene, row: int) -> None:
    state, of = scene.state, _ROWS[row]
    homes = scene.roster.things.seat_homes[row]
    if not len(homes):
        return
    least_us = int(scene.roster.tuning.least(_FLOORS[row]) * HOUR_US)
    homes = homes[scene.now_us - state.seat_us[row][homes] > least_us]
    found = _long(scene, row, homes, scene.now_us)
    changed_us = np.maximum(state.seat_us[row], state.elsewhere_us[row])
    for at in rows_where(found.minutes > found.limit).tolist():
        home, since_us = int(found.homes[at]), int(found.since_us[at])
        value = scene.home(home)
        is_late = spell.is_late(state.late_spells, of, home) and since_us == changed_us[home]
        numbers = found.numbers(at, SEATS[row].value, since_us, int(state.sign_us[home]), is_late)
        scene.actions.append(seat_not_left(value, scene.zone(value.place), scene.now_us, numbers))
        state.spell_us[of, home] = since_us


def _long(scene: Scene, row: int, homes: Rows, at_us: int) -> Long:
    """Return those of these homes whose seat is taken for longer than its floor at a moment."""
    state, roster, of = scene.state, scene.roster, _ROWS[row]
    homes = homes[roster.things.seat_sensor[row, homes] >= 0]
    homes = homes[state.is_taken[row, homes] & (state.spell_us[of, homes] == NEVER)]
    homes = homes[~state.is_out[homes] & scene.counted[homes]]
    since = np.maximum(state.seat_us[row, homes], state.elsewhere_us[row, homes])
    since = np.maximum(since, state.unseen_until_us[homes])
    floor = roster.tuned(_FLOORS[row], homes) * 60
    long = (at_us - since) / MINUTE_US > floor
    pad = roster.sensor_lead[roster.things.seat_sensor[row, homes]]
    long &= state.sensor_silent_us[pad] == NEVER
    homes, since, floor = homes[long], since[long], floor[long]
    longest = _longest(scene, of, homes)
    usual, limit = spell.limits(longest, of, scene.tuned("seat_z", homes))
    low, high = spell.band(longest, of)
    minutes = (at_us - since) / MINUTE_US
    return Long(homes, since, minutes, usual, low, high, np.maximum(limit, floor))


def _tells(row: int, roles: Roles) -> Bools:
    """Return which signs tell that a seat was taken or left, or that somebody is elsewhere."""
    tells: Bools = plays(roles, SEAT[row]) | plays(roles, OFF_SEAT[row])
    return tells


def _longest(scene: Scene, of: Spell, homes: Rows) -> spell.Longest:
    state = scene.state
    columns: list[Floats] = [
        column[of, homes].astype(np.float64)
        for column in (state.spell_days, state.spell_total, state.spell_squares)
    ]
    return spell.Longest(*columns)


def _ease_by(scene: Scene, row: int, roles: Roles, home: Ints, value: Floats) -> None:
    state, of = scene.state, _ROWS[row]
    stands = state.spell_us[of] != NEVER
    if not stands.any():
        return
    ends = (plays(roles, SEAT[row]) & (value == 0)) | plays(roles, OFF_SEAT[row])
    homes = np.unique(home[ends & stands[home]])
    for one in homes.tolist():
        id_ = alert_id(scene.home(one).id, _KIND, int(state.spell_us[of, one]))
        note = f"the {SEATS[row].value} was left, or something moved elsewhere; please confirm"
        scene.actions.append(Step(Event.EASE, id_, note))
        state.spell_us[of, one] = NEVER
