"""Rosters of the past: what changed of a home, gateway or sensor, by the revision it came with.

No label, reason or address is kept: the first two may hold a name, the last only tells devices
apart.
"""

import gc
import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Final, TypeVar

import msgspec
from sqlalchemy import Connection, select

from alerts import past_tables
from config.allowances import Allowance
from config.homes import Gateway, Home, Sensor
from config.overrides import Override
from config.pauses import Pause
from config.sensor_table import SensorTable, build_sensor_table
from config.visits import Visit
from config.walk_tests import WalkTest

Fields = str
"""A home, gateway or sensor as JSON; empty once it is gone."""

Key = tuple[str, int]
"""(home, gateway, sensor, visit, pause, walk test, override or cap, an allowance; its number)."""

_HOME, _GATEWAY, _SENSOR, _CAP, _VISIT = "home", "gateway", "sensor", "cap", "visit"
_PAUSE: Final = "pause"
_WALK: Final = "walk"
_OVERRIDE: Final = "override"
_UNNAMED: Final = ""
_REPLACED: Final = "replaced_us"
"""Left out where a sensor is the first: what was kept before this was known stays the same."""

_T = TypeVar("_T")
_NEWEST: Final = 1 << 62


def fields_of(table: SensorTable) -> dict[Key, Fields]:
    """Return everything in the roster, by kind and number."""
    made: dict[Key, Fields] = {}
    made.update({(_HOME, n): _json(h, label=_UNNAMED) for n, h in table.homes.items()})
    made.update({(_GATEWAY, n): _json(g) for n, g in table.gateways.items()})
    made.update({(_SENSOR, n): _json(s, address=_mark(s)) for n, s in table.sensors.items()})
    made.update({(_CAP, a.number): _json(a, why=_UNNAMED) for a in table.allowances})
    made.update({(_OVERRIDE, o.number): _json(o, why=_UNNAMED) for o in table.overrides})
    made.update({(_VISIT, v.number): _json(v) for v in table.visits})
    made.update({(_PAUSE, p.number): _json(p, why=_UNNAMED) for p in table.pauses})
    made.update({(_WALK, t.number): _json(t) for t in table.walk_tests})
    return made


def changes(
    before: Mapping[Key, Fields], after: Mapping[Key, Fields], revision: int
) -> list[dict[str, object]]:
    """Return the rows that tell one roster from the next."""
    gone = [(key, "") for key in before if key not in after]
    new = [(key, value) for key, value in after.items() if before.get(key) != value]
    return [
        {"revision": revision, "subject": subject, "number": number, "fields": value}
        for (subject, number), value in (*gone, *new)
    ]


def last_fields(connection: Connection) -> dict[Key, Fields]:
    """Return what the roster held at the newest revision that is known."""
    return next(iter(fields_at(connection, {_NEWEST}).values()))


def fields_at(connection: Connection, revisions: Collection[int]) -> dict[int, dict[Key, Fields]]:
    """Return what the roster held at each of these revisions."""
    c, wanted = past_tables.rosters.c, sorted(revisions, reverse=True)
    held: dict[Key, Fields] = {}
    found: dict[int, dict[Key, Fields]] = {}
    query = select(c.revision, c.subject, c.number, c.fields).order_by(c.id)
    for revision, subject, number, value in connection.execute(query).all():
        while wanted and wanted[-1] < revision:
            found[wanted.pop()] = {key: value for key, value in held.items() if value}
        held[subject, number] = value
    present = {key: value for key, value in held.items() if value}
    return {**found, **dict.fromkeys(wanted, present)}


def table_of(held: Mapping[Key, Fields], revision: int) -> SensorTable:
    """Return the roster as columns."""
    with _without_collecting():
        return build_sensor_table(
            _of(held, _HOME, Home),
            _of(held, _GATEWAY, Gateway),
            _of(held, _SENSOR, Sensor),
            allowances=_of(held, _CAP, Allowance),
            overrides=_of(held, _OVERRIDE, Override),
            visits=_of(held, _VISIT, Visit),
            pauses=_of(held, _PAUSE, Pause),
            walk_tests=_of(held, _WALK, WalkTest),
            revision=revision,
        )


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Let no collection of garbage look through what is being made: half of the time of a council.

    Hundreds of thousands of values are made, and none of them is garbage.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _of(held: Mapping[Key, Fields], subject: str, made: type[_T]) -> list[_T]:
    read = msgspec.json.Decoder(made).decode
    numbers = sorted(number for kind, number in held if kind == subject)
    return [read(held[subject, number]) for number in numbers]


def _json(
    value: Home | Gateway | Sensor | Allowance | Override | Visit | Pause | WalkTest, **instead: str
) -> Fields:
    columns = {field.name: getattr(value, field.name) for field in fields(value)}
    if not columns.get(_REPLACED, 1):
        del columns[_REPLACED]
    return json.dumps({**columns, **instead}, separators=(",", ":"))


def _mark(sensor: Sensor) -> str:
    """A stand-in for the address: a hub may have given it a person's name."""
    return hashlib.sha256(f"{sensor.gateway}\x1f{sensor.address}".encode()).hexdigest()[:12]
