"""A place as numbers: for commissioners small ones are suppressed, so that nobody is told apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from alerts import tables
from alerts.alert import STANDING, Priority
from api import roster
from api.auth import Visitor
from config.roles import Role

SMALLEST: Final = 5
"""Smaller numbers than this, but nought, are not told to commissioners."""

DAYS: Final = 28
_DAY_US: Final = 86_400_000_000
_a, _u = tables.alerts.c, tables.unwatched.c
EXACT: Final = (Role.SUPERVISOR, Role.OFFICER, Role.HUB_OPERATOR)
"""Roles that know the homes or run the hub: they are told every number."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of one place; None is one that is too small to tell.

    ``standing`` and ``raised`` (in 28 days) are by priority.
    """

    place: str
    is_exact: bool
    homes: int | None
    unwatched: int | None
    standing: Mapping[Priority, int | None]
    raised: Mapping[Priority, int | None]


def counts_of(connection: Connection, visitor: Visitor, place: str, now_us: int) -> Counts:
    """Return the numbers of a place, exact only for roles that know the homes or run the hub."""
    is_exact = bool(visitor.grants.get(place, frozenset()).intersection(EXACT))
    stands = _a.state.in_([state.value for state in STANDING])
    unwatched = connection.execute(select(func.count()).where(_u.place == place)).scalar_one()
    standing = _by_priority(connection, place, stands)
    raised = _by_priority(connection, place, _a.raised_us > now_us - DAYS * _DAY_US)
    homes = roster.count_homes(connection, [place])[place]
    tell = teller(homes, is_exact=is_exact)
    return Counts(
        place,
        is_exact,
        tell(homes),
        tell(unwatched),
        {priority: tell(number) for priority, number in standing.items()},
        {priority: tell(number) for priority, number in raised.items()},
    )


def suppressed(number: int) -> int | None:
    """Return the number rounded to fives, or None for 1 to 4: no difference tells one home."""
    if 0 < number < SMALLEST:
        return None
    return 5 * ((number + 2) // 5)


def teller(homes: int, *, is_exact: bool) -> Callable[[int], int | None]:
    """Return how the numbers of a place with so many homes are told.

    Of fewer than five homes nothing is told: ten alerts of two homes are about these two.
    """
    if is_exact:
        return _exactly
    return _hidden if 0 < homes < SMALLEST else suppressed


def _exactly(number: int) -> int | None:
    return number


def _hidden(_number: int) -> int | None:
    return None


def _by_priority(connection: Connection, place: str, condition: object) -> dict[Priority, int]:
    query = (
        select(_a.priority, func.count())
        .where(_a.place == place, _a.is_test.is_(False), condition)  # type: ignore[arg-type]  # a clause
        .group_by(_a.priority)
    )
    found: dict[str, int] = dict(connection.execute(query).all())
    return {priority: found.get(priority.value, 0) for priority in Priority}
