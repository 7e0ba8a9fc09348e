"""Homes that tick without a journal or a ledger: readings in, actions out, for slow detectors."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace

import numpy as np

from alerts.action import Action, Step
from alerts.alert import Finding
from alerts.detect.join import Codes, codes_of, join
from alerts.detect.local_time import build_offsets
from alerts.detect.roster import Roster, build_roster
from alerts.detect.state import State, copied
from alerts.tick import run_ticks
from config.homes import Home, Sensor
from config.kinds import Kind
from config.overrides import Override
from config.places import Place
from config.sensor_table import build_sensor_table
from config.visits import FOREVER, Visit, VisitKind
from ingest.batch import Batch, build, empty
from tests.alerts.explaining import assert_explained, assert_spoken
from tests.alerts.world import DAY, HOUR, MINUTE, START, Reading, place
from tests.make import enrolment

KINDS = (
    (Kind.MOTION, "hall"),
    (Kind.MOTION, "kitchen"),
    (Kind.MOTION, "bathroom"),
    (Kind.MOTION, "bedroom"),
    (Kind.CONTACT, "hall"),
    (Kind.TEMPERATURE, "living room"),
)
ROOMS = ("hall", "kitchen", "bathroom", "bedroom")
SECOND = 1_000_000
_STRIDE = 6 * HOUR
Change = Callable[[Home], Home]


class Houses:
    """Homes 1 to ``homes``, ticked every five minutes; ``findings()`` and ``steps()`` tell."""

    def __init__(
        self,
        homes: int = 1,
        *,
        kinds: Sequence[tuple[Kind, str]] = KINDS,
        change: Change = lambda home: home,
        start: int = START,
        tick: int = 5 * MINUTE,
        where: Place | None = None,
    ) -> None:
        made = enrolment(homes, kinds=kinds)
        self.homes = [change(home) for home in made.homes]
        self.gateways, self.sensors = list(made.gateways), list(made.sensors)
        self.places = {"fenbridge": place() if where is None else where}
        self.tick, self.now, self.revision = tick, start, 1
        self.actions: list[Action] = []
        self.visits: list[Visit] = []
        self.overrides: list[Override] = []
        self.roster = self._roster()
        self.state: State = join(None, Codes(), self.roster, start)

    def _roster(self) -> Roster:
        table = build_sensor_table(
            self.homes,
            self.gateways,
            self.sensors,
            overrides=self.overrides,
            visits=self.visits,
            revision=self.revision,
        )
        return build_roster(table, self.places)

    def enrol(self, homes: Sequence[Home], sensors: Sequence[Sensor]) -> None:
        """Go on with this roster; gateways stay."""
        self.homes, self.sensors = list(homes), list(sensors)
        self.revision += 1
        before = codes_of(self.roster)
        self.roster = self._roster()
        self.state = join(copied(self.state), before, self.roster, self.now)

    def fork(self, tick: int = 5 * MINUTE) -> "Houses":
        """Return houses that go on from here by themselves, nothing told yet."""
        other = copy(self)
        other.state, other.actions, other.tick = copied(self.state), [], tick
        return other

    def change(self, number: int, change: Change) -> None:
        """Change one home."""
        self.enrol([change(h) if h.number == number else h for h in self.homes], self.sensors)

    def put_device(self, sensor: int, address: str, at_us: int) -> None:
        """Let another device speak for this sensor from this moment on."""
        new = [
            replace(s, address=address, replaced_us=at_us) if s.number == sensor else s
            for s in self.sensors
        ]
        self.enrol(self.homes, new)

    def book(self, *visits: Visit) -> None:
        """Go on with these booked visits."""
        self.visits = list(visits)
        self.enrol(self.homes, self.sensors)

    def override(self, **values: dict[int, float]) -> None:
        """Go on with these settings of single homes: by name, value by home."""
        named = [(name, home, value) for name, own in values.items() for home, value in own.items()]
        self.overrides = [
            Override(n, home, name, value, "sam", self.now)
            for n, (name, home, value) in enumerate(named, 1)
        ]
        self.enrol(self.homes, self.sensors)

    def sensor(self, room: str, kind: Kind = Kind.MOTION, home: int = 1) -> int:
        return next(
            s.number for s in self.sensors if (s.home, s.kind, s.room) == (home, kind, room)
        )

    def run(self, readings: Sequence[Reading], until: int, late: Sequence[Reading] = ()) -> None:
        """Tick until this moment with these readings, sorted here; ``late`` come first."""
        batch, older = _batch(readings), _batch(late)
        time_us = batch.time.view(np.int64)
        while self.now < until:
            stop = min(self.now + _STRIDE, until)
            first, last = np.searchsorted(time_us, [self.now, stop], side="right").tolist()
            scene = run_ticks(
                self.state,
                self.roster,
                self.places,
                tuple(build_offsets(zone, self.now, stop) for zone in self.roster.zones),
                before_us=self.now,
                ticks_us=np.arange(self.now + self.tick, stop + 1, self.tick),
                readings=batch.slice(first, last),
                late=older,
            )
            for action in scene.actions:
                if isinstance(action, Finding):
                    assert_explained(action.kind, action.evidence)
                    assert_spoken(action.sentence)
            self.actions += scene.actions
            self.now, older = stop, empty()

    def findings(self, *kinds: str) -> list[Finding]:
        found = [action for action in self.actions if isinstance(action, Finding)]
        return [finding for finding in found if not kinds or finding.kind.value in kinds]

    def steps(self) -> list[Step]:
        return [action for action in self.actions if isinstance(action, Step)]


def _batch(readings: Sequence[Reading]) -> Batch:
    if not readings:
        return empty()
    rows = sorted(readings, key=lambda row: row[1])
    times = [row[1] for row in rows]
    return build([row[0] for row in rows], times, [row[2] for row in rows], times)


def visit(
    from_h: float,
    to_h: float,
    *,
    home: int = 1,
    weekdays: int = 127,
    days: tuple[int, int] = (0, FOREVER),
    kind: VisitKind = VisitKind.CARE,
) -> Visit:
    """Return a booked visit, every day unless told."""
    return Visit(1, home, kind, weekdays, round(from_h * 60), round(to_h * 60), *days)


def moved(sensor: int, at: int) -> list[Reading]:
    """Return a movement of half a minute."""
    return [(sensor, at, 1.0), (sensor, at + 30 * SECOND, 0.0)]


def used(sensor: int, at: int) -> list[Reading]:
    """Return a door that opens and closes."""
    return [(sensor, at, 1.0), (sensor, at + 10 * SECOND, 0.0)]


def warm_days(houses: Houses, first: int, last: int, home: int = 1) -> list[Reading]:
    """Return a thermometer that reports every ten minutes, from one day to before another."""
    sensor = houses.sensor("living room", Kind.TEMPERATURE, home)
    start = START + first * DAY
    return [(sensor, at, 20.0) for at in range(start, START + last * DAY, 10 * MINUTE)]


def days(
    houses: Houses,
    first: int,
    last: int,
    *,
    home: int = 1,
    visits: int = 2,
    shift: int = 0,
    share: float = 1.0,
    without: str = "",
    seed: int = 0,
) -> list[Reading]:
    """Return an ordinary life from one day of the world to before another.

    Up from 07 to 22, in some room every ten minutes or so; ``visits`` to the bathroom between
    midnight and five. ``shift`` moves all of it, ``share`` of it is kept, and the sensor of the
    room ``without`` is dead.
    """
    readings: list[Reading] = warm_days(houses, first, last, home)
    for day in range(first, last):
        rng = np.random.default_rng([seed, home, day])
        midnight = START + day * DAY
        moments = 7 * HOUR + np.cumsum(rng.exponential(10 * MINUTE, 120)).astype(np.int64)
        moments = moments[(moments < 22 * HOUR) & (rng.random(120) < share)]
        rooms = rng.choice(ROOMS, len(moments)).tolist()
        nights = [HOUR // 2 + i * 4 * HOUR // max(visits, 1) for i in range(visits)]
        lived = [*zip(rooms, moments.tolist(), strict=True), *(("bathroom", at) for at in nights)]
        for room, at in lived:
            if room != without:
                readings += moved(houses.sensor(room, home=home), midnight + at + shift)
        readings += used(houses.sensor("hall", Kind.CONTACT, home), midnight + 12 * HOUR + shift)
    return readings


def shared(home: Home) -> Home:
    return replace(home, residents=2, has_pets=True)
