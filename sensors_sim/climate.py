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

from config.kinds import Kind
from sensors_sim import chance, readings, schedule
from sensors_sim.habits import Habits, habits
from sensors_sim.kit import SLOTS, slot
from sensors_sim.readings import Readings

Floats = NDArray[np.float64]

STEP_S: Final = 600
WARM_UP_S: Final = 36 * 3600
"""Long enough that the temperature a window starts from no longer matters."""

EVERY_S: Final = 3000.0
JITTER_S: Final = 60.0

_LOSS_H: Final = 28.0
_FAILED_LOSS_H: Final = 7.0
_HEATER_K_PER_H: Final = 2.2


class _Stream(IntEnum):
    HOME = 40
    WEATHER = 41
    REPORT = 42


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
) -> Readings:
    """Return temperature, humidity and illuminance of these homes, ordered by time.

    ``sensor`` is the row of the home * SLOTS + slot. ``fails_us`` int64[homes] is when the
    heating fails, the largest int64 where it does not.
    """
    grid_us, inside_c = temperatures(seed, homes, window, fails_us)
    own = chance.key(seed, _Stream.REPORT, homes)
    at = schedule.beats(own, EVERY_S, JITTER_S, window.start_us, window.end_us)
    step = np.searchsorted(grid_us, at.time_us, side="right") - 1
    celsius = np.round(inside_c[step, at.device] + 0.06 * chance.normal(at.key, 1), 1)
    damp = 52 - 1.6 * (celsius - 19) + 2.5 * chance.normal(at.key, 3)
    lux = _light(who or habits(seed, homes), window, at)
    base = at.device.astype(np.int32) * np.int32(SLOTS)
    climate = "living-room/climate"
    made = readings.concat(
        [
            Readings(base + np.int32(slot(climate, Kind.TEMPERATURE)), at.time_us, celsius),
            Readings(
                base + np.int32(slot(climate, Kind.HUMIDITY)),
                at.time_us,
                np.rint(np.clip(damp, 20, 95)),
            ),
            Readings(
                base + np.int32(slot("living-room/motion", Kind.ILLUMINANCE)), at.time_us, lux
            ),
        ]
    )
    return readings.ordered(made)


def temperatures(
    seed: int, homes: NDArray[np.int32], window: Window, fails_us: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Floats]:
    """Return the grid (microseconds, int64[steps]) and °C float64[steps, homes] on it."""
    step_us = STEP_S * schedule.SECOND_US
    first = window.start_us - WARM_UP_S * schedule.SECOND_US
    grid_us = np.arange(first, window.end_us + step_us, step_us, dtype=np.int64)
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


def _light(who: Habits, window: Window, at: schedule.Beats) -> Floats:
    """Return illuminance in lux: daylight through a window, and a lamp while somebody is up."""
    days = (at.time_us + window.local_us) / (86_400.0 * schedule.SECOND_US)
    local_h = 24.0 * (days % 1.0)
    half_day_h = 6.2 - 2.2 * np.cos(2 * np.pi * (days % 365.25 + 10) / 365.25)
    height = np.cos(np.pi * (local_h - 12.5) / (2 * half_day_h))
    daylight = np.where(np.abs(local_h - 12.5) < half_day_h, 700 * np.maximum(height, 0), 0)
    is_up = (local_h > who.wake_h[at.device]) & (local_h < np.minimum(who.bed_h, 23.9)[at.device])
    lamp = np.where(is_up & (daylight < 150), 70 + 60 * chance.uniform(at.key, 8), 0)
    return np.rint(daylight * (0.3 + 0.7 * chance.uniform(at.key, 9)) + lamp)
