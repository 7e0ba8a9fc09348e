"""A person's day from a seed: where they are, what for, and until when.

All homes of one day are made together, without a loop over them, and each comes out the same
whatever others are asked for.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance
from sensors_sim.agenda import AGENDA, Purpose, Room
from sensors_sim.errands import EVENING_S, Frame, frame_of, plan
from sensors_sim.habits import Habits, habits
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, HOUR, WALK_S, Floats, Stays, Who, join
from sensors_sim.trips import away_h


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
    frame = frame_of(seed, homes, day, who, person)
    may_leave = who.goes_out if stays_in is None else who.goes_out & ~stays_in
    start, end, errand = _settle(*plan(frame, who, may_leave, day))
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


def _fill(frame: Frame, start: Floats, end: Floats, errand: NDArray[np.intp], person: Who) -> Stays:
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
