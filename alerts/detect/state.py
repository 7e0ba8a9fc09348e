"""The engine's state as a struct of arrays, one row a home, sensor, gateway, place, sector."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, get_type_hints

import numpy as np
from numpy.typing import NDArray

from alerts.detect.caps import RING, Minutes
from alerts.detect.columns import (
    BINS,
    MINUTE_US,
    NEVER,
    Bools,
    Bytes,
    Counts,
    Floats,
    Halves,
    Ints,
    Shorts,
    Singles,
)
from alerts.detect.peaks import DAYS, DETECTORS, LEVELS

VERSION: Final = 13
"""Number of this layout: another one wherever a column comes, goes or changes."""

OLDEST: Final = 4
"""The oldest layout whose columns mean what those of the same name mean now."""


@dataclass(frozen=True, slots=True)
class _Column:
    axis: str
    dtype: str
    fill: float
    lead: tuple[int, ...] = ()


_TIME: Final = ("i8", NEVER)
_COUNT: Final = ("i8", 0)
_NUMBER: Final = ("f8", 0.0)
_MINUTE: Final = ("i4", 0)  # since 1970; 0 where it has not happened
_FLAG: Final = ("?", 0)
_SINGLE: Final = ("f4", 0.0)
_SMALL: Final = ("u1", 0)


@dataclass(slots=True)
class State:
    """What the engine remembers. Times are microseconds; NEVER where it has not happened.

    ``*_us`` columns named for an alert hold the onset of the one that was raised last and
    stands for the present condition.
    """

    # a home
    home_known_us: Annotated[Ints, _Column("home", *_TIME)]  # since when the engine watches it
    sign_us: Annotated[Ints, _Column("home", *_TIME)]  # last sign, or first word of the home
    is_seen: Annotated[Bools, _Column("home", *_FLAG)]  # whether that was a sign
    again_us: Annotated[Ints, _Column("home", *_TIME)]  # sign in a pause that was asked about last
    is_overdue: Annotated[Bools, _Column("home", *_FLAG)]  # it came when that was too long ago
    score: Annotated[Floats, _Column("home", *_NUMBER)]  # expected events missed since
    unseen_us: Annotated[Ints, _Column("home", *_COUNT)]  # of that time, how much could not be seen
    is_out: Annotated[Bools, _Column("home", *_FLAG)]
    door_us: Annotated[Ints, _Column("home", *_TIME)]
    inner: Annotated[Bytes, _Column("home", "i1", 2)]  # signs inside since, up to 2
    silence_us: Annotated[Ints, _Column("home", *_TIME)]
    silence_found_us: Annotated[Ints, _Column("home", *_TIME)]
    absence_us: Annotated[Ints, _Column("home", *_TIME)]
    absence_found_us: Annotated[Ints, _Column("home", *_TIME)]
    below_us: Annotated[Ints, _Column("home", *_TIME, (2,))]  # below review, below danger
    cold_us: Annotated[Ints, _Column("home", *_TIME, (2,))]
    blind_us: Annotated[Ints, _Column("home", *_TIME)]  # since when it cannot be seen
    reason: Annotated[Bytes, _Column("home", "i1", 0)]
    unwatched_us: Annotated[Ints, _Column("home", *_TIME)]  # negated: told with that outage
    active_days: Annotated[Singles, _Column("home", "f4", 0, (BINS,))]
    watched_days: Annotated[Singles, _Column("home", "f4", 0, (BINS,))]
    has_sign: Annotated[Bools, _Column("home", *_FLAG, (BINS,))]  # of the day that is running
    watched: Annotated[Counts, _Column("home", *_SMALL, (BINS // 8,))]  # a bit a quarter-hour
    rate: Annotated[Singles, _Column("home", "f4", np.nan, (BINS,))]
    peak: Annotated[Singles, _Column("home", *_SINGLE)]
    peak_count: Annotated[Singles, _Column("home", *_SINGLE)]
    peak_total: Annotated[Singles, _Column("home", *_SINGLE)]
    peak_squares: Annotated[Singles, _Column("home", *_SINGLE)]
    limit: Annotated[Floats, _Column("home", "f8", np.nan)]
    day_peak: Annotated[Singles, _Column("home", *_SINGLE)]  # of today; peaks.standardised
    recent: Annotated[Ints, _Column("home", *_COUNT)]  # bit i: a sign i slots of 10 min ago
    long_min: Annotated[Minutes, _Column("home", "i4", 0, (RING,))]  # see caps.remember
    # its nights and days: bathroom visits, the door at night, slow change (later, earlier, fewer)
    visit_us: Annotated[Ints, _Column("home", *_TIME)]  # last sign in a bathroom
    visits: Annotated[Counts, _Column("home", *_SMALL)]  # of the night that is running
    visits_before: Annotated[Counts, _Column("home", *_SMALL, (2,))]  # last night, the one before
    visit_seen: Annotated[Counts, _Column("home", *_SMALL)]  # nights known, up to 255
    visit_nights: Annotated[Singles, _Column("home", *_SINGLE)]
    visit_total: Annotated[Singles, _Column("home", *_SINGLE)]
    visit_squares: Annotated[Singles, _Column("home", *_SINGLE)]
    visit_score: Annotated[Singles, _Column("home", *_SINGLE)]
    is_night_hidden: Annotated[Bools, _Column("home", *_FLAG)]
    left_us: Annotated[Ints, _Column("home", *_TIME)]  # first door at night since a sign inside
    has_left: Annotated[Bools, _Column("home", *_FLAG)]  # this night, and nothing inside after it
    left_nights: Annotated[Singles, _Column("home", *_SINGLE)]
    door_nights: Annotated[Singles, _Column("home", *_SINGLE)]
    leave_us: Annotated[Ints, _Column("home", *_TIME)]
    leave_found_us: Annotated[Ints, _Column("home", *_TIME)]
    day_signs: Annotated[Singles, _Column("home", *_SINGLE)]
    is_day_hidden: Annotated[Bools, _Column("home", *_FLAG)]
    change_days: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    change_total: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    change_squares: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    change_score: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    change_seen: Annotated[Counts, _Column("home", *_SMALL, (3,))]  # valid days, up to 255
    change_run: Annotated[Counts, _Column("home", *_SMALL, (3,))]  # days since the score was 0
    change_rest: Annotated[Counts, _Column("home", *_SMALL, (3,))]  # days until told again
    stay_room: Annotated[Bytes, _Column("home", "i1", 0)]  # of the last sign
    stay_us: Annotated[Ints, _Column("home", *_TIME)]  # since when all signs were there
    stay_last_us: Annotated[Ints, _Column("home", *_TIME)]
    stay_raised_us: Annotated[Ints, _Column("home", *_TIME)]
    stay_peak: Annotated[Singles, _Column("home", *_SINGLE, (2,))]  # minutes, bathroom and hall
    stay_days: Annotated[Singles, _Column("home", *_SINGLE, (2,))]
    stay_total: Annotated[Singles, _Column("home", *_SINGLE, (2,))]
    stay_squares: Annotated[Singles, _Column("home", *_SINGLE, (2,))]
    above_us: Annotated[Ints, _Column("home", *_TIME, (2,))]  # above review, above danger
    hot_us: Annotated[Ints, _Column("home", *_TIME, (2,))]
    # bed and chair; out of bed at night, in bed, in the chair (see things.Spell)
    unseen_until_us: Annotated[Ints, _Column("home", *_TIME)]  # last moment it could not be seen
    seat_us: Annotated[Ints, _Column("home", *_TIME, (2,))]  # bed and chair: last taken or left
    is_taken: Annotated[Bools, _Column("home", *_FLAG, (2,))]
    elsewhere_us: Annotated[Ints, _Column("home", *_TIME, (2,))]  # last sign away from it
    spell_us: Annotated[Ints, _Column("home", *_TIME, (3,))]
    late_spells: Annotated[Counts, _Column("home", *_SMALL)]  # bit i: too long when it was told
    spell_peak: Annotated[Singles, _Column("home", *_SINGLE, (3,))]  # minutes, of the running day
    spell_days: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    spell_total: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    spell_squares: Annotated[Singles, _Column("home", *_SINGLE, (3,))]
    # booked visits (see booked): memory of the fold, then what is known at the tick
    visit_window_us: Annotated[Ints, _Column("home", *_TIME)]  # start of the window of opened_us
    opened_us: Annotated[Ints, _Column("home", *_TIME)]  # way out, last opened in a booked time
    visitor_door: Annotated[Counts, _Column("home", *_SMALL)]  # by which one is there, 0 for none
    entry_us: Annotated[Ints, _Column("home", *_TIME)]  # as opened_us, at this tick
    visitor_until_us: Annotated[Ints, _Column("home", *_TIME)]  # a visitor is there until, at most
    unvisited_us: Annotated[Ints, _Column("home", *_TIME)]
    unvisited_found_us: Annotated[Ints, _Column("home", *_TIME)]
    # doses and kitchen, morning and afternoon of each (see uses)
    use_min: Annotated[Shorts, _Column("home", "i2", -1, (4,))]  # first use, minute of the day
    use_days: Annotated[Singles, _Column("home", *_SINGLE, (4,))]
    use_hits: Annotated[Singles, _Column("home", *_SINGLE, (4,))]
    use_total: Annotated[Singles, _Column("home", *_SINGLE, (4,))]
    use_squares: Annotated[Singles, _Column("home", *_SINGLE, (4,))]
    exit_min: Annotated[Minutes, _Column("home", *_MINUTE)]  # last use of a way out
    was_unused: Annotated[Bools, _Column("home", *_FLAG, (2,))]  # in the part before
    unused_us: Annotated[Ints, _Column("home", *_TIME, (2,))]
    untaken_us: Annotated[Ints, _Column("home", *_TIME)]  # a dispenser's "missed", until told
    # the course of warmth through the day, and what lets it out
    hour_end_c: Annotated[Singles, _Column("home", "f4", np.nan)]  # warmest room at the last hour
    hour_gain: Annotated[Halves, _Column("home", "f2", 0, (24,))]  # usual, by local hour, K
    hour_spread: Annotated[Singles, _Column("home", *_SINGLE)]
    warm_hours: Annotated[Shorts, _Column("home", "i2", 0)]  # learned
    short_k: Annotated[Singles, _Column("home", *_SINGLE)]  # colder than the usual course
    short_us: Annotated[Ints, _Column("home", *_TIME)]
    unheated_us: Annotated[Ints, _Column("home", *_TIME)]
    aired_us: Annotated[Ints, _Column("home", *_TIME)]
    # a sensor; of a device, the row of its first sensor
    value: Annotated[Singles, _Column("sensor", "f4", np.nan)]
    value_us: Annotated[Ints, _Column("sensor", *_TIME)]
    has_zero: Annotated[Bools, _Column("sensor", *_FLAG)]
    celsius: Annotated[Singles, _Column("sensor", "f4", np.nan)]
    celsius_us: Annotated[Ints, _Column("sensor", *_TIME)]
    sensor_known_min: Annotated[Minutes, _Column("sensor", *_MINUTE)]  # since when it is enrolled
    heard_us: Annotated[Ints, _Column("sensor", *_TIME)]
    off_us: Annotated[Ints, _Column("sensor", *_TIME)]
    sensor_silent_us: Annotated[Ints, _Column("sensor", *_TIME)]
    fired_us: Annotated[Ints, _Column("sensor", *_TIME)]  # last sign of the person by this device
    opened_min: Annotated[Minutes, _Column("sensor", *_MINUTE)]  # contact, mains; 0 shut
    run_min: Annotated[Minutes, _Column("sensor", *_MINUTE)]  # of the fold; see runs.take_runs
    chatter_min: Annotated[Minutes, _Column("sensor", *_MINUTE)]  # since when it chatters; 0 not
    saw_hours: Annotated[Singles, _Column("sensor", *_SINGLE, (4,))]  # by quarter of the local day
    busy_hours: Annotated[Singles, _Column("sensor", *_SINGLE, (4,))]
    missed: Annotated[Singles, _Column("sensor", *_SINGLE)]
    missed_peak: Annotated[Singles, _Column("sensor", *_SINGLE)]
    # a gateway
    gateway_known_us: Annotated[Ints, _Column("gateway", *_TIME)]
    gateway_heard_us: Annotated[Ints, _Column("gateway", *_TIME)]
    gateway_off_us: Annotated[Ints, _Column("gateway", *_TIME)]
    gateway_back_us: Annotated[Ints, _Column("gateway", *_TIME)]
    gateway_lost_us: Annotated[Ints, _Column("gateway", *_TIME)]  # found lost; may be ahead
    gateway_silent_us: Annotated[Ints, _Column("gateway", *_TIME)]
    mains_min: Annotated[Minutes, _Column("gateway", *_MINUTE)]  # mains gone, told
    # a place
    outage_peak: Annotated[Ints, _Column("place", *_COUNT)]
    outage_us: Annotated[Ints, _Column("place", *_TIME)]
    hush_us: Annotated[Ints, _Column("place", *_TIME)]  # last word before a hush over the place
    told_us: Annotated[Ints, _Column("place", *_TIME)]  # its homes an outage hides, told of last
    link_told_us: Annotated[Ints, _Column("place", *_TIME)]  # ... that our own lost link hides
    place_z: Annotated[Floats, _Column("place", "f8", np.nan)]  # what its budget chose
    peak_counts: Annotated[Minutes, _Column("place", "i4", 0, (DAYS, LEVELS))]  # see peaks.counted
    told_counts: Annotated[Minutes, _Column("place", "i4", 0, (DAYS, DETECTORS))]
    # a postcode sector of a place
    street_us: Annotated[Ints, _Column("sector", *_TIME)]  # outage of a street there, found then
    street_from_us: Annotated[Ints, _Column("sector", *_TIME)]  # ... its first gateway went dark
    street_told_us: Annotated[Ints, _Column("sector", *_TIME)]  # its unwatched homes, told of last


_COLUMNS: Final[Mapping[str, _Column]] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(State, include_extras=True).items()
}


def empty(sizes: Mapping[str, int]) -> State:
    """Return the state before anything was heard; ``sizes`` gives the rows of each axis."""
    return State(**{name: _filled(c, sizes[c.axis]) for name, c in _COLUMNS.items()})


def recoded(state: State, axis: str, size: int, moves: Sequence[tuple[int, int]]) -> State:
    """Return the state with ``size`` rows of an axis: those of (row before, row after)."""
    columns = as_arrays(state)
    for name, column in _COLUMNS.items():
        if column.axis == axis:
            old, columns[name] = columns[name], _filled(column, size)
            for before, after in moves:
                columns[name][..., after] = old[..., before]
    return State(**columns)


def grown(state: State, sizes: Mapping[str, int]) -> State:
    """Return the state with this many rows; every row that stays keeps its number."""
    columns = {}
    for name, column in _COLUMNS.items():
        old = getattr(state, name)
        new = _filled(column, sizes[column.axis])
        kept = min(new.shape[-1], old.shape[-1])
        new[..., :kept] = old[..., :kept]
        columns[name] = new
    return State(**columns)


def blanked(
    state: State,
    rows: Mapping[str, Sequence[int]],
    *,
    only: Collection[str] | None = None,
    but: Collection[str] = (),
) -> State:
    """Return the state in which nothing is known of these rows of each axis.

    ``only`` these columns are blanked, where they are given, and never those of ``but``.
    """
    after = copied(state)
    blank(after, rows, only=only, but=but)
    return after


def blank(
    state: State,
    rows: Mapping[str, Sequence[int]],
    *,
    only: Collection[str] | None = None,
    but: Collection[str] = (),
) -> None:
    """As ``blanked``, in place."""
    for name, column in _COLUMNS.items():
        if name in but or (only is not None and name not in only):
            continue
        old = getattr(state, name)
        gone = [row for row in rows.get(column.axis, ()) if row < old.shape[-1]]
        old[..., gone] = column.fill


def row_of(state: State, rows: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Return what is known of these rows of each axis, by column: lists of plain numbers.

    Columns in which nothing is known of them are left out; a number that is none is None.
    """
    found: dict[str, Any] = {}
    for name, column in _COLUMNS.items():
        old = getattr(state, name)
        own = [row for row in rows.get(column.axis, ()) if row < old.shape[-1]]
        part = old[..., own]
        fill = np.asarray(column.fill, part.dtype)
        if part.size and not np.array_equal(
            part, np.full_like(part, fill), equal_nan=_is_float(fill)
        ):
            found[name] = _plain(part)
    return found


def _is_float(array: NDArray[Any]) -> bool:
    return array.dtype.kind == "f"


def _plain(part: NDArray[Any]) -> list[Any]:
    values = part.astype(object)
    if _is_float(part):
        values[~np.isfinite(part)] = None
    return list(values.tolist())


def copied(state: State) -> State:
    """Return a state that may be changed while this one stays as it is."""
    return State(**{name: column.copy() for name, column in as_arrays(state).items()})


def as_arrays(state: State) -> dict[str, Any]:
    """Return the columns by name."""
    return {name: getattr(state, name) for name in _COLUMNS}


def from_arrays(arrays: Mapping[str, Any]) -> State:
    """Return the state of these columns; ValueError when one is missing or of another type."""
    for name, column in _COLUMNS.items():
        if name not in arrays or arrays[name].dtype != np.dtype(column.dtype):
            raise ValueError(f"state: column {name} is missing, or not of type {column.dtype}")
    return State(**{name: np.array(arrays[name]) for name in _COLUMNS})


def upgraded(arrays: Mapping[str, Any]) -> State:
    """Return the state of columns of an older layout, each by its name.

    A column that is new, or that has other rows a home or another type than before, begins as
    for a new home; numbers of another size are converted. ValueError where an axis has no
    column left to tell its size, or several that do not agree.
    """
    arrays = _in_minutes(arrays)
    kept = {
        name: np.asarray(arrays[name]).astype(column.dtype)
        for name, column in _COLUMNS.items()
        if name in arrays and _is_kept(column, arrays[name])
    }
    sizes = dict[str, int]()
    for name, old in kept.items():
        if sizes.setdefault(_COLUMNS[name].axis, old.shape[-1]) != old.shape[-1]:
            raise ValueError(f"state: column {name} has {old.shape[-1]} rows, others differ")
    sizes.setdefault("sector", 0)  # unknown before layout 8
    if missing := {column.axis for column in _COLUMNS.values()} - set(sizes):
        raise ValueError(f"state: no column of a {min(missing)}")
    return State(
        **{name: kept.get(name, _filled(c, sizes[c.axis])) for name, c in _COLUMNS.items()}
    )


def _in_minutes(arrays: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the columns with since when sensors are enrolled, which was in microseconds."""
    known_us = arrays.get("sensor_known_us")
    if known_us is None:
        return arrays
    known = (np.maximum(np.asarray(known_us), 0) // MINUTE_US).astype(np.int32)
    return {**arrays, "sensor_known_min": known}


def _is_kept(column: _Column, old: NDArray[Any]) -> bool:
    new = np.dtype(column.dtype)
    is_number = old.dtype.kind == new.kind and new.kind in "fi"
    return old.shape[:-1] == column.lead and old.ndim > 0 and (is_number or old.dtype == new)


def _filled(column: _Column, rows: int) -> NDArray[Any]:
    return np.full((*column.lead, rows), column.fill, np.dtype(column.dtype))
