"""Homes, their sensors and four weeks of readings, for the worlds of web tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from config.homes import Enrolment, Gateway, Home, Sensor
from config.kinds import Kind
from ingest.batch import Batch, build, merged, ordered
from ingest.clock import Instant, instant, microseconds
from ingest.sink import Entry, HomeColumn, Latest

A: Final = "fenbridge"
B: Final = "northmoor"
MINUTE_US: Final = 60_000_000
HOUR_US: Final = 60 * MINUTE_US
DAY_US: Final = 24 * HOUR_US

SECRET: Final = {A: "Larkspur", B: "Wintergreen"}
"""A word in every name of a place, by which its bytes are known wherever they turn up."""


@dataclass
class FakeStore:
    """Keeps readings in memory."""

    batches: dict[int, Batch] = field(default_factory=dict)

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:  # noqa: ARG002  # the port's
        raise AssertionError("the web only reads")

    def position(self) -> int:
        return 0

    def read(self, home: int, start: Instant, stop: Instant) -> Batch:
        batch = self.batches.get(home) or build([], [], [], [])
        return batch.take((batch.time >= start) & (batch.time < stop))

    def read_many(self, homes: Sequence[int], start: Instant, stop: Instant) -> Batch:
        """Return the readings of several homes, by time, those of each home ordered and once."""
        return merged([self.read(home, start, stop) for home in homes])

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        found = []
        for batch in self.batches.values():
            for sensor in sensors:
                rows = np.flatnonzero(batch.sensor == sensor)
                if len(rows):
                    at = microseconds(batch.time[rows[-1]])
                    found.append(Latest(sensor, at, float(batch.value[rows[-1]]), at))
        return found

    def erase(self, home: int) -> int:  # noqa: ARG002  # the port's
        raise AssertionError("the web only reads")

    def expire(self, homes: Sequence[int], before: Instant) -> int:  # noqa: ARG002  # the port's
        raise AssertionError("the web only reads")

    def tend(self, before: Instant) -> None:
        pass

    def problem(self) -> str:
        return ""

    def limits(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        pass


def home_of(place: str, number: int) -> Home:
    label = f"{SECRET[place]} Court, flat {number}"
    tiers = {1: 2, 2: 1}
    return Home(
        number,
        f"{place}-home-{number}",
        place,
        label,
        has_pets=number == 2,
        risk_tier=tiers.get(number, 3),
    )


def sensors_of(place: str, home: int, first: int) -> list[Sensor]:
    layout = (
        ("hall", Kind.MOTION, "hall-motion", False),
        ("hall", Kind.CONTACT, "front-door", True),
        ("kitchen", Kind.MOTION, "kitchen-motion", False),
        ("kitchen", Kind.POWER, "kettle", False),
        ("bedroom", Kind.MOTION, "bedroom-motion", False),
        ("bedroom", Kind.BED, "bed", False),
        ("living-room", Kind.TEMPERATURE, "living-climate", False),
        ("living-room", Kind.HUMIDITY, "living-climate", False),
        ("hall", Kind.SMOKE, "hall-smoke", False),
        ("hall", Kind.BATTERY, "hall-smoke", False),
    )
    return [
        Sensor(
            first + i,
            f"{place}-{home}-sensor-{i}",
            home,
            home,
            "native",
            f"{address}",
            kind,
            room,
            is_exit,
        )
        for i, (room, kind, address, is_exit) in enumerate(layout)
    ]


def enrolment(place: str, homes: int) -> Enrolment:
    numbers = range(1, homes + 1)
    sensors: list[Sensor] = []
    for number in numbers:
        sensors += sensors_of(place, number, len(sensors) + 1)
    return Enrolment(
        tuple(home_of(place, number) for number in numbers),
        tuple(Gateway(n, f"{place}-gateway-{n}", place, n) for n in numbers),
        tuple(sensors),
    )


def four_weeks(sensors: Sequence[Sensor], now: Instant, seed: int) -> Batch:
    """Return 28 days of an ordinary life; nothing was received for 30 hours on one weekend."""
    chance = np.random.default_rng(seed)
    number = {(s.room, s.kind): s.number for s in sensors}
    now_us = microseconds(now)
    sensor: list[int] = []
    time: list[int] = []
    value: list[float] = []

    def say(room: str, kind: Kind, at: int, what: float) -> None:
        sensor.append(number[room, kind])
        time.append(at)
        value.append(what)

    midnight = now_us - now_us % DAY_US
    for day in range(27, -1, -1):
        start = midnight - day * DAY_US
        up = start + int(chance.normal(6.8, 0.4) * HOUR_US)
        bed = start + int(chance.normal(22.3, 0.3) * HOUR_US)
        say("bedroom", Kind.BED, up, 0.0)
        say("bedroom", Kind.BED, bed, 1.0)
        for room, count in (("hall", 30), ("kitchen", 70), ("bedroom", 15)):
            hours = chance.choice([7, 8, 12, 13, 17, 18, 20], count) + chance.random(count)
            for hour in np.sort(hours):
                say(room, Kind.MOTION, start + int(hour * HOUR_US), 1.0)
        for hour in (7.2, 10.5, 15.1, 19.0):
            at = start + int((hour + chance.normal(0, 0.2)) * HOUR_US)
            say("kitchen", Kind.POWER, at, 2100.0)
            say("kitchen", Kind.POWER, at + 4 * MINUTE_US, 0.0)
        for hour in (11.0, 11.8):
            at = start + int((hour + chance.normal(0, 0.2)) * HOUR_US)
            say("hall", Kind.CONTACT, at, 1.0)
            say("hall", Kind.CONTACT, at + MINUTE_US, 0.0)
        for half in range(48):
            at = start + half * 30 * MINUTE_US
            say("living-room", Kind.TEMPERATURE, at, 19.0 + 1.5 * np.sin(half / 7))
            say("living-room", Kind.HUMIDITY, at + MINUTE_US, 51.0)
        say("hall", Kind.BATTERY, start + HOUR_US, 84.0)
    batch = ordered(build(sensor, time, value, time))
    gap = instant(midnight - 10 * DAY_US)
    is_lost = (batch.time > gap) & (batch.time < gap + np.timedelta64(30, "h"))
    return batch.take((batch.time <= now) & ~is_lost)
