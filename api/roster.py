"""Reads of enrolled homes and of what their sensors last said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import ColumnElement, Connection, RowMapping, and_, func, select, tuple_

from alerts import tables as ledger
from alerts.alert import STANDING
from api.sensor_pauses import Device, UsualPauses, device_of
from config.homes import GoesOut, Home, HomeState, Sensor
from config.kinds import KINDS
from config.sensor_table import SensorTable
from config.tables import homes as table
from ingest.sink import Latest, Store

STALE_CADENCES = 2
"""Usual pauses after which a value is too old to be taken for the present."""

_UNKNOWN_US = 86_400_000_000
"""Taken for the usual pause of a device that never said how often it speaks: a day."""

_h = table.c


@dataclass(frozen=True, slots=True)
class SensorValue:
    """A sensor and its newest reading, if any.

    ``is_stale`` says that the value is not the present: none was ever received, or its device
    has been quiet for twice its usual pause.
    """

    sensor: Sensor
    latest: Latest | None
    is_stale: bool


def _home(row: RowMapping) -> Home:
    return Home(
        number=row["number"],
        id=row["id"],
        place=row["place"],
        label=row["label"],
        state=HomeState(row["state"]),
        goes_out=GoesOut(row["goes_out"]),
        residents=row["residents"],
        has_pets=row["has_pets"],
        risk_tier=row["risk_tier"],
        sector=row["sector"],
        since_us=row["since_us"],
        is_untested=row["is_untested"],
        bare_us=row["bare_us"],
    )


def _is_lived_in(places: Sequence[str]) -> ColumnElement[bool]:
    """Homes of these places, without the canaries: nobody lives there."""
    return and_(_h.place.in_(places), _h.state != HomeState.TEST.value)


def find_home(connection: Connection, places: Sequence[str], id_: str) -> Home | None:
    """Return this home, or None when it is absent or in none of these places."""
    statement = select(table).where(_h.id == id_, _is_lived_in(places))
    row = connection.execute(statement).mappings().first()
    return None if row is None else _home(row)


def list_homes(
    connection: Connection,
    places: Sequence[str],
    *,
    after: tuple[str, int] | None = None,
    limit: int,
) -> list[Home]:
    """Return homes by label; ``after`` is (label, number) of the last one seen."""
    statement = select(table).where(_is_lived_in(places)).order_by(_h.label, _h.number)
    if after is not None:
        statement = statement.where(tuple_(_h.label, _h.number) > tuple_(*after))
    return [_home(row) for row in connection.execute(statement.limit(limit)).mappings()]


def labels(connection: Connection, homes: Sequence[str]) -> dict[str, str]:
    """Return the labels of these homes by id; check first that they are the reader's to see."""
    return dict(connection.execute(select(_h.id, _h.label).where(_h.id.in_(homes))).all())


def count_homes(connection: Connection, places: Sequence[str]) -> dict[str, int]:
    """Return the number of homes of each of these places."""
    statement = select(_h.place, func.count()).where(_is_lived_in(places)).group_by(_h.place)
    found: dict[str, int] = dict(connection.execute(statement).all())
    return {place: found.get(place, 0) for place in places}


def count_unwatched(connection: Connection, places: Sequence[str]) -> dict[str, int]:
    """Return how many homes of each of these places cannot be seen now."""
    u = ledger.unwatched.c
    statement = select(u.place, func.count()).where(u.place.in_(places)).group_by(u.place)
    found: dict[str, int] = dict(connection.execute(statement).all())
    return {place: found.get(place, 0) for place in places}


def count_alerts(connection: Connection, homes: Sequence[str]) -> dict[str, int]:
    """Return how many alerts stand at each of these homes; none where a home is left out."""
    a = ledger.alerts.c
    statement = (
        select(a.home, func.count())
        .where(a.home.in_(homes), a.state.in_([state.value for state in STANDING]))
        .group_by(a.home)
    )
    return dict(connection.execute(statement).all())


def sensors_of(table: SensorTable, home: int, *, with_ended: bool = False) -> list[Sensor]:
    """Return a home's sensors by room, then kind; an unknown home has none.

    ``with_ended`` takes those along that left it: for pages that show days gone by.
    """
    numbers = np.flatnonzero(table.sensor_home == home).tolist()
    wanted = [number for number in numbers if with_ended or number in table.sensors]
    found = [table.sensor(number) for number in wanted]
    return sorted(found, key=lambda s: (s.room, s.kind.code, s.number))


def newest(store: Store | None, sensors: Sequence[Sensor]) -> dict[int, Latest]:
    """Return the newest reading of each sensor by number, where it has any.

    What a device said for whose sensor another speaks by now is none.
    """
    read = [] if store is None else store.latest([sensor.number for sensor in sensors])
    since = {sensor.number: sensor.replaced_us for sensor in sensors}
    return {one.sensor: one for one in read if one.received_us >= since[one.sensor]}


def values_of(
    sensors: Sequence[Sensor],
    store: Store | None,
    now_us: int,
    *,
    is_unwatched: bool,
    usual: UsualPauses,
) -> list[SensorValue]:
    """Return each sensor with its newest reading and whether that may be taken for the present.

    ``usual`` is how long they are usually silent; what it does not know goes by its kind. In a
    home that cannot be seen no value may.
    """
    latest = newest(store, sensors)
    heard: dict[Device, int] = {}
    pause: dict[Device, int] = {}
    for sensor in sensors:
        device = device_of(sensor)
        if sensor.number in latest:
            heard[device] = max(heard.get(device, 0), latest[sensor.number].time_us)
        cadence = KINDS[sensor.kind.code].cadence_s
        if cadence is not None:
            pause[device] = min(pause.get(device, _UNKNOWN_US), cadence * 1_000_000)
    pause |= usual.devices
    found = [
        _value(sensor, latest.get(sensor.number), heard, pause, usual, now_us) for sensor in sensors
    ]
    return [replace(value, is_stale=True) for value in found] if is_unwatched else found


def _value(
    sensor: Sensor,
    latest: Latest | None,
    heard: Mapping[Device, int],
    pause: Mapping[Device, int],
    usual: UsualPauses,
    now_us: int,
) -> SensorValue:
    if latest is None:
        return SensorValue(sensor, None, is_stale=True)
    # A level is old by its own reading; an event sensor may be silent as long as its device is
    # not, because a closed door has nothing to say.
    own, device = KINDS[sensor.kind.code].cadence_s, device_of(sensor)
    if own is not None:
        last_us, limit_us = latest.time_us, usual.sensors.get(sensor.number, own * 1_000_000)
    else:
        last_us, limit_us = heard[device], pause.get(device, _UNKNOWN_US)
    return SensorValue(sensor, latest, now_us - last_us > STALE_CADENCES * limit_us)
