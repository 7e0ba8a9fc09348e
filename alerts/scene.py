"""One run of ticks: the state, the roster and the clocks that every detector of a tick needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts.action import Action
from alerts.detect.booked import Windows
from alerts.detect.columns import HOUR_US, NEVER, QUARTER_US, Bools, Floats, Ints, Rows, rows_where
from alerts.detect.local_time import Offsets, bins, days, to_local
from alerts.detect.parameters import strictness
from alerts.detect.profile import unwatch, watch
from alerts.detect.roster import Roster
from alerts.detect.state import State
from alerts.due import Due
from alerts.modes import Modes
from alerts.zones import zone_of
from config.homes import Home
from config.places import Place

UNCLEAR_US: Final = 14 * HOUR_US
"""A silence of more than this teaches nothing of the usual day: nobody knows who was there."""


@dataclass(slots=True)
class Scene:
    """``state`` is changed in place; ``actions`` grow in the order in which they were decided.

    ``before_us`` and ``now_us`` bound the tick: readings with before < time <= now are folded.
    """

    state: State
    roster: Roster
    places: Mapping[str, Place]
    offsets: Sequence[Offsets]
    before_us: int
    due: Due
    now_us: int = NEVER
    last_us: int = NEVER
    """The last tick of this run."""

    modes: Modes | None = None
    """The modes in force, None where every detector is live."""

    actions: list[Action] = field(default_factory=list)
    pace: Floats = field(init=False)
    """float64[homes]: events expected a microsecond now, 0 where the home is not watched."""

    zone_bin: Ints = field(init=False)
    """int64[zones]: quarter-hour of the local day that is running."""

    zone_day: Ints = field(init=False)
    counted: Bools = field(init=False)
    """bool[homes]: the home is watched for signs and can be seen."""

    windows: Windows = field(init=False)
    """Booked visits of this run of ticks and the days before."""

    is_regular: bool = False
    """Whether this tick ends a stretch of five minutes, when the slow detectors run."""

    last_regular_us: int = NEVER
    """The regular tick before this one: what it knew of in time it has told."""

    is_new_quarter: bool = False
    now_bins: Sequence[int] = ()
    """By zone, the quarter-hour of the local day in which this tick ends."""

    is_unwatched_new: bool = False
    """Whether homes came to be seen, or ceased to be, in this run."""

    def __post_init__(self) -> None:
        self.windows = self.due.visits(
            self.roster, self.offsets, self.before_us, max(self.last_us, self.before_us)
        )
        self.recount()

    def begin(self, now_us: int, slow_us: int) -> None:
        """Move to the next tick."""
        span_us = now_us - self.before_us
        self.now_us = now_us
        self.last_regular_us = _last_regular(now_us, span_us, slow_us)
        self.is_regular = now_us // slow_us != self.before_us // slow_us
        self.is_new_quarter = now_us // QUARTER_US != self.before_us // QUARTER_US
        if self.is_new_quarter or not self.now_bins:
            now = np.array([now_us])
            self.now_bins = [int(bins(to_local(zone, now))[0]) for zone in self.offsets]
        if self.before_us % QUARTER_US < span_us:
            self.recount()
            self._watch_quarter()

    def end(self) -> None:
        """Finish the tick."""
        self.before_us = self.now_us

    def tuned(self, name: str, homes: Rows) -> Floats:
        """Return a parameter's value, float64[k], for these k homes, as their budget moved it."""
        own, place_z = self.roster.tuned(name, homes), self.state.place_z
        if not len(place_z) or np.isnan(place_z).all():
            return own
        place = np.maximum(self.roster.home_place[homes], 0)
        return own + strictness(place_z[place]) * self.roster.tuning.move(name, homes)

    def visited(self, at_us: int) -> Rows:
        """Return the homes in which a booked visitor is known to be after this moment."""
        homes = self.roster.bookings.homes
        return homes[self.state.visitor_until_us[homes] > at_us]

    def recount(self) -> None:
        """Follow the local day: its quarter-hour, and what is to be expected in it."""
        roster, state, due = self.roster, self.state, self.due
        moment = np.array([self.before_us])
        local = np.array([to_local(zone, moment)[0] for zone in self.offsets], np.int64)
        self.zone_bin, self.zone_day = bins(local), days(local)
        now = tuple(self.zone_bin.tolist())
        if due.pace is None or due.counted is None or due.bins != now:
            due.counted = roster.home_is_active & roster.home_has_signs & (state.reason == 0)
            due.pace, due.bins = self._pace(due.counted, slice(None)), now
        self.counted, self.pace = due.counted, due.pace

    def recount_homes(self, homes: Rows) -> None:
        """Follow homes that began or ceased to be watched."""
        roster = self.roster
        counted = roster.home_is_active[homes] & roster.home_has_signs[homes]
        self.counted[homes] = counted & (self.state.reason[homes] == 0)
        self.pace[homes] = self._pace(self.counted[homes], homes)

    def _pace(self, counted: Bools, homes: Rows | slice) -> Floats:
        if len(self.zone_bin) == 1:
            rate = self.state.rate[int(self.zone_bin[0])][homes]
        else:
            numbers = np.arange(self.state.rate.shape[1])[homes]
            rate = self.state.rate[self.zone_bin[self.roster.home_zone[homes]], numbers]
        pace: Floats = np.where(counted, rate, 0.0) / QUARTER_US
        return pace

    def _watch_quarter(self) -> None:
        """Note that homes are watched in the quarter-hour that begins."""
        watched, home_zone = self.state.watched, self.roster.home_zone
        quiet_us = self.before_us - self.state.sign_us
        at_home = self.counted & ~self.state.is_out
        at_home[self.visited(self.before_us)] = False  # what the person does there is not told
        clear = at_home & (quiet_us <= UNCLEAR_US)
        for zone, bin_ in enumerate(self.zone_bin.tolist()):
            watch(watched, bin_, clear if len(self.zone_bin) == 1 else clear & (home_zone == zone))
        at_home &= ~clear
        unclear = rows_where(at_home)
        unclear = unclear[quiet_us[unclear] <= UNCLEAR_US + QUARTER_US]
        if len(unclear):
            stop = self.zone_bin[home_zone[unclear]]
            first = np.maximum(stop - quiet_us[unclear] // QUARTER_US, 0)
            unwatch(watched, unclear, first, stop=stop)

    def home(self, number: int) -> Home:
        """Return the home of this number."""
        return self.roster.table.homes[number]

    def zone(self, place: str) -> ZoneInfo:
        """Return the zone of a place."""
        return zone_of(self.places, place)


def _last_regular(now_us: int, span_us: int, slow_us: int) -> int:
    """Return the regular tick before this one, of ticks that are ``span_us`` apart."""
    if span_us >= slow_us:
        return now_us - span_us
    return -(-(now_us // slow_us * slow_us - slow_us) // span_us) * span_us
