"""Proof of life: a test alarm is published like any other, and looked for at the other end.

Each is a known pattern of a canary home: movement, no movement, the alarm. Its alert's id follows
from its time, so that whoever published it knows what to look for.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, select

from alerts import tables
from alerts.alert import AlertKind, alert_id
from config import tables as registry
from config.canary import ALARM, MOTION, Canary
from config.kinds import Kind
from ingest.publisher import Publisher, PublishFailedError

PUBLISH_S: Final = 10.0
"""How long the broker may take for one test alarm."""

PATTERN_US: Final = 2000
"""How long before the alarm the pattern begins."""

KEEP_US: Final = 24 * 3_600_000_000
"""How long test alarms are kept."""

_FORGET: Final = 500


@dataclass(frozen=True, slots=True)
class Broker:
    """Where canaries publish; ``passwords`` by gateway, none where the broker asks nobody."""

    host: str
    port: int
    passwords: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a test alarm came: into the ledger, and out of the outbox.

    ``at_us`` is its time, ``motion`` the number of the sensor that showed the pattern before it.
    """

    is_raised: bool
    is_sent: bool
    at_us: int = 0
    motion: int = -1


def alert_of(canary: Canary, at_us: int) -> str:
    """Return the id of the alert that a test alarm of this time becomes."""
    return alert_id(canary.home, AlertKind.PENDANT, at_us, canary.alarm)


def message(canary: Canary, at_us: int) -> tuple[str, bytes]:
    """Return topic and payload of a test alarm; ``at_us`` is of a whole millisecond."""
    ms = at_us // 1000
    readings = [
        [MOTION, ms - PATTERN_US // 1000, 1.0, Kind.MOTION.value],
        [MOTION, ms - 1, 0.0, Kind.MOTION.value],
        [ALARM, ms, 1.0, Kind.PENDANT.value],
    ]
    topic = f"stillwell/v1/{canary.place}/{canary.gateway}/native/r"
    return topic, json.dumps({"r": readings}).encode()


async def publish(broker: Broker, canaries: Sequence[Canary], at_us: int) -> dict[str, str]:
    """Publish a test alarm for each, all at once; return what went wrong, by place."""
    answers = await asyncio.gather(*(_publish(broker, one, at_us) for one in canaries))
    return {one.place: why for one, why in zip(canaries, answers, strict=True) if why}


async def _publish(broker: Broker, canary: Canary, at_us: int) -> str:
    password = broker.passwords.get(canary.gateway)
    username = None if password is None else canary.gateway
    try:
        async with asyncio.timeout(PUBLISH_S):
            async with Publisher(
                broker.host, broker.port, canary.gateway, username, password,
                timeout_s=PUBLISH_S / 2,
            ) as publisher:  # fmt: skip
                await publisher.publish(*message(canary, at_us))
    except TimeoutError:
        return f"the broker did not answer within {PUBLISH_S:g} s"
    except PublishFailedError as problem:
        return str(problem)
    return ""


def stage(connection: Connection, alert: str) -> Stage:
    """Return how far this test alarm came; an alert that is no test counts as not raised."""
    a, o, h, s = tables.alerts.c, tables.outbox.c, registry.homes.c, registry.sensors.c
    query = (
        select(a.onset_us, s.number)
        .outerjoin(registry.homes, h.id == a.home)
        .outerjoin(registry.sensors, (s.home == h.number) & (s.address == MOTION))
        .where(a.id == alert, a.is_test)
    )
    raised = connection.execute(query).first()
    if raised is None:
        return Stage(is_raised=False, is_sent=False)
    sent = connection.execute(select(o.id).where(o.alert == alert, o.state == "sent")).first()
    motion = -1 if raised.number is None else raised.number
    return Stage(True, sent is not None, raised.onset_us, motion)  # as named


def forget(connection: Connection, before_us: int) -> int:
    """Delete test alarms raised before this moment, some at a time; return how many."""
    a = tables.alerts.c
    query = select(a.id).where(a.is_test, a.raised_us < before_us).limit(_FORGET)
    ids = list(connection.execute(query).scalars())
    for table in (tables.outbox, tables.history):
        connection.execute(delete(table).where(table.c.alert.in_(ids)))
    connection.execute(delete(tables.alerts).where(a.id.in_(ids)))
    return len(ids)
