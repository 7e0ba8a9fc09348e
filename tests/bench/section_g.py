"""How often beds, doses, kitchen, heating and visits are told wrongly, and what is found.

Simulated homes live five weeks, of which two teach nothing to the figures, then the same homes
live them again with one incident of each kind. Seeds of ``CHOSEN`` are those that parameters
were chosen on, those of ``CONFIRMED`` were not looked at before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from alerts.alert import Finding
from alerts.detect.join import Codes, join
from alerts.detect.local_time import build_offsets
from alerts.detect.roster import build_roster
from alerts.tick import run_ticks
from config.kinds import Kind
from config.sensor_table import build_sensor_table
from config.visits import FOREVER, Visit, VisitKind
from ingest.batch import Batch
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.residents import load
from sensors_sim.scenario import Incident, Mishap, Scenario, Tenancy

HOUR: Final = 3_600_000_000
DAY: Final = 24 * HOUR
TICK: Final = 15 * 60_000_000
CHOSEN: Final = (11,)
CONFIRMED: Final = (21, 22)
HOMES: Final = 60
DAYS: Final = 49
LEARNED: Final = 21
END: Final = datetime(2027, 1, 31, tzinfo=UTC)
_SHARES: Final = {"couple": 0.15, "dog": 0.1, "carers-four-times": 0.1, "restless-nights": 0.1}
_DOSE: Final = slot("kitchen/medication", Kind.MEDICATION)
KINDS: Final = ("bed-left", "seat-not-left", "missed-dose", "kitchen-unused", "heating-failed")
_UNSEEN: Final = "visit-not-seen"
BESIDE: Final = ("cold-home", "very-cold-home", "no-sign-of-life")
"""Kinds that find some of it too: how much sooner the new ones are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One injection: which kind should tell it, from when on the day and for how long.

    ``is_control`` must stay untold; ``unseen`` is a device that has died before.
    """

    name: str
    kind: str
    incident: Incident
    day: int
    at_h: float
    lasts_h: float
    is_control: bool = False
    unseen: str = ""


CASES: Final = (
    Case("in_bathroom", "bed-left", Incident.LONG_BATHROOM, 24, 2.5, 3),
    Case("on_floor", "bed-left", Incident.COLLAPSE, 31, 2.0, 4),
    Case("wandering", "bed-left", Incident.WANDERING, 38, 2.5, 3),
    Case("not_up", "seat-not-left", Incident.NOT_UP, 26, 7.0, 14),
    Case("chair", "seat-not-left", Incident.CHAIR_NOT_LEFT, 28, 12.0, 12),
    Case("dose", "missed-dose", Incident.MISSED_MEDICATION, 34, 4.5, 23),
    Case("neglect", "kitchen-unused", Incident.SELF_NEGLECT, 36, 4.5, 23),
    Case("window", "heating-failed", Incident.WINDOW_OPEN, 40, 16.5, 2, is_control=True),
    Case(
        "window_unseen", "heating-failed", Incident.WINDOW_OPEN, 42, 16.5, 2, True,
        "kitchen/back-door",
    ),
    Case("heating", "heating-failed", Incident.COLD_HOME, 44, 7.0, 24),
)  # fmt: skip


_CARED_FOR: Final = "carers-four-times"
_VISITED: Final = 24
_NOBODY_H: Final = 14.75
_NOBODY_ON: Final = 0b0101000
"""Thursdays and Saturdays: of what is booked then at a quarter to three nobody ever comes."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was told: (home row, kind, moment found), and how long was watched."""

    told: Sequence[tuple[int, str, int]]
    start_us: int
    taken: frozenset[tuple[int, int]]
    """(home row, part) with a dose; parts end at 14:00 and at midnight, two a day."""


def scenario(seed: int, *, is_struck: bool, homes: int = HOMES) -> Scenario:
    """Return the homes of a seed, with or without one incident of each case in every home."""
    mishaps: list[Mishap] = []
    for case in CASES if is_struck else ():
        for home in range(1, homes + 1):
            before_h = (DAYS - case.day - 1) * 24.0
            mishap = Mishap(
                kind=case.incident,
                place="fenbridge",
                home=home,
                before_end_h=before_h,
                at_h=case.at_h,
                lasts_h=case.lasts_h,
            )
            mishaps.append(mishap)
            if case.unseen:
                kind = Incident.SENSOR_DEAD
                mishaps.append(replace(mishap, kind=kind, at_h=0.0, lasts_h=48, device=case.unseen))
    return Scenario(
        seed=seed,
        days=DAYS,
        places=("fenbridge",),
        homes_per_place=homes,
        end=END,
        zigbee_homes_per_place=0,
        residents=tuple(Tenancy(name=name, share=share) for name, share in _SHARES.items()),
        incident=tuple(mishaps),
    )


def run(chosen: Scenario, visits: Sequence[Visit] = ()) -> tuple[Found, Fleet]:
    """Tick every five minutes over all of a scenario; half of the homes have no dispenser.

    There a dose is a cabinet that opens: what was not taken is told by nobody.
    """
    end_us = int(chosen.end.timestamp()) * 1_000_000
    start_us = end_us - chosen.days * DAY
    fleet = Fleet(chosen, end_us)
    made = fleet.enrolment
    table = build_sensor_table(made.homes, made.gateways, made.sensors, visits=visits, revision=1)
    roster = build_roster(table, {})
    state = join(None, Codes(), roster, start_us)
    numbers = np.array([s.number for s in made.sensors], np.int64)
    row_of = {home.id: row for row, home in enumerate(made.homes)}
    told: list[tuple[int, str, int]] = []
    taken: set[tuple[int, int]] = set()
    for day_us in range(start_us, end_us, DAY):
        said = fleet.between(day_us, day_us + DAY)
        doses = said.take((said.sensor % SLOTS == _DOSE) & (said.value == 1))
        parts = [_part(at) for at in doses.time_us.tolist()]
        taken |= set(zip((doses.sensor // SLOTS).tolist(), parts, strict=True))
        said = _without_dispensers(said)
        batch = _batch(numbers[said.sensor], said)
        scene = run_ticks(
            state,
            roster,
            {},
            tuple(build_offsets(zone, day_us, day_us + DAY) for zone in roster.zones),
            before_us=day_us - 1,
            ticks_us=np.arange(day_us + TICK, day_us + DAY + 1, TICK) - 1,
            readings=batch,
            late=batch.slice(0, 0),
        )
        told += [
            (row_of[action.home], action.kind.value, action.found_us)
            for action in scene.actions
            if isinstance(action, Finding) and action.kind.value in (*KINDS, *BESIDE, _UNSEEN)
        ]
    return Found(told, start_us, frozenset(taken)), fleet


def _batch(number: NDArray[np.int64], said: Readings) -> Batch:
    moment = said.time_us.view("datetime64[us]")
    return Batch(number.astype(np.int32), moment, said.value, moment)


def _without_dispensers(said: Readings) -> Readings:
    is_report = (said.sensor % SLOTS == _DOSE) & (said.value == 0)
    return said.take(~(is_report & (said.sensor // SLOTS % 2 == 1)))


def false_rates(found: Found, homes: int) -> dict[str, float]:
    """Return by kind what untouched homes are told of a home-week, after the first weeks."""
    since_us = found.start_us + LEARNED * DAY
    weeks = homes * (DAYS - LEARNED) / 7
    wrong = [
        kind
        for home, kind, at in found.told
        if at >= since_us and not (kind == "missed-dose" and not _was_taken(found, home, at))
    ]
    return {kind: wrong.count(kind) / weeks for kind in KINDS}


def _was_taken(found: Found, home: int, at_us: int) -> bool:
    return (home, _part(at_us)) in found.taken


def _part(at_us: int) -> int:
    """Return which half of which day; winter, so that local time is UTC."""
    day, rest = divmod(at_us, DAY)
    return 2 * day + (rest >= 14 * HOUR)


def delays(found: Found, fleet: Fleet, case: Case) -> list[float]:
    """Return for each home how many hours after its onset it was told, infinite where not."""
    hours = []
    for onset in fleet.onsets:
        if onset.kind is not case.incident or _day(found, onset.at_us) != case.day:
            continue
        until = onset.at_us + round(max(case.lasts_h, 4) * HOUR) + 2 * HOUR
        at = [
            t
            for home, kind, t in found.told
            if home == onset.home and kind == case.kind and onset.at_us <= t <= until
        ]
        hours.append((min(at) - onset.at_us) / HOUR if at else float("inf"))
    return hours


def _day(found: Found, at_us: int) -> int:
    return (at_us - found.start_us) // DAY


def measure(seeds: Sequence[int] = CONFIRMED) -> Iterator[tuple[str, float, str]]:
    """Yield (name, value, what of) of every detector, over the homes of these seeds."""
    hw = len(seeds) * HOMES * (DAYS - LEARNED) // 7
    rates: list[dict[str, float]] = []
    hours: dict[str, list[float]] = {case.name: [] for case in CASES}
    for seed in seeds:
        quiet, _ = run(scenario(seed, is_struck=False))
        rates.append(false_rates(quiet, HOMES))
        struck, fleet = run(scenario(seed, is_struck=True))
        for case in CASES:
            hours[case.name] += delays(struck, fleet, case)
    for kind in KINDS:
        mean = float(np.mean([rate[kind] for rate in rates]))
        yield f"{_short(kind)}.false_per_hw", mean, f"per home-week of {hw}"
    for case in CASES:
        took = np.array(hours[case.name])
        name = f"{_short(case.kind)}.{case.name}"
        found = float(np.isfinite(took).mean())
        yield f"{name}.{'told' if case.is_control else 'recall'}", found, f"of {len(took)}"
        if not case.is_control and found >= 0.5:
            yield f"{name}.median_h", float(np.median(took)), "h"
    yield from measure_visits(seeds)


def visited(seed: int) -> tuple[Scenario, list[Visit]]:
    """Return homes to which carers come four times a day, and what is booked there.

    Booked as an officer would: from the usual hour on, for as long as the visit takes. Twice a
    week a visit is booked to which nobody comes.
    """
    homes = scenario(seed, is_struck=False, homes=_VISITED)
    homes = replace(homes, residents=(Tenancy(name=_CARED_FOR, share=1.0),))
    hours = [(b.at_h, b.minutes, 127) for b in load(_CARED_FOR).visit]
    hours.append((_NOBODY_H, 30, _NOBODY_ON))
    booked: list[Visit] = []
    for home in range(1, _VISITED + 1):
        for at_h, minutes, days in hours:
            from_min, number = round(at_h * 60), len(booked) + 1
            span = (from_min, from_min + round(minutes))
            booked.append(Visit(number, home, VisitKind.CARE, days, *span, 0, FOREVER))
    return homes, booked


def measure_visits(seeds: Sequence[int]) -> Iterator[tuple[str, float, str]]:
    """Yield what is told of kept bookings, and of those that nobody kept."""
    wrong, hours, missed, hidden = 0, list[float](), 0, 0
    for seed in seeds:
        chosen, booked = visited(seed)
        found, fleet = run(chosen, booked)
        since_us = found.start_us + LEARNED * DAY
        told = [at for _, kind, at in found.told if kind == _UNSEEN and at >= since_us]
        of_nobody = [at for at in told if _is_nobodys(at)]
        wrong += len(told) - len(of_nobody)
        hours += [at % DAY / HOUR - _NOBODY_H for at in of_nobody]
        days = range(since_us // DAY, since_us // DAY + DAYS - LEARNED)
        days_of_nobody = [day for day in days if _NOBODY_ON >> _weekday(day) & 1]
        missed += len(days_of_nobody) * _VISITED
        hidden += sum(_hidden(fleet, day) for day in days_of_nobody)
    weeks = len(seeds) * _VISITED * (DAYS - LEARNED) // 7
    yield "visit.false_per_hw", wrong / weeks, f"per home-week of {weeks}, 28 visits each"
    yield "visit.nobody_came.recall", len(hours) / missed, f"of {missed}"
    yield "visit.nobody_came.hidden", hidden / missed, "by the person's own use of a door"
    if hours:
        yield "visit.nobody_came.median_h", float(np.median(hours)), "h after the booked time"


def _hidden(fleet: Fleet, day: int) -> int:
    """Return in how many homes a door that leads out was opened while nobody's visit was due."""
    made = fleet.enrolment
    is_exit = np.array([s.is_exit and s.kind is Kind.CONTACT for s in made.sensors])
    from_us = day * DAY + round((_NOBODY_H - 0.25) * HOUR)
    said = fleet.between(from_us, from_us + 75 * HOUR // 60)
    opened = said.sensor[is_exit[said.sensor] & (said.value == 1)]
    return len({made.sensors[row].home for row in opened.tolist()})


def _is_nobodys(at_us: int) -> bool:
    """Return whether this is told of the visit that nobody keeps: after it, before supper's."""
    day, rest = divmod(at_us, DAY)
    return bool(_NOBODY_ON >> _weekday(day) & 1) and _NOBODY_H < rest / HOUR < _NOBODY_H + 2


def _weekday(day: int) -> int:
    return (day + 3) % 7


def _short(kind: str) -> str:
    return kind.replace("-", "")
