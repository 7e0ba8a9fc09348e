"""What devices say of themselves: battery, signal, mains, and the heartbeat of the gateway."""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance, readings, schedule
from sensors_sim.dialects.zigbee2mqtt import FULL_LINK
from sensors_sim.hysteresis import reports
from sensors_sim.kit import DEVICES, GATEWAY, HUB, SLOTS, slot
from sensors_sim.readings import Readings

EVERY_S: Final = 8 * 3600.0
"""Charge and signal are told after this long at the latest."""

LOOKS: Final = 2
CHARGE_BAND: Final = 1.0
SIGNAL_BAND: Final = 8.0
"""What has to change for another report, in percent."""

JITTER_S: Final = 60.0
HEARTBEAT_S: Final = 600.0
MAINS_S: Final = 86_400.0
"""How often a hub says that it is on mains."""


class _Stream(IntEnum):
    DEVICE = 50
    HEARTBEAT = 51
    MAINS = 52


_BATTERY_SLOT: Final = np.array(
    [slot(d.name, Kind.BATTERY) if Kind.BATTERY in d.kinds else -1 for d in DEVICES], np.int32
)
_STATUS: Final = slot(GATEWAY.name, Kind.GATEWAY_STATUS)
_MAINS: Final = slot(HUB.name, Kind.MAINS)
_SIGNAL_SLOT: Final = np.array(
    [slot(d.name, Kind.SIGNAL) if Kind.SIGNAL in d.kinds else -1 for d in DEVICES], np.int32
)


def sense_upkeep(
    seed: int,
    homes: NDArray[np.int32],
    start_us: int,
    end_us: int,
    in_dbm: NDArray[np.bool_] | None = None,
) -> Readings:
    """Return battery (%), signal (%), mains and gateway status of these homes, in no order.

    ``sensor`` is the row of the home * SLOTS + slot. A battery lasts for years and is
    replaced at 30 %. ``in_dbm`` bool[homes] marks hubs that tell signal in whole dBm, not as
    Zigbee's link quality.
    """
    own = chance.key(seed, _Stream.DEVICE, homes[:, None], np.arange(len(DEVICES))).reshape(-1)
    at = schedule.looks(own, EVERY_S, LOOKS, JITTER_S, start_us, end_us)
    home, device = np.divmod(at.device, len(DEVICES))
    used = (
        at.time_us
        / (86_400.0 * schedule.SECOND_US)
        * (0.03 + 0.1 * chance.uniform(own, 20))[at.device]
        + 70 * chance.uniform(own, 21)[at.device]
    )
    link = 90 + 150 * chance.uniform(own, 22)[at.device] + 30 * (chance.uniform(at.key, 1) - 0.5)
    link = np.clip(link, 20, FULL_LINK) / FULL_LINK
    signal = np.rint(link * FULL_LINK) / FULL_LINK * 100
    if in_dbm is not None:
        # A dBm is two percent.
        signal = np.where(in_dbm[home], 2 * np.rint(link * 50), signal)
    inside = (at.time_us >= start_us) & (at.time_us < end_us)
    told = (
        (_BATTERY_SLOT[device], np.rint(100 - used % 70), CHARGE_BAND),
        (_SIGNAL_SLOT[device], signal, SIGNAL_BAND),
    )
    parts = [
        _beats(seed, _Stream.HEARTBEAT, homes, _STATUS, HEARTBEAT_S, start_us, end_us),
        _beats(seed, _Stream.MAINS, homes, _MAINS, MAINS_S, start_us, end_us),
    ]
    for at_slot, value, band in told:
        spoken = reports(value, band) & inside & (at_slot >= 0)
        sensor = home.astype(np.int32) * np.int32(SLOTS) + at_slot
        parts.append(
            Readings(
                np.broadcast_to(sensor, spoken.shape)[spoken], at.time_us[spoken], value[spoken]
            )
        )
    return readings.concat(parts)


def _beats(
    seed: int,
    stream: _Stream,
    homes: NDArray[np.int32],
    at_slot: int,
    every_s: float,
    start_us: int,
    end_us: int,
) -> Readings:
    """Return that a slot of each home says 1 every so often."""
    at = schedule.beats(chance.key(seed, stream, homes), every_s, 2.0, start_us, end_us)
    sensor = at.device.astype(np.int32) * np.int32(SLOTS)
    sensor += np.int32(at_slot)
    return Readings(sensor, at.time_us, np.ones(len(sensor)))
