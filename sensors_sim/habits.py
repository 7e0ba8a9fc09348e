"""What stays with the people of many homes, as columns over the homes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance
from sensors_sim.residents import MOST_BOOKINGS, Booking, Resident, Span, Weekday

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


_BED_DIFFERS: Final = 0.856
"""How much more people differ in when they go to bed than in when they get up."""


class _Stream(IntEnum):
    HABITS = 1


@dataclass(frozen=True, slots=True)
class Bookings:
    """Fixed hours of each home, [homes, slots]; ``days`` bool[homes, slots, 7] from Monday.

    A slot that is not used has no day.
    """

    at_h: Floats
    minutes: Floats
    spread_h: Floats
    chance: Floats
    days: Flags


@dataclass(frozen=True, slots=True)
class Habits:
    """What stays with the people of a home: a row a home, float64 unless it is a claim.

    Hours are local. ``vigour_from`` and ``vigour_to`` scale activity from ``since_day`` on,
    over ``vigour_days``. ``shift_h`` moves getting up and going to bed, ``meals_later_h`` meals and
    outings. ``trips`` is the chance of some days away in ten days.
    """

    wake_h: Floats
    bed_h: Floats
    spread_h: Floats
    lie_in_h: Floats
    season: Floats
    thirst: Floats
    bladder: Floats
    night_bladder: Floats
    restlessness: Floats
    wanderlust: Floats
    energy: Floats
    vigour_from: Floats
    vigour_to: Floats
    vigour_days: Floats
    shift_h: Floats
    meals_later_h: Floats
    trips: Floats
    goes_out: Flags
    is_accompanied: Flags
    is_bed_bound: Flags
    is_couple: Flags
    has_pets: Flags
    has_unseen_bathroom: Flags
    since_day: NDArray[np.int64]
    visits: Bookings
    outings: Bookings

    def take(self, rows: NDArray[np.intp] | Flags) -> "Habits":
        """Return the habits of these rows."""
        return replace(self, **{f.name: _taken(getattr(self, f.name), rows) for f in fields(self)})


def _taken(column: Any, rows: NDArray[np.intp] | Flags) -> Any:  # noqa: ANN401 - any of the above
    if isinstance(column, Bookings):
        return replace(column, **{f.name: getattr(column, f.name)[rows] for f in fields(column)})
    return column[rows]


def habits(
    seed: int,
    homes: NDArray[np.int32],
    residents: Sequence[Resident] = (Resident(),),
    which: NDArray[np.intp] | None = None,
    since_day: int = 0,
) -> Habits:
    """Return the habits of these homes (numbers), in which ``residents[which]`` live.

    ``which`` intp[homes]; None is the first resident everywhere.
    """
    row = np.zeros(len(homes), np.intp) if which is None else which
    own = chance.key(seed, _Stream.HABITS, homes)

    def each(of: Callable[[Resident], float]) -> Floats:
        return np.array([of(resident) for resident in residents], np.float64)[row]

    def between(of: Callable[[Resident], Span], index: int) -> Floats:
        low, high = each(lambda r: of(r)[0]), each(lambda r: of(r)[1])
        return low + (high - low) * chance.uniform(own, index)

    differs_h = each(lambda r: r.differs_h)
    wake_h = each(lambda r: r.wake_h) + differs_h * chance.normal(own, 0)
    # Who rises early goes to bed early.
    later = 0.6 * chance.normal(own, 0) + 0.8 * chance.normal(own, 1)
    bed_h = each(lambda r: r.bed_h) + _BED_DIFFERS * differs_h * later
    return Habits(
        wake_h=np.clip(wake_h, 5.0, 10.0),
        bed_h=np.clip(bed_h, 19.5, 25.0),
        spread_h=between(lambda r: r.spread_h, 20),
        lie_in_h=each(lambda r: r.lie_in_h),
        season=each(lambda r: r.season),
        thirst=between(lambda r: r.thirst, 21),
        bladder=between(lambda r: r.bladder, 22),
        night_bladder=between(lambda r: r.night_bladder, 26),
        restlessness=between(lambda r: r.restlessness, 27),
        wanderlust=between(lambda r: r.wanderlust, 23),
        energy=between(lambda r: r.energy, 24),
        vigour_from=each(lambda r: r.vigour[0]),
        vigour_to=each(lambda r: r.vigour[1]),
        vigour_days=each(lambda r: r.vigour_days),
        shift_h=np.zeros(len(homes)),
        meals_later_h=each(lambda r: r.meals_differ_h) * chance.normal(own, 2),
        trips=between(lambda r: r.trips, 28),
        goes_out=chance.uniform(own, 25) > 1 - each(lambda r: r.goes_out_share),
        is_accompanied=each(lambda r: r.is_accompanied) > 0,
        is_bed_bound=each(lambda r: r.is_bed_bound) > 0,
        is_couple=each(lambda r: r.people) > 1,
        has_unseen_bathroom=chance.uniform(own, 29) < each(lambda r: r.unseen_bathroom_share),
        has_pets=each(lambda r: r.has_pets) > 0,
        since_day=np.full(len(homes), since_day, np.int64),
        visits=_bookings([r.visit for r in residents], row),
        outings=_bookings([r.outing for r in residents], row),
    )


def _bookings(booked: Sequence[Sequence[Booking]], row: NDArray[np.intp]) -> Bookings:
    quantity = np.zeros((len(booked), MOST_BOOKINGS, 4))
    days = np.zeros((len(booked), MOST_BOOKINGS, len(Weekday)), np.bool_)
    week = list(Weekday)
    for i, bookings in enumerate(booked):
        for j, b in enumerate(bookings):
            quantity[i, j] = b.at_h, b.minutes, b.spread_h, b.chance
            days[i, j, [week.index(day) for day in b.days]] = True
    at_h, minutes, spread_h, likely = np.moveaxis(quantity[row], 2, 0)
    return Bookings(at_h, minutes, spread_h, likely, days[row])


def vigour(who: Habits, day: int) -> Floats:
    """Return how active these people are on a day, as a share of their usual, float64[homes]."""
    passed = np.clip((day - who.since_day) / who.vigour_days, 0.0, 1.0)
    return who.vigour_from + (who.vigour_to - who.vigour_from) * passed


def weekday(day: int) -> int:
    """Return 0 for Monday to 6 for Sunday; days count from 1970-01-01, a Thursday."""
    return (day + 3) % 7


def is_weekend(day: int) -> bool:
    """Say whether this day is a Saturday or a Sunday."""
    return weekday(day) >= 5


def winter(day: int) -> float:
    """Return how deep in winter a day (since 1970-01-01) is: 1 in mid January, -1 in July."""
    return float(np.cos(2 * np.pi * ((day % 365.25) - 15) / 365.25))


def allot(seed: int, homes: NDArray[np.int32], shares: Sequence[float]) -> NDArray[np.intp]:
    """Return which of several kinds lives in each home, so that each has its share of homes.

    The kinds are numbered from 1; what is left over by the shares gets 0.
    """
    rank = np.argsort(np.argsort(chance.uniform(chance.key(seed, 9, homes)), kind="stable"))
    edges = np.rint(np.cumsum(np.asarray(shares, np.float64)) * len(homes))
    kind = np.searchsorted(edges, rank, side="right")
    return np.where(kind < len(shares), kind + 1, 0).astype(np.intp)
