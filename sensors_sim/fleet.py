"""All homes of a scenario: everything that they report, asked for by any stretch of time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance, faults, incidents, plights, readings
from sensors_sim.climate import Window, sense_climate
from sensors_sim.company import keep_company
from sensors_sim.deliveries import Deliveries, at_once, in_order, join
from sensors_sim.devices import sense_day
from sensors_sim.dialects.dialect import CHIRPSTACK, SENML
from sensors_sim.faults import Fault, FaultKind
from sensors_sim.household import tenants
from sensors_sim.kit import DEVICES, GATEWAY, SLOTS, hub_of, roster, slot
from sensors_sim.readings import Readings
from sensors_sim.resident import spend_day
from sensors_sim.scenario import Malfunction, Scenario
from sensors_sim.schedule import SECOND_US
from sensors_sim.stays import Stays, Who
from sensors_sim.truth import Truth, columns
from sensors_sim.upkeep import sense_upkeep

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_US: Final = 86_400 * SECOND_US
_LATE: Final = timedelta(hours=4)
_LATE_US: Final = 4 * 3600 * SECOND_US
_KEPT_DAYS: Final = 2
_STATUS: Final = slot(GATEWAY.name, Kind.GATEWAY_STATUS)
MOST_OFF: Final = 3.0
"""A gateway's clock is at most this many standard deviations off."""


class _Stream(IntEnum):
    CLOCK = 90


def clock_offsets_us(seed: int, homes: NDArray[np.int32], typical_s: float) -> NDArray[np.int64]:
    """Return how far the clock of each home's gateway is ahead, int64[homes], whole ms."""
    drawn = chance.normal(chance.key(seed, _Stream.CLOCK, homes))
    off_s = typical_s * np.clip(drawn, -MOST_OFF, MOST_OFF)
    return np.rint(off_s * 1000).astype(np.int64) * 1000


def malfunctions(scenario: Scenario, end_us: int) -> tuple[Fault, ...]:
    """Return the faults of a scenario whose past ends at ``end_us``."""
    names = [device.name for device in DEVICES]
    made = []
    for said in scenario.fault:
        start_us = (end_us - round(said.before_end_h * 3600) * SECOND_US) // 1000 * 1000
        homes = _struck(scenario, said)
        made.append(
            Fault(
                said.kind,
                homes.astype(np.int32),
                start_us,
                start_us + round(said.lasts_h * 3600) * SECOND_US,
                names.index(said.device) if said.device else -1,
                said.by_s,
                said.share,
            )
        )
    return tuple(made)


def _struck(scenario: Scenario, fault: Malfunction) -> NDArray[np.int64]:
    """Return the rows of the homes that a fault is in."""
    first = scenario.home_row(fault.place, fault.home or 1)
    if fault.home is not None:
        return np.arange(first, first + 1)
    after = first + scenario.homes_per_place
    if fault.sector is None:
        return np.arange(first, after)
    size = scenario.homes_per_sector
    return np.arange(first + (fault.sector - 1) * size, min(first + fault.sector * size, after))


class Fleet:
    """The homes of one scenario; ``readings.sensor`` is a row of ``enrolment.sensors``.

    ``end_us`` is the end of the simulated past, on which incidents hang. Times are
    microseconds since 1970 UTC.
    """

    def __init__(self, scenario: Scenario, end_us: int) -> None:
        self.scenario = scenario
        self.enrolment = roster(scenario)
        count = len(self.enrolment.homes)
        self.onsets = incidents.onsets(scenario, end_us, None)
        self._end_us = end_us
        # Those to come count as well, so that nobody is out when going live.
        self._staying_in = [
            onset for onset in incidents.onsets(scenario, end_us, end_us) if onset.needs_person
        ]
        self._zone = ZoneInfo(scenario.time_zone)
        hubs = [hub_of(scenario, row % scenario.homes_per_place) for row in range(count)]
        self._in_dbm = np.isin(hubs, (CHIRPSTACK, SENML))
        # A LoRaWAN network server stamps what it hears, and keeps network time.
        stamps = np.array(hubs) != CHIRPSTACK
        self._homes = np.array([home.number for home in self.enrolment.homes], np.int32)
        off_us = clock_offsets_us(scenario.seed, self._homes, scenario.clock_offset_s)
        self._ahead_us = np.where(stamps, off_us, 0)
        first_day = self._day_of(end_us - scenario.days * _DAY_US)
        self._who = tenants(scenario, self._homes, first_day)
        self._fails_us = incidents.heating_fails_us(self.onsets, len(self._homes))
        self._faults = tuple(self._informed(fault) for fault in malfunctions(scenario, end_us))
        self._delay_us = faults.longest_delay_us(self._faults)
        self._days: dict[int, Deliveries] = {}

    def go_live(self, live_us: int) -> None:
        """Let the incidents that follow the moment of going live happen."""
        self.onsets = incidents.onsets(self.scenario, self._end_us, live_us)
        self._days.clear()

    def between(self, start_us: int, end_us: int) -> Readings:
        """Return what arrives in start <= moment < end, in that order.

        Without faults that is what is reported then; times are those of the gateways' clocks.
        """
        return self.deliveries(start_us, end_us).readings

    def deliveries(self, start_us: int, end_us: int) -> Deliveries:
        """Return what arrives in start <= moment < end, in that order."""
        parts = [at_once(readings.empty())]
        if end_us > start_us:
            for day in range(self._day_of(start_us - self._delay_us), self._day_of(end_us - 1) + 1):
                made = self._day(day)
                low, high = np.searchsorted(made.sent_us, (start_us, end_us))
                parts.append(made.take(slice(int(low), int(high))))
        return in_order(join(parts)) if self._delay_us else join(parts)

    def make_days(self) -> Iterator[int]:
        """Make every day of the past, two at a time; yield how many readings each has."""
        first = self._day_of(self._end_us - self.scenario.days * _DAY_US)
        with ThreadPoolExecutor(2) as pool:
            made = pool.map(self._count, range(first, first + self.scenario.days))
            yield from made

    def _count(self, day: int) -> int:
        return len(self._make_day(day))

    def _day(self, day: int) -> Deliveries:
        if day not in self._days:
            kept = _KEPT_DAYS + self._delay_us // _DAY_US + bool(self._delay_us)
            self._days = dict(list(self._days.items())[1 - kept :])
            start_us, end_us = self._starts_us(day), self._starts_us(day + 1)
            made = at_once(self._make_day(day))
            seed = self.scenario.seed
            made = faults.suffer(made, self._faults, seed, start_us, end_us)
            self._days[day] = self._stamped(made)
        return self._days[day]

    def _stamped(self, made: Deliveries) -> Deliveries:
        """Return what gateways make of these times; of itself a gateway tells none."""
        ahead_us = self._ahead_us[made.sensor // SLOTS]
        ahead_us[made.sensor % SLOTS == _STATUS] = 0
        return replace(made, time_us=made.time_us + ahead_us)

    def _informed(self, fault: Fault) -> Fault:
        """Return a fault that knows what a stuck sensor said last, up to two days before."""
        if fault.kind is not FaultKind.STUCK:
            return fault
        day = self._day_of(fault.start_us)
        before = readings.concat([self._make_day(day - 1), self._make_day(day)])
        return replace(fault, held=faults.last_said(before, fault))

    def visits(self, home: int, start_us: int, end_us: int) -> list[tuple[int, int]]:
        """Return when visitors are in a home (row) from one moment to another: the truth."""
        found = []
        for day in range(self._day_of(start_us), self._day_of(end_us - 1) + 1):
            stays = self._live(day)
            mine = (stays.person == Who.VISITOR) & (stays.home == home)
            midnight_us = self._starts_us(day) - _LATE_US
            for first_s, last_s in zip(
                stays.start_s[mine].tolist(), stays.end_s[mine].tolist(), strict=True
            ):
                at_us = (round(midnight_us + second * SECOND_US) for second in (first_s, last_s))
                found.append((next(at_us), next(at_us)))
        return found

    def _live(self, day: int) -> Stays:
        """Return who stays where on a day: everybody in these homes."""
        midnight_us = self._starts_us(day) - _LATE_US
        stays_in = np.zeros(len(self._homes), np.bool_)
        stays_in[[o.home for o in self._staying_in if self._day_of(o.at_us) == day]] = True
        seed = self.scenario.seed
        who = plights.changed(self._who, self.onsets, day, midnight_us)
        stays = spend_day(seed, self._homes, day, stays_in, who)
        stays = plights.endure(seed, stays, self.onsets, day, midnight_us)
        return keep_company(seed, self._homes, day, who, stays)

    def _make_day(self, day: int) -> Readings:
        start_us, end_us = self._starts_us(day), self._starts_us(day + 1)
        seed, midnight_us = self.scenario.seed, start_us - _LATE_US
        stays = self._live(day)
        lived = sense_day(seed, self._homes, stays, midnight_us)
        lived = incidents.open_windows(lived, self.onsets, start_us, end_us)
        if end_us - start_us < _DAY_US:
            # The night the clocks go forward has an hour less.
            lived = lived.take(lived.time_us < end_us)
        local_us = day * _DAY_US + _LATE_US - start_us
        made = readings.concat(
            [
                lived,
                sense_climate(
                    self.scenario.seed,
                    self._homes,
                    Window(start_us, end_us, local_us),
                    self._fails_us,
                    self._who,
                    lived,
                ),
                sense_upkeep(seed, self._homes, start_us, end_us, self._in_dbm),
            ]
        )
        return incidents.befall(readings.ordered(made), self.onsets, start_us, end_us)

    def truth(self) -> Truth:
        """Return what really happens in these homes; it is never sent."""
        return columns([*incidents.truth(self.onsets), *faults.truth(self._faults)])

    def _starts_us(self, day: int) -> int:
        """Return when a local day (days since 1970-01-01) begins: 04:00, in UTC."""
        local = datetime(1970, 1, 1) + timedelta(days=day) + _LATE  # noqa: DTZ001 - made aware next
        moment = local.replace(tzinfo=self._zone)
        return round((moment - _EPOCH) / timedelta(microseconds=1))

    def _day_of(self, at_us: int) -> int:
        local = (_EPOCH + timedelta(microseconds=at_us)).astimezone(self._zone)
        return (local.replace(tzinfo=None) - _LATE - datetime(1970, 1, 1)).days  # noqa: DTZ001 - local
