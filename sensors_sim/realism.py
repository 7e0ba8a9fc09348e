"""What homes are like, as numbers: one row of statistics a home, real or simulated alike.

Everything is computed from activations in local time, without knowing where they come from.
Shares are told by their square root and lengths by their logarithm, so that a difference means
as much between quiet homes as between busy ones.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sensors_sim.lives import (
    DAY_US,
    HOUR_US,
    SECOND_US,
    Bools,
    Floats,
    Ints,
    Lives,
    Outages,
    Watched,
    quantiles,
    spans,
    watch,
)
from sensors_sim.tihm import IS_EXIT, PLACES

DAY_BEGINS_H, NIGHT_BEGINS_H = 7, 22
WALK_US: Final = 600 * SECOND_US
"""Two activations further apart are no transition."""

VISIT_US: Final = 900 * SECOND_US
"""A bathroom that was not used for this long is visited anew."""

AWAY_US: Final = 1200 * SECOND_US
DOOR_US: Final = 180 * SECOND_US
"""Away: a silence of ``AWAY_US`` or more with an exit door this close to both its ends."""

_GAP_SHARES: Final = (0.25, 0.5, 0.75, 0.9, 0.99)
_DAY_SHARES: Final = (0.1, 0.5, 0.9)
_SILENCE_SHARES: Final = (0.25, 0.5, 0.75, 0.95)
_NIGHT_PARTS_H: Final = (0, 2, 4, 6, 9)
"""Parts of the night, in hours after it begins."""

_AWAY_PARTS_H: Final = (0, 6, 12, 18, 24)


class Group(StrEnum):
    """What a statistic is about."""

    EVENTS = "events"
    HOURS = "hours"
    GAPS = "gaps"
    TRANSITIONS = "transitions"
    NIGHT_BATHROOM = "night_bathroom"
    SILENCE = "silence"
    AWAY = "away"


def _names() -> tuple[tuple[Group, str], ...]:
    return (
        *((Group.EVENTS, f"events a day, {share:.0%} of days") for share in _DAY_SHARES),
        *((Group.HOURS, f"{hour:02d} h") for hour in range(24)),
        *((Group.GAPS, f"gap by day, {share:.0%}") for share in _GAP_SHARES),
        *((Group.GAPS, f"gap by night, {share:.0%}") for share in _GAP_SHARES),
        *((Group.TRANSITIONS, f"{a} to {b}") for a in PLACES for b in PLACES),
        *(
            (Group.NIGHT_BATHROOM, f"visits {(22 + low) % 24:02d} to {(22 + high) % 24:02d} h")
            for low, high in pairwise(_NIGHT_PARTS_H)
        ),
        (Group.NIGHT_BATHROOM, "nights without a visit"),
        (Group.NIGHT_BATHROOM, "nights with three visits or more"),
        *((Group.SILENCE, f"longest silence, {share:.0%} of days") for share in _SILENCE_SHARES),
        (Group.SILENCE, "days without an event"),
        *((Group.AWAY, f"away {low:02d} to {high:02d} h") for low, high in pairwise(_AWAY_PARTS_H)),
        (Group.AWAY, "outings a day"),
    )


STATISTICS: Final = _names()
"""(group, name) of each column."""

GROUP: Final = np.array([group.value for group, _ in STATISTICS])


def statistics(lives: Lives, silent: Outages) -> Floats:
    """Return float64[homes, STATISTICS]; every home must have a whole day."""
    days = watch(lives, silent)
    return np.column_stack(
        [
            _events(lives, days),
            _hours(lives),
            _gaps(lives, days),
            _transitions(lives, days),
            _night_bathroom(lives, days, silent),
            _silences(lives, days),
            _away(lives, days, silent),
        ]
    )


def _events(lives: Lives, days: Watched) -> Floats:
    home, day = np.nonzero(days.is_whole & (days.counts > 0))
    counts = np.log(days.counts[home, day])
    return quantiles(counts, home.astype(np.int32), lives.homes, np.array(_DAY_SHARES))


def _hours(lives: Lives) -> Floats:
    hour = lives.time_us % DAY_US // HOUR_US
    counts = np.bincount(lives.home * 24 + hour, minlength=24 * lives.homes)
    return _root_shares(counts.reshape(lives.homes, 24))


def _root_shares(counts: NDArray[np.intp]) -> Floats:
    roots: Floats = np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))
    return roots


def _gaps(lives: Lives, days: Watched) -> Floats:
    hour = days.gap_start_us % DAY_US // HOUR_US
    is_day = (hour >= DAY_BEGINS_H) & (hour < NIGHT_BEGINS_H)
    length = np.log(days.gap / SECOND_US + 1)
    shares = np.array(_GAP_SHARES)
    found = [
        quantiles(length[part], days.gap_home[part], lives.homes, shares)
        for part in (is_day, ~is_day)
    ]
    # A home that is never seen at night has one gap there, as long as the night.
    gaps: Floats = np.nan_to_num(np.column_stack(found), nan=np.log(9 * 3600))
    return gaps


def _transitions(lives: Lives, days: Watched) -> Floats:
    row = days.row[days.gap <= WALK_US]
    width = len(PLACES)
    name = (lives.home[row] * width + lives.place[row]) * width + lives.place[row + 1]
    counts = np.bincount(name, minlength=lives.homes * width * width)
    return _root_shares(counts.reshape(lives.homes, width * width))


def _night_bathroom(lives: Lives, days: Watched, silent: Outages) -> Floats:
    rows = np.flatnonzero(lives.place == PLACES.index("bathroom"))
    home, time_us = lives.home[rows], lives.time_us[rows]
    is_new = np.ones(len(rows), np.bool_)
    is_new[1:] = (home[1:] != home[:-1]) | (np.diff(time_us) > VISIT_US)
    into_us = time_us - NIGHT_BEGINS_H * HOUR_US
    night, into_h = into_us // DAY_US - days.first_day, into_us % DAY_US // HOUR_US
    width = days.counts.shape[1]
    part = np.searchsorted(_NIGHT_PARTS_H, into_h, side="right") - 1
    is_visit = is_new & (part < len(_NIGHT_PARTS_H) - 1) & (night >= 0)
    visits = np.zeros((lives.homes, width, len(_NIGHT_PARTS_H) - 1))
    np.add.at(visits, (home[is_visit], night[is_visit], part[is_visit]), 1)
    is_seen = _nights(lives, days, silent)
    nights = np.maximum(is_seen.sum(axis=1), 1)
    mean = (visits * is_seen[:, :, None]).sum(axis=1) / nights[:, None]
    total = visits.sum(axis=2)
    none = ((total == 0) & is_seen).sum(axis=1) / nights
    many = ((total >= 3) & is_seen).sum(axis=1) / nights
    roots: Floats = np.sqrt(np.column_stack([mean, none, many]))
    return roots


def _nights(lives: Lives, days: Watched, silent: Outages) -> Bools:
    """Return which nights, named by their evening, were watched: bool[homes, days]."""
    width = days.counts.shape[1]
    start = (days.first_day + np.arange(width)) * DAY_US + NIGHT_BEGINS_H * HOUR_US
    end = start + _NIGHT_PARTS_H[-1] * HOUR_US
    first, last = spans(lives)
    seen: Bools = (start >= first[:, None]) & (end <= last[:, None]) & ~silent.touch(start, end)
    has = days.counts > 0
    seen[:, :-1] &= has[:, :-1] & has[:, 1:]
    return seen


def _silences(lives: Lives, days: Watched) -> Floats:
    width = days.counts.shape[1]
    longest = np.zeros((lives.homes, width), np.int64)
    day = (days.gap_start_us + days.gap) // DAY_US - days.first_day
    np.maximum.at(longest, (days.gap_home, day), days.gap)
    home, of_day = np.nonzero(days.is_whole & (longest > 0))
    length = np.log(longest[home, of_day] / HOUR_US)
    found = quantiles(length, home.astype(np.int32), lives.homes, np.array(_SILENCE_SHARES))
    empty = (days.is_whole & (days.counts == 0)).sum(axis=1) / days.is_whole.sum(axis=1)
    return np.column_stack([found, np.sqrt(empty)])


def _away(lives: Lives, days: Watched, silent: Outages) -> Floats:
    """Return time away by part of the day and outings a day; nobody is away in an outage."""
    far = np.int64(DOOR_US + 1)
    is_door = IS_EXIT[lives.place]
    rows = np.arange(len(is_door))
    before = np.maximum.accumulate(np.where(is_door, rows, -1))
    after = np.minimum.accumulate(np.where(is_door, rows, len(rows))[::-1])[::-1]
    padded = np.append(lives.time_us, 0)
    homes = np.append(lives.home, -1)
    own_before = np.where((before >= 0) & (homes[before] == lives.home), before, -1)
    own_after = np.where(homes[after] == lives.home, after, -1)
    since = np.where(own_before >= 0, lives.time_us - padded[own_before], far)[days.row]
    until = np.where(own_after >= 0, padded[own_after] - lives.time_us, far)[days.row + 1]
    is_away = (days.gap >= AWAY_US) & (since <= DOOR_US) & (until <= DOOR_US)
    start, home = days.gap_start_us[is_away], days.gap_home[is_away]
    end = start + days.gap[is_away]
    first, last = spans(lives)
    shares = []
    for low, high in pairwise(_AWAY_PARTS_H):
        spent = _time_in(end, low, high) - _time_in(start, low, high)
        deaf = _time_in(silent.end_us, low, high) - _time_in(silent.start_us, low, high)
        held = (silent.start_us >= first[:, None]) & (silent.end_us <= last[:, None])
        watched = _time_in(last, low, high) - _time_in(first, low, high) - held @ deaf
        away = np.bincount(home, spent, lives.homes)
        shares.append(np.sqrt(away / np.maximum(watched, HOUR_US)))
    outings = np.bincount(home, minlength=lives.homes) / ((last - first) / DAY_US)
    return np.column_stack([*shares, np.log1p(outings)])


def _time_in(until_us: Ints, low_h: int, high_h: int) -> Ints:
    """Return how much time from 1970 to a moment lies between these hours of the day."""
    day, into = np.divmod(until_us, DAY_US)
    width = (high_h - low_h) * HOUR_US
    spent: Ints = day * width + np.clip(into - low_h * HOUR_US, 0, width)
    return spent
