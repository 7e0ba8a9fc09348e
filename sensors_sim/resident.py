"""A person's day from a seed: where they are, what for, and until when.

A day runs from 04:00 to 04:00 of the next, when everybody sleeps. Between two stays the
person walks through the hall. All homes of one day are made together, without a loop over
them, and each comes out the same whatever others are asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance
from sensors_sim.agenda import AGENDA, Anchor, Errand, Purpose, Room
from sensors_sim.habits import Habits, habits, vigour, winter
from sensors_sim.trips import away_h

Floats = NDArray[np.float64]

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY_STARTS_S: Final = 4 * HOUR
"""Seconds after local midnight at which one day hands over to the next."""

DAY_ENDS_S: Final = 28 * HOUR
NIGHT_ENDS_S: Final = DAY_ENDS_S - 10 * MINUTE
"""By now everybody is back in bed."""

NOON_S: Final = 12 * HOUR
FORENOON: Final = 1.2
"""More than 1: more is done early in the day than late."""

EVENING_S: Final = 19.5 * HOUR
"""From here on a person is quieter."""

POORLY: Final = 0.08
"""Share of days on which somebody does not feel like doing much."""

TOGETHER: Final = 0.75
"""Share of outings on which two who live together go together."""

WALK_S: Final = 8.0
"""Time from one room to the next."""


class _Stream(IntEnum):
    DAY = 2
    PERSON = 3


class Who(IntEnum):
    """Whose stay it is."""

    RESIDENT = 0
    PARTNER = 1
    VISITOR = 2
    PET = 3


@dataclass(frozen=True, slots=True)
class Stays:
    """n stays, by home and then by time; times are seconds after local midnight.

    ``home`` int32[n] is a row of the homes asked for, ``room`` and ``purpose`` int8[n],
    ``start_s`` and ``end_s`` float64[n]. ``key`` uint64[n] names each stay's own chance,
    ``person`` int8[n] is a ``Who``.
    """

    home: NDArray[np.int32]
    room: NDArray[np.int8]
    purpose: NDArray[np.int8]
    start_s: Floats
    end_s: Floats
    key: chance.Key
    person: NDArray[np.int8]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Stays":
        """Return the rows picked by a mask or indices, in that order."""
        return Stays(*(getattr(self, f.name)[rows] for f in fields(self)))


def join(parts: Sequence[Stays]) -> Stays:
    """Return the stays of all parts, one part after another."""
    return Stays(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Stays)))


@dataclass(frozen=True, slots=True)
class _Frame:
    """When the day begins and ends for each home: seconds after midnight, float64[homes]."""

    wake_s: Floats
    bed_s: Floats
    own: chance.Key
    shared: chance.Key
    later_h: Floats
    mood: Floats


def _frame(seed: int, homes: NDArray[np.int32], day: int, who: Habits, person: Who) -> _Frame:
    own = shared = chance.key(seed, _Stream.DAY, homes, day)
    if person is not Who.RESIDENT:
        own = chance.split(chance.split(own, _Stream.PERSON), person)
    later_h = who.shift_h + (who.lie_in_h if is_weekend(day) else 0.0)
    rises_h = who.wake_h + later_h + 0.1 * who.season * winter(day)
    wake_h = np.clip(rises_h + who.spread_h * chance.normal(own, 0), 4.8, 11.5)
    bed_h = np.clip(who.bed_h + later_h + who.spread_h * chance.normal(own, 1), 19.0, 26.0)
    mood = np.exp(0.5 * chance.normal(shared, 2) - 0.12)
    mood *= np.where(chance.uniform(shared, 10) < POORLY, 0.25, 1.0)
    return _Frame(wake_h * HOUR, bed_h * HOUR, own, shared, who.meals_later_h, mood)


def weekday(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday; days count from 1970-01-01, a Thursday."""
    return (day + 3) % 7


def is_weekend(day: int) -> bool:
    """Say whether this day is a Saturday or a Sunday."""
    return weekday(day) >= 5


def spend_day(
    seed: int,
    homes: NDArray[np.int32],
    day: int,
    stays_in: NDArray[np.bool_] | None = None,
    who: Habits | None = None,
    person: Who = Who.RESIDENT,
) -> Stays:
    """Return how one person of each of these homes (numbers) spends one local day.

    ``day`` counts days since 1970-01-01. ``stays_in`` bool[homes] keeps a person at home;
    without ``who`` usual people live there.
    """
    who = habits(seed, homes) if who is None else who
    frame = _frame(seed, homes, day, who, person)
    may_leave = who.goes_out if stays_in is None else who.goes_out & ~stays_in
    start, end, errand = _settle(*_plan(frame, who, may_leave, day))
    made = _fill(frame, start, end, errand, person)
    in_bed = who.is_bed_bound[made.home]
    late = (made.purpose == Purpose.WASH) & (made.start_s > EVENING_S)
    in_bed |= late & who.has_unseen_bathroom[made.home]
    made = replace(made, room=np.where(in_bed, Room.BEDROOM, made.room).astype(np.int8))
    from_h, to_h = away_h(seed, homes, day, who)
    is_away = may_leave & np.isfinite(from_h)
    return _desert(made, is_away, from_h * HOUR, to_h * HOUR) if is_away.any() else made


def _desert(made: Stays, is_away: NDArray[np.bool_], from_s: Floats, to_s: Floats) -> Stays:
    """Return the stays cut where a home is deserted; who leaves does so through the door."""
    since, until = from_s[made.home], to_s[made.home]
    touched = is_away[made.home] & (made.start_s < until) & (made.end_s > since)
    starts = np.where(touched & (made.start_s >= since), until + WALK_S, made.start_s)
    ends = np.where(touched & (made.start_s < since), since - WALK_S, made.end_s)
    rest = replace(made, start_s=starts, end_s=ends).take(ends - starts > 1)
    home = np.flatnonzero(is_away).astype(np.int32)
    first = np.searchsorted(made.home, home)
    gone = Stays(
        home,
        np.full(len(home), Room.OUT, np.int8),
        np.full(len(home), Purpose.OUTING, np.int8),
        from_s[home],
        to_s[home],
        chance.split(made.key[first], 98),
        made.person[first],
    )
    whole = join([rest, gone])
    return whole.take(np.lexsort((whole.start_s, whole.home)))


def _plan(
    frame: _Frame, who: Habits, may_leave: NDArray[np.bool_], day: int
) -> tuple[Floats, Floats, Floats]:
    """Return (start, length, latest end) float64[homes, errands]; nan starts do not happen."""
    shape = (len(frame.wake_s), len(AGENDA))
    start, length, limit = np.empty(shape), np.empty(shape), np.empty(shape)
    for row, errand in enumerate(AGENDA):
        own = chance.split(frame.own, row)
        if errand.purpose is Purpose.OUTING:
            # Two who live together mostly go out together.
            shared = chance.split(frame.shared, row)
            own = np.where(chance.uniform(shared, 8) < TOGETHER, shared, own)
        if errand.anchor is Anchor.BOOKED:
            booked = _booked(who, int(errand.at), own, may_leave, day)
            start[:, row], length[:, row], limit[:, row] = booked
            continue
        drawn = errand.minutes * MINUTE * np.exp(errand.sigma * chance.normal(own, 0))
        length[:, row] = np.minimum(drawn, errand.longest * MINUTE)
        begins, limit[:, row] = _when(errand, own, frame, length[:, row])
        likely: Floats = errand.chance * _inclination(errand, who, may_leave, day)
        if errand.purpose in (Purpose.CHORE, Purpose.DRINK):
            likely = likely * frame.mood
        if errand.anchor is Anchor.DAYTIME:
            likely = np.where(begins > EVENING_S, 1.0 * likely, likely)
            likely = np.where(begins < NOON_S, 1.5 * likely, likely)
        start[:, row] = np.where(chance.uniform(own, 6) < likely, begins, np.nan)
    return start, length, limit


def _booked(
    who: Habits, slot: int, own: chance.Key, may_leave: NDArray[np.bool_], day: int
) -> tuple[Floats, Floats, Floats]:
    """Return (start, length, latest end) of a booked outing; nan where there is none today."""
    of = who.outings
    happens = of.days[:, slot, weekday(day)] & may_leave
    happens &= chance.uniform(own, 6) < of.chance[:, slot]
    at_s = HOUR * (of.at_h[:, slot] + of.spread_h[:, slot] * chance.normal(own, 1))
    length = of.minutes[:, slot] * MINUTE
    return np.where(happens, at_s, np.nan), length, at_s + length + HOUR


def _when(errand: Errand, own: chance.Key, frame: _Frame, length: Floats) -> tuple[Floats, Floats]:
    """Return when an errand would begin, and by when it must have ended."""
    wake, bed = frame.wake_s, frame.bed_s
    share = errand.at + errand.spread * (chance.uniform(own, 5) - 0.5)
    evening = bed - 20 * MINUTE
    match errand.anchor:
        case Anchor.WAKE:
            return wake + errand.at * MINUTE, evening
        case Anchor.BED:
            # A second more, for what rounding adds to the sum of the two.
            return bed - length, bed + 1
        case Anchor.CLOCK:
            start = HOUR * (errand.at + frame.later_h + errand.spread * chance.normal(own, 1))
            return np.maximum(start, wake + 30 * MINUTE), evening
        case Anchor.DAYTIME:
            return wake + 40 * MINUTE + share**FORENOON * (bed - wake - 90 * MINUTE), evening
        case Anchor.EARLY:
            dozing = wake - DAY_STARTS_S - 30 * MINUTE
            return DAY_STARTS_S + 10 * MINUTE + share * dozing, wake - 5 * MINUTE
        case _:
            asleep = DAY_ENDS_S - bed - 65 * MINUTE
            return bed + 45 * MINUTE + share * asleep, np.full_like(bed, NIGHT_ENDS_S)


def _inclination(errand: Errand, who: Habits, may_leave: NDArray[np.bool_], day: int) -> Floats:
    """Return how much more or less likely than usual these people are to run an errand."""
    strength = vigour(who, day)
    match errand.purpose:
        case Purpose.DRINK:
            likely = who.thirst * strength
        case Purpose.TOILET if errand.anchor in (Anchor.NIGHT, Anchor.EARLY):
            likely = np.where(who.has_unseen_bathroom, 0.0, who.bladder * who.night_bladder)
        case Purpose.TOILET:
            likely = who.bladder
        case Purpose.RESTLESS:
            likely = who.restlessness
        case Purpose.OUTING:
            weather = 1.0 - 0.15 * who.season * winter(day)
            likely = who.wanderlust * may_leave * strength * weather
            likely = likely * (0.7 if is_weekend(day) else 1.0)
        case Purpose.CHORE:
            likely = who.energy * strength
        case _:
            likely = np.ones_like(who.thirst)
    return likely if errand.purpose is Purpose.WASH else np.where(who.is_bed_bound, 0.0, likely)


def _settle(
    start: Floats, length: Floats, limit: Floats
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Return errands one after another: (start, end, row of the agenda), [homes, errands].

    One that finds the person busy waits, and is given up when it would end past its limit.
    """
    order = np.argsort(start, axis=1, kind="stable")
    start = np.take_along_axis(start, order, axis=1)
    length = np.take_along_axis(length, order, axis=1)
    limit = np.take_along_axis(limit, order, axis=1)
    end = np.empty_like(start)
    free = np.full(len(start), DAY_STARTS_S)
    for i in range(start.shape[1]):
        begins = np.maximum(start[:, i], free + WALK_S)
        ends = begins + length[:, i]
        happens = ends <= limit[:, i]
        start[:, i] = np.where(happens, begins, np.nan)
        end[:, i] = np.where(happens, ends, np.nan)
        free = np.where(happens, ends, free)
    return start, end, order


def _fill(
    frame: _Frame, start: Floats, end: Floats, errand: NDArray[np.intp], person: Who
) -> Stays:
    """Return the errands with what lies between: sleep by night, the living room by day."""
    homes, slots = start.shape
    busy_until = np.fmax.accumulate(
        np.concatenate([np.full((homes, 1), DAY_STARTS_S), end], axis=1), axis=1
    )
    begins = np.concatenate([start, np.full((homes, 1), DAY_ENDS_S)], axis=1)
    is_first = busy_until == DAY_STARTS_S
    is_last = np.arange(slots + 1) == slots
    rest_start = np.where(is_first, busy_until, busy_until + WALK_S)
    rest_end = np.where(is_last, begins, begins - WALK_S)
    is_night = (rest_start >= frame.bed_s[:, None]) | (rest_end <= frame.wake_s[:, None])

    width = 2 * slots + 1
    starts, ends = np.full((homes, width), np.nan), np.full((homes, width), np.nan)
    room, purpose = np.empty((homes, width), np.int8), np.empty((homes, width), np.int8)
    starts[:, ::2], ends[:, ::2] = rest_start, rest_end
    starts[:, 1::2], ends[:, 1::2] = start, end
    room[:, ::2] = np.where(is_night, Room.BEDROOM, Room.LIVING_ROOM)
    purpose[:, ::2] = np.where(is_night, Purpose.SLEEP, Purpose.REST)
    room[:, 1::2] = np.array([row.room for row in AGENDA], np.int8)[errand]
    purpose[:, 1::2] = np.array([row.purpose for row in AGENDA], np.int8)[errand]

    keep = (ends - starts) >= np.where(np.arange(width) % 2 == 0, 30.0, 1.0)
    return Stays(
        home=np.broadcast_to(np.arange(homes, dtype=np.int32)[:, None], keep.shape)[keep],
        room=room[keep],
        purpose=purpose[keep],
        start_s=starts[keep],
        end_s=ends[keep],
        key=chance.split(frame.own[:, None], 1000 + np.arange(width)[None, :])[keep],
        person=np.full(int(keep.sum()), person, np.int8),
    )
