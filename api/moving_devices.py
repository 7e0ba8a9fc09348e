"""Moving devices between homes by two people, for pages, REST and commands.

Officers propose and decide in their place; an installer proposes where both homes are today's.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from alerts import ended_homes, tables
from alerts.alert import STANDING, AlertKind
from alerts.ledger import Ledger
from api import installing
from api.auth import Visitor
from api.enrolment import new_id
from api.errors import absent
from api.resources import Resources
from config import device_move_rows, registry
from config.device_moves import Device, Move, Wish, devices_of
from config.homes import Home, Sensor
from config.problems import ConfigProblem
from config.roles import Role
from ingest.clock import Instant, microseconds

LEFT = "the device was moved to another home"
"""Why an alert about a device of this home is over."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """A move that somebody decides, and when: ``wall_us`` is what the broker lets in by."""

    id: str
    account: str
    now: Instant
    wall_us: int


def devices(connection: Connection, home: Home) -> dict[Device, list[Sensor]]:
    """Return the devices of a home that may move, each with its sensors."""
    return devices_of(registry.sensors(connection, home.number))


def propose(connection: Connection, home: Home, wish: Wish, account: str, now_us: int) -> Move:
    """Keep a wish in the caller's transaction; ConfigProblem says what is wrong with it."""
    return device_move_rows.propose(connection, home.id, wish, account, new_id(), now_us)


def propose_for(
    connection: Connection, resources: Resources, visitor: Visitor, home: Home, wish: Wish
) -> Move:
    """Keep what a visitor wishes; of a home that they may not see is told that there is none."""
    goal = installing.find_home(connection, resources, visitor, wish.to_home.strip())
    if goal is None:
        raise ConfigProblem(
            f"move: there is no home {wish.to_home.strip()[:40]!r} in this place: its id stands on "
            "its page; homes change their place by merge and split only"
        )
    now_us = microseconds(resources.clock())
    return propose(connection, home, wish, visitor.account.id, now_us)


def of_home(connection: Connection, visitor: Visitor, home: Home) -> list[Move]:
    """Return the moves from and to a home, the newest first; an installer sees their own only."""
    found = device_move_rows.of_home(connection, home.number)
    if home.place in visitor.places(Role.OFFICER):
        return found
    return [move for move in found if move.proposed_by == visitor.account.id]


def find(connection: Connection, visitor: Visitor, id_: str) -> Move:
    """Return a move of a place where this visitor is an officer, or one of their own.

    Problem 404 for any other, and for none.
    """
    places = visitor.places(Role.OFFICER, Role.INSTALLER)
    move = device_move_rows.find(connection, id_, places)
    is_officer = move is not None and move.place in visitor.places(Role.OFFICER)
    if move is None or not (is_officer or move.proposed_by == visitor.account.id):
        raise absent()
    return move


def accept(ledger: Ledger, one: Deciding) -> Move:
    """Let the devices be the other home's; ConfigProblem says what keeps that."""
    with ledger.together() as (within, connection):
        move, ended = device_move_rows.accept(
            connection,
            one.id,
            one.account,
            new_id,
            now_us=microseconds(one.now),
            wall_us=one.wall_us,
        )
        within.work_again(_of_devices(connection, move, ended), one.now, LEFT)
        _tell(connection, move, one.now)
    return move


def refuse(ledger: Ledger, one: Deciding, why: str) -> Move:
    """Refuse a move for this reason; ConfigProblem says what keeps that."""
    now_us = microseconds(one.now)
    with ledger.together() as (_, connection):
        return device_move_rows.refuse(connection, one.id, why, one.account, now_us)


def withdraw(ledger: Ledger, one: Deciding) -> Move:
    """Take back what this account proposed; ConfigProblem says what keeps that."""
    now_us = microseconds(one.now)
    with ledger.together() as (_, connection):
        return device_move_rows.withdraw(connection, one.id, one.account, now_us)


def deciding(resources: Resources, visitor: Visitor, id_: str) -> Deciding:
    """Return what a visitor decides; Problem 404 where the move is not theirs to see."""
    with resources.database.connect() as connection:
        find(connection, visitor, id_)
    wall_us = microseconds(resources.wall())
    return Deciding(id_, visitor.account.id, resources.clock(), wall_us)


def _of_devices(connection: Connection, move: Move, ended: list[Sensor]) -> list[str]:
    """Return the standing alerts that say that one of these sensors is silent."""
    a = tables.alerts.c
    query = select(a.id).where(
        a.home == move.home,
        a.kind == AlertKind.SENSOR_SILENT.value,
        a.sensor.in_([sensor.id for sensor in ended]),
        a.state.in_([state.value for state in STANDING]),
    )
    return list(connection.execute(query.order_by(a.id)).scalars())


def _tell(connection: Connection, move: Move, now: Instant) -> None:
    """Let open pages look at both homes anew."""
    for home in (move.home, move.to_home):
        ended_homes.tell(connection, move.place, home, microseconds(now))
