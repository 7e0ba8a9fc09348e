"""How long each sensor and device of a home is usually silent, from its own last weeks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from config.homes import Sensor
from ingest.batch import Batch

LEAST_DAYS: Final = 3
"""Days with readings below which nothing is usual yet."""

_DAY_US: Final = 86_400_000_000

Device = tuple[int, str, str]
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class UsualPauses:
    """Microseconds of the usual longest silence of a day; what is not known is left out."""

    sensors: Mapping[int, int] = field(default_factory=dict)
    devices: Mapping[Device, int] = field(default_factory=dict)


def device_of(sensor: Sensor) -> Device:
    """Return what names the device of a sensor."""
    return sensor.gateway, sensor.dialect, sensor.address


def usual_pauses(batch: Batch, sensors: Sequence[Sensor], now_us: int) -> UsualPauses:
    """Return the usual pauses of these sensors and their devices in this batch of their home."""
    time_us = batch.time.astype(np.int64)
    numbers: dict[Device, list[int]] = {}
    for sensor in sensors:
        numbers.setdefault(device_of(sensor), []).append(sensor.number)
    return UsualPauses(
        _known({s.number: _pause(time_us[batch.sensor == s.number], now_us) for s in sensors}),
        _known(
            {
                device: _pause(time_us[np.isin(batch.sensor, of)], now_us)
                for device, of in numbers.items()
            }
        ),
    )


def _known(found: Mapping[_Key, int | None]) -> dict[_Key, int]:
    return {key: pause for key, pause in found.items() if pause is not None}


def _pause(time_us: NDArray[np.int64], now_us: int) -> int | None:
    """Return the median, over days, of the longest silence that ended in the day."""
    if len(time_us) < LEAST_DAYS:
        return None
    ordered = np.sort(time_us)
    day = (now_us - ordered[1:]) // _DAY_US
    days, row = np.unique(day, return_inverse=True)
    if len(days) < LEAST_DAYS:
        return None
    longest = np.zeros(len(days), np.int64)
    np.maximum.at(longest, row, np.diff(ordered))
    return int(np.median(longest))
