"""Booked visits as stretches of time, and which signs in them are the visitor's (DETECTION A.4).

A visitor is known to be there from the first opening of a door that leads out, in the time that
is booked, until the next one, or until that time is over: a carer who did not come hides nobody.
While one is there movement, doors, power and doses are the visitor's. They are no sign of the
person and no exit; what beds and chairs say is the person's all the same, and so is the first
movement in a home whose person was out: somebody came in, and it may have been that person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import DAY_US, MINUTE_US, NEVER, SECOND_US, Bools, Floats, Ints, Rows
from alerts.detect.local_time import Offsets, days, to_local
from config.kinds import CODE, KINDS, Kind
from config.sensor_table import NONE, SensorTable
from config.visits import VisitKind

APART_US: Final = 60 * SECOND_US
"""Openings of a door less than this apart are one use of it."""

_BACK_US, _AHEAD_US = 4 * DAY_US, 2 * DAY_US
_SPAN_BITS: Final = 40
"""A span of windows is shorter than 2 ** 40 microseconds (12 days)."""

_MONDAY: Final = 3
"""Days since a Monday on the day that days are counted from."""

_VISITOR_KIND: Final = np.array(
    [row.kind in {Kind.MOTION, Kind.CONTACT, Kind.POWER, Kind.MEDICATION} for row in KINDS],
    np.bool_,
)


@dataclass(frozen=True, slots=True)
class Bookings:
    """Booked visits as columns, of homes with a contact on a way out only.

    ``early_us`` and ``late_us`` are how long before and after its time a visitor may come or be
    there. ``is_way_out`` bool[sensors] marks those contacts, whoever lives there, and
    ``is_visitors`` what a visitor may set off.
    """

    home: Rows
    is_care: Bools
    weekdays: Ints
    from_min: Ints
    to_min: Ints
    first_day: Ints
    last_day: Ints
    since_us: Ints
    early_us: Ints
    late_us: Ints
    homes: Rows
    is_way_out: Bools
    is_visitors: Bools


@dataclass(frozen=True, slots=True)
class Windows:
    """n stretches of time with booked visits, start <= t < stop, by home, then time, apart.

    Good for moments from ``first_us`` up to ``last_us``. ``from_us`` is when the first visit in
    it is booked for; ``is_care`` says that a carer is expected in it. ``by_stop`` are rows in
    order of ``stop_us``.
    """

    first_us: int
    last_us: int
    home: Rows
    start_us: Ints
    stop_us: Ints
    from_us: Ints
    is_care: Bools
    by_stop: Rows

    def covers(self, first_us: int, last_us: int) -> bool:
        """Return whether they are good for all of this time."""
        return self.first_us <= first_us and last_us < self.last_us

    def find(self, home: Ints, time_us: Ints) -> Rows:
        """Return, for each moment in a home, the row of its window, -1 where there is none."""
        if not len(self.home):
            return np.full(len(home), -1, np.intp)
        row = np.searchsorted(
            self._key(self.home, self.start_us), self._key(home, time_us), "right"
        )
        row = row - 1
        near = np.maximum(row, 0)
        is_in = (self.home[near] == home) & (self.start_us[near] <= time_us)
        return np.where((row >= 0) & is_in & (time_us < self.stop_us[near]), row, -1)

    def closing(self, before_us: int, now_us: int) -> Rows:
        """Return the rows that end in before < t <= now, in order."""
        stops = self.stop_us[self.by_stop]
        first, last = np.searchsorted(stops, [before_us, now_us], "right")
        return self.by_stop[first:last]

    def _key(self, home: Ints, time_us: Ints) -> Ints:
        since = np.clip(time_us - self.first_us, 0, (1 << _SPAN_BITS) - 1)
        key: Ints = (home.astype(np.int64) << _SPAN_BITS) + since
        return key


def build_bookings(table: SensorTable, place_row: Ints, tuning: Mapping[str, Floats]) -> Bookings:
    """Return the columns of this roster; ``tuning`` is by place, ``place_row`` by home."""
    kind, home = table.sensor_kind.astype(np.int64), table.sensor_home.astype(np.int64)
    has_home = home != NONE
    is_way_out = table.sensor_is_exit & (kind == CODE[Kind.CONTACT]) & has_home
    has_way_out = np.zeros(len(table.home_place), np.bool_)
    has_way_out[home[is_way_out]] = True
    booked = [v for v in table.visits if v.home < len(has_way_out) and has_way_out[v.home]]
    of = np.array([v.home for v in booked], np.intp)
    place = place_row[of]

    def column(name: str) -> Ints:
        return np.array([getattr(v, name) for v in booked], np.int64)

    return Bookings(
        home=of,
        is_care=np.array([v.kind is VisitKind.CARE for v in booked], np.bool_),
        weekdays=column("weekdays"),
        from_min=column("from_min"),
        to_min=column("to_min"),
        first_day=column("first_day"),
        last_day=column("last_day"),
        since_us=column("since_us"),
        early_us=(tuning["visit_early_min"][place] * MINUTE_US).astype(np.int64),
        late_us=(tuning["visit_late_min"][place] * MINUTE_US).astype(np.int64),
        homes=np.unique(of),
        is_way_out=is_way_out,
        is_visitors=_VISITOR_KIND[kind] & has_home & (kind != NONE),
    )


def build_windows(
    bookings: Bookings, zone: Ints, offsets: Sequence[Offsets], from_us: int, to_us: int
) -> Windows:
    """Return the windows around this time; ``zone`` is by home and indexes ``offsets``."""
    first_us, last_us = from_us - _BACK_US, to_us + _AHEAD_US
    if last_us - first_us >= 1 << _SPAN_BITS:
        raise ValueError("booked: ticks of more than six days at once, expected fewer")
    parts = [np.empty((5, 0), np.int64)]
    for code, table in enumerate(offsets):
        mine = np.flatnonzero(zone[bookings.home] == code)
        if len(mine):
            parts.append(_of_zone(bookings, mine, table, first_us, last_us))
    made = np.concatenate(parts, axis=1)
    made = made[:, np.lexsort((made[1], made[0]))]
    home, start, stop, begins, is_care = made
    if not len(home):
        empty = np.empty(0, np.int64)
        nobody = np.empty(0, np.bool_)
        return Windows(first_us, last_us, empty, empty, empty, empty, nobody, empty)
    until = np.maximum.accumulate((home << _SPAN_BITS) + (stop - first_us))
    is_new = np.ones(len(home), np.bool_)
    is_new[1:] = (home[1:] << _SPAN_BITS) + (start[1:] - first_us) > until[:-1]
    at = np.flatnonzero(is_new)
    stops = np.maximum.reduceat(stop, at)
    return Windows(
        first_us,
        last_us,
        home[at],
        start[at],
        stops,
        np.minimum.reduceat(begins, at),
        np.logical_or.reduceat(is_care > 0, at),
        np.argsort(stops, kind="stable"),
    )


def _of_zone(bookings: Bookings, rows: Rows, table: Offsets, first_us: int, last_us: int) -> Ints:
    """Return int64[5, n]: home, start, stop, when booked for, whether a carer is expected."""
    edges = days(to_local(table, np.array([first_us, last_us])))
    day = np.arange(int(edges[0]), int(edges[1]) + 1)[:, None]
    comes = bookings.weekdays[rows] >> ((day + _MONDAY) % 7) & 1 > 0
    comes &= (bookings.first_day[rows] <= day) & (day <= bookings.last_day[rows])
    of_day, of_row = np.nonzero(comes)
    rows = rows[of_row]
    midnight = day[of_day, 0] * DAY_US
    begins = _from_local(table, midnight + bookings.from_min[rows] * MINUTE_US)
    ends = _from_local(table, midnight + bookings.to_min[rows] * MINUTE_US)
    start, stop = begins - bookings.early_us[rows], ends + bookings.late_us[rows]
    is_care = bookings.is_care[rows] & (start >= bookings.since_us[rows])
    made = np.stack([bookings.home[rows].astype(np.int64), start, stop, begins, is_care])
    return made[:, (start >= first_us) & (stop <= last_us)]


def _from_local(table: Offsets, local_us: Ints) -> Ints:
    """Return the moments of UTC of these local times; one that is left out is an hour later."""
    near = 2 * local_us - to_local(table, local_us)
    moment: Ints = local_us - (to_local(table, near) - near)
    return moment


@dataclass(frozen=True, slots=True)
class VisitMemory:
    """By home: in which window a way out was last opened, when, and if a visitor is there since.

    A window is named by its start.
    """

    window_us: Ints
    opened_us: Ints
    is_there: Bools


def find_visitors(
    window: Rows,
    home: Ints,
    time_us: Ints,
    is_opening: Bools,
    start_us: Ints,
    memory: VisitMemory,
) -> tuple[Bools, Bools, VisitMemory]:
    """Return, for each of n signs in time order, whether a visitor is there after it, or came.

    All lie in a window: its row, and its start. ``is_opening`` marks openings of a way out.
    """
    order = np.argsort(window, kind="stable")
    w, h, t, opens, start = (x[order] for x in (window, home, time_us, is_opening, start_us))
    row = np.arange(len(w))
    is_first = np.ones(len(w), np.bool_)
    is_first[1:] = w[1:] != w[:-1]
    first = np.maximum.accumulate(np.where(is_first, row, 0))
    is_same = memory.window_us[h] == start
    last_us = np.where(is_same, memory.opened_us[h], NEVER)
    was_there = is_same & memory.is_there[h]
    opened = np.maximum.accumulate(np.where(opens, row, -1))
    before = np.empty_like(opened)
    before[:1], before[1:] = -1, opened[:-1]
    before_us = np.where(before >= first, t[np.maximum(before, 0)], last_us)
    is_use = opens & (t - before_us >= APART_US)
    count = np.cumsum(is_use)
    uses = count - (count[first] - is_use[first])
    there_sorted = was_there ^ (uses % 2 == 1)
    # What comes late, from before the last opening that is known, was the visitor's.
    there_sorted |= is_same & (t < last_us)
    is_there, has_come = np.empty(len(w), np.bool_), np.empty(len(w), np.bool_)
    is_there[order], has_come[order] = there_sorted, is_same | (opened >= first)
    window_us, opened_us = memory.window_us.copy(), memory.opened_us.copy()
    stays = memory.is_there.copy()
    at = np.flatnonzero(opened >= first)  # the last of a home wins
    at = at[t[at] >= last_us[at]]
    window_us[h[at]], opened_us[h[at]] = start[at], t[opened[at]]
    stays[h[at]] = (was_there ^ (uses % 2 == 1))[at]
    return is_there, has_come, VisitMemory(window_us, opened_us, stays)


def find_returns(
    home: Ints, is_person: Bools, is_inside: Bools, was_out: Bools, is_out: Bools
) -> Rows:
    """Return the rows of visitors' signs that may be the person coming home.

    Of n signs in time order, ``is_person`` are the person's, ``is_out`` where each of these
    leaves the person; ``was_out`` bool[homes] is before all. It is the first sign inside since.
    """
    order = np.argsort(home, kind="stable")
    h, person = home[order], is_person[order]
    row = np.arange(len(h))
    is_first = np.ones(len(h), np.bool_)
    is_first[1:] = h[1:] != h[:-1]
    first = np.maximum.accumulate(np.where(is_first, row, 0))
    last = np.maximum.accumulate(np.where(person, row, -1))
    has_last = last >= first
    out = np.where(has_last, is_out[order][np.maximum(last, 0)], was_out[h])
    found = np.flatnonzero(~person & is_inside[order] & out)
    since = np.where(has_last, last, -1 - h)[found]
    _, which = np.unique(since, return_index=True)
    return order[found[which]]
