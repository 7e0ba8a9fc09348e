"""Accounts by invitation: a one-time link, with an end, by which somebody chooses a password."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select

from config import audit, granting, people, tables
from config.access_tables import invitations
from config.audit import Entry
from config.people import Account, AccountRefused
from config.roles import Role
from config.sessions import digest

LASTS_US: Final = 3 * 86_400_000_000
"""How long a link holds: three days."""

_i, _a = invitations.c, tables.accounts.c


@dataclass(frozen=True, slots=True)
class Invitation:
    """An account with its new roles.

    ``token`` belongs into the link, once. It is empty where the account has a password already:
    nobody may set another one for it, and whoever invites should ask whether it is theirs.
    """

    account: Account
    token: str


def invite(
    connection: Connection,
    *,
    email: str,
    name: str,
    place: str,
    roles: Sequence[Role],
    by: str,
    now_us: int,
) -> Invitation:
    """Make an account where there is none, give it these roles, and return its link's token.

    An older link of the account stops working. AccountRefused says what is wrong.
    """
    account = people.find_account(connection, email)
    if account is None:
        account = people.write_account(
            connection, email=email, name=name, password_hash="", now_us=now_us
        )
    for role in roles:
        granting.give(connection, account.id, place, role, by=by, now_us=now_us)
    audit.append(connection, Entry(place, now_us, by, "invited", account.id, {}))
    if _has_password(connection, account.id):
        return Invitation(account, "")
    return Invitation(account, _link(connection, account.id, by=by, now_us=now_us))


def reset(connection: Connection, email: str, *, by: str, now_us: int) -> Invitation:
    """Take the password, second factor and sessions of an account, and return a new link.

    For whoever runs the installation only: an officer could otherwise become somebody else.
    """
    from config import factors

    account = people.find_account(connection, email)
    if account is None:
        raise AccountRefused(f"people: {people.normal_email(email)[:60]} has no account: invite it")
    people.set_password(connection, account.id, "")
    factors.remove(connection, account.id)
    audit.append(connection, Entry(audit.INSTALLATION, now_us, by, "reset", account.id, {}))
    return Invitation(account, _link(connection, account.id, by=by, now_us=now_us))


def find_invited(connection: Connection, token: str, *, now_us: int) -> Account | None:
    """Return whom this link was made for, or None when it was used or has expired."""
    query = (
        select(_a.id, _a.email, _a.name)
        .join(tables.accounts, _a.id == _i.account)
        .where(_i.token_hash == digest(token), _i.expires_us > now_us, _a.password_hash == "")
    )
    row = connection.execute(query).first()
    return None if row is None else Account(row.id, row.email, row.name)


def redeem(engine: Engine, token: str, password: str, *, now_us: int) -> Account | None:
    """Set the password and spend the link; None when it was used or has expired.

    AccountRefused when the password is too short or too long. No transaction is open meanwhile.
    """
    people.expect_password(password)
    with engine.connect() as connection:
        account = find_invited(connection, token, now_us=now_us)
    if account is None:
        return None
    password_hash = people.hash_password(password)
    with engine.begin() as connection:
        spent = delete(invitations).where(_i.token_hash == digest(token))
        if connection.execute(spent).rowcount != 1:
            return None
        people.set_password(connection, account.id, password_hash)
        for place in people.grants_of(connection, account.id) or (audit.INSTALLATION,):
            entry = Entry(place, now_us, account.id, "invitation-accepted", account.id, {})
            audit.append(connection, entry)
    return account


def _link(connection: Connection, account: str, *, by: str, now_us: int) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(delete(invitations).where(_i.account == account))
    connection.execute(
        insert(invitations).values(
            token_hash=digest(token),
            account=account,
            created_by=by,
            created_us=now_us,
            expires_us=now_us + LASTS_US,
        )
    )
    return token


def _has_password(connection: Connection, account: str) -> bool:
    query = select(_a.id).where(_a.id == account, _a.password_hash != "")
    return connection.execute(query).first() is not None
