"""Bed left at night and not regained: an empty bed, far longer than is usual in this home."""

from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import spell
from alerts.detect.columns import HOUR_US, MINUTE_US, NEVER, Floats, Ints, Rows, rows_where
from alerts.detect.roles import Role, plays
from alerts.detect.streams import Signs, local_bins
from alerts.detect.things import Spell
from alerts.findings_things import Long, bed_left
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import homes_that_pass

_KIND: Final = AlertKind.BED_LEFT
KINDS: Final = frozenset({_KIND})
HEARS: Final = Role.BED
_ROW: Final = Spell.OUT_OF_BED
_BED, _CHAIR = 0, 1
_ENDS_US: Final = 6 * HOUR_US
_OLDEST_US: Final = 12 * HOUR_US


def fold(scene: Scene, signs: Signs, start: int, stop: int) -> None:
    """Learn how long the bed was empty when it is regained, which eases what stands."""
    state = scene.state
    on = rows_where(plays(signs.roles[start:stop], Role.BED)) + start
    if not len(on):
        return
    home = signs.home[on]
    of = spell.find_changes(home, signs.time_us[on], state.seat_us[_BED], NEVER)
    is_back = (signs.value[on] > 0) & (of.lasted_us >= 0) & (of.lasted_us < _OLDEST_US)
    back = rows_where(is_back)
    if len(back):
        began = local_bins(of.began_us[back], home[back], scene.roster, scene.offsets)
        back = back[spell.leaves_at_night(began)]
        homes, longest = spell.find_longest(state.spell_peak[_ROW], home[back], of.lasted_us[back])
        state.spell_peak[_ROW, homes] = longest
    spell.forget_late(state.late_spells, _ROW, home)
    _ease(scene, home[signs.value[on] > 0])


def fold_late(scene: Scene, signs: Signs) -> None:
    """A late sign that the bed was regained eases what stands."""
    is_bed = plays(signs.roles, Role.BED)
    _ease(scene, signs.home[is_bed & (signs.value > 0)])


def note_late(scene: Scene, signs: Signs) -> None:
    """Note which beds had been empty for too long by the regular tick before these late signs."""
    homes = np.unique(signs.home[plays(signs.roles, Role.BED)])
    spell.forget_late(scene.state.late_spells, _ROW, homes)
    if len(homes):
        found = _long(scene, homes, scene.last_regular_us)
        late = found.homes[found.minutes > found.limit]
        spell.keep_late(scene.state.late_spells, _ROW, late)


def decide(scene: Scene) -> None:
    """Raise beds that have been empty for longer than the home's own limit, by night."""
    if not scene.is_regular or not spell.is_night(scene.zone_bin).any():
        return
    state, now_us = scene.state, scene.now_us
    found = _long(scene, scene.roster.things.seat_homes[_BED], now_us)
    for at in rows_where(found.minutes > found.limit).tolist():
        home = int(found.homes[at])
        value, left_us = scene.home(home), int(state.seat_us[_BED, home])
        is_late = spell.is_late(state.late_spells, _ROW, home) and found.since_us[at] == left_us
        numbers = found.numbers(at, "bed", left_us, int(state.sign_us[home]), is_late)
        scene.actions.append(bed_left(value, scene.zone(value.place), now_us, numbers))
        state.spell_us[_ROW, home] = left_us


def _long(scene: Scene, homes: Rows, at_us: int) -> Long:
    """Return those of these homes whose bed was left for longer than the floor at a moment."""
    state, roster = scene.state, scene.roster
    homes = _empty(scene, homes, at_us)
    homes = homes[state.spell_us[_ROW, homes] == NEVER]
    homes = homes[spell.is_night(scene.zone_bin[roster.home_zone[homes]])]
    homes = homes[~state.is_taken[_CHAIR, homes] & ~state.is_out[homes] & scene.counted[homes]]
    since = np.maximum(state.seat_us[_BED, homes], state.unseen_until_us[homes])
    floor = roster.tuned("bed_left_floor_min", homes)
    long = (at_us - since) / MINUTE_US > floor
    homes, since, floor = homes[long], since[long], floor[long]
    longest = _longest(scene, homes)
    usual, limit = spell.limits(longest, _ROW, scene.tuned("bed_left_z", homes))
    low, high = spell.band(longest, _ROW)
    minutes = (at_us - since) / MINUTE_US
    return Long(homes, since, minutes, usual, low, high, np.maximum(limit, floor))


def learn(scene: Scene) -> None:
    """Learn at 06:00 the longest time out of bed of the night; one that goes on counts so far."""
    homes = homes_that_pass(scene, _ENDS_US)
    homes = homes[scene.roster.things.seat_sensor[_BED, homes] >= 0]
    if not len(homes):
        return
    state = scene.state
    still = _empty(scene, homes, scene.now_us)
    still, so_far = spell.find_longest(
        state.spell_peak[_ROW], still, scene.now_us - state.seat_us[_BED, still]
    )
    state.spell_peak[_ROW, still] = so_far
    seen = homes[scene.counted[homes]]
    longest = _longest(scene, seen)
    _, limit = spell.limits(longest, _ROW, scene.tuned("bed_left_z", seen))
    after = spell.end_day(longest, state.spell_peak[_ROW, seen].astype(np.float64), limit)
    state.spell_days[_ROW, seen] = after.days
    state.spell_total[_ROW, seen] = after.total
    state.spell_squares[_ROW, seen] = after.squares
    state.spell_peak[_ROW, homes] = 0


def _empty(scene: Scene, homes: Rows, at_us: int) -> Rows:
    """Return which of these have a bed, with a pad that works, that was left this night."""
    state, roster = scene.state, scene.roster
    homes = homes[roster.things.seat_sensor[_BED, homes] >= 0]
    left_us = state.seat_us[_BED, homes]
    is_empty = (left_us > at_us - _OLDEST_US) & ~state.is_taken[_BED, homes]
    homes = homes[is_empty]
    pad = roster.sensor_lead[roster.things.seat_sensor[_BED, homes]]
    homes = homes[state.sensor_silent_us[pad] == NEVER]
    bins = local_bins(state.seat_us[_BED, homes], homes, roster, scene.offsets)
    return homes[spell.leaves_at_night(bins)]


def _longest(scene: Scene, homes: Rows) -> spell.Longest:
    state = scene.state
    columns: list[Floats] = [
        column[_ROW, homes].astype(np.float64)
        for column in (state.spell_days, state.spell_total, state.spell_squares)
    ]
    return spell.Longest(*columns)


def _ease(scene: Scene, home: Ints) -> None:
    state = scene.state
    for one in np.unique(home[state.spell_us[_ROW, home] != NEVER]).tolist():
        id_ = alert_id(scene.home(one).id, _KIND, int(state.spell_us[_ROW, one]))
        scene.actions.append(Step(Event.EASE, id_, "the bed is in use again, please confirm"))
        state.spell_us[_ROW, one] = NEVER
