"""What a person would do on a day, and when: the errands, before one gets in another's way."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim import chance
from sensors_sim.agenda import AGENDA, Anchor, Errand, Purpose
from sensors_sim.habits import Habits, is_weekend, vigour, weekday, winter
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, HOUR, MINUTE, Floats, Who

NIGHT_ENDS_S: Final = DAY_ENDS_S - 10 * MINUTE
"""By now everybody is back in bed."""

FORENOON: Final = 1.16
"""More than 1: more is done early in the day than late."""

BY_HOUR: Final = np.array([
    1.81, 1.81, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.44, 1.59, 1.59, 1.19,
    0.79, 0.73, 0.73, 1.03, 1.03, 1.11, 1.11, 0.85, 0.85, 1.28, 1.28, 1.21,
])  # fmt: skip
"""How much people are inclined to by the hour at which they would begin, float64[24]."""

EVENING_S: Final = 19.5 * HOUR
"""A wash after this is the one before bed."""

POORLY: Final = 0.0981
"""Share of days on which somebody does not feel like doing much."""

MOOD: Final = 0.35
"""How much days differ in what is done: the standard deviation of the logarithm."""

TOGETHER: Final = 0.75
"""Share of outings on which two who live together go together."""


class _Stream(IntEnum):
    DAY = 2
    PERSON = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """How a day is framed for each home: seconds after midnight, float64[homes].

    ``own`` and ``shared`` uint64[homes] are the chances of this person and of the household,
    ``mood`` how much they feel like doing.
    """

    wake_s: Floats
    bed_s: Floats
    own: chance.Key
    shared: chance.Key
    later_h: Floats
    mood: Floats


def frame_of(seed: int, homes: NDArray[np.int32], day: int, who: Habits, person: Who) -> Frame:
    """Return when this person's day begins and ends, and how they feel."""
    own = shared = chance.key(seed, _Stream.DAY, homes, day)
    if person is not Who.RESIDENT:
        own = chance.split(chance.split(own, _Stream.PERSON), person)
    later_h = who.shift_h + (who.lie_in_h if is_weekend(day) else 0.0)
    rises_h = who.wake_h + later_h + 0.1 * who.season * winter(day)
    wake_h = np.clip(rises_h + who.spread_h * chance.normal(own, 0), 4.8, 11.5)
    bed_h = np.clip(who.bed_h + later_h + who.spread_h * chance.normal(own, 1), 19.0, 26.0)
    mood = np.exp(MOOD * chance.normal(shared, 2) - MOOD**2 / 2)
    mood *= np.where(chance.uniform(shared, 10) < POORLY, 0.25, 1.0)
    return Frame(wake_h * HOUR, bed_h * HOUR, own, shared, who.meals_later_h, mood)


def plan(
    frame: Frame, who: Habits, may_leave: NDArray[np.bool_], day: int
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
            likely = likely * BY_HOUR[(begins // HOUR).astype(np.intp) % 24]
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


def _when(errand: Errand, own: chance.Key, frame: Frame, length: Floats) -> tuple[Floats, Floats]:
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
