"""Giving and taking roles in somebody's name: who may give which, and the note of it."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, select

from config import audit, people, tables
from config.audit import Entry
from config.people import Account, AccountRefused
from config.roles import Role

COMMAND_LINE: Final = "command-line"
"""Who acted when it was whoever runs the installation."""

_BY_SUPERVISOR: Final = (Role.CARE_WORKER, Role.OPERATOR)


def grantable(held: Collection[Role]) -> tuple[Role, ...]:
    """Return the roles that a holder of these may give and take at the same place.

    Officers all of them; supervisors those of their teams.
    """
    if Role.OFFICER in held:
        return tuple(Role)
    return _BY_SUPERVISOR if Role.SUPERVISOR in held else ()


def give(
    connection: Connection, account: str, place: str, role: Role, *, by: str, now_us: int
) -> None:
    """Give the role and note it; AccountRefused for one's own account."""
    _expect_another(account, by)
    if role not in people.grants_of(connection, account).get(place, ()):
        people.grant(connection, account, place, role)
        detail = {"role": role.value}
        audit.append(connection, Entry(place, now_us, by, "role-given", account, detail))


def take(
    connection: Connection, account: str, place: str, role: Role, *, by: str, now_us: int
) -> None:
    """Take the role and note it; AccountRefused for one's own account."""
    _expect_another(account, by)
    if role in people.grants_of(connection, account).get(place, ()):
        people.revoke(connection, account, place, role)
        detail = {"role": role.value}
        audit.append(connection, Entry(place, now_us, by, "role-taken", account, detail))


def people_of(connection: Connection, place: str) -> list[tuple[Account, bool, frozenset[Role]]]:
    """Return who holds roles at a place, by name: the account, if it has a password, its roles."""
    a, g = tables.accounts.c, tables.grants.c
    rows = connection.execute(
        select(a.id, a.email, a.name, a.password_hash, g.role)
        .join(tables.grants, g.account == a.id)
        .where(g.place == place)
        .order_by(a.name, a.id)
    )
    found: dict[str, tuple[Account, bool, frozenset[Role]]] = {}
    for row in rows:
        account = Account(row.id, row.email, row.name)
        _, _, held = found.get(row.id, (account, False, frozenset[Role]()))
        found[row.id] = (account, bool(row.password_hash), held | {Role(row.role)})
    return list(found.values())


def _expect_another(account: str, by: str) -> None:
    if account == by:
        raise AccountRefused("roles: nobody changes their own: ask another officer")
