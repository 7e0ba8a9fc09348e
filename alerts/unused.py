"""What was not used by the time by which this home usually uses it: a dose, the kitchen."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.action import Step
from alerts.alert import AlertKind, alert_id
from alerts.detect import uses
from alerts.detect.columns import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    NEVER,
    QUARTER_US,
    Floats,
    Ints,
    Rows,
    rows_where,
)
from alerts.detect.local_time import minutes
from alerts.detect.roles import USED, Role, plays
from alerts.detect.streams import Signs
from alerts.detect.things import Use
from alerts.detect.usual import EIGHT_IN_TEN
from alerts.findings_things import UseNumbers, dispenser_says_missed, kitchen_unused, missed_dose
from alerts.lifecycle import Event
from alerts.scene import Scene
from alerts.turns import homes_that_pass

_PARTS: Final = ("morning", "afternoon or evening")
_KIND: Final = {Use.DOSE: AlertKind.MISSED_DOSE, Use.KITCHEN: AlertKind.KITCHEN_UNUSED}
_TOLD: Final = {Use.DOSE: missed_dose, Use.KITCHEN: kitchen_unused}
_SHARE: Final = {Use.DOSE: "dose_share", Use.KITCHEN: "kitchen_share"}
_SINCE: Final = {
    Use.DOSE: "a dose was taken since, please confirm",
    Use.KITCHEN: "the kitchen was used since, please confirm",
}


@dataclass(frozen=True)
class Unused:
    """The detector of one use; a home has one alert of it at a time."""

    use: Use

    @property
    def KINDS(self) -> frozenset[AlertKind]:  # noqa: N802  # as in every detector module
        """Kinds that it finds."""
        return frozenset({_KIND[self.use]})

    @property
    def HEARS(self) -> Role:  # noqa: N802  # as in every detector module
        """Whose signs it is told of."""
        return USED[self.use]

    def __str__(self) -> str:
        """Return its name in tests."""
        return self.use.name.lower()

    def fold(self, scene: Scene, signs: Signs, start: int, stop: int) -> None:
        """Note the first use in each part of the day; a use eases what stands."""
        rows = slice(start, stop)
        on = rows_where(plays(signs.roles[rows], self.HEARS))
        if len(on):
            self._note(scene, signs.home[rows][on], signs.bin[rows][on])

    def fold_late(self, scene: Scene, signs: Signs) -> None:
        """Note late uses of the day that is running; any newer than what stands eases it."""
        on = rows_where(plays(signs.roles, self.HEARS))
        home, bin_ = signs.home[on], signs.bin[on]
        now_bin = scene.zone_bin[scene.roster.home_zone[home]]
        ago_us = (now_bin - bin_ + 1) * QUARTER_US + HOUR_US  # an hour for a clock change
        today = (bin_ <= now_bin) & (scene.before_us - signs.time_us[on] < ago_us)
        self._note(scene, home[today], bin_[today])

    def decide(self, scene: Scene) -> None:
        """Raise what is due and was not used, and what a dispenser says was missed."""
        if not scene.is_regular:
            return
        if self.use is Use.DOSE:
            self._tell_untaken(scene)
        due_us = scene.due.use_us[self.use]
        rows = rows_where(due_us <= scene.now_us)
        if not len(rows):
            return
        homes = scene.roster.things.use_homes[self.use][rows]
        now_min = _now_min(scene, homes)
        early = now_min < uses.STARTS_MIN[0]
        due_us[rows[early]] = _later_us(scene, now_min[early], uses.STARTS_MIN[0])
        for part in range(uses.PARTS):
            starts, ends = uses.STARTS_MIN[part], uses.ENDS_MIN[part]
            at = rows_where((now_min >= starts) & (now_min < ends))
            if len(at):
                due_us[rows[at]] = self._decide(scene, part, homes[at], now_min[at])

    def learn(self, scene: Scene) -> None:
        """Learn from the part of the day that has just ended, where it was seen."""
        for part, end_us in enumerate((uses.ENDS_MIN[0] * MINUTE_US, 0)):
            homes = homes_that_pass(scene, end_us)
            homes = homes[scene.roster.things.has_use[self.use, homes]]
            if len(homes):
                self._learn(scene, part, homes)
                all_homes = scene.roster.things.use_homes[self.use]
                scene.due.use_us[self.use][np.searchsorted(all_homes, homes)] = NEVER

    def _learn(self, scene: Scene, part: int, homes: Rows) -> None:
        state, row = scene.state, self.use * uses.PARTS + part
        lasted = (uses.ENDS_MIN[part] - uses.STARTS_MIN[part]) * MINUTE_US
        began_us = scene.now_us - lasted
        is_seen = scene.counted[homes] & (state.unseen_until_us[homes] < began_us)
        is_seen &= state.sign_us[homes] >= began_us  # somebody was there
        first = state.use_min[row, homes]
        state.was_unused[self.use, homes] = is_seen & (first < 0)
        after = uses.end_part(_usual(scene, row, homes), first, is_seen)
        state.use_days[row, homes], state.use_hits[row, homes] = after.days, after.hits
        state.use_total[row, homes], state.use_squares[row, homes] = after.total, after.squares
        state.use_min[row, homes] = -1

    def _note(self, scene: Scene, home: Ints, bin_: Ints) -> None:
        state, part = scene.state, uses.part_of(bin_)
        for one in range(uses.PARTS):
            mine = part == one
            row = self.use * uses.PARTS + one
            homes, first = uses.find_first(state.use_min[row], home[mine], bin_[mine] * 15)
            state.use_min[row, homes] = first
        state.was_unused[self.use, home] = False
        for one in np.unique(home[state.unused_us[self.use, home] != NEVER]).tolist():
            onset = int(state.unused_us[self.use, one])
            id_ = alert_id(scene.home(one).id, _KIND[self.use], onset)
            scene.actions.append(Step(Event.EASE, id_, _SINCE[self.use]))
            state.unused_us[self.use, one] = NEVER

    def _decide(self, scene: Scene, part: int, every: Rows, every_min: Ints) -> Ints:
        """Raise what is due; return when to look at each of these homes again.

        Until its part ends, where nothing but its end can make it due; its end looks at all.
        """
        state, roster, row = scene.state, scene.roster, self.use * uses.PARTS + part
        again = _later_us(scene, every_min, uses.ENDS_MIN[part])
        may = (state.use_min[row, every] < 0) & (state.unused_us[self.use, every] == NEVER)
        may &= state.use_days[row, every] >= uses.DAYS
        if self.use is Use.KITCHEN:  # one meal out or late is no finding, two parts are
            may &= state.was_unused[self.use, every]
        at = rows_where(may)
        homes, now_min = every[at], every_min[at]
        first = state.use_min[row, homes]
        usual = _usual(scene, row, homes)
        z, wait = scene.tuned("use_z", homes), roster.tuned("use_wait_min", homes)
        due, least = uses.due_min(usual, part, z, wait), roster.tuned(_SHARE[self.use], homes)
        part_us = scene.now_us - (now_min - uses.STARTS_MIN[part]) * MINUTE_US
        part_us -= part_us % MINUTE_US
        chance = uses.chance(usual)
        if self.use is Use.KITCHEN:
            other = _usual(scene, self.use * uses.PARTS + 1 - part, homes)
            chance, least = chance * uses.chance(other), 1 - (1 - least) ** 2
        can = (1 - chance >= least) & (state.unseen_until_us[homes] < part_us)
        hit = can & uses.is_missing(usual, first, now_min, due)
        again[at[can]] = _later_us(scene, now_min[can], np.ceil(due[can]).astype(np.int64))
        again[at[hit]] = NEVER
        hit &= scene.counted[homes] & ~state.is_out[homes]
        hit &= state.sign_us[homes] >= part_us  # nothing at all is a silence, not this
        back_min = scene.now_us // MINUTE_US - state.exit_min[homes]
        hit &= back_min >= wait  # who came home just now has had no time for it
        mean, around = uses.mean_min(usual), EIGHT_IN_TEN * uses.spread_min(usual)
        for one in rows_where(hit).tolist():
            home = int(homes[one])
            value, began_us = scene.home(home), int(part_us[one])
            numbers = UseNumbers(
                began_us,
                _PARTS[part],
                int(now_min[one]),
                float(mean[one]),
                float(mean[one] - around[one]),
                float(mean[one] + around[one]),
                float(due[one]),
                float(uses.share(usual)[one]),
                float(1 - chance[one]),
                float(least[one]),
                float(usual.days[one]),
                uses.DAYS,
            )
            told = _TOLD[self.use](value, scene.zone(value.place), scene.now_us, numbers)
            scene.actions.append(told)
            state.unused_us[self.use, home] = began_us
        return again

    def _tell_untaken(self, scene: Scene) -> None:
        state = scene.state
        homes = scene.roster.things.use_homes[Use.DOSE]
        homes = homes[(state.untaken_us[homes] != NEVER) & scene.roster.home_is_active[homes]]
        for home in homes.tolist():
            at_us = int(state.untaken_us[home])
            state.untaken_us[home] = NEVER
            is_news = scene.now_us - at_us < DAY_US
            if is_news and state.unused_us[Use.DOSE, home] == NEVER:
                value = scene.home(home)
                zone = scene.zone(value.place)
                is_late = at_us <= scene.last_regular_us
                scene.actions.append(
                    dispenser_says_missed(value, zone, at_us, scene.now_us, is_late=is_late)
                )
                state.unused_us[Use.DOSE, home] = at_us


_SHIFT_MIN: Final = 61
"""A clock change brings a time of the day nearer by no more."""


def _now_min(scene: Scene, homes: Rows) -> Ints:
    if len(scene.offsets) == 1:
        now = minutes(scene.offsets, np.zeros(1, np.int64), np.array([scene.now_us]))
        return np.full(len(homes), now[0])
    zone = scene.roster.home_zone[homes]
    return minutes(scene.offsets, zone, np.full(len(homes), scene.now_us))


def _later_us(scene: Scene, now_min: Ints, then_min: Ints | int) -> Ints:
    """Return a moment when it is surely not later than this time of the day: look again then."""
    ahead = then_min - now_min
    ahead = np.where(ahead > _SHIFT_MIN, ahead - _SHIFT_MIN, ahead)
    return scene.now_us // MINUTE_US * MINUTE_US + np.maximum(ahead, 0) * MINUTE_US


def _usual(scene: Scene, row: int, homes: Rows) -> uses.Usual:
    state = scene.state
    columns: list[Floats] = [
        column[row, homes].astype(np.float64)
        for column in (state.use_days, state.use_hits, state.use_total, state.use_squares)
    ]
    return uses.Usual(*columns)
