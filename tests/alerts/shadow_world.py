"""Switches, findings in shadow and what people say of them, for tests."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from alerts import tables
from alerts.adjudications import Adjudication, adjudicate
from alerts.alert import PRIORITY, AlertKind, Finding, Verdict, alert_id
from alerts.engine import Engine
from alerts.modes import DETECTORS, Mode
from alerts.precision import Said
from alerts.shadow import Shadow
from alerts.shadow_rows import ShadowState, to_row
from alerts.switches import Switch, switch
from config.kinds import Kind
from ingest.clock import instant
from ingest.sink import Entry
from tests.alerts.world import DAY, HOUR, MINUTE, PLACE, START, World, in_order, quiet_life, warm

ACCOUNT = "account-sam"


def set_mode(
    connection: Connection,
    mode: Mode,
    detector: str = "inactivity",
    *,
    place: str = PLACE,
    since_us: int = START,
) -> None:
    """Switch a detector as a supervisor may, with a reason to do without evidence."""
    switch(connection, Switch(place, detector, mode, since_us, ACCOUNT, "a test", "a test"))


def set_all(connection: Connection, mode: Mode, *, place: str = PLACE) -> None:
    for detector in DETECTORS:
        set_mode(connection, mode, detector.key, place=place)


def finding(
    kind: AlertKind = AlertKind.NO_SIGN_OF_LIFE,
    onset_us: int = START,
    home: str = "home-000001",
    place: str = PLACE,
) -> Finding:
    return Finding(
        id=alert_id(home, kind, onset_us),
        kind=kind,
        priority=PRIORITY[kind],
        verdict=Verdict.PERSON,
        place=place,
        home=home,
        gateway="",
        sensor="",
        onset_us=onset_us,
        found_us=onset_us + 4 * 3_600_000_000,
        sentence="No sign of movement since 07:12 (4 h when this was raised).",
        evidence={"limit": 9.5},
    )


def record(
    connection: Connection, found: Finding, state: ShadowState = ShadowState.STANDING
) -> str:
    """Write a finding as the engine's shadow does; return its id."""
    connection.execute(insert(tables.shadow_findings).values(to_row(found, state)))
    return found.id


def say(connection: Connection, found: str, said: Said, *, at_us: int = START) -> None:
    adjudicate(connection, found, Adjudication(said, ACCOUNT, at_us, ""))


class ShadowWorld(World):
    """A world whose engine asks for modes, as a worker's does; every detector is in shadow."""

    shadow: Shadow

    def new_engine(self) -> Engine:
        self.shadow = Shadow(self.database, lambda: self.table, self.places)
        return Engine(
            self.tail,
            lambda: self.table,
            self.places,
            self.ledger,
            self.clock,
            is_linked=lambda: self.is_linked,
            code="a test",
            shadow=self.shadow,
        )

    def switch(self, mode: Mode, detector: str = "inactivity") -> None:
        """Switch a detector now, and let the worker hear of it as its beat does."""
        now_us = int(self.clock.now().astype("int64"))
        with self.database.begin() as connection:
            set_mode(connection, mode, detector, since_us=now_us)
        assert self.shadow.refresh()
        self.shadow.take_up()

    def found(self) -> list[Row[Any]]:
        f = tables.shadow_findings
        with self.database.connect() as connection:
            return list(connection.execute(select(f).order_by(f.c.found_us, f.c.id)))

    def count(self, table: str) -> int:
        with self.database.connect() as connection:
            return len(list(connection.execute(select(tables.metadata.tables[table]))))


STOP = START + 7 * DAY + 9 * HOUR
"""When the person falls silent, after an ordinary week."""


def move(world: World, at_us: int, home: int = 1) -> None:
    """Let somebody move for a few minutes."""
    hall = world.sensor(home, Kind.MOTION)
    world.tail.put([(hall, at_us + i * MINUTE, float(i % 2)) for i in range(6)])


@cache
def week() -> tuple[list[Entry], bytes]:
    """Return the journal of the week, and what an engine remembers at its end."""
    world = ShadowWorld()
    world.tail.put(in_order(quiet_life(world, 1, START, STOP)))
    world.run(STOP, every_us=12 * HOUR)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "engine.npz"
        assert world.engine.checkpoint(file)
        return world.tail.entries, file.read_bytes()


def fallen(mode: Mode = Mode.SHADOW, *, silent_h: int = 6) -> tuple[ShadowWorld, int]:
    """Return a world in which somebody fell silent five hours ago, and since when.

    The hub goes on speaking for ``silent_h`` hours, so that the silence is the person's.
    """
    world = ShadowWorld()
    entries, memory = week()
    world.tail.entries = list(entries)
    world.clock.advance(instant(STOP))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "engine.npz"
        file.write_bytes(memory)
        assert world.engine.restore(file)
    if mode is not Mode.SHADOW:
        world.switch(mode)
    world.tail.put(warm(world, 1, STOP, STOP + silent_h * HOUR))
    world.run(STOP + 5 * HOUR)
    return world, STOP
