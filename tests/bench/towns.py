"""Simulated homes of several fleets before one live engine, on a virtual clock."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from alerts.alert import Finding
from alerts.engine import Engine
from api.evaluate_recorder import MemoryTail, Recorder
from config.homes import Gateway, Home, Sensor
from config.places import Contacts, Place
from config.sensor_table import SensorTable, build_sensor_table
from config.visits import Visit
from ingest.batch import Batch
from ingest.clock import VirtualClock, instant
from sensors_sim.deliveries import Deliveries
from sensors_sim.fleet import Fleet

HOUR_US = 3_600_000_000


class Towns:
    """Watches all homes of these fleets side by side; ``findings`` is what was raised, in order.

    Home ``row`` of fleet ``number`` has the id ``home_id(number, row)``. ``booked`` are the visits
    of each fleet, whose homes are rows there; none of those that it does not name.
    """

    def __init__(
        self,
        fleets: Sequence[Fleet],
        *,
        tick_s: int = 300,
        council: Callable[[str], Place] | None = None,
        booked: Sequence[Sequence[Visit]] = (),
    ) -> None:
        self._booked = [*booked, *([()] * (len(fleets) - len(booked)))]
        self._fleets, self._tick_s, self._council = fleets, tick_s, council or place
        self._base: list[int] = []
        self.table = self._merged()
        self.findings: list[Finding] = []

    def run(self, start_us: int, stop_us: int, stride_us: int = HOUR_US) -> None:
        """Let everything happen that is delivered from one moment to another."""
        recorder, tail, clock = Recorder(), MemoryTail(), VirtualClock(instant(start_us))
        places = {key: self._council(key) for key in self.table.places}
        engine = Engine(tail, lambda: self.table, places, recorder, clock, tick_s=self._tick_s)
        engine.step()
        for at_us in range(start_us, stop_us, stride_us):
            batch = self._delivered(at_us, at_us + stride_us)
            if len(batch):
                tail.put(batch)
            clock.advance(instant(at_us + stride_us))
            while engine.step().is_behind:
                pass
        self.findings = list(recorder.findings.values())

    def _delivered(self, start_us: int, stop_us: int) -> Batch:
        parts = [fleet.deliveries(start_us, stop_us) for fleet in self._fleets]
        made = Deliveries(
            np.concatenate([p.sensor + b for p, b in zip(parts, self._base, strict=True)]),
            *(
                np.concatenate([getattr(p, name) for p in parts])
                for name in ("time_us", "value", "sent_us")
            ),
        )
        made = made.take(np.argsort(made.sent_us, kind="stable"))
        received = made.sent_us.view("datetime64[us]")
        return Batch(
            made.sensor.astype(np.int32), made.time_us.view("datetime64[us]"), made.value, received
        )

    def _merged(self) -> SensorTable:
        homes: list[Home] = []
        gateways: list[Gateway] = []
        sensors: list[Sensor] = []
        visits: list[Visit] = []
        for number, fleet in enumerate(self._fleets):
            self._base.append(len(sensors))
            made, home_base, gateway_base = fleet.enrolment, len(homes), len(gateways)
            home_row = {home.number: home_base + row for row, home in enumerate(made.homes)}
            hub_row = {hub.number: gateway_base + row for row, hub in enumerate(made.gateways)}
            visits += [
                replace(visit, number=len(visits) + row + 1, home=home_base + visit.home)
                for row, visit in enumerate(self._booked[number])
            ]
            homes += [
                replace(home, number=home_base + row, id=home_id(number, row))
                for row, home in enumerate(made.homes)
            ]
            gateways += [
                replace(
                    hub,
                    number=gateway_base + row,
                    id=f"hub-{number:02d}-{row:05d}",
                    home=None if hub.home is None else home_row[hub.home],
                )
                for row, hub in enumerate(made.gateways)
            ]
            sensors += [
                replace(
                    sensor,
                    number=len(sensors) + row,
                    id=f"sensor-{number:02d}-{row:06d}",
                    home=None if sensor.home is None else home_row[sensor.home],
                    gateway=hub_row[sensor.gateway],
                )
                for row, sensor in enumerate(made.sensors)
            ]
        return build_sensor_table(homes, gateways, sensors, visits=visits, revision=1)


def home_id(fleet: int, row: int) -> str:
    """Return the id of a home by its fleet and its row there."""
    return f"home-{fleet:02d}-{row:05d}"


def place(key: str) -> Place:
    """Return a council that changes nothing, and whose threshold no budget moves."""
    contacts = Contacts(support="nobody@town.example", phone="01632 960 000")
    return Place(key=key, name=f"Town {key}", contacts=contacts, detectors={"silence_z": 2.4})
