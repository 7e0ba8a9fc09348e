"""Every fault of the simulator with every incident, in ten homes: what is said of each home.

Each cell is a home of its own: it lives for 17 days, then something fails on the way of its
readings (or nothing does), and something happens to the person (or nothing does). What is told of
the home afterwards must name the right cause and contradict it with no other. Beside the ten who
live alone stand homes with booked visits: what is told while a visitor is really there must say
*visitor*, and what is told at any other time must not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import LIFE_SAFETY, AlertKind, Finding, Verdict
from config.homes import GoesOut
from config.places import Place
from config.visits import FOREVER, Visit, VisitKind
from sensors_sim.faults import OF_A_DEVICE, FaultKind
from sensors_sim.fleet import Fleet
from sensors_sim.incidents import onsets
from sensors_sim.residents import Weekday, load
from sensors_sim.scenario import Incident, Malfunction, Mishap, Scenario, Tenancy
from tests.bench.towns import HOUR_US, Towns, home_id, place

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

STREET: Final = FaultKind.STREET
"""The homes of one sector of a place lose their power at the same moment, for four hours."""

FAULTS: Final = (None, *FaultKind, BLIP, OUTAGE)
BOOKED: Final = ("carers-four-times",)
"""Whose visits are booked, each as long as it usually takes."""

_BOOKED, _CAPPED = "booked", "booked-capped"
"""How their places begin; in the second silences are told by the twelve hours alone."""

END_US: Final = 1_795_305_600_000_000
DAYS: Final = 23
DEVICE: Final = "hall/motion"
SHARED: Final = {OUTAGE: "one-place", STREET: "one-street"}
"""The place of all homes that one fault strikes together."""

_EDGE_US: Final = 10 * 60_000_000
"""Near the begin and the end of a visit nobody can say whether the visitor is there."""

_AT_H: Final = {Incident.NOT_UP: 5.0, Incident.OUT_AT_NIGHT: 2.5}
_NOON_H: Final = 10.5
_EVENING_H: Final = 20.3
"""There somebody falls so that twelve hours are over while the carer of the morning is there."""

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
            if self.fault in (BLIP, *SHARED, *_CUT):
                allowed |= {Verdict.GATEWAY, Verdict.OUTAGE}
        if self.expected == Verdict.VISITOR:
            # Once the visitor has left, what goes on is told as the person's.
            allowed |= {Verdict.PERSON}
        if self.expected == Verdict.OUTAGE:
            allowed |= {Verdict.GATEWAY}
        if self.expected in (Verdict.SENSOR, Verdict.OUTAGE):
            allowed |= {Verdict.AWAY}
        return self.said <= allowed


def matrix(
    residents: Sequence[str] = RESIDENTS,
    faults: Sequence[str | None] = FAULTS,
    booked: Sequence[str] = BOOKED,
) -> list[Cell]:
    """Return every cell, in the order of residents, faults and incidents; ``booked`` last.

    In the place of a street as many homes again, twice, keep their power: a street is no place.
    """
    inside = [fault for fault in faults if fault not in SHARED]
    towns = [(name, f"town-{n:02d}", inside) for n, name in enumerate(residents) if inside]
    towns += [(name, SHARED[OUTAGE], [OUTAGE]) for name in residents if OUTAGE in faults]
    calm: list[str | None] = [STREET, None, None]
    towns += [(name, SHARED[STREET], calm) for name in residents if STREET in faults]
    for kind in (_BOOKED, _CAPPED):
        towns += [(name, f"{kind}-{n:02d}", inside) for n, name in enumerate(booked)]
    fleets = [_fleet(*town) for town in towns]
    visits = [_visits(fleet, name) if town.startswith(_BOOKED) else []
              for fleet, (name, town, _) in zip(fleets, towns, strict=True)]  # fmt: skip
    watched = Towns(fleets, booked=visits, council=_council)
    watched.run(END_US - DAYS * 24 * HOUR_US, END_US)
    cells = []
    for number, (fleet, (name, town, own)) in enumerate(zip(fleets, towns, strict=True)):
        has_visits = town.startswith(_BOOKED)
        for row, (fault, incident) in enumerate(_cells(own, town)):
            if town == SHARED[STREET] and fault != STREET:
                continue
            from_us = _begin_us(fleet, row, fault, incident)
            mine = [f for f in watched.findings if _is_of(f, home_id(number, row), town, fault)]
            mine = [f for f in mine if f.found_us >= from_us]
            goes_alone = fleet.enrolment.homes[row].goes_out is GoesOut.ALONE
            expected = _expected(fault, incident, goes_alone=goes_alone)
            if has_visits and expected == Verdict.PERSON:
                expected = _with_visitor(fleet, row, mine)
            resident = f"{name}, {town}" if has_visits else name
            what = fault or "none", "none" if incident is None else incident.value
            cells.append(Cell(*what, resident, expected, *_said(mine)))
    return cells


def _council(key: str) -> Place:
    """Return a place; a capped one has the widest margin that a budget may choose.

    Only the twelve hours do not wait until a visitor has left.
    """
    made = place(key)
    if not key.startswith(_CAPPED):
        return made
    return made.model_copy(update={"detectors": {"silence_z": 4.0}})


def _visits(fleet: Fleet, resident: str) -> list[Visit]:
    """Return what is booked in each home: from the usual hour on, as long as it usually takes."""
    return [
        Visit(
            0, row, VisitKind.CARE, sum(1 << list(Weekday).index(day) for day in visit.days),
            round(visit.at_h * 60), round(visit.at_h * 60 + visit.minutes), 0, FOREVER,
        )
        for row in range(len(fleet.enrolment.homes))
        for visit in load(resident).visit
    ]  # fmt: skip


def _with_visitor(fleet: Fleet, row: int, mine: Sequence[Finding]) -> str:
    """Return what a silence should say: *visitor* where one is really there when it is told."""
    told = [f for f in mine if f.kind is AlertKind.NO_SIGN_OF_LIFE]
    if not told:
        return Verdict.PERSON
    at_us = min(f.found_us for f in told)
    there = fleet.visits(row, at_us - 12 * HOUR_US, at_us + HOUR_US)
    begins_us = [first for first, _ in there]
    ends_us = [last for _, last in there]
    if any(abs(at_us - edge) <= _EDGE_US for edge in (*begins_us, *ends_us)) and not any(
        first + _EDGE_US < at_us < last - _EDGE_US for first, last in there
    ):
        (verdict, *_) = [f.verdict.value for f in told if f.found_us == at_us]
        return verdict if verdict in (Verdict.PERSON, Verdict.VISITOR) else Verdict.PERSON
    is_there = any(first <= at_us <= last for first, last in there)
    return Verdict.VISITOR if is_there else Verdict.PERSON


def _cells(faults: Iterable[str | None], place: str) -> list[tuple[str | None, Incident | None]]:
    incidents = (None, Incident.COLLAPSE) if place.startswith(_CAPPED) else INCIDENTS
    return [(fault, incident) for fault in faults for incident in incidents]


def _at_h(incident: Incident | None, place: str) -> float:
    if place.startswith(_CAPPED):
        return _EVENING_H
    return _NOON_H if incident is None else _AT_H.get(incident, _NOON_H)


def _before_end_h(incident: Incident | None, place: str) -> float:
    """Everything happens on the last day but one."""
    return 48 - _at_h(incident, place)


def _fleet(resident: str, place: str, faults: Sequence[str | None]) -> Fleet:
    cells = _cells(faults, place)
    mishaps, failures = [], []
    for home, (fault, incident) in enumerate(cells, start=1):
        if incident is not None:
            mishaps.append(
                Mishap(
                    kind=incident,
                    place=place,
                    home=home,
                    before_end_h=_before_end_h(incident, place),
                )
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
        homes_per_sector=len(INCIDENTS) if STREET in faults else 0,
        incident=tuple(mishaps),
        fault=tuple(failures),
    )
    return Fleet(scenario, END_US)


def _failure(place: str, home: int, fault: str, incident: Incident | None) -> Malfunction:
    if fault in (BLIP, *SHARED):
        # Of one place, or street, everybody loses it at the same moment.
        before_h = _before_end_h(None if fault in SHARED else incident, place) - _LATER_H
        if fault == STREET:
            return Malfunction(
                kind=STREET, place=place, sector=1, before_end_h=before_h, lasts_h=_LASTS_H
            )
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
        return END_US - round(_before_end_h(incident, fleet.scenario.places[0]) * HOUR_US)
    failed = next(f for f in fleet.scenario.fault if f.home == row + 1 or f.sector)
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
    if fault in SHARED:
        return Verdict.OUTAGE
    return Verdict.SENSOR if fault in _DEAD else "none"


def _is_of(finding: Finding, home: str, place: str, fault: str | None) -> bool:
    """Return whether this is told of a home, or of what its place or street has lost."""
    is_shared = fault in SHARED and finding.kind is AlertKind.OUTAGE and finding.place == place
    if is_shared and fault == STREET:
        return finding.evidence["rule"] == "street"
    return is_shared or finding.home == home


def _said(findings: Iterable[Finding]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the causes that these tell of, and by what."""
    said: set[str] = set()
    kinds: set[str] = set()
    for finding in findings:
        if finding.kind in _PERSON or finding.verdict is not Verdict.PERSON:
            said.add(finding.verdict.value)
            kinds.add(finding.kind.value)
    return frozenset(said), frozenset(kinds)
