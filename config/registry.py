"""The registry in SQL: reads the roster as columns, writes enrolments, counts revisions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, delete, func, insert, select, update

from config import (
    audit,
    gateway_tables,
    hardware,
    override_rows,
    pause_rows,
    tables,
    walk_test_rows,
)
from config.allowances import Allowance, check
from config.announced import ZIGBEE
from config.audit import Entry
from config.homes import FIRST_BOX, Enrolment, Gateway, GoesOut, Home, HomeState, Sensor
from config.kinds import Kind
from config.problems import ConfigProblem
from config.sensor_table import SensorTable, build_sensor_table
from config.visits import Visit, VisitKind

_AT_ONCE: Final = 500


def revision(connection: Connection) -> int:
    """Return the roster's revision; it grows with every change."""
    return int(connection.execute(select(tables.roster.c.revision)).scalar_one())


def load(connection: Connection) -> SensorTable:
    """Return the whole roster as columns."""
    return build_sensor_table(
        homes(connection),
        gateways(connection),
        sensors(connection),
        ended=ended_sensors(connection),
        allowances=allowances(connection),
        overrides=override_rows.in_force(connection),
        visits=visits(connection),
        pauses=pause_rows.read(connection),
        walk_tests=walk_test_rows.read(connection),
        former=former_sensors(connection),
        revision=revision(connection),
    )


def homes(connection: Connection) -> list[Home]:
    """Return every home, by number."""
    rows = connection.execute(select(tables.homes).order_by(tables.homes.c.number))
    return [
        Home(
            r.number,
            r.id,
            r.place,
            r.label,
            HomeState(r.state),
            GoesOut(r.goes_out),
            r.residents,
            r.has_pets,
            r.risk_tier,
            r.sector,
            r.since_us,
            r.is_untested,
            r.bare_us,
        )
        for r in rows
    ]


def gateways(connection: Connection) -> list[Gateway]:
    """Return every gateway, by number."""
    rows = connection.execute(select(tables.gateways).order_by(tables.gateways.c.number))
    topics = tables.gateway_topics
    old: dict[int, tuple[str, ...]] = {}
    for row in connection.execute(select(topics).order_by(*topics.primary_key)):
        old[row.gateway] = (*old.get(row.gateway, ()), row.place)
    first: dict[int, str] = {}
    box: dict[int, int] = {}
    heard: dict[int, tuple[tuple[str, int], ...]] = {}
    gone = gateway_tables.replaced_gateways.c
    query = select(gone.number, gone.gateway, gone.id, gone.ended_us).order_by(gone.number)
    for row in connection.execute(query):
        first.setdefault(row.gateway, row.id)
        if row.ended_us is None:
            one = (row.id, box.get(row.gateway, row.gateway))
            heard[row.gateway] = (*heard.get(row.gateway, ()), one)
        box[row.gateway] = FIRST_BOX + row.number
    return [
        Gateway(
            r.number,
            r.id,
            r.place,
            r.home,
            old.get(r.number, ()),
            box.get(r.number),
            heard.get(r.number, ()),
            first.get(r.number, ""),
        )
        for r in rows
    ]


def sensors(connection: Connection, home: int | None = None) -> list[Sensor]:
    """Return the sensors of every home, or of one (number), by number."""
    s = tables.sensors.c
    mine = [s.ended_us.is_(None)] if home is None else [s.ended_us.is_(None), s.home == home]
    return _sensors(connection, select(tables.sensors).where(*mine))


def ended_sensors(connection: Connection) -> list[Sensor]:
    """Return the sensors that left their home, by number: what they said is still that home's."""
    query = select(tables.sensors).where(tables.sensors.c.ended_us.is_not(None))
    return _sensors(connection, query)


def former_sensors(connection: Connection) -> list[Sensor]:
    """Return sensors with the address that each had before another device took its place."""
    old, s = gateway_tables.replaced_sensors, tables.sensors
    columns = [column for column in s.c if column.name not in ("gateway", "dialect", "address")]
    query = select(*columns, old.c.was_gateway.label("gateway"), old.c.dialect, old.c.address).join(
        old, old.c.sensor == s.c.number
    )
    return _sensors(connection, query)


def _sensors(connection: Connection, query: Select[Any]) -> list[Sensor]:
    rows = connection.execute(query.order_by(tables.sensors.c.number))
    old = gateway_tables.replaced_sensors.c
    newest = select(old.sensor, func.max(old.replaced_us)).group_by(old.sensor)
    replaced: dict[int, int] = dict(connection.execute(newest).all())
    return [
        Sensor(
            r.number,
            r.id,
            r.home,
            r.gateway,
            r.dialect,
            r.address,
            Kind(r.kind),
            r.room,
            r.is_exit,
            r.model,
            replaced.get(r.number, 0),
            r.since_us,
        )
        for r in rows
    ]


def taken(connection: Connection) -> dict[tuple[str, str], str]:
    """Return what no other home may have, as (home, gateway or device, which): and whose it is.

    Ids are never used again; a device may be once its home has ended.
    """
    h, g, s = tables.homes.c, tables.gateways.c, tables.sensors.c
    found = {
        ("home", id_): "which is enrolled already"
        for id_ in connection.execute(select(h.id)).scalars()
    }
    found |= {
        ("gateway", id_): "which is in use already"
        for id_ in connection.execute(select(g.id)).scalars()
    }
    found |= {
        ("gateway", id_): "which was replaced by another box, and is not given again"
        for id_ in connection.execute(select(gateway_tables.replaced_gateways.c.id)).scalars()
    }
    query = select(h.id, s.dialect, s.address).join(tables.sensors, s.home == h.number)
    stands = (h.state != HomeState.ENDED.value) & s.dialect.in_(hardware.DIALECTS)
    stands &= s.ended_us.is_(None)
    for home, dialect, address in connection.execute(query.where(stands)):
        device = hardware.hardware_of(dialect, address)
        if device:
            found["device", device] = (
                f"a device that stands in home {home}: take it out there first"
            )
    announced = gateway_tables.announced_devices.c
    query = (
        select(h.id, announced.ieee)
        .join(tables.sensors, s.home == h.number)
        .join(gateway_tables.announced_devices,
              (announced.gateway == s.gateway) & (announced.name == s.address))
        .where(h.state != HomeState.ENDED.value, s.dialect == ZIGBEE, s.ended_us.is_(None))
        .distinct()
    )  # fmt: skip
    for row in connection.execute(query):  # enrolled by what its hub calls it
        said = f"a device that stands in home {row.id}: take it out there first"
        found.setdefault(("device", hardware.hardware_of(ZIGBEE, row.ieee)), said)
    return found


def allowances(connection: Connection) -> list[Allowance]:
    """Return every longer cap that was ever accepted, by number."""
    rows = connection.execute(select(tables.allowances).order_by(tables.allowances.c.number))
    return [Allowance(**row) for row in rows.mappings()]


def allow(connection: Connection, allowance: Allowance) -> Allowance:
    """Write a longer cap that a named person accepts; return it with the registry's number.

    ConfigProblem says what is wrong with it.
    """
    check(allowance)
    values = asdict(allowance)
    del values["number"]
    number = _insert(connection, tables.allowances, values)
    homes = tables.homes.c
    query = select(homes.place).where(homes.number == allowance.home)
    place = connection.execute(query).scalar() or audit.INSTALLATION
    at_us, by = allowance.accepted_us, allowance.account
    entry = Entry(place, at_us, by, "setting", f"allowance:{number}", {"until": allowance.until_us})
    audit.append(connection, entry)
    bump(connection)
    return replace(allowance, number=number)


def end_allowance(connection: Connection, number: int, now_us: int, *, by: str = "") -> None:
    """Take a longer cap back, in this account's name: from now on the place's own holds."""
    table = tables.allowances
    mine = (table.c.number == number) & (table.c.until_us > now_us)
    connection.execute(update(table).where(mine).values(until_us=now_us, ended_by=by))
    homes = tables.homes.c
    query = select(homes.place).join(table, table.c.home == homes.number)
    place = connection.execute(query.where(table.c.number == number)).scalar()
    detail = {"ended": now_us}
    entry = Entry(place or audit.INSTALLATION, now_us, by, "setting", f"allowance:{number}", detail)
    audit.append(connection, entry)
    bump(connection)


def end_allowances(connection: Connection, home: int, now_us: int, *, by: str) -> int:
    """Take every longer cap of a home (number) back, in this account's name; return how many."""
    a = tables.allowances.c
    query = select(a.number).where(a.home == home, a.until_us > now_us).order_by(a.number)
    numbers = list(connection.execute(query).scalars())
    for number in numbers:
        end_allowance(connection, number, now_us, by=by)
    return len(numbers)


def visits(connection: Connection, home: int | None = None) -> list[Visit]:
    """Return the booked visits of every home, or of one, by number."""
    table = tables.visits
    query = select(table).order_by(table.c.number)
    if home is not None:
        query = query.where(table.c.home == home)
    return [
        Visit(
            r.number,
            r.home,
            VisitKind(r.kind),
            r.weekdays,
            r.from_min,
            r.to_min,
            r.first_day,
            r.last_day,
            r.saved_us,
        )
        for r in connection.execute(query)
    ]


def book(
    connection: Connection,
    place: str,
    booked: Mapping[int, Sequence[Visit]],
    *,
    by: str,
    now_us: int,
) -> int:
    """Replace the booked visits of these homes of a place, in this account's name.

    Return how many there are now.
    """
    table, homes = tables.visits, tables.homes.c
    names = dict(
        connection.execute(select(homes.number, homes.id).where(homes.number.in_(booked))).all()
    )
    for home, wanted in booked.items():
        connection.execute(delete(table).where(table.c.home == home))
        rows = [{**asdict(v), "home": home, "saved_by": by, "saved_us": now_us} for v in wanted]
        for row in rows:
            del row["number"], row["since_us"]
        if rows:
            connection.execute(insert(table), rows)
        detail = {"visits": len(rows)}
        audit.append(connection, Entry(place, now_us, by, "visits", f"home:{names[home]}", detail))
    bump(connection)
    return sum(len(wanted) for wanted in booked.values())


def enrol(connection: Connection, enrolment: Enrolment, *, now_us: int) -> Enrolment:
    """Write an enrolment in the caller's transaction; return it with the registry's numbers.

    A database error (an id or an address that exists) leaves nothing behind once the caller's
    transaction is rolled back.
    """
    homes = [
        {
            "id": home.id,
            "place": home.place,
            "label": home.label,
            "state": home.state.value,
            "goes_out": home.goes_out.value,
            "residents": home.residents,
            "has_pets": home.has_pets,
            "risk_tier": home.risk_tier,
            "sector": home.sector,
            "enrolled_us": now_us,
        }
        for home in enrolment.homes
    ]
    given = _insert_all(connection, tables.homes, homes)
    new_homes = [replace(home, number=given[home.id]) for home in enrolment.homes]
    owners: dict[int | None, int | None] = {None: None}
    owners |= {home.number: given[home.id] for home in enrolment.homes}
    hubs = [
        {"id": gateway.id, "place": gateway.place, "home": owners[gateway.home]}
        for gateway in enrolment.gateways
    ]
    given = _insert_all(connection, tables.gateways, hubs)
    new_gateways = [
        replace(gateway, number=given[gateway.id], home=owners[gateway.home])
        for gateway in enrolment.gateways
    ]
    hub_number = {gateway.number: given[gateway.id] for gateway in enrolment.gateways}
    new_sensors = add_sensors(
        connection,
        [replace(s, home=owners[s.home], gateway=hub_number[s.gateway]) for s in enrolment.sensors],
    )
    return Enrolment(tuple(new_homes), tuple(new_gateways), tuple(new_sensors))


def add_sensors(connection: Connection, sensors: Sequence[Sensor]) -> list[Sensor]:
    """Write sensors of homes and gateways that are enrolled; return them with their numbers.

    A database error (an id or an address that exists) as in ``enrol``.
    """
    rows = [
        {
            "id": sensor.id,
            "home": sensor.home,
            "gateway": sensor.gateway,
            "dialect": sensor.dialect,
            "address": sensor.address,
            "kind": sensor.kind.value,
            "room": sensor.room,
            "is_exit": sensor.is_exit,
            "model": sensor.model,
            "since_us": sensor.since_us,
        }
        for sensor in sensors
    ]
    given = _insert_all(connection, tables.sensors, rows)
    bump(connection)
    return [replace(sensor, number=given[sensor.id]) for sensor in sensors]


def set_home_state(connection: Connection, home_ids: Iterable[str], state: HomeState) -> None:
    """Change whether these homes are watched; a canary stays one, and no other home becomes one.

    A home in which somebody lives must never be taken for a test.
    """
    if state is HomeState.TEST:
        raise ConfigProblem("a home becomes no canary: run `stillwell canary`")
    h = tables.homes.c
    statement = update(tables.homes).where(
        h.id.in_(list(home_ids)), h.state != HomeState.TEST.value
    )
    connection.execute(statement.values(state=state.value))
    bump(connection)


def bump(connection: Connection) -> None:
    """Tell running workers that the roster has changed."""
    connection.execute(update(tables.roster).values(revision=tables.roster.c.revision + 1))


def _insert_all(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]]
) -> dict[str, int]:
    """Write rows in their order; return the number of each by its id."""
    if rows:
        connection.execute(insert(table), rows)
    found: dict[str, int] = {}
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row["id"] for row in rows[start : start + _AT_ONCE]]
        query = select(table.c.id, table.c.number).where(table.c.id.in_(ids))
        found |= dict(connection.execute(query).all())
    return found


def _insert(connection: Connection, table: Table, values: Mapping[str, object]) -> int:
    key = connection.execute(insert(table).values(values)).inserted_primary_key
    if key is None:
        raise RuntimeError(f"registry: {table.name} gave no number for a new row")
    return int(key[0])
