"""What incidents do to the readings of a home."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import readings
from sensors_sim.devices import DOSE_HOUR_S
from sensors_sim.kit import DEVICES, GATEWAY, SLOT_DEVICE, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.scenario import Incident, Scenario
from sensors_sim.schedule import SECOND_US
from sensors_sim.truth import Happening

Flags = NDArray[np.bool_]

NEVER_US: Final = int(np.iinfo(np.int64).max)
"""The moment of what does not happen."""

SMOKE_LASTS_S: Final = 240.0
_DEVICE_NAMES: Final = [device.name for device in DEVICES]
_STATUS: Final = slot(GATEWAY.name, Kind.GATEWAY_STATUS)
_WINDOW: Final = "kitchen/back-door"
_BACK_DOOR: Final = slot(_WINDOW, Kind.CONTACT)
_SMOKE: Final = slot("hall/smoke", Kind.SMOKE)
_SAID: Final = {
    Incident.SMOKE: ((_SMOKE, 0.0, 1.0), (_SMOKE, SMOKE_LASTS_S, 0.0)),
    Incident.PENDANT: ((slot("pendant", Kind.PENDANT), 0.0, 1.0),),
    Incident.FALL: ((slot("pendant", Kind.FALL), 0.0, 1.0),),
    Incident.GATEWAY_OFFLINE: ((_STATUS, 0.0, 0.0),),
}
"""What devices say by themselves: (slot, seconds after the onset, value)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_US: Final = 3600 * SECOND_US
_IN_PERSON: Final = frozenset(
    {
        Incident.COLLAPSE,
        Incident.STILL_MOVING,
        Incident.NOT_UP,
        Incident.OUT_AT_NIGHT,
        Incident.LONG_BATHROOM,
        Incident.WANDERING,
        Incident.CHAIR_NOT_LEFT,
        Incident.PENDANT,
        Incident.FALL,
    }
)
_LASTS_S: Final = {
    Incident.SMOKE: SMOKE_LASTS_S,
    Incident.LONG_BATHROOM: 3 * 3600.0,
    Incident.WANDERING: 2 * 3600.0,
    Incident.NIGHT_VISITS: 3 * 86_400.0,
    Incident.CHAIR_NOT_LEFT: 12 * 3600.0,
    Incident.WINDOW_OPEN: 2 * 3600.0,
    Incident.MISSED_MEDICATION: 2 * 86_400.0,
    # A press is over at once.
    Incident.PENDANT: 1.0,
}
"""How long an incident lasts when nothing is said; the others have no end."""


@dataclass(frozen=True, slots=True)
class Onset:
    """An incident with its home (row of the roster) and its span, microseconds UTC."""

    kind: Incident
    home: int
    at_us: int
    device: str
    room: str = ""
    end_us: int = NEVER_US
    by: float = 3.0

    @property
    def needs_person(self) -> bool:
        """Whether it happens to a person, who must then be at home."""
        return self.kind in _IN_PERSON


def onsets(scenario: Scenario, end_us: int, live_us: int | None) -> tuple[Onset, ...]:
    """Return the incidents of a scenario whose moment is known.

    ``end_us`` is the end of the simulated past; ``live_us`` when it went live, if it has.
    """
    made = []
    for mishap in scenario.incident:
        if mishap.before_end_h is not None:
            at_us = end_us - round(mishap.before_end_h * _HOUR_US)
        elif mishap.after_live_s is not None and live_us is not None:
            at_us = live_us + round(mishap.after_live_s * SECOND_US)
        else:
            continue
        if mishap.at_h is not None:
            at_us = _hour_before(at_us, mishap.at_h, scenario.time_zone)
        at_us = at_us // 1000 * 1000
        lasts_s = _LASTS_S.get(mishap.kind) if mishap.lasts_h is None else mishap.lasts_h * 3600
        ends_us = NEVER_US if lasts_s is None else at_us + round(lasts_s) * SECOND_US
        row = scenario.home_row(mishap.place, mishap.home)
        made.append(Onset(mishap.kind, row, at_us, mishap.device, mishap.room, ends_us, mishap.by))
    return tuple(made)


def _hour_before(at_us: int, hour: float, time_zone: str) -> int:
    """Return the last moment up to ``at_us`` at which it was this local hour."""
    local = (_EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(time_zone))
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    moment = start + timedelta(hours=hour)
    if moment > local:
        moment = start - timedelta(days=1) + timedelta(hours=hour)
    return round((moment - _EPOCH) / timedelta(microseconds=1))


def truth(happening: Sequence[Onset]) -> list[Happening]:
    """Return what really happened, with the largest int64 as the end of what has none."""
    return [Happening(o.home, o.kind.value, o.at_us, o.end_us) for o in happening]


def heating_fails_us(happening: Sequence[Onset], homes: int) -> NDArray[np.int64]:
    """Return when the heating of each home fails, ``NEVER_US`` where it does not."""
    fails_us = np.full(homes, NEVER_US, np.int64)
    cold = [onset for onset in happening if onset.kind is Incident.COLD_HOME]
    np.minimum.at(fails_us, [o.home for o in cold], [o.at_us for o in cold])
    return fails_us


def open_windows(
    lived: Readings, happening: Sequence[Onset], start_us: int, end_us: int
) -> Readings:
    """Return what a day's life makes devices say where the back door is left standing open.

    It lets the warmth out like a window. ``sensor`` is as in ``befall``; order is lost.
    """
    open_ = [o for o in happening if o.kind is Incident.WINDOW_OPEN]
    open_ = [o for o in open_ if o.at_us >= start_us and o.end_us < end_us]
    if not open_:
        return lived
    door = _DEVICE_NAMES.index(_WINDOW)
    kept = lived.take(
        ~(_within(lived, open_, [door] * len(open_)) & (lived.sensor % SLOTS == _BACK_DOOR))
    )
    sensor = np.array([o.home * SLOTS + _BACK_DOOR for o in open_], np.int32)
    said = Readings(
        np.concatenate([sensor, sensor]),
        np.array([*(o.at_us for o in open_), *(o.end_us for o in open_)], np.int64),
        np.repeat([1.0, 0.0], len(open_)),
    )
    return readings.concat([kept, said])


def befall(reported: Readings, happening: Sequence[Onset], start_us: int, end_us: int) -> Readings:
    """Return what is reported in start <= time < end when these incidents happen, ordered.

    ``sensor`` is the row of the home * SLOTS + slot. Alarms are added and doses forgotten, then
    silences cut.
    """
    made = _alarms(happening)
    made = made.take((made.time_us >= start_us) & (made.time_us < end_us))
    onsets = [onset for onset in happening if onset.at_us < end_us and onset.end_us > start_us]
    forgotten = _within(reported, [o for o in onsets if o.kind is Incident.MISSED_MEDICATION])
    forgotten &= (SLOT_KIND[reported.sensor % SLOTS] == Kind.MEDICATION.code) & (reported.value > 0)
    if forgotten.any():
        reported = _tell_missed(reported, forgotten, end_us)
    if len(made) or forgotten.any():
        reported = readings.ordered(readings.concat([reported, made]))
    silent = _silenced(reported, onsets)
    return reported.take(~silent) if silent.any() else reported


def _alarms(onsets: Sequence[Onset]) -> Readings:
    """Return what incidents make devices say by themselves."""
    told = [
        (onset.home * SLOTS + at_slot, onset.at_us + round(late_s * SECOND_US), value)
        for onset in onsets
        for at_slot, late_s, value in _SAID.get(onset.kind, ())
    ]
    sensor, time_us, value = zip(*told, strict=True) if told else ((), (), ())
    return Readings(
        np.array(sensor, np.int32), np.array(time_us, np.int64), np.array(value, np.float64)
    )


def _tell_missed(reported: Readings, forgotten: Flags, end_us: int) -> Readings:
    """Return the readings with these doses told as missed, when their hour is over."""
    over_us = np.minimum(reported.time_us + round(DOSE_HOUR_S) * SECOND_US, end_us - 1000)
    return Readings(
        reported.sensor,
        np.where(forgotten, over_us, reported.time_us),
        np.where(forgotten, 0.0, reported.value),
    )


def _silenced(reported: Readings, onsets: Sequence[Onset]) -> Flags:
    """Return bool[n]: which readings incidents keep from being made or sent."""
    lost = [onset for onset in onsets if onset.kind is Incident.GATEWAY_OFFLINE]
    dead = [onset for onset in onsets if onset.kind is Incident.SENSOR_DEAD]
    silent = _within(reported, dead, [_DEVICE_NAMES.index(onset.device) for onset in dead])
    is_will = (reported.sensor % SLOTS == _STATUS) & (reported.value == 0.0)
    silent |= _within(reported, lost) & ~is_will
    return silent


def _within(
    reported: Readings, onsets: Sequence[Onset], devices: Sequence[int] | None = None
) -> Flags:
    """Return bool[n]: which readings are of the home, in the span and of the device of an onset.

    ``devices`` are rows of the kit, one an onset; None is all of them.
    """
    hit = np.zeros(len(reported), np.bool_)
    if not onsets:
        return hit
    order = np.argsort([onset.home for onset in onsets], kind="stable")
    home, at_us, end_us = (
        np.array([getattr(onset, name) for onset in onsets], np.int64)[order]
        for name in ("home", "at_us", "end_us")
    )
    # Every reading of a struck home meets every onset of that home, and no other.
    own = reported.sensor // SLOTS
    first = np.searchsorted(home, own)
    count = np.searchsorted(home, own, side="right") - first
    row = np.repeat(np.arange(len(reported)), count)
    met = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    is_struck = (reported.time_us[row] >= at_us[met]) & (reported.time_us[row] < end_us[met])
    if devices is not None:
        of_device = SLOT_DEVICE[reported.sensor[row] % SLOTS]
        is_struck &= of_device == np.array(devices)[order][met]
    hit[row[is_struck]] = True
    return hit
