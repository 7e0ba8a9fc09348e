"""Simulated councils of 300 homes: whether the coming weeks keep to the budget of the place.

Homes are simulated once, in wards of ten, and watched by the live ticks (fifteen minutes apart). A
ward's counts of peaks and of other findings, day by day, are those of the engine; those of a
council are their sum. Each council draws 30 wards of the pool, calibrates every day on its
trailing eight weeks, and raises what passes the threshold of the day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.alert import LIFE_SAFETY
from alerts.budget import TOLERANCE, WEEKS_AHEAD, calibrate
from alerts.detect import peaks
from alerts.watch import Watch
from config.places import Contacts, Place
from config.sensor_table import SensorTable, build_sensor_table
from ingest.batch import Batch, empty
from sensors_sim.fleet import Fleet
from sensors_sim.scenario import Incident, Mishap, Scenario, Tenancy
from tests.bench.towns import Towns

WARDS, WARD_HOMES, DRAWN = 90, 10, 30
"""Wards of the pool, homes of each, and wards of a council."""

LEARNING, KEPT, AHEAD = 14, peaks.DAYS, 7 * WEEKS_AHEAD
SEEDS: Final = 40
BUDGETS: Final = (9.0, 12.0, 15.0)
JUDGED: Final = 12.0
SHARES: Final = {
    "couple": 0.15,
    "dog": 0.1,
    "carers-four-times": 0.1,
    "restless-nights": 0.1,
    "early-riser": 0.1,
    "late-sleeper": 0.1,
    "often-away": 0.05,
}
END_US: Final = 1_795_305_600_000_000
_TICK_US: Final = 900_000_000
_DAY_US: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Pool:
    """int32[days, LEVELS, wards] home-days by peak, and int32[days, wards] what else was told."""

    counts: NDArray[np.int32]
    told: NDArray[np.int32]


def watch_pool(wards: int = WARDS, days: int = LEARNING + KEPT + AHEAD) -> Pool:
    """Simulate the wards and watch them, after so many days of learning."""
    keys = tuple(f"ward-{number:04d}" for number in range(wards))
    scenario = Scenario(
        seed=7,
        days=days + 1,
        places=keys,
        homes_per_place=WARD_HOMES,
        zigbee_homes_per_place=0,
        residents=tuple(Tenancy(name=name, share=share) for name, share in SHARES.items()),
    )
    fleet = Fleet(scenario, END_US)
    watch = Watch(roster(fleet), {key: place(key) for key in keys})
    start_us = END_US - (days + 1) * _DAY_US
    watch.begin(start_us)
    counts, told = [], []
    for day in range(days + 1):
        from_us, to_us = start_us + day * _DAY_US, start_us + (day + 1) * _DAY_US
        ticks = np.arange(from_us + _TICK_US, to_us + 1, _TICK_US)
        watch.run(ticks, heard(fleet, from_us, to_us), empty(), is_caught_up=False)
        if watch.state is None:
            raise RuntimeError("councils: the watch has not begun")
        row = from_us // _DAY_US % peaks.DAYS  # winter: the local day is that of UTC
        if day >= LEARNING:
            counts.append(watch.state.peak_counts[row].copy())
            told.append(watch.state.told_counts[row].sum(axis=0))
    return Pool(np.stack(counts), np.stack(told))


def roster(fleet: Fleet) -> SensorTable:
    """Return the homes of a fleet as enrolled; a sensor's number is its row plus one."""
    made = fleet.enrolment
    return build_sensor_table(made.homes, made.gateways, made.sensors, revision=1)


def heard(fleet: Fleet, from_us: int, to_us: int) -> Batch:
    """Return what a fleet reports after one moment and up to another, as if received at once."""
    numbers = np.array([sensor.number for sensor in fleet.enrolment.sensors], np.int32)
    made = fleet.between(from_us + 1, to_us + 1)
    order = np.argsort(made.time_us, kind="stable")
    made = made.take(order).take((made.time_us[order] > from_us) & (made.time_us[order] <= to_us))
    time = made.time_us.view("datetime64[us]")
    return Batch(numbers[made.sensor], time, made.value, time)


def place(key: str, budget: float = 9.0) -> Place:
    """Return a council that changes nothing but its budget."""
    contacts = Contacts(support="nobody@ward.example", phone="01632 960 000")
    return Place(key=key, name=f"Ward {key}", contacts=contacts, alert_budget=budget)


def realised(pool: Pool, wards: Sequence[int] | NDArray[np.int64], budget: float) -> float:
    """Return alerts per 100 homes a week over the last four weeks of a council of these wards."""
    counts = pool.counts[:, :, wards].sum(axis=2, dtype=np.int64)
    told = pool.told[:, wards].sum(axis=1)
    raised, seen = 0, 0
    for day in range(len(counts) - AHEAD, len(counts)):
        past = slice(max(day - KEPT, 0), day)
        found = calibrate(counts[past], int(told[past].sum()), budget)
        z = 2.4 if found is None else found.z
        level = int(np.ceil(z / peaks.STEP_Z - 1e-6))
        raised += int(counts[day, level:].sum()) + int(told[day])
        seen += int(counts[day].sum())
    return 700 * raised / seen


def share_kept(pool: Pool, budget: float, seeds: int = SEEDS) -> tuple[float, list[float]]:
    """Return the share of councils within 20 % of the budget, and what each came to."""
    rates = []
    for seed in range(seeds):
        drawn = np.random.default_rng([seed, 300]).choice(pool.told.shape[1], DRAWN, replace=False)
        rates.append(realised(pool, drawn, budget))
    kept = [abs(rate / budget - 1) <= TOLERANCE for rate in rates]
    return sum(kept) / len(kept), rates


def p1_recall(budgets: Sequence[float] = (0.5, 9.0, 100.0), homes: int = 60) -> float:
    """Return the least share of calls for help that is raised at any of these budgets."""
    shares = []
    for budget in budgets:
        mishaps = [
            Mishap(kind=kind, place="ward-calls", home=1 + row, before_end_h=1.0 + row / 4)
            for row, kind in enumerate(
                (Incident.PENDANT, Incident.FALL, Incident.SMOKE) * (homes // 3)
            )
        ]
        scenario = Scenario(
            seed=5,
            days=16,
            places=("ward-calls",),
            homes_per_place=homes,
            zigbee_homes_per_place=0,
            incident=tuple(mishaps),
        )
        towns = Towns([Fleet(scenario, END_US)], council=partial(place, budget=budget))
        towns.run(END_US - scenario.days * _DAY_US, END_US, stride_us=_DAY_US // 4)
        found = {finding.home for finding in towns.findings if finding.kind in LIFE_SAFETY}
        shares.append(len(found) / len(mishaps))
    return min(shares)
