"""What incidents do to the readings of a home."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.kinds import IS_PERSON_SIGN, Kind
from sensors_sim import readings
from sensors_sim.kit import DEVICES, GATEWAY, SLOT_DEVICE, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.scenario import Incident, Scenario
from sensors_sim.schedule import SECOND_US
from sensors_sim.truth import Happening

NEVER_US: Final = int(np.iinfo(np.int64).max)
"""The moment of what does not happen."""

SMOKE_LASTS_S: Final = 240.0
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
        Incident.PENDANT,
        Incident.FALL,
    }
)
_LASTS_S: Final = {
    Incident.SMOKE: SMOKE_LASTS_S,
    Incident.LONG_BATHROOM: 3 * 3600.0,
    Incident.WANDERING: 2 * 3600.0,
    Incident.NIGHT_VISITS: 3 * 86_400.0,
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
    for onset in happening:
        if onset.kind is Incident.COLD_HOME:
            fails_us[onset.home] = min(int(fails_us[onset.home]), onset.at_us)
    return fails_us


def befall(reported: Readings, happening: Sequence[Onset], start_us: int, end_us: int) -> Readings:
    """Return what is reported in start <= time < end when these incidents happen, ordered.

    ``sensor`` is the row of the home * SLOTS + slot. Alarms are added, then silences cut.
    """
    alarms = [alarm for onset in happening for alarm in _alarms(onset)]
    made = Readings(
        np.array([sensor for sensor, _, _ in alarms], np.int32),
        np.array([at_us for _, at_us, _ in alarms], np.int64),
        np.array([value for _, _, value in alarms], np.float64),
    )
    made = made.take((made.time_us >= start_us) & (made.time_us < end_us))
    if len(made):
        reported = readings.ordered(readings.concat([reported, made]))
    for onset in happening:
        if onset.kind is Incident.MISSED_MEDICATION:
            reported = _miss_doses(onset, reported)
    silent = np.zeros(len(reported), np.bool_)
    for onset in happening:
        if onset.at_us < end_us:
            silent |= _silence(onset, reported)
    return reported.take(~silent) if silent.any() else reported


def _miss_doses(onset: Onset, reported: Readings) -> Readings:
    """Return the readings with every dose in the span told as missed."""
    dose = onset.home * SLOTS + slot("kitchen/medication", Kind.MEDICATION)
    missed = (reported.sensor == dose) & (reported.time_us >= onset.at_us)
    missed &= reported.time_us < onset.end_us
    return replace(reported, value=np.where(missed, 0.0, reported.value))


def _alarms(onset: Onset) -> list[tuple[int, int, float]]:
    """Return (sensor, time, value) of what an incident makes devices say."""
    base = onset.home * SLOTS
    match onset.kind:
        case Incident.SMOKE:
            smoke = base + slot("hall/smoke", Kind.SMOKE)
            clear_us = onset.at_us + round(SMOKE_LASTS_S * SECOND_US)
            return [(smoke, onset.at_us, 1.0), (smoke, clear_us, 0.0)]
        case Incident.PENDANT:
            return [(base + slot("pendant", Kind.PENDANT), onset.at_us, 1.0)]
        case Incident.FALL:
            return [(base + slot("pendant", Kind.FALL), onset.at_us, 1.0)]
        case Incident.GATEWAY_OFFLINE:
            return [(base + slot(GATEWAY.name, Kind.GATEWAY_STATUS), onset.at_us, 0.0)]
        case _:
            return []


def _silence(onset: Onset, reported: Readings) -> NDArray[np.bool_]:
    """Return bool[n]: which readings an incident keeps from being made or sent."""
    home, of_slot = np.divmod(reported.sensor, SLOTS)
    silent: NDArray[np.bool_] = (home == onset.home) & (reported.time_us >= onset.at_us)
    silent &= reported.time_us < onset.end_us
    match onset.kind:
        case Incident.COLLAPSE if not onset.room:
            silent &= IS_PERSON_SIGN[SLOT_KIND[of_slot]]
        case Incident.GATEWAY_OFFLINE:
            is_will = (reported.time_us == onset.at_us) & (reported.value == 0.0)
            silent &= ~(is_will & (SLOT_KIND[of_slot] == Kind.GATEWAY_STATUS.code))
        case Incident.SENSOR_DEAD:
            names = [device.name for device in DEVICES]
            silent &= SLOT_DEVICE[of_slot] == names.index(onset.device)
        case _:
            silent[:] = False
    return silent
