"""5,000 homes of one place that fall silent at once: nobody new is called quiet because of it.

Homes live for five days; then the server of the place is gone from 10:00 until 18:00, by day, when
silence would weigh most. A few people had collapsed two hours before, some had called for help, and
some call during it; what they say arrives when the server is back.
"""

from dataclasses import dataclass
from typing import Final

from alerts.alert import LIFE_SAFETY, AlertKind
from sensors_sim.faults import FaultKind
from sensors_sim.fleet import Fleet
from sensors_sim.scenario import Incident, Malfunction, Mishap, Scenario
from tests.bench.towns import HOUR_US, Towns, home_id

HOMES: Final = 5_000
DAYS: Final = 6
FALLEN: Final = 10
END_US: Final = 1_795_305_600_000_000
_PLACE: Final = "big-town"
_FROM_H, _LASTS_H, _FELL_H, _CALLED_H = 14.0, 8.0, 16.0, 17.0
_PERSON: Final = {AlertKind.NO_SIGN_OF_LIFE, AlertKind.NOT_BACK, AlertKind.LONG_IN_ROOM}


@dataclass(frozen=True, slots=True)
class Told:
    """Person alerts of sound homes in the outage or the hour after it, for silences that it began;
    and what still arrived of the others."""

    new: int
    fallen_found: int
    calls_found: int
    outages: int


def measure(homes: int = HOMES, fallen: int = FALLEN) -> Told:
    """Return what was told from the outage on; the first homes fell, the next called before it."""
    mishaps = [
        Mishap(kind=kind, place=_PLACE, home=first + one + 1, before_end_h=before_h)
        for first, kind, before_h in (
            (0, Incident.COLLAPSE, _FELL_H),
            (fallen, Incident.PENDANT, _CALLED_H),
            (2 * fallen, Incident.PENDANT, _FROM_H - _LASTS_H / 2),
        )
        for one in range(fallen)
    ]
    lost = Malfunction(
        kind=FaultKind.BROKER_OUTAGE, place=_PLACE, before_end_h=_FROM_H, lasts_h=_LASTS_H
    )
    scenario = Scenario(
        seed=11,
        days=DAYS,
        places=(_PLACE,),
        homes_per_place=homes,
        zigbee_homes_per_place=0,
        incident=tuple(mishaps),
        fault=(lost,),
    )
    towns = Towns([Fleet(scenario, END_US)])
    towns.run(END_US - DAYS * 24 * HOUR_US, END_US)
    from_us = END_US - round(_FROM_H * HOUR_US)
    until_us = from_us + round(_LASTS_H * HOUR_US)
    down = {home_id(0, row) for row in range(fallen)}
    called = {home_id(0, row) for row in range(fallen, 3 * fallen)}
    person = [f for f in towns.findings if f.kind in _PERSON]
    began_us = from_us - 2 * HOUR_US  # a silence of before that is nobody's fault here
    new = [
        f
        for f in person
        if f.home not in down | called
        and from_us < f.found_us <= until_us + HOUR_US
        and f.onset_us >= began_us
    ]
    fell_us = END_US - round(_FELL_H * HOUR_US)
    found = {f.home for f in person if f.home in down and f.found_us > fell_us}
    calls = {f.home for f in towns.findings if f.kind in LIFE_SAFETY and f.home in called}
    outages = [f for f in towns.findings if f.kind is AlertKind.OUTAGE and f.found_us >= from_us]
    return Told(len(new), len(found), len(calls), len(outages))
