"""Readings split by what they touch: the columns that a tick folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alerts.detect.columns import Bools, Bytes, Floats, Ints, rows_where
from alerts.detect.local_time import Offsets, bins, to_local
from alerts.detect.roles import Roles
from alerts.detect.roster import Roster


@dataclass(frozen=True, slots=True)
class Words:
    """Readings by which a device and its gateway show that they work, in time order.

    Where they come by sensor, ``is_last`` marks the last one of each; None in time order.
    """

    time_us: Ints
    sensor: Ints
    lead: Ints
    gateway: Ints
    is_last: Bools | None = None


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs of the person in time order; ``is_out`` is where the sign leaves the person.

    ``roles`` and ``room`` are those of the sensor.
    """

    time_us: Ints
    home: Ints
    sensor: Ints
    is_out: Bools
    bin: Ints
    value: Floats
    roles: Roles
    room: Bytes


@dataclass(frozen=True, slots=True)
class Doors:
    """Openings of a way out in a booked time: when and where.

    ``until_us`` is until when a visitor is there since, at most: NEVER where one has left.
    """

    time_us: Ints
    home: Ints
    until_us: Ints


@dataclass(frozen=True, slots=True)
class Mains:
    """What sensors say of the mains, each in time order; ``has_failed`` is where they are gone."""

    time_us: Ints
    sensor: Ints
    has_failed: Bools


@dataclass(frozen=True, slots=True)
class Streams:
    """n readings split by what they touch; each part in time order, or in that of a single tick.

    ``signs`` are the person's, ``all_signs`` hold those of booked visitors too. ``chatter`` are
    those of devices that chatter, in neither; their value is the minute since 1970 in which that
    began. ``off`` are
    devices said to be out of reach, ``hub_off`` gateways said to be offline. ``untaken`` are doses
    that a dispenser says were missed. ``mains`` of late readings are those newer than their
    sensor's last.
    """

    words: Words
    signs: Signs
    all_signs: Signs
    chatter: Signs
    doors: Doors
    heat_us: Ints
    heat_sensor: Ints
    heat_c: Floats
    off: Words
    hub_off: Words
    untaken: Words
    mains: Mains


def signs_of(
    columns: tuple[Ints, Ints, Floats], home: Ints, roster: Roster, offsets: Sequence[Offsets]
) -> Signs:
    """Return these signs as if nobody went out; ``columns`` are sensor, time and value of each."""
    sensor, time_us, value = columns
    return Signs(
        time_us,
        home,
        sensor,
        np.zeros(len(home), np.bool_),
        local_bins(time_us, home, roster, offsets),
        value,
        roster.sensor_roles.take(sensor),
        roster.rooms.sensor_room.take(sensor),
    )


def rows_of(signs: Signs, rows: Bools | slice) -> Signs:
    """Return some of the signs, in their order."""
    columns = (getattr(signs, name) for name in Signs.__slots__)
    if isinstance(rows, slice):
        return Signs(*(column[rows] for column in columns))
    at = rows_where(rows)
    return Signs(*(column.take(at) for column in columns))


def local_bins(time_us: Ints, home: Ints, roster: Roster, offsets: Sequence[Offsets]) -> Ints:
    """Return the quarter-hour of each home's local day at these moments."""
    if len(offsets) == 1:
        return bins(to_local(offsets[0], time_us))
    result = np.zeros(len(time_us), np.int64)
    zone = roster.home_zone[home]
    for code, table in enumerate(offsets):
        rows = zone == code
        result[rows] = bins(to_local(table, time_us[rows]))
    return result
