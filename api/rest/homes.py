"""Places, homes, sensors and readings."""

import contextlib
from datetime import datetime
from typing import Annotated, Final

import msgspec
import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from api import queries, roster
from api.auth import ANY, HOMES, Needs, Visitor
from api.cursors import decode_cursor, encode_cursor
from api.errors import Problem, absent
from api.resources import Resources
from api.rest.models import (
    HomeOut,
    HomesPage,
    PlaceOut,
    ReadingsOut,
    SensorOut,
    SensorsOut,
)
from api.rest.moments import from_datetime, to_datetime, to_datetime_or_none
from api.roster import SensorValue
from api.sensor_pauses import UsualPauses, usual_pauses
from config.homes import ID_PATTERN, Home
from config.kinds import KINDS
from ingest.clock import instant, microseconds
from ingest.sink import StoreDown
from ingest.store.pieces import StoreDamaged

router: Final = APIRouter(tags=["homes"])

MAX_DAYS: Final = 31
"""Longest range of readings in one answer."""

MAX_READINGS: Final = 400_000
"""Most readings in one answer."""

_DAY_US: Final = 86_400 * 1_000_000
Id = Annotated[str, Path(pattern=f"^{ID_PATTERN.pattern}$", max_length=40)]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str, Query(max_length=400)]
Resident = Annotated[Visitor, Depends(Needs(HOMES))]


@router.get("/places")
def list_places(
    request: Request, visitor: Annotated[Visitor, Depends(Needs(ANY))]
) -> list[PlaceOut]:
    """Return the places where the caller holds a role, and which."""
    resources: Resources = request.app.state.resources
    return [
        PlaceOut(
            key=key,
            name=resources.places[key].name,
            time_zone=resources.places[key].time_zone,
            roles=sorted(role.value for role in roles),
        )
        for key, roles in sorted(visitor.grants.items())
    ]


@router.get("/places/{place}/homes")
def list_homes(
    request: Request, visitor: Resident, place: Id, cursor: Cursor = "", limit: Limit = 50
) -> HomesPage:
    """Return the homes of a place by label."""
    resources: Resources = request.app.state.resources
    if place not in visitor.places(*HOMES):
        raise absent()
    after = None
    if cursor:
        label, number = decode_cursor(cursor, str, int)
        after = (str(label), int(number))
    with resources.database.connect() as connection:
        homes = roster.list_homes(connection, [place], after=after, limit=limit + 1)
        unseen = {home.home: home for home in queries.unwatched(connection, [place])}
    last = homes[limit - 1] if len(homes) > limit else None
    return HomesPage(
        homes=[_home(home, unseen.get(home.id)) for home in homes[:limit]],
        cursor=None if last is None else encode_cursor(last.label, last.number),
    )


@router.get("/homes/{home}")
def get_home(request: Request, visitor: Resident, home: Id) -> HomeOut:
    """Return one home."""
    resources: Resources = request.app.state.resources
    found = _find(resources, visitor, home)
    with resources.database.connect() as connection:
        unseen = queries.unwatched(connection, [found.place], found.id)
    return _home(found, unseen[0] if unseen else None)


@router.get("/homes/{home}/sensors")
def list_sensors(request: Request, visitor: Resident, home: Id) -> SensorsOut:
    """Return a home's sensors with their newest values and the ages of these."""
    resources: Resources = request.app.state.resources
    found = _find(resources, visitor, home)
    now_us = microseconds(resources.clock())
    sensors = roster.sensors_of(resources.table(), found.number)
    with resources.database.connect() as connection:
        unseen = queries.unwatched(connection, [found.place], found.id)
    store = resources.store()
    usual = UsualPauses()
    if store is not None:
        with contextlib.suppress(StoreDown, StoreDamaged):  # then by their kinds alone
            weeks = store.read(found.number, instant(now_us - 28 * _DAY_US), instant(now_us + 1))
            usual = usual_pauses(weeks, sensors, now_us)
    values = roster.values_of(sensors, store, now_us, is_unwatched=bool(unseen), usual=usual)
    return SensorsOut(sensors=[_sensor(value, now_us) for value in values])


@router.get("/homes/{home}/readings", response_model=ReadingsOut)
def list_readings(
    request: Request,
    visitor: Resident,
    home: Id,
    start: Annotated[datetime, Query(alias="from")],
    stop: Annotated[datetime, Query(alias="to")],
) -> Response:
    """Return a home's readings with from <= time < to, as columns; at most 31 days at once."""
    resources: Resources = request.app.state.resources
    start_us, stop_us = from_datetime(start, "from"), from_datetime(stop, "to")
    if start_us >= stop_us:
        raise Problem(422, "from is not before to; swap them.")
    if stop_us - start_us > MAX_DAYS * _DAY_US:
        raise Problem(422, f"from and to are more than {MAX_DAYS} days apart; ask in parts.")
    found = _find(resources, visitor, home)
    store = resources.store()
    columns: dict[str, list[object]] = {"sensors": [], "sensor": [], "time_ms": [], "value": []}
    if store is not None:
        try:
            batch = store.read(found.number, instant(start_us), instant(stop_us))
        except (StoreDown, StoreDamaged):
            raise Problem(503, "The history cannot be read now; ask again in a minute.") from None
        if len(batch) > MAX_READINGS:
            raise Problem(422, f"There are {len(batch):,} readings; ask for fewer days.")
        known = resources.table().sensors
        numbers, rows = np.unique(batch.sensor, return_inverse=True)
        columns = {
            "sensors": [known[n].id if n in known else "" for n in numbers.tolist()],
            "sensor": rows.tolist(),
            "time_ms": (batch.time.astype(np.int64) // 1000).tolist(),
            "value": batch.value.tolist(),
        }
    return Response(msgspec.json.encode(columns), media_type="application/json")


def _find(resources: Resources, visitor: Visitor, home: str) -> Home:
    with resources.database.connect() as connection:
        found = roster.find_home(connection, visitor.places(*HOMES), home)
    if found is None:
        raise absent()
    return found


def _home(home: Home, unseen: queries.Unwatched | None) -> HomeOut:
    return HomeOut(
        id=home.id,
        place=home.place,
        label=home.label,
        state=home.state,
        goes_out=home.goes_out,
        residents=home.residents,
        has_pets=home.has_pets,
        risk_tier=home.risk_tier,
        sector=home.sector,
        unwatched_since=to_datetime_or_none(None if unseen is None else unseen.since_us),
        unwatched_reason=None if unseen is None else unseen.reason,
    )


def _sensor(value: SensorValue, now_us: int) -> SensorOut:
    sensor, latest = value.sensor, value.latest
    return SensorOut(
        id=sensor.id,
        kind=sensor.kind,
        unit=KINDS[sensor.kind.code].unit,
        room=sensor.room,
        is_exit=sensor.is_exit,
        value=None if latest is None else latest.value,
        time=None if latest is None else to_datetime(latest.time_us),
        age_s=None if latest is None else (now_us - latest.time_us) / 1_000_000,
        is_stale=value.is_stale,
    )
