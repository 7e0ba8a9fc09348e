"""Activations of real homes, ``home,local_time,place``: the file of TIHM, or one like it.

Local time is that of Europe/London. Of the hour that happens twice in October the first (summer
time) is taken; of the hour that March leaves out, the time an hour later. Both are counted.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim.readings import Readings, ordered
from sensors_sim.recording import BadRecording, RecordedSensor, Recording

ZONE: Final = "Europe/London"
COLUMNS: Final = ("home", "local_time", "place")
SENSORS: Final = (
    RecordedSensor("kitchen", Kind.MOTION, "kitchen"),
    RecordedSensor("lounge", Kind.MOTION, "living room"),
    RecordedSensor("hallway", Kind.MOTION, "hall"),
    RecordedSensor("bedroom", Kind.MOTION, "bedroom"),
    RecordedSensor("bathroom", Kind.MOTION, "bathroom"),
    RecordedSensor("fridge-door", Kind.CONTACT, "kitchen"),
    RecordedSensor("front-door", Kind.CONTACT, "hall", is_exit=True),
    RecordedSensor("back-door", Kind.CONTACT, "kitchen", is_exit=True),
)
"""The places by code, and what is taken to hang there."""

PLACES: Final = tuple(sensor.address for sensor in SENSORS)
IS_EXIT: Final = np.array([sensor.is_exit for sensor in SENSORS])
IS_DOOR: Final = np.array([sensor.kind is Kind.CONTACT for sensor in SENSORS])
PULSE_US: Final = 1_000_000
"""A door's activation is told as open and, a second later, closed: the file says no more."""

_SECOND_US: Final = 1_000_000
_TIME: Final = re.compile(r"20\d\d-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)
_EXPECTED_TIME: Final = "local time of this century without an offset, such as 2019-06-28 13:03:29"
_MISSING: Final = ("", "nan", "null", "none", "nat")


@dataclass(frozen=True, slots=True)
class Dirt:
    """What was put right or left out on reading; ``unknown`` tells the first unknown place."""

    unsorted: int = 0
    repeated: int = 0
    ambiguous: int = 0
    missing_hour: int = 0
    unknown_places: int = 0
    unknown: str = ""

    def lines(self) -> list[str]:
        """Return one sentence for each kind of dirt that was found."""
        told = (
            (self.unsorted, "rows were earlier than the row before of their home: sorted"),
            (self.repeated, "rows repeat another one: each counts once"),
            (self.ambiguous, "rows lie in the hour that October has twice: the first was taken"),
            (self.missing_hour, "rows lie in the hour that March leaves out: moved on by an hour"),
            (self.unknown_places, f"rows left out, their place is unknown ({self.unknown})"),
        )
        return [f"{count} {words}" for count, words in told if count]


@dataclass(frozen=True, slots=True)
class Activations:
    """n activations by home, then time: ``home`` and ``place`` are codes, times in UTC.

    ``home`` int32[n] indexes ``homes``; ``place`` int8[n] indexes ``PLACES``; ``time_us`` int64[n].
    """

    homes: tuple[str, ...]
    home: NDArray[np.int32]
    time_us: NDArray[np.int64]
    place: NDArray[np.int8]
    dirt: Dirt = Dirt()

    def __len__(self) -> int:
        return len(self.home)


def read_tihm(path: Path) -> Activations:
    """Return the activations of a csv or csv.gz file; BadRecording tells the line."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            return _columns(csv.reader(file), path.name)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error, csv.Error) as problem:
        raise BadRecording(f"recording: {path.name} cannot be read: {problem}") from problem


def to_utc(local_s: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return (seconds since 1970 UTC, whether ambiguous) of local seconds; see the module."""
    hours, row = np.unique(local_s // 3600, return_inverse=True)
    zone = ZoneInfo(ZONE)
    offset, other = np.zeros(len(hours), np.int64), np.zeros(len(hours), np.int64)
    for at, hour in enumerate(hours.tolist()):
        moment = np.datetime64(hour, "h").astype("datetime64[s]").item()
        for fold, column in ((0, offset), (1, other)):
            said = moment.replace(tzinfo=zone, fold=fold).utcoffset()
            column[at] = said.total_seconds()
    return local_s - offset[row], (offset > other)[row]


def only(activations: Activations, homes: NDArray[np.bool_]) -> Activations:
    """Return these homes alone, numbered anew in the same order."""
    number = np.cumsum(homes) - 1
    rows = homes[activations.home]
    names = tuple(name for name, kept in zip(activations.homes, homes, strict=True) if kept)
    return Activations(
        names,
        number[activations.home[rows]].astype(np.int32),
        activations.time_us[rows],
        activations.place[rows],
        activations.dirt,
    )


def recording(activations: Activations, home: int) -> Recording:
    """Return one home as a recording, its sensors those of ``SENSORS``."""
    mine = activations.home == home
    return Recording(SENSORS, readings(activations.place[mine], activations.time_us[mine]))


def readings(
    place: NDArray[np.int8], time_us: NDArray[np.int64], offset: NDArray[np.int64] | int = 0
) -> Readings:
    """Return activations as readings in time order: a door opens and closes.

    The sensor of a reading is its place, plus ``offset`` by row where homes are told apart.
    """
    is_door = IS_DOOR[place]
    sensor = (place + np.asarray(offset)).astype(np.int32)
    made = Readings(
        np.concatenate([sensor, sensor[is_door]]),
        np.concatenate([time_us, time_us[is_door] + PULSE_US]),
        np.concatenate([np.ones(len(sensor)), np.zeros(int(is_door.sum()))]),
    )
    return ordered(made)


def _columns(rows: Iterator[list[str]], file: str) -> Activations:
    names, times, places, lines = [], [], [], []
    order = _header(next(rows, []), file)
    place_code = {name: code for code, name in enumerate(PLACES)}
    unknown, first_unknown = 0, ""
    for line, row in enumerate(rows, start=2):
        if not row:
            continue
        home, moment, place = _fields(row, order, f"{file} line {line}")
        code = place_code.get(place)
        if code is None:
            unknown += 1
            first_unknown = first_unknown or (
                f"first {place!r} in line {line}, expected one of {', '.join(PLACES)}"
            )
            continue
        names.append(home)
        times.append(moment)
        places.append(code)
        lines.append(line)
    if not names:
        told = first_unknown or "it has no rows"
        raise BadRecording(f"recording: {file} holds nothing that is known: {told}")
    homes = tuple(sorted(set(names)))
    home_code = {name: code for code, name in enumerate(homes)}
    codes = np.array([home_code[name] for name in names], np.int32)
    local_us = _local_us(times, lines, file)
    return _cleaned(homes, codes, local_us, np.array(places, np.int8), (unknown, first_unknown))


def _header(header: list[str], file: str) -> tuple[int, ...]:
    names = [name.strip() for name in header]
    for name in COLUMNS:
        if names.count(name) != 1:
            what = "has no" if name not in names else "has more than one"
            raise BadRecording(
                f"recording: {file} line 1 {what} column {name!r}, expected {','.join(COLUMNS)}"
            )
    return (*(names.index(name) for name in COLUMNS), len(names))


def _fields(row: list[str], order: tuple[int, ...], where: str) -> tuple[str, str, str]:
    if len(row) != order[-1]:
        raise BadRecording(f"recording: {where} has {len(row)} fields, expected {order[-1]}")
    home, moment, place = (row[column].strip() for column in order[:3])
    for name, value in zip(COLUMNS, (home, moment, place), strict=True):
        if value.lower() in _MISSING:
            raise BadRecording(f"recording: {where} has {name} {value!r}, expected a value")
    if _TIME.fullmatch(moment) is None:
        raise BadRecording(
            f"recording: {where} has local_time {moment!r}, expected {_EXPECTED_TIME}"
        )
    return home, moment, place


def _local_us(times: list[str], lines: list[int], file: str) -> NDArray[np.int64]:
    try:
        return np.array(times, "datetime64[us]").view(np.int64)
    except ValueError:
        for moment, line in zip(times, lines, strict=True):
            try:
                np.datetime64(moment)
            except ValueError:
                raise BadRecording(
                    f"recording: {file} line {line} has local_time {moment!r}, "
                    f"expected {_EXPECTED_TIME}"
                ) from None
        raise


def _cleaned(
    homes: tuple[str, ...],
    home: NDArray[np.int32],
    local_us: NDArray[np.int64],
    place: NDArray[np.int8],
    unknown: tuple[int, str],
) -> Activations:
    utc_s, is_ambiguous = to_utc(local_us // _SECOND_US)
    time_us = utc_s * _SECOND_US + local_us % _SECOND_US
    by_home = np.argsort(home, kind="stable")
    is_same = home[by_home][1:] == home[by_home][:-1]
    is_back = (np.diff(local_us[by_home]) < 0) & is_same
    back, _ = to_local(time_us)
    rows = np.lexsort((place, time_us, home))
    h, t, p = home[rows], time_us[rows], place[rows]
    is_new = np.ones(len(h), np.bool_)
    is_new[1:] = (h[1:] != h[:-1]) | (t[1:] != t[:-1]) | (p[1:] != p[:-1])
    dirt = Dirt(
        unsorted=int(is_back.sum()),
        repeated=int((~is_new).sum()),
        ambiguous=int(is_ambiguous.sum()),
        missing_hour=int((back != local_us).sum()),
        unknown_places=unknown[0],
        unknown=unknown[1],
    )
    return Activations(homes, h[is_new], t[is_new], p[is_new], dirt)


def to_local(time_us: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (local microseconds since 1970, offset in microseconds) of moments of UTC."""
    hours, row = np.unique(time_us // (3600 * _SECOND_US), return_inverse=True)
    zone, utc = ZoneInfo(ZONE), ZoneInfo("UTC")
    offset = np.zeros(len(hours), np.int64)
    for at, hour in enumerate(hours.tolist()):
        moment = np.datetime64(hour, "h").astype("datetime64[s]").item().replace(tzinfo=utc)
        offset[at] = moment.astimezone(zone).utcoffset().total_seconds() * _SECOND_US
    return time_us + offset[row], offset[row]
