"""Moves of devices in SQL: proposed by one person, decided by another, in one transaction each."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, and_, func, insert, or_, select, update

from config import audit, credentials, people, registry, tables
from config.audit import Entry
from config.database import hold_writers
from config.device_move_plan import Plan, plan_of
from config.device_moves import (
    LASTS_DAYS,
    Carried,
    Move,
    MoveState,
    Wish,
    device_of,
    why_mistakes,
)
from config.enrol import STATUS_DIALECT
from config.gateway_tables import device_moves
from config.homes import Sensor
from config.kinds import IS_PERSON_SIGN, Kind
from config.problems import ConfigProblem
from config.roles import Role

PROPOSERS: Final = (Role.OFFICER, Role.INSTALLER)
"""Roles that propose; officers alone decide."""

_DAY_US: Final = 86_400_000_000
_SYSTEM: Final = "system"
_SIGN: Final = frozenset(kind for kind in Kind if IS_PERSON_SIGN[kind.code])
_h, _g, _s, _m = tables.homes.c, tables.gateways.c, tables.sensors.c, device_moves.c


def propose(
    connection: Connection, home: str, wish: Wish, account: str, id_: str, now_us: int
) -> Move:
    """Keep the wish that devices leave this home (id), to be decided by a second person.

    ConfigProblem lists all that is wrong; nothing is kept then.
    """
    hold_writers(connection)  # of two that propose one device the second sees the first
    lapse(connection, now_us)
    plan = plan_of(connection, home, wish, now_us, waited_for(connection, home))
    _expect_role(connection, account, plan.home.place, PROPOSERS, "propose")
    values = {
        "id": id_,
        "home": plan.home.number,
        "to_home": plan.to_home.number,
        "gateway": plan.gateway,
        "to_gateway": plan.to_gateway,
        "devices": [asdict(one) for one in plan.carried.values()],
        "why": wish.why.strip(),
        "proposed_by": account,
        "proposed_us": now_us,
        "until_us": now_us + LASTS_DAYS * _DAY_US,
        "state": MoveState.WAITING.value,
        "decided_by": "",
        "said": "",
    }
    connection.execute(insert(device_moves).values(values))
    move = _expect(connection, id_)
    _note(connection, move, "device-move-proposed", account, now_us)
    return move


def accept(
    connection: Connection,
    id_: str,
    account: str,
    new_id: Callable[[], str],
    *,
    now_us: int,
    wall_us: int,
) -> tuple[Move, list[Sensor]]:
    """Let the devices be the other home's from now on; return the move and the sensors that ended.

    All that was looked at when it was proposed is looked at again. ``wall_us`` is the time by
    which the broker lets gateways in. ConfigProblem says what keeps it; nothing is changed then.
    """
    move = _decide(connection, id_, account, now_us)
    if account == move.proposed_by:
        raise ConfigProblem("move: you proposed it yourself: a second person accepts it")
    _expect_role(connection, account, move.place, (Role.OFFICER,), "accept")
    held = people.grants_of(connection, move.proposed_by).get(move.place, frozenset())
    if not held & set(PROPOSERS):
        raise ConfigProblem("move: who proposed it works here no more: let it be proposed anew")
    wish = Wish(move.to_home, move.devices, move.why, move.gateway, move.to_gateway)
    others = waited_for(connection, move.home, id_)
    plan = plan_of(connection, move.home, wish, now_us, others)
    if plan.gateway is not None:
        _shut_out(connection, move.gateway, account, wall_us)
    _end_sensors(connection, plan, now_us)
    made = registry.add_sensors(connection, _begun(connection, plan, new_id, now_us))
    closed = _close(connection, move, MoveState.ACCEPTED, account, now_us, "")
    _note(connection, closed, "device-move-accepted", account, now_us, sensors=len(made))
    return closed, plan.sensors


def refuse(connection: Connection, id_: str, why: str, account: str, now_us: int) -> Move:
    """Refuse a move for this reason; ConfigProblem says what keeps that."""
    move = _decide(connection, id_, account, now_us)
    if account == move.proposed_by:
        raise ConfigProblem("move: you proposed it yourself: take it back instead")
    _expect_role(connection, account, move.place, (Role.OFFICER,), "refuse")
    if wrong := why_mistakes(why, what="why it is refused"):
        raise ConfigProblem(f"move: {wrong[0]}")
    closed = _close(connection, move, MoveState.REFUSED, account, now_us, why.strip())
    _note(connection, closed, "device-move-refused", account, now_us)
    return closed


def withdraw(connection: Connection, id_: str, account: str, now_us: int) -> Move:
    """Take a move back that this account proposed; ConfigProblem says what keeps that."""
    move = _decide(connection, id_, account, now_us)
    if account != move.proposed_by:
        raise ConfigProblem("move: somebody else proposed it: refuse it instead, with a reason")
    closed = _close(connection, move, MoveState.WITHDRAWN, account, now_us, "")
    _note(connection, closed, "device-move-withdrawn", account, now_us)
    return closed


def is_due(connection: Connection, now_us: int) -> bool:
    """Return whether a proposal is past its time that nobody has decided."""
    return connection.execute(_overdue(now_us).limit(1)).first() is not None


def lapse(connection: Connection, now_us: int) -> int:
    """End every proposal that is past its time; return how many."""
    hold_writers(connection)
    late = [_move(row) for row in connection.execute(_overdue(now_us)).all()]
    for move in late:
        _close(connection, move, MoveState.LAPSED, _SYSTEM, now_us, "")
        _note(connection, move, "device-move-lapsed", _SYSTEM, now_us)
    return len(late)


def find(connection: Connection, id_: str, places: Sequence[str]) -> Move | None:
    """Return this move if it is of one of these places."""
    row = connection.execute(_query().where(_m.id == id_, _h.place.in_(places))).first()
    return None if row is None else _move(row)


def waiting(connection: Connection, places: Sequence[str], now_us: int) -> list[Move]:
    """Return what waits for a second person in these places, the oldest first."""
    mine = (_m.state == MoveState.WAITING.value, _m.until_us > now_us, _h.place.in_(places))
    rows = connection.execute(_query().where(*mine).order_by(_m.proposed_us, _m.number))
    return [_move(row) for row in rows]


def count_waiting(connection: Connection, places: Sequence[str], now_us: int) -> int:
    """Return how many wait for a second person in these places."""
    mine = (_m.state == MoveState.WAITING.value, _m.until_us > now_us, _h.place.in_(places))
    query = select(func.count()).join(tables.homes, _h.number == _m.home).where(*mine)
    return int(connection.execute(query).scalar_one())


def of_home(connection: Connection, home: int) -> list[Move]:
    """Return the moves from and to a home (number), the newest first."""
    mine = or_(_m.home == home, _m.to_home == home)
    rows = connection.execute(_query().where(mine).order_by(_m.number.desc()))
    return [_move(row) for row in rows]


def sensors_named(connection: Connection, ids: Sequence[str]) -> dict[str, list[Sensor]]:
    """Return the sensors of the device of each of these (ids), also of one that has ended."""
    s, mate = tables.sensors.c, tables.sensors.alias()
    same = [mate.c[name] == s[name] for name in ("home", "gateway", "dialect", "address")]
    # Those that ended together are one device, and so are those that stand.
    ended = func.coalesce(mate.c.ended_us, 0) == func.coalesce(s.ended_us, 0)
    query = select(s.id.label("of"), mate).join(mate, and_(*same, ended)).where(s.id.in_(ids))
    found: dict[str, list[Sensor]] = {}
    for row in connection.execute(query.order_by(s.id, mate.c.number)).mappings():
        values = {name: row[name] for name in Sensor.__slots__ if name in row}
        found.setdefault(row["of"], []).append(Sensor(**{**values, "kind": Kind(row["kind"])}))
    return found


def waited_for(connection: Connection, home: str, but: str = "") -> set[str]:
    """Return the sensors (ids) of a home (id) that moves but this one wait for."""
    waits = (_h.id == home, _m.state == MoveState.WAITING.value, _m.id != but)
    moves = map(_move, connection.execute(_query().where(*waits)).all())
    return {one.sensor for move in moves for one in move.devices}


def _shut_out(connection: Connection, gateway: str, account: str, wall_us: int) -> None:
    """End what a box signs in with: it is heard again once it has something new, in its new home.

    It may still stand in the home that it leaves, and what it says would be told of the other.
    """
    if any(one.is_valid(wall_us) for one in credentials.history(connection, gateway)):
        credentials.revoke(connection, gateway, account, "it moves to another home", wall_us)


def _end_sensors(connection: Connection, plan: Plan, now_us: int) -> None:
    numbers = [sensor.number for sensor in plan.sensors]
    ended = update(tables.sensors).where(_s.number.in_(numbers)).values(ended_us=now_us)
    connection.execute(ended)
    left = {sensor.kind for sensor in registry.sensors(connection, plan.home.number)}
    if not left & _SIGN and {sensor.kind for sensor in plan.sensors} & _SIGN:
        mine = _h.number == plan.home.number
        connection.execute(update(tables.homes).where(mine).values(bare_us=now_us))


def _begun(
    connection: Connection, plan: Plan, new_id: Callable[[], str], now_us: int
) -> list[Sensor]:
    """Return the sensors of the other home, on a gateway of its own where that moved whole."""
    gateway, status = plan.to_gateway, []
    if gateway is None:
        values = {"id": new_id(), "place": plan.to_home.place, "home": plan.to_home.number}
        key = connection.execute(insert(tables.gateways).values(values)).inserted_primary_key
        if key is None:
            raise RuntimeError("move: the database gave no number for a new gateway")
        gateway = int(key[0])
        status = [
            Sensor(
                *(0, new_id(), plan.to_home.number, gateway, STATUS_DIALECT, ""),
                Kind.GATEWAY_STATUS,
                since_us=now_us,
            )
        ]
    made = []
    for sensor in plan.sensors:
        one = plan.carried[device_of(sensor)]
        made.append(
            replace(
                sensor,
                number=0,
                id=new_id(),
                home=plan.to_home.number,
                gateway=gateway,
                address=one.address or sensor.address,
                room=one.room,
                is_exit=one.is_exit and sensor.kind is Kind.CONTACT,
                replaced_us=0,
                since_us=now_us,
            )
        )
    return [*status, *made]


def _decide(connection: Connection, id_: str, account: str, now_us: int) -> Move:
    """Return the move if it can still be decided; ConfigProblem says what became of it."""
    hold_writers(connection)  # of two that decide the second sees what the first did
    move = _expect(connection, id_)
    if not account or account == _SYSTEM:
        raise ConfigProblem("move: a person decides it, by name")
    if move.state is not MoveState.WAITING:
        raise ConfigProblem(
            f"move: it was {move.state.value} meanwhile; nothing more is to be done"
        )
    if not move.is_open(now_us):
        raise ConfigProblem(
            f"move: it waited for {LASTS_DAYS} days and has lapsed: let it be proposed anew"
        )
    return move


def _close(
    connection: Connection, move: Move, state: MoveState, by: str, now_us: int, said: str
) -> Move:
    mine = (_m.id == move.id) & (_m.state == MoveState.WAITING.value)
    values = {"state": state.value, "decided_by": by, "decided_us": now_us, "said": said}
    connection.execute(update(device_moves).where(mine).values(values))
    return replace(move, state=state, decided_by=by, decided_us=now_us, said=said)


def _expect_role(
    connection: Connection, account: str, place: str, roles: Sequence[Role], what: str
) -> None:
    held = people.grants_of(connection, account).get(place, frozenset())
    if not held & set(roles):
        wanted = " or ".join(role.value for role in roles)
        raise ConfigProblem(f"move: {account[:40]!r} is no {wanted} of {place}, and may not {what}")


def _note(
    connection: Connection, move: Move, what: str, by: str, now_us: int, **detail: object
) -> None:
    """Note it in what happened to both homes; neither's rows name the other one."""
    told = {"move": move.id, "devices": len(move.devices), **detail}
    for home, side in ((move.home, "from"), (move.to_home, "to")):
        entry = Entry(move.place, now_us, by, what, f"home:{home}", {**told, "side": side})
        audit.append(connection, entry)


def _overdue(now_us: int) -> Select[Any]:
    mine = (_m.state == MoveState.WAITING.value, _m.until_us <= now_us)
    return _query().where(*mine).order_by(_m.number)


def _query() -> Select[Any]:
    goal, old, new = tables.homes.alias(), tables.gateways.alias(), tables.gateways.alias()
    columns = [
        c for c in _m if c.name not in ("number", "home", "to_home", "gateway", "to_gateway")
    ]
    return (
        select(
            *columns,
            _h.place,
            _h.id.label("home"),
            goal.c.id.label("to_home"),
            func.coalesce(old.c.id, "").label("gateway"),
            func.coalesce(new.c.id, "").label("to_gateway"),
        )
        .join(tables.homes, _h.number == _m.home)
        .join(goal, goal.c.number == _m.to_home)
        .outerjoin(old, old.c.number == _m.gateway)
        .outerjoin(new, new.c.number == _m.to_gateway)
    )


def _expect(connection: Connection, id_: str) -> Move:
    row = connection.execute(_query().where(_m.id == id_)).first()
    if row is None:
        raise ConfigProblem(f"move: there is no move {id_[:40]!r}")
    return _move(row)


def _move(row: Row[Any]) -> Move:
    values = {name: getattr(row, name) for name in Move.__slots__}
    values |= {
        "devices": tuple(Carried(**one) for one in row.devices),
        "state": MoveState(row.state),
    }
    return Move(**values)
