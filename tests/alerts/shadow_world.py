"""Switches, findings in shadow and what people say of them, for tests."""

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
from tests.alerts.world import PLACE, START, World

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

    def found(self) -> list[Row[Any]]:
        f = tables.shadow_findings
        with self.database.connect() as connection:
            return list(connection.execute(select(f).order_by(f.c.found_us, f.c.id)))

    def count(self, table: str) -> int:
        with self.database.connect() as connection:
            return len(list(connection.execute(select(tables.metadata.tables[table]))))
