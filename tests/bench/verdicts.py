"""Every fault of the simulator with every incident, in ten homes: what is said of each home.

Each cell is a home of its own: it lives for 17 days, then something fails on the way of its
readings (or nothing does), and something happens to the person (or nothing does). What is told of
the home afterwards must name the right cause and contradict it with no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import LIFE_SAFETY, AlertKind, Finding, Verdict
from config.homes import GoesOut
from sensors_sim.faults import OF_A_DEVICE, FaultKind
from sensors_sim.fleet import Fleet
from sensors_sim.incidents import onsets
from sensors_sim.scenario import Incident, Malfunction, Mishap, Scenario, Tenancy
from tests.bench.towns import HOUR_US, Towns, home_id

RESIDENTS: Final = (
    *("after-hospital", "carers-four-times", "day-centre", "early-riser", "family-on-sundays"),
    *("gradual-decline", "late-sleeper", "often-away", "restless-nights", "usual"),
)
"""Those who live alone without a pet: with two residents or a dog a silence cannot be seen."""

INCIDENTS: Final = (
    None,
    Incident.COLLAPSE,
    Incident.NOT_UP,
    Incident.OUT_AT_NIGHT,
    Incident.PENDANT,
    Incident.SMOKE,
)
BLIP: Final = "gateway-lost-later"
"""The gateway is lost two hours after the incident, for four hours."""

OUTAGE: Final = "outage-later"
"""The same of all homes of the place: a server failed."""

FAULTS: Final = (None, *FaultKind, BLIP, OUTAGE)
END_US: Final = 1_795_305_600_000_000
DAYS: Final = 23
DEVICE: Final = "hall/motion"
SHARED: Final = "one-place"
_AT_H: Final = {Incident.NOT_UP: 5.0, Incident.OUT_AT_NIGHT: 2.5}
_NOON_H: Final = 10.5
_CUT: Final = (FaultKind.GATEWAY_OUTAGE, FaultKind.BROKER_OUTAGE)
_DEAD: Final = (FaultKind.DEAD, FaultKind.FLAT_BATTERY, FaultKind.STUCK)
_PERSON: Final = {AlertKind.NO_SIGN_OF_LIFE, AlertKind.LONG_IN_ROOM, *LIFE_SAFETY}
_LATER_H: Final = 2.0
_LASTS_H: Final = 4.0
_BY_S: Final = {FaultKind.CLOCK_SKEW: 20.0, FaultKind.CLOCK_JUMP: 90.0, FaultKind.LATE: 20.0}


@dataclass(frozen=True, slots=True)
class Cell:
    """What failed and what happened in one home, and what should be said of it."""

    fault: str
    incident: str
    resident: str
    expected: str
    said: frozenset[str]
    kinds: frozenset[str]

    @property
    def is_right(self) -> bool:
        """Whether the cause was named, and nothing that contradicts it."""
        if self.expected == "none":
            return not self.said - {Verdict.AWAY, Verdict.SENSOR}
        if self.expected not in self.said:
            return False
        allowed = {self.expected, Verdict.SENSOR}
        if self.expected in (Verdict.PERSON, Verdict.AWAY):
            # Who is not back after twelve hours, or was not up, is both away and a person.
            allowed |= {Verdict.AWAY, Verdict.PERSON}
            if self.fault in (BLIP, OUTAGE, *_CUT):
                allowed |= {Verdict.GATEWAY, Verdict.OUTAGE}
        if self.expected == Verdict.OUTAGE:
            allowed |= {Verdict.GATEWAY}
        if self.expected in (Verdict.SENSOR, Verdict.OUTAGE):
            allowed |= {Verdict.AWAY}
        return self.said <= allowed


def matrix(
    residents: Sequence[str] = RESIDENTS, faults: Sequence[str | None] = FAULTS
) -> list[Cell]:
    """Return every cell, in the order of residents, faults and incidents."""
    inside = [fault for fault in faults if fault != OUTAGE]
    fleets = [_fleet(name, f"town-{n:02d}", inside) for n, name in enumerate(residents)]
    kinds: list[Sequence[str | None]] = [inside] * len(fleets)
    if OUTAGE in faults:
        fleets += [_fleet(name, SHARED, [OUTAGE]) for name in residents]
        kinds += [[OUTAGE]] * len(residents)
    towns = Towns(fleets)
    start_us = END_US - DAYS * 24 * HOUR_US
    towns.run(start_us, END_US)
    cells = []
    for number, (fleet, own) in enumerate(zip(fleets, kinds, strict=True)):
        resident = residents[number % len(residents)]
        for row, (fault, incident) in enumerate(_cells(own)):
            from_us = _begin_us(fleet, row, fault, incident)
            said = _said(towns.findings, home_id(number, row), SHARED, from_us, fault)
            goes_alone = fleet.enrolment.homes[row].goes_out is GoesOut.ALONE
            expected = _expected(fault, incident, goes_alone=goes_alone)
            name = fault or "none", "none" if incident is None else incident.value
            cells.append(Cell(*name, resident, expected, *said))
    return cells


def _cells(faults: Iterable[str | None]) -> list[tuple[str | None, Incident | None]]:
    return [(fault, incident) for fault in faults for incident in INCIDENTS]


def _at_h(incident: Incident | None) -> float:
    return _NOON_H if incident is None else _AT_H.get(incident, _NOON_H)


def _before_end_h(incident: Incident | None) -> float:
    """Everything happens on the last day but one."""
    return 48 - _at_h(incident)


def _fleet(resident: str, place: str, faults: Sequence[str | None]) -> Fleet:
    cells = _cells(faults)
    mishaps, failures = [], []
    for home, (fault, incident) in enumerate(cells, start=1):
        if incident is not None:
            mishaps.append(
                Mishap(kind=incident, place=place, home=home, before_end_h=_before_end_h(incident))
            )
        if fault is not None:
            failures.append(_failure(place, home, fault, incident))
    scenario = Scenario(
        seed=len(resident) * 101 + sum(resident.encode()),
        days=DAYS,
        places=(place,),
        homes_per_place=len(cells),
        zigbee_homes_per_place=0,
        residents=(Tenancy(name=resident, share=1.0),),
        incident=tuple(mishaps),
        fault=tuple(failures),
    )
    return Fleet(scenario, END_US)


def _failure(place: str, home: int, fault: str, incident: Incident | None) -> Malfunction:
    if fault in (BLIP, OUTAGE):
        # Of one place, everybody loses it at the same moment.
        before_h = _before_end_h(None if fault == OUTAGE else incident) - _LATER_H
        kind = FaultKind.GATEWAY_OUTAGE if fault == BLIP else FaultKind.BROKER_OUTAGE
        return Malfunction(
            kind=kind, place=place, home=home, before_end_h=before_h, lasts_h=_LASTS_H
        )
    kind = FaultKind(fault)
    before_h = 49.0 if kind in _CUT else 120.0
    lasts_h = 24.0 if kind is FaultKind.FLAT_BATTERY else before_h
    return Malfunction(
        kind=kind,
        place=place,
        home=home,
        before_end_h=before_h,
        lasts_h=lasts_h,
        device=DEVICE if kind in OF_A_DEVICE else "",
        by_s=_BY_S.get(kind, 5.0),
    )


def _begin_us(fleet: Fleet, row: int, fault: str | None, incident: Incident | None) -> int:
    """Return from when on what is told counts: the incident, or else the fault."""
    for onset in onsets(fleet.scenario, END_US, None):
        if onset.home == row and fault not in _CUT:
            return onset.at_us
    if fault is None:
        return END_US - round(_before_end_h(incident) * HOUR_US)
    failed = next(f for f in fleet.scenario.fault if f.home == row + 1)
    return END_US - round(failed.before_end_h * HOUR_US)


def _expected(fault: str | None, incident: Incident | None, *, goes_alone: bool) -> str:
    """A door means out only where the person goes out alone: elsewhere it is a sign like others."""
    if fault in _CUT:
        return Verdict.GATEWAY
    if incident is Incident.OUT_AT_NIGHT and goes_alone:
        return Verdict.AWAY
    if incident is not None:
        return Verdict.PERSON
    if fault == BLIP:
        return Verdict.GATEWAY
    if fault == OUTAGE:
        return Verdict.OUTAGE
    return Verdict.SENSOR if fault in _DEAD else "none"


def _said(
    findings: Iterable[Finding], home: str, shared: str, from_us: int, fault: str | None
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the causes that were told of a home, or of its place, since then; and by what."""
    said: set[str] = set()
    kinds: set[str] = set()
    for finding in findings:
        is_mine = finding.home == home or (
            fault == OUTAGE and finding.kind is AlertKind.OUTAGE and finding.place == shared
        )
        if not is_mine or finding.found_us < from_us:
            continue
        if finding.kind in _PERSON or finding.verdict is not Verdict.PERSON:
            said.add(finding.verdict.value)
            kinds.add(finding.kind.value)
    return frozenset(said), frozenset(kinds)
