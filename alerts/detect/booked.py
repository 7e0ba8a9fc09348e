"""Booked visits as stretches of time, and which signs in them are the visitor's (DETECTION A.4).

A visitor is known to be there from the first opening of a door that leads out, in the time that
is booked, until that same door opens again, or until that time is over: a carer who did not come
hides nobody, and the back door, opened for the bin, ends no visit.
While one is there movement, doors, power and doses are the visitor's. They are no sign of the
person and no exit; what beds and chairs say is the person's all the same, and so is the first
movement in a home whose person was out: somebody came in, and it may have been that person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from alerts.detect.columns import (
    DAY_US,
    MINUTE_US,
    NEVER,
    SECOND_US,
    Bools,
    Counts,
    Ints,
    Rows,
    rows_where,
)
from alerts.detect.local_time import Offsets, days, to_local
from alerts.detect.tuning import Tuning
from config.kinds import CODE, KINDS, Kind
from config.sensor_table import NONE, SensorTable
from config.visits import VisitKind

APART_US: Final = 60 * SECOND_US
"""Openings of a door less than this apart are one use of it."""

_MOST_DOORS: Final = 255
"""Ways out of one home beyond this count as one."""

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
    there. ``way_out`` uint8[sensors] numbers those contacts, whoever lives there: 1 is the first of
    its home, 0 is none. ``is_visitors`` is what a visitor may set off.
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
    way_out: Counts
    is_visitors: Bools

    @property
    def is_way_out(self) -> Bools:
        """bool[sensors]: the contact of a way out, in some home."""
        result: Bools = self.way_out > 0
        return result


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


def build_bookings(table: SensorTable, tuning: Tuning) -> Bookings:
    """Return the columns of this roster."""
    kind, home = table.sensor_kind.astype(np.int64), table.sensor_home.astype(np.int64)
    has_home = home != NONE
    is_way_out = table.sensor_is_exit & (kind == CODE[Kind.CONTACT]) & has_home
    has_way_out = np.zeros(len(table.home_place), np.bool_)
    has_way_out[home[is_way_out]] = True
    booked = [v for v in table.visits if v.home < len(has_way_out) and has_way_out[v.home]]
    of = np.array([v.home for v in booked], np.intp)

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
        early_us=(tuning.of("visit_early_min", of) * MINUTE_US).astype(np.int64),
        late_us=(tuning.of("visit_late_min", of) * MINUTE_US).astype(np.int64),
        homes=np.unique(of),
        way_out=_numbered(is_way_out, home),
        is_visitors=_VISITOR_KIND[kind] & has_home & (kind != NONE),
    )


def _numbered(is_way_out: Bools, home: Ints) -> Counts:
    """Return, by sensor, its number among the ways out of its home, from 1 on; 0 for all else."""
    way = rows_where(is_way_out)
    way = way[np.argsort(home[way], kind="stable")]
    number = np.arange(len(way)) - np.searchsorted(home[way], home[way], "left") + 1
    result = np.zeros(len(home), np.uint8)
    result[way] = np.minimum(number, _MOST_DOORS)
    return result


def build_windows(
    bookings: Bookings, zone: Ints, offsets: Sequence[Offsets], from_us: int, to_us: int
) -> Windows:
    """Return the windows around this time; ``zone`` is by home and indexes ``offsets``."""
    first_us, last_us = from_us - _BACK_US, to_us + _AHEAD_US
    if last_us - first_us >= 1 << _SPAN_BITS:
        raise ValueError("booked: ticks of more than six days at once, expected fewer")
    parts = [np.empty((5, 0), np.int64)]
    for code, table in enumerate(offsets):
        mine = rows_where(zone[bookings.home] == code)
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
    at = rows_where(is_new)
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
    """By home: in which window a way out was last opened, when, and by which a visitor is there.

    A window is named by its start. ``door`` uint8[homes] is 0 where no visitor is there.
    ``opened_us`` leaves out what was opened while somebody was there who came another way.
    """

    window_us: Ints
    opened_us: Ints
    door: Counts


def find_visitors(
    window: Rows, home: Ints, time_us: Ints, door: Counts, start_us: Ints, memory: VisitMemory
) -> tuple[Bools, Bools, VisitMemory]:
    """Return, for each of n signs in time order, whether a visitor is there after it, or came.

    All lie in a window: its row, and its start. ``door`` uint8[n] is the way out of the home
    that a sign opens, 0 where it opens none. The one by which a visitor came ends the visit.
    """
    order = np.argsort(window, kind="stable")
    w, h, t, start = (x[order] for x in (window, home, time_us, start_us))
    d: Counts = door[order]
    row = np.arange(len(w))
    is_first = np.ones(len(w), np.bool_)
    is_first[1:] = w[1:] != w[:-1]
    first = np.maximum.accumulate(np.where(is_first, row, 0))
    is_same = memory.window_us[h] == start
    last_us: Ints = np.where(is_same, memory.opened_us[h], NEVER)
    was_there: Counts = np.where(is_same, memory.door[h], 0).astype(np.uint8)
    opens = rows_where(d)
    after, after_us = _follow(first[opens], t[opens], d[opens], was_there[opens], last_us[opens])
    opened = np.cumsum(d > 0) - 1  # the opening, by its number, that came last
    has_opened = np.zeros(len(w), np.bool_)
    has_opened[opened >= 0] = opens[opened[opened >= 0]] >= first[opened >= 0]
    there_sorted = np.where(has_opened, False, was_there > 0)
    there_sorted[has_opened] = after[opened[has_opened]] > 0
    # What comes late, from before the last opening that is known, was the visitor's.
    there_sorted |= is_same & (t < last_us)
    is_there, has_come = np.empty(len(w), np.bool_), np.empty(len(w), np.bool_)
    is_there[order], has_come[order] = there_sorted, is_same | has_opened
    made = VisitMemory(memory.window_us.copy(), memory.opened_us.copy(), memory.door.copy())
    at = rows_where(start[opens] >= memory.window_us[h[opens]])  # the last of a home wins
    made.window_us[h[opens[at]]], made.opened_us[h[opens[at]]] = start[opens[at]], after_us[at]
    made.door[h[opens[at]]] = after[at]
    return is_there, has_come, made


def _follow(
    group: Rows, time_us: Ints, door: Counts, was_there: Counts, last_us: Ints
) -> tuple[Counts, Ints]:
    """Return, after each of k openings, by which door a visitor is there, and the last one.

    Openings of a ``group`` follow each other; the first of each knows what was before.
    """
    turn = np.arange(len(group)) - np.searchsorted(group, group, "left")
    after, after_us = was_there.copy(), last_us.copy()
    by_turn = np.argsort(turn, kind="stable")
    cuts = np.cumsum(np.bincount(turn))
    for now in np.split(by_turn, cuts[:-1]) if len(cuts) else []:
        before = now - (turn[now] > 0)
        there, since_us = after[before], after_us[before]
        is_told = (there == 0) | (there == door[now])
        is_use = is_told & (time_us[now] - since_us >= APART_US)
        after[now] = np.where(is_use, np.where(there == 0, door[now], 0), there)
        after_us[now] = np.where(is_told, np.maximum(since_us, time_us[now]), since_us)
    return after, after_us


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
    found = rows_where(~person & is_inside[order] & out)
    since = np.where(has_last, last, -1 - h)[found]
    _, which = np.unique(since, return_index=True)
    return order[found[which]]
