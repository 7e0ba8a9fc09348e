"""What an installer does in a home, for pages and REST alike; refusals are ConfigProblem.

Credentials follow the wall clock, as the broker does; a walk test follows the clock of the alerts.
"""

from api import installing, roster
from api.auth import Visitor
from api.errors import absent
from api.installing import Heard
from api.resources import Resources
from config import credentials, walk_test_rows
from config.credentials import Issued
from config.homes import Home
from config.walk_tests import WalkTest
from ingest.clock import microseconds


def issue(resources: Resources, visitor: Visitor, home: Home, gateway: str) -> Issued:
    """Return a new credential with its secret, this once; Problem 404 for a foreign gateway."""
    now_us, overlap_h = microseconds(resources.wall()), resources.broker.overlap_h
    try:
        with resources.database.begin() as connection:
            return installing.issue(
                connection, home, gateway, visitor.account.id, now_us=now_us, overlap_h=overlap_h
            )
    except LookupError as problem:
        raise absent() from problem


def revoke(
    resources: Resources,
    visitor: Visitor,
    home: Home,
    gateway: str,
    why: str,
    *,
    username: str = "",
) -> None:
    """End a gateway's credentials, or the one named; Problem 404 for a foreign gateway."""
    now_us, by = microseconds(resources.wall()), visitor.account.id
    try:
        with resources.database.begin() as connection:
            installing.expect_gateway(connection, home, gateway)
            credentials.revoke(connection, gateway, by, why, now_us, username=username)
    except LookupError as problem:
        raise absent() from problem


def begin_test(resources: Resources, visitor: Visitor, home: Home) -> None:
    """Begin a walk test of sixty minutes."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        walk_test_rows.begin(connection, home.number, visitor.account.id, now_us)


def end_test(resources: Resources, visitor: Visitor, home: Home) -> None:
    """End the walk test that is under way: from now on every alarm is real again."""
    now_us = microseconds(resources.clock())
    with resources.database.begin() as connection:
        told = heard(resources, home, walk_test_rows.newest(connection, home.number))
        installing.end_test(connection, home, visitor.account.id, now_us, told)


def heard(resources: Resources, home: Home, test: WalkTest | None) -> list[Heard]:
    """Return when each sensor of the home last spoke."""
    sensors = roster.sensors_of(resources.table(), home.number)
    return installing.heard(sensors, resources.store(), test)
