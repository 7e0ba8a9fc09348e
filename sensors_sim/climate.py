"""Warmth, damp and light in a home, from a small model of weather and heating.

One air volume loses heat to the weather and is heated by a thermostat on a timer. Without
heating it falls to between 13.5 and 15.5 °C within a day, in any season, so that a scenario
shows a cold home whenever it is run.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import KINDS, Kind
from sensors_sim import chance, readings, schedule
from sensors_sim.draught import chill, open_s
from sensors_sim.habits import Habits, habits
from sensors_sim.hysteresis import reports
from sensors_sim.kit import SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings

Floats = NDArray[np.float64]

STEP_S: Final = 600
WARM_UP_S: Final = 96 * 3600
"""Long enough that the temperature a window starts from no longer matters."""

EVERY_S: Final = 3000.0
"""A level is reported after this long at the latest, give or take ``JITTER_S``."""

LOOKS: Final = 5
"""In that time. A level is not reported more often, whatever it does."""

JITTER_S: Final = 60.0
BANDS: Final = {Kind.TEMPERATURE: 0.3, Kind.HUMIDITY: 2.0, Kind.ILLUMINANCE: 15.0}
"""What has to change for another report; of the light also ``LIGHT_SHARE`` of it."""

LIGHT_SHARE: Final = 0.3

_LOSS_H: Final = 28.0
_FAILED_LOSS_H: Final = 7.0
_HEATER_K_PER_H: Final = 2.2


class _Stream(IntEnum):
    HOME = 40
    WEATHER = 41
    REPORT = 42
    DAMP = 43
    CLOUD = 44


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, microseconds since 1970 UTC; ``local_us`` is what local time adds."""

    start_us: int
    end_us: int
    local_us: int = 0


def sense_climate(
    seed: int,
    homes: NDArray[np.int32],
    window: Window,
    fails_us: NDArray[np.int64],
    who: Habits | None = None,
    lived: Readings | None = None,
) -> Readings:
    """Return temperature, humidity and illuminance of these homes, in no order.

    ``sensor`` is the row of the home * SLOTS + slot. ``fails_us`` int64[homes] is when the
    heating fails, the largest int64 where it does not. ``lived`` tells when doors stood open.
    """
    own = chance.key(seed, _Stream.REPORT, homes)
    at = schedule.looks(own, EVERY_S, LOOKS, JITTER_S, window.start_us, window.end_us)
    grid_us, warmth = temperatures(seed, homes, window, fails_us)
    warm_up = WARM_UP_S // STEP_S
    grid_us, warmth = grid_us[warm_up:], warmth[warm_up:]
    if lived is not None:
        _, outside_c = weather(seed, grid_us, window.local_us)
        stands_s = open_s(lived, len(homes), grid_us)
        warmth = warmth - chill(stands_s, warmth - outside_c[:, None], STEP_S)
    damp = 52 - 1.6 * (warmth - 19) + 2.5 * _drift(seed, _Stream.DAMP, homes, grid_us, 1.5)
    light = _light(seed, homes, who or habits(seed, homes), window, grid_us)
    celsius = _seen(grid_us, warmth, at) + 0.2 * (chance.uniform(at.key, 2) - 0.5)
    climate = "living-room/climate"
    return readings.concat(
        [
            _said(at, slot(climate, Kind.TEMPERATURE), np.round(celsius, 1), window),
            _said(
                at,
                slot(climate, Kind.HUMIDITY),
                np.rint(np.clip(_seen(grid_us, damp, at), 20, 95)),
                window,
            ),
            _said(
                at,
                slot("living-room/motion", Kind.ILLUMINANCE),
                np.rint(_seen(grid_us, light, at)),
                window,
            ),
        ]
    )


def _said(at: schedule.Looks, at_slot: int, value: Floats, window: Window) -> Readings:
    """Return what is reported of a level measured at every look."""
    kind = KINDS[SLOT_KIND[at_slot]].kind
    share = LIGHT_SHARE if kind is Kind.ILLUMINANCE else 0.0
    spoken = reports(value, BANDS[kind], share)
    spoken &= (at.time_us >= window.start_us) & (at.time_us < window.end_us)
    sensor = at.device.astype(np.int32) * np.int32(SLOTS) + np.int32(at_slot)
    return Readings(
        np.broadcast_to(sensor, spoken.shape)[spoken], at.time_us[spoken], value[spoken]
    )


def _seen(grid_us: NDArray[np.int64], level: Floats, at: schedule.Looks) -> Floats:
    """Return a level [steps, homes] at each look, in between the steps of the grid."""
    steps = len(grid_us)
    place = np.clip((at.time_us - grid_us[0]) / (STEP_S * schedule.SECOND_US), 0, steps - 1.001)
    step = place.astype(np.int64)
    # One home after another, as the looks are.
    of_home, first = np.ascontiguousarray(level.T).reshape(-1), step + at.device * steps
    before = of_home[first]
    seen: Floats = before + (place - step) * (of_home[first + 1] - before)
    return seen


def _drift(
    seed: int,
    stream: _Stream,
    homes: NDArray[np.int32],
    grid_us: NDArray[np.int64],
    every_h: float,
) -> Floats:
    """Return what wanders slowly in each home, standard normal every so often: [steps, homes]."""
    every_us = round(every_h * 3600) * schedule.SECOND_US
    number, part_us = np.divmod(grid_us, every_us)
    known = np.arange(number[0], number[-1] + 2)
    drawn = chance.normal(chance.key(seed, stream, homes)[None, :], known[:, None])
    row, part = number - number[0], (part_us / every_us)[:, None]
    drifted: Floats = drawn[row] * (1 - part) + drawn[row + 1] * part
    return drifted


def temperatures(
    seed: int, homes: NDArray[np.int32], window: Window, fails_us: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats]:
    """Return the grid (microseconds, int64[steps]) and °C float64[steps, homes] on it."""
    step_us = STEP_S * schedule.SECOND_US
    first = (window.start_us // step_us) * step_us - WARM_UP_S * schedule.SECOND_US
    # A look after the end belongs to an interval that began before it.
    last = window.end_us + round(EVERY_S + JITTER_S) * schedule.SECOND_US
    grid_us = np.arange(first, last + step_us, step_us, dtype=np.int64)
    local_h, outside_c = weather(seed, grid_us, window.local_us)
    target_c = 20.0 + 2.0 * chance.uniform(chance.key(seed, _Stream.HOME, homes))
    is_on = ((local_h > 6.5) & (local_h < 9.5)) | ((local_h > 15.5) & (local_h < 22.5))
    celsius = np.empty((len(grid_us), len(homes)))
    now_c = target_c - 1.0
    step_h = STEP_S / 3600
    for i, at_us in enumerate(grid_us):
        wanted = target_c if is_on[i] else target_c - 1.5
        heater = np.clip(3.0 * (wanted - now_c), 0.0, _HEATER_K_PER_H)
        heated = (outside_c[i] + 3.0 - now_c) / _LOSS_H + heater
        unheated = (np.clip(outside_c[i] + 8.0, 13.5, 15.5) - now_c) / _FAILED_LOSS_H
        now_c = now_c + step_h * np.where(at_us >= fails_us, unheated, heated)
        celsius[i] = now_c
    return grid_us, celsius


def weather(seed: int, time_us: NDArray[np.int64], local_us: int) -> tuple[Floats, Floats]:
    """Return the local hour of the day and the outdoor temperature (°C) at these times."""
    days = (time_us + local_us) / (86_400.0 * schedule.SECOND_US)
    local_h = 24.0 * (days % 1.0)
    season = 10.5 - 6.0 * np.cos(2 * np.pi * (days % 365.25 - 20) / 365.25)
    day = np.floor(days).astype(np.int64)
    mood = chance.key(seed, _Stream.WEATHER)
    today, tomorrow = chance.normal(mood, day), chance.normal(mood, day + 1)
    swing = 3.0 * np.sin(2 * np.pi * (local_h - 9.0) / 24.0)
    return local_h, season + swing + 1.5 * (today + (tomorrow - today) * (days % 1.0))


def _light(
    seed: int, homes: NDArray[np.int32], who: Habits, window: Window, grid_us: NDArray[np.int64]
) -> Floats:
    """Return illuminance in lux [steps, homes]: daylight, and a lamp while somebody is up."""
    days = (grid_us + window.local_us) / (86_400.0 * schedule.SECOND_US)
    local_h = 24.0 * (days % 1.0)
    half_day_h = 6.2 - 2.2 * np.cos(2 * np.pi * (days % 365.25 + 10) / 365.25)
    height = np.cos(np.pi * (local_h - 12.5) / (2 * half_day_h))
    sun = np.where(np.abs(local_h - 12.5) < half_day_h, 700 * np.maximum(height, 0), 0)[:, None]
    hour = local_h[:, None]
    is_up = (hour > who.wake_h) & (hour < np.minimum(who.bed_h, 23.9))
    lamp = 70 + 60 * chance.uniform(chance.key(seed, _Stream.HOME, homes), 8)
    clear = np.clip(0.65 + 0.2 * _drift(seed, _Stream.CLOUD, homes, grid_us, 1.0), 0.3, 1.0)
    lit: Floats = sun * clear + np.where(is_up & (sun < 150), lamp, 0.0)
    return lit
