"""What the picture of four weeks shows beside how much there was: in which rooms, bed, doors. Pure.

Rooms keep their colour and pattern from visit to visit, because those that most homes have own
one each; any other takes the next that is free, and beyond the last they share one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from api.web.strip import BINS, DAYS, Strip, codes_of, local_minutes, origin_min, signs
from config.homes import Sensor
from config.kinds import KINDS, Kind
from ingest.batch import Batch
from ingest.clock import Instant

STYLES: Final = 8
"""Combinations of colour and pattern; the last is shared by what has none of its own."""

USUAL_SHARE: Final = 0.5
"""A quarter of an hour is usual when it held a sign on this share of the earlier days seen."""

_OWN: Final[Mapping[str, int]] = {
    "bedroom": 1,
    "bathroom": 2,
    "kitchen": 3,
    "living-room": 4,
    "hall": 5,
}
_BIN_MIN: Final = 1440 // BINS


@dataclass(frozen=True, slots=True)
class RoomKey:
    """A room's name and its style, 1 to ``STYLES``."""

    name: str
    style: int


@dataclass(frozen=True, slots=True)
class Actogram:
    """Four weeks, the newest day first.

    ``style`` int8[28, 96]: style of the room with most signs in the quarter of an hour, 0 for
    none; ``is_usual`` bool[96]; ``is_in_bed`` bool[28, 96]; ``door_day`` int[n] and ``door_min``
    float[n]: when a way out was opened.
    """

    rooms: tuple[RoomKey, ...]
    style: NDArray[np.int8]
    is_usual: NDArray[np.bool_]
    is_in_bed: NDArray[np.bool_]
    door_day: NDArray[np.int64]
    door_min: NDArray[np.float64]

    @property
    def has_bed(self) -> bool:
        """Return whether a bed was occupied at all."""
        return bool(self.is_in_bed.any())


def keys(names: Iterable[str]) -> tuple[RoomKey, ...]:
    """Return each room with its style, in the order of styles."""
    wanted = sorted(set(names))
    free = [n for n in range(1, STYLES) if n not in {_OWN.get(name) for name in wanted}]
    found = []
    for name in wanted:
        style = _OWN.get(name) or (free.pop(0) if free and name else STYLES)
        found.append(RoomKey(name, style))
    return tuple(sorted(found, key=lambda key: (key.style, key.name)))


def build(
    batch: Batch,
    sensors: Sequence[Sensor],
    strip: Strip,
    now: Instant,
    zone: ZoneInfo,
    moved_on: date | None = None,
) -> Actogram:
    """Return the picture of an ordered batch, for the days of ``strip``.

    Of a home that moved, only the days after that say what is usual.
    """
    kinds = {sensor.number: sensor.kind for sensor in sensors}
    codes = codes_of(batch, kinds)
    minutes = local_minutes(batch.time, zone) - origin_min(strip.today)
    is_shown = (codes[batch.sensor] >= 0) & (minutes >= 0) & (minutes < DAYS * 1440)
    shown, minutes = batch.take(is_shown), minutes[is_shown]
    is_sign = signs(shown, codes[shown.sensor])
    rooms = keys(s.room for s in sensors if KINDS[s.kind.code].is_person_sign)
    style = np.full(len(codes), STYLES, np.int64)
    for key in rooms:
        style[[s.number for s in sensors if s.room == key.name]] = key.style
    now_min = float(local_minutes(np.array([now]), zone)[0]) - origin_min(strip.today)
    doors = [s.number for s in sensors if s.is_exit and s.kind is Kind.CONTACT]
    is_door = is_sign & np.isin(shown.sensor, doors) & (shown.value >= 0.5)
    day = (minutes[is_door] // 1440).astype(np.int64)
    return Actogram(
        rooms,
        _most_seen(minutes[is_sign], style[shown.sensor[is_sign]]),
        _usual(strip.after(moved_on)),
        _in_bed(shown, minutes, codes, now_min) & ~strip.is_unseen,
        DAYS - 1 - day,
        minutes[is_door] - day * 1440.0,
    )


def _most_seen(minutes: NDArray[np.float64], style: NDArray[np.int64]) -> NDArray[np.int8]:
    bins = np.clip(minutes // _BIN_MIN, 0, DAYS * BINS - 1).astype(np.int64)
    width = STYLES + 1
    count = np.bincount(bins * width + style, minlength=DAYS * BINS * width)
    by_style = count.reshape(DAYS, BINS, width)
    found = np.where(by_style.any(axis=2), by_style.argmax(axis=2), 0)
    return found.astype(np.int8)[::-1]


def _usual(strip: Strip) -> NDArray[np.bool_]:
    is_seen = strip.level[1:].any(axis=1)
    if not is_seen.any():
        return np.zeros(BINS, np.bool_)
    share = (strip.level[1:][is_seen] > 0).mean(axis=0)
    usual: NDArray[np.bool_] = share >= USUAL_SHARE
    return usual


def _in_bed(
    shown: Batch, minutes: NDArray[np.float64], codes: NDArray[np.int8], now_min: float
) -> NDArray[np.bool_]:
    change = np.zeros(DAYS * BINS + 1, np.int64)
    is_bed = codes[shown.sensor] == Kind.BED.code
    for sensor in np.unique(shown.sensor[is_bed]).tolist():
        rows = shown.sensor == sensor
        start = minutes[rows]
        stop = np.append(start[1:], now_min)
        taken = shown.value[rows] >= 0.5
        first = np.floor(start[taken] / _BIN_MIN).astype(np.int64)
        last = np.ceil(stop[taken] / _BIN_MIN).astype(np.int64)
        np.add.at(change, np.clip(first, 0, DAYS * BINS), 1)
        np.add.at(change, np.clip(last, 0, DAYS * BINS), -1)
    return (np.cumsum(change)[:-1] > 0).reshape(DAYS, BINS)[::-1]
