"""A small world for engine tests: homes of one place, a fake journal, a clock that is set."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sqlalchemy import Row, select

from alerts import tables
from alerts.alert import AlertKind
from alerts.engine import Engine
from alerts.ledger import Ledger
from config.allowances import Allowance
from config.homes import Gateway, Home, Sensor
from config.kinds import IS_PERSON_SIGN, Kind
from config.overrides import Override
from config.pauses import Pause, PauseReason
from config.places import Contacts, Place
from config.sensor_table import SensorTable, build_sensor_table
from config.visits import Visit
from config.walk_tests import LENGTH_US, WalkTest
from ingest.batch import Batch, build
from ingest.clock import VirtualClock, instant
from ingest.message import Stray
from ingest.sink import Entry
from tests.alerts.explaining import assert_explained, assert_spoken
from tests.databases import new_database
from tests.make import enrolment

PLACE = "fenbridge"
START = 1_793_577_600_000_000  # 2026-11-02 00:00 UTC, a Monday
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Reading = tuple[int, int, float]
"""(sensor number, event time in microseconds, value)."""


class FakeTail:
    """A journal in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def put(
        self,
        readings: Sequence[Reading],
        received_us: int | None = None,
        strays: Sequence[Stray] = (),
    ) -> None:
        times = [r[1] for r in readings]
        received = times if received_us is None else [received_us] * len(times)
        batch = build([r[0] for r in readings], times, [r[2] for r in readings], received)
        self.put_batch(batch, strays)

    def put_batch(self, batch: Batch, strays: Sequence[Stray] = ()) -> None:
        self.entries.append(Entry(len(self.entries) + 1, batch, strays))

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
        chosen: list[Entry] = []
        for entry in self.entries[after:]:
            if chosen and sum(len(e.batch) for e in chosen) >= limit_readings:
                break
            chosen.append(entry)
        return chosen

    def last_seq(self) -> int:
        return len(self.entries)


def place(**limits: float | str) -> Place:
    contacts = Contacts(support="nobody@fenbridge.example", phone="01632 960 001")
    made = Place(key=PLACE, name="Fenbridge", contacts=contacts)
    return made.model_copy(update={"limits": made.limits.model_copy(update=limits)})


class World:
    """Homes 1 to ``homes``; sensors by ``sensor(home, kind)``; alerts by ``alerts()``."""

    def __init__(self, homes: int = 1, **limits: float | str) -> None:
        made = enrolment(homes, place=PLACE)
        self.homes: list[Home] = list(made.homes)
        self.gateways: list[Gateway] = list(made.gateways)
        self.sensors: list[Sensor] = list(made.sensors)
        self.ended: list[Sensor] = []
        self.revision = 1
        self.allowances: list[Allowance] = []
        self.overrides: list[Override] = []
        self.pauses: list[Pause] = []
        self.visits: list[Visit] = []
        self.walk_tests: list[WalkTest] = []
        self.places = {PLACE: place(**limits)}
        self.tail = FakeTail()
        self.clock = VirtualClock(instant(START))
        self.database = new_database()
        self.ledger = Ledger(self.database)
        self.is_linked = True
        self.table = self._table()
        self.engine = self.new_engine()

    def _table(self) -> SensorTable:
        return build_sensor_table(
            self.homes,
            self.gateways,
            self.sensors,
            allowances=self.allowances,
            overrides=self.overrides,
            pauses=self.pauses,
            visits=self.visits,
            walk_tests=self.walk_tests,
            ended=self.ended,
            revision=self.revision,
        )

    def allow(self, allowance: Allowance) -> None:
        self.allowances.append(allowance)
        self.revision += 1
        self.table = self._table()

    def override(self, home: int, name: str, value: float | None) -> None:
        """Give a home a setting of its own, or take it back."""
        kept = [o for o in self.overrides if (o.home, o.name) != (home, name)]
        made = Override(self.revision, home, name, value or 0.0, "sam", 0)
        self.overrides = kept if value is None else [*kept, made]
        self.revision += 1
        self.table = self._table()

    def pause(self, home: int, from_us: int, until_us: int, **values: Any) -> Pause:  # noqa: ANN401
        number = len(self.pauses) + 1
        made = Pause(number, home, PauseReason.HOSPITAL, from_us, until_us, "sam", from_us)
        self.put_pause(replace(made, **values))
        return self.pauses[-1]

    def put_pause(self, pause: Pause) -> None:
        """Write a pause, or write it anew: it was ended early."""
        self.pauses = [*(p for p in self.pauses if p.number != pause.number), pause]
        self.revision += 1
        self.table = self._table()

    def walk_test(self, home: int, from_us: int, ended_us: int | None = None) -> None:
        """Let Ivy test a home for sixty minutes, or say that its test was ended."""
        made = WalkTest(home, home, from_us, from_us + LENGTH_US, "ivy", ended_us, "ivy")
        self.walk_tests = [*(w for w in self.walk_tests if w.home != home), made]
        self.revision += 1
        self.table = self._table()

    def book(self, *visits: Visit) -> None:
        """Replace the booked visits; as in the registry, a number is never used again."""
        first = 100 * self.revision
        self.visits = [replace(v, number=first + i) for i, v in enumerate(visits)]
        self.revision += 1
        self.table = self._table()

    def change_home(self, number: int, **values: Any) -> None:  # noqa: ANN401  # as replace()
        self.homes = [replace(h, **values) if h.number == number else h for h in self.homes]
        self.revision += 1
        self.table = self._table()

    def change_gateway(self, number: int, **values: Any) -> None:  # noqa: ANN401  # as replace()
        self.gateways = [replace(g, **values) if g.number == number else g for g in self.gateways]
        self.revision += 1
        self.table = self._table()

    def put_device(self, sensor: int, address: str, at_us: int) -> None:
        """Let another device speak for this sensor from this moment on."""
        self.sensors = [
            replace(s, address=address, replaced_us=at_us) if s.number == sensor else s
            for s in self.sensors
        ]
        self.revision += 1
        self.table = self._table()

    def carry(self, home: int, to_home: int, at_us: int, *kinds: Kind) -> None:
        """Let devices of these kinds be another home's from now on, as an accepted move does."""
        gone = [s for s in self.sensors if s.home == home and s.kind in kinds]
        number = max(s.number for s in (*self.sensors, *self.ended))
        self.ended += gone
        self.sensors = [s for s in self.sensors if s not in gone]
        for one in gone:
            number += 1
            new = {"number": number, "id": f"sens-{number:06d}", "address": f"carried-{number}"}
            values = {**new, "home": to_home, "gateway": to_home, "since_us": at_us}
            self.sensors.append(replace(one, **values))  # type: ignore[arg-type]  # by name
        signs = [s for s in self.sensors if s.home == home and IS_PERSON_SIGN[s.kind.code]]
        self.change_home(home, bare_us=0 if signs else at_us)

    def new_engine(self) -> Engine:
        return Engine(
            self.tail,
            lambda: self.table,
            self.places,
            self.ledger,
            self.clock,
            is_linked=lambda: self.is_linked,
            code="tested",
        )

    def sensor(self, home: int, kind: Kind, room: str = "") -> int:
        return next(
            s.number
            for s in self.sensors
            if s.home == home and s.kind is kind and room in {"", s.room}
        )

    def run(self, until_us: int, *, every_us: int = 10 * MINUTE) -> None:
        """Move the clock to ``until_us`` in strides, with a step of the engine after each."""
        now = int(self.clock.now().astype(np.int64))
        for at in [*range(now + every_us, until_us, every_us), until_us]:
            self.clock.advance(instant(at))
            while self.engine.step().is_behind:
                pass

    def alerts(self, *kinds: str) -> list[Row[Any]]:
        query = select(tables.alerts).order_by(tables.alerts.c.raised_us, tables.alerts.c.id)
        with self.database.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            assert_explained(AlertKind(row.kind), row.evidence)
            assert_spoken(row.sentence)
        return [row for row in rows if not kinds or row.kind in kinds]

    def history(self, alert: str) -> list[str]:
        query = select(tables.history.c.event).where(tables.history.c.alert == alert)
        with self.database.connect() as connection:
            return list(connection.execute(query.order_by(tables.history.c.id)).scalars())

    def unwatched(self) -> dict[str, str]:
        with self.database.connect() as connection:
            rows = connection.execute(select(tables.unwatched)).all()
        return {row.home: row.reason for row in rows}


def quiet_life(
    world: World, home: int, start_us: int, stop_us: int, seed: int = 0
) -> list[Reading]:
    """Return an ordinary life: up 07-23, something every 20 min or so, twice a night, warm."""
    rng = np.random.default_rng([seed, home])
    hall = world.sensor(home, Kind.MOTION, "hall")
    kitchen = world.sensor(home, Kind.MOTION, "kitchen")
    readings: list[Reading] = []
    at = start_us + home * 1_000_000
    while at < stop_us:
        hour = (at % DAY) // HOUR
        is_day = 7 <= hour < 23
        gap = rng.exponential(15 * MINUTE if is_day else 120 * MINUTE)
        at += int(min(max(gap, MINUTE), 100 * MINUTE))
        sensor = int(rng.choice([hall, kitchen]))
        readings += [(sensor, at, 1.0), (sensor, at + 30_000_000, 0.0)]
    return [r for r in readings if r[1] < stop_us] + warm(world, home, start_us, stop_us)


def warm(
    world: World, home: int, start_us: int, stop_us: int, celsius: float = 20.0
) -> list[Reading]:
    """Return a thermometer that reports every ten minutes: the gateway works."""
    sensor = world.sensor(home, Kind.TEMPERATURE)
    times = range(start_us + home * 1_000_000, stop_us, 10 * MINUTE)
    return [(sensor, at, celsius) for at in times]


def in_order(readings: Sequence[Reading]) -> list[Reading]:
    return sorted(readings, key=lambda r: (r[1], r[0], r[2]))
