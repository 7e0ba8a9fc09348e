"""Two places with homes, people, alerts and four weeks of readings, for tests of the web.

Alice is a care worker of Fenbridge, Bob holds every role there, Charlie is of Northmoor only.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final
from unittest.mock import patch

import numpy as np
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert, select

from alerts import tables as alert_tables
from alerts.alert import (
    LIFE_SAFETY,
    PRIORITY,
    AlertKind,
    Finding,
    Outcome,
    Unwatched,
    Verdict,
    alert_id,
)
from alerts.ledger import Ledger
from alerts.shadow_rows import ShadowState, to_row
from api import wiring
from api.app import create_app
from api.health import WORKER
from api.resources import Resources
from config import announcement_rows, contacts, keys, people, registry, tables
from config.announced import AnnouncedDevice, Announcement, Source
from config.database import connect, migrate
from config.homes import Home
from config.kinds import Kind
from config.places import load_places
from config.registry import enrol
from config.roles import Role
from config.settings import Settings
from ingest.batch import concat, ordered
from ingest.clock import Instant, instant, microseconds
from ingest.dead_letters import DeadLetters
from ingest.sink import Entry
from ingest.store.embedded import open_store
from tests.announced import ieee
from tests.api.life import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    SECRET,
    A,
    B,
    FakeStore,
    enrolment,
    four_weeks,
)

PASSWORD: Final = "a-quiet-harbour-lamp"
NOW: Final = np.datetime64("2026-03-03T14:10:00", "us")


@cache
def password_hash() -> str:
    return people.hash_password(PASSWORD)


@dataclass
class World:
    """Everything that a test of the web may turn."""

    folder: Path
    database: Engine
    store: FakeStore
    ledger: Ledger
    resources: Resources
    now: Instant
    wall: Instant
    homes: dict[str, list[Home]]

    @property
    def app(self) -> FastAPI:
        return create_app(self.resources)

    def raise_alert(
        self,
        kind: AlertKind,
        home: Home | None,
        sentence: str,
        *,
        place: str = "",
        ago_min: float = 10.0,
        gateway: str = "",
        is_late: bool = False,
    ) -> str:
        at = microseconds(self.now) - int(ago_min * MINUTE_US)
        owner = place or (home.place if home else A)
        subject = home.id if home else gateway or owner
        finding = Finding(
            id=alert_id(subject, kind, at),
            kind=kind,
            priority=PRIORITY[kind],
            verdict=Verdict.PERSON if home else Verdict.GATEWAY,
            place=owner,
            home=home.id if home else "",
            gateway=gateway,
            sensor="",
            onset_us=at if kind in LIFE_SAFETY else at - 2 * HOUR_US,
            found_us=at,
            sentence=sentence,
            evidence=evidence(kind, at, subject),
            is_late=is_late,
        )
        self.ledger.raise_findings([finding], instant(at))
        return finding.id

    def find_in_shadow(
        self, home: Home, sentence: str, *, ago_min: float = 60.0,
        kind: AlertKind = AlertKind.NO_SIGN_OF_LIFE, state: ShadowState = ShadowState.STANDING,
    ) -> str:  # fmt: skip
        """Record a finding that was not sent, as the engine does for a detector in shadow."""
        at = microseconds(self.now) - int(ago_min * MINUTE_US)
        finding = Finding(
            id=alert_id(home.id, kind, at),
            kind=kind,
            priority=PRIORITY[kind],
            verdict=Verdict.PERSON,
            place=home.place,
            home=home.id,
            gateway="",
            sensor="",
            onset_us=at - 2 * HOUR_US,
            found_us=at,
            sentence=sentence,
            evidence=evidence(kind, at, home.id),
        )
        with self.database.begin() as connection:
            connection.execute(insert(alert_tables.shadow_findings).values(to_row(finding, state)))
        return finding.id

    def findings_of(self, place: str) -> list[str]:
        """Return the ids of what was found in shadow at a place, the oldest first."""
        f = alert_tables.shadow_findings.c
        query = select(f.id).where(f.place == place).order_by(f.found_us)
        with self.database.connect() as connection:
            return list(connection.execute(query).scalars())

    def beat(
        self, *, is_live: bool = True, ago_s: float = 1.0, state: Mapping[str, object] | None = None
    ) -> None:
        known: dict[str, object] = {"is_connected": True, "journal_error": "", "behind_s": 0.4}
        self.ledger.beat(
            WORKER,
            beat_us=microseconds(self.wall) - int(ago_s * 1_000_000),
            now=self.now,
            is_live=is_live,
            state={**known, **(state or {})},
        )

    def write_store(self) -> None:
        """Put the readings into the embedded store's file, as the worker would."""
        store = open_store(self.folder / "store.db")
        batch = concat([b for _, b in sorted(self.store.batches.items())])
        store.append([Entry(1, ordered(batch), ())], self.resources.table().sensor_home)
        store.close()

    def alerts_of(self, place: str) -> list[str]:
        with self.database.connect() as connection:
            a = alert_tables.alerts.c
            return [
                row.id
                for row in connection.execute(
                    alert_tables.alerts.select().where(a.place == place).order_by(a.raised_us)
                )
            ]


def evidence(kind: AlertKind, at: int, subject: str) -> dict[str, object]:
    """Return the numbers that the engine would give, of a signal or of a silence."""
    if kind in LIFE_SAFETY:
        times = dict.fromkeys(("first_us", "last_us", "received_us"), at)
        return {"event": str(at), "source": subject, **times}
    return {
        "last_sign_us": at - 2 * HOUR_US,
        "decided_us": at,
        "silence_us": 2 * HOUR_US,
        "expected_missed": 7.25,
        "limit": 6.0,
        "rule": "score",
    }


def account(database: Engine, name: str, *grants: tuple[str, Role]) -> str:
    """Write an account whose password is PASSWORD; return its id."""
    id_ = f"account-{name.lower()}"
    with database.begin() as connection:
        connection.execute(
            insert(tables.accounts).values(
                id=id_,
                email=f"{name.lower()}@example.org",
                name=f"{name} Example",
                password_hash=password_hash(),
                created_us=0,
            )
        )
        for place, role in grants:
            people.grant(connection, id_, place, role)
    return id_


def make_world(folder: Path, *, now: Instant = NOW, homes: int = 3, url: str = "") -> World:
    """Return a world in this folder: alerts of every priority in A, two in B, one unwatched."""
    url = url or f"sqlite:///{folder / 'stillwell.db'}"
    migrate(url)
    database = connect(url)
    account(database, "Alice", (A, Role.CARE_WORKER))
    account(database, "Bob", *((A, role) for role in Role))
    account(database, "Charlie", *((B, role) for role in Role))
    vault = keys.open_vault(Settings(data=folder), database)
    store, enrolled = FakeStore(), dict[str, list[Home]]()
    for place in (A, B):
        with database.begin() as connection:
            new = enrol(connection, enrolment(place, homes), now_us=microseconds(now) - DAY_US)
        enrolled[place] = list(new.homes)
        for home in new.homes:
            own = [s for s in new.sensors if s.home == home.number]
            store.batches[home.number] = four_weeks(own, now, seed=home.number)
    with database.connect() as connection:
        table = registry.load(connection)
    ledger = Ledger(database)
    letters = DeadLetters.open(folder / "journal.db")
    world = World(folder, database, store, ledger, None, now, now, enrolled)  # type: ignore[arg-type]  # made next
    world.resources = Resources(
        database=database,
        vault=vault,
        places=load_places(),
        store=lambda: world.store,
        dead_letters=lambda: letters,
        ledger=ledger,
        clock=lambda: world.now,
        table=lambda: table,
        is_secure=False,
        wall=lambda: world.wall,
        shutdown=threading.Event(),
    )
    fill(world)
    return world


def fill(world: World) -> None:
    """Raise the usual alerts and mark one home of A as unwatched."""
    a, b = world.homes[A], world.homes[B]
    world.raise_alert(
        AlertKind.NO_SIGN_OF_LIFE,
        a[0],
        "No sign of movement since 07:12; usually up by 07:40.",
        ago_min=47,
    )
    world.raise_alert(
        AlertKind.SMOKE, a[1], "Smoke alarm in the hall at 14:08.", ago_min=2, is_late=True
    )
    world.raise_alert(
        AlertKind.COLD_HOME, a[2], "16.4 °C in the living room; below 18 °C since Sunday."
    )
    world.raise_alert(
        AlertKind.GATEWAY_SILENT, None, "The gateway has not been heard since 09:30.",
        place=A, gateway=f"{A}-gateway-3", ago_min=280,
    )  # fmt: skip
    for home in (a[0], b[0]):
        add_contact(world, home, microseconds(world.now) - 200 * DAY_US)
    ended = world.raise_alert(
        AlertKind.NO_SIGN_OF_LIFE,
        a[0],
        "No sign of movement since 21:50; usually up by 07:40.",
        ago_min=4 * 24 * 60,
    )
    then = instant(microseconds(world.now) - 4 * DAY_US + 20 * MINUTE_US)
    world.ledger.acknowledge(ended, "account-alice", then)
    world.ledger.resolve(ended, "account-alice", Outcome.SEEN_WELL, "Had slept in.", then)
    world.raise_alert(AlertKind.FALL, b[0], f"Fall detected in {SECRET[B]} Court.")
    world.raise_alert(
        AlertKind.GATEWAY_SILENT, None, f"The gateway of {SECRET[B]} is silent.",
        place=B, gateway=f"{B}-gateway-2",
    )  # fmt: skip
    for home, place in ((a[0], A), (b[0], B)):
        sentence = f"No sign of movement in {SECRET[place]} Court since 06:10."
        world.find_in_shadow(home, sentence, ago_min=DAY_US / MINUTE_US)
        world.find_in_shadow(home, "The warmest room is 16.4 °C.", kind=AlertKind.COLD_HOME)
    for home, place in ((a[0], A), (b[0], B)):
        announce(world, home, f"{SECRET[place]} Sensors")
    since = microseconds(world.now) - 5 * HOUR_US
    gone = [Unwatched(home.id, home.place, since, "gateway") for home in (a[2], b[2])]
    world.ledger.set_unwatched(gone, world.now)
    world.beat()


def announce(world: World, home: Home, vendor: str) -> None:
    """Let a home's gateway announce what can be accepted, and what cannot."""
    devices = (
        AnnouncedDevice(
            ieee(1000 * home.number + 1), "landing/motion", "M-1", vendor, (Kind.MOTION,)
        ),
        AnnouncedDevice(ieee(1000 * home.number + 2), "front-door", "M-2", vendor, (Kind.CONTACT,)),
        AnnouncedDevice(ieee(1000 * home.number + 3), "", "M-3", vendor, (Kind.SMOKE,)),
        AnnouncedDevice(ieee(1000 * home.number + 4), "lamp", "M-4", vendor),
    )
    at_us = microseconds(world.now) - 2 * MINUTE_US
    with world.database.begin() as connection:
        g = tables.gateways.c
        number = connection.execute(select(g.number).where(g.home == home.number)).scalar_one()
        announcement_rows.keep(
            connection, Announcement(number, Source.BRIDGE, at_us - HOUR_US, devices)
        )
        announcement_rows.keep(
            connection, Announcement(number, Source.BRIDGE, at_us, devices[:2] + devices[3:])
        )


def add_contact(world: World, home: Home, confirmed_us: int) -> None:
    """Write the person herself as the one contact of a home."""
    with world.database.begin() as connection:
        row = {
            "id": f"contact-{home.place}-1", "home": home.number, "kind": "person", "position": 1,
            "name": f"Mx {SECRET[home.place]}", "relation": "", "phone": "01632 960 001",
            "language": "en", "has_key": False, "wait_min": 3.0,
            "confirmed_by": "account-bob" if home.place == A else "account-charlie",
            "confirmed_us": confirmed_us,
        }  # fmt: skip
        kept = contacts.seal(world.resources.vault, home.place, [row])
        connection.execute(insert(tables.contacts), kept)


def with_store(world: World, store: FakeStore | None) -> World:
    """Return the world with another store, or with none yet."""
    world.resources = replace(world.resources, store=lambda: store)
    return world


@contextmanager
def engines_closed() -> Iterator[None]:
    """Close what a command opens within: a process of its own would close it by ending."""
    opened = list[Engine]()

    def opens(address: str) -> Engine:
        opened.append(connect(address))
        return opened[-1]

    with patch.object(wiring, "connect", opens):
        yield
    for engine in opened:
        engine.dispose()


def world_on(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Yield the world on the database that the fixture's parameter names, for ``yield from``."""
    if request.param == "sqlite":
        made = make_world(tmp_path)
        yield made
        made.database.dispose()
        return
    server = request.getfixturevalue("postgres")
    name = server.create()
    made = make_world(tmp_path, url=server.url(name))
    yield made
    made.database.dispose()
    server.drop([name])
