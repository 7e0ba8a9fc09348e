"""Accounts, and what each may do where. A password is kept as argon2id and cannot be read back."""

import secrets
from dataclasses import dataclass
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, delete, insert, select, update

from config import tables
from config.roles import Role

MIN_PASSWORD: Final = 12
"""Characters a password must have; NCSC advice is length, not symbols."""

MAX_PASSWORD: Final = 256
"""Characters beyond which a password is refused unread, so that hashing cannot be abused."""

_HASHER: Final = PasswordHasher()


class AccountRefused(Exception):
    """An account cannot be made as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: str
    email: str
    name: str


def hash_password(password: str) -> str:
    """Return an argon2id hash with its own salt; takes tens of milliseconds and 64 MiB."""
    return _HASHER.hash(password)


def verify_password(password_hash: str, password: str) -> bool:
    """Return whether the password belongs to the hash; as slow as making the hash."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    # Checked when the account is unknown, so that both answers take the same time.
    return _HASHER.hash(secrets.token_hex(16))


def normal_email(email: str) -> str:
    """Return the address as accounts are found by."""
    return email.strip().casefold()


def create_account(
    connection: Connection, *, email: str, name: str, password: str, now_us: int
) -> Account:
    """Write an account without any role; AccountRefused says what is wrong with it."""
    expect_password(password)
    return write_account(
        connection, email=email, name=name, password_hash=hash_password(password), now_us=now_us
    )


def write_account(
    connection: Connection, *, email: str, name: str, password_hash: str, now_us: int
) -> Account:
    """Write an account; an empty hash is one that cannot sign in by password yet."""
    address = normal_email(email)
    if not 3 <= len(address) <= 254 or "@" not in address or not address.isprintable():
        raise AccountRefused(f"people: email is {email[:60]!r}, expected name@example.org")
    if not 1 <= len(name.strip()) <= 120 or not name.isprintable():
        raise AccountRefused("people: name is empty, too long or unprintable, expected 1 to 120")
    column = tables.accounts.c.email
    if connection.execute(select(column).where(column == address)).first():
        raise AccountRefused(f"people: {address} has an account already")
    account = Account(secrets.token_hex(8), address, name.strip())
    connection.execute(
        insert(tables.accounts).values(
            id=account.id,
            email=account.email,
            name=account.name,
            password_hash=password_hash,
            created_us=now_us,
        )
    )
    return account


def expect_password(password: str) -> None:
    """Raise AccountRefused when this is too short or too long for a password."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccountRefused(
            f"people: the password has {len(password)} characters, "
            f"expected {MIN_PASSWORD} to {MAX_PASSWORD}"
        )


def set_password(connection: Connection, account: str, password_hash: str) -> None:
    """Give the account another password and end its sessions: whoever knew the old one is out."""
    a = tables.accounts
    connection.execute(update(a).where(a.c.id == account).values(password_hash=password_hash))
    end_sessions(connection, account)


def grant(connection: Connection, account: str, place: str, role: Role) -> None:
    """Let this account (id) act in this role for this place; harmless when it may already.

    Its sessions end, so that nothing goes on under the roles of before.
    """
    values = {"account": account, "place": place, "role": role.value}
    held = select(tables.grants.c.role).filter_by(**values)
    if connection.execute(held).first() is None:
        connection.execute(insert(tables.grants).values(values))
        end_sessions(connection, account)


def revoke(connection: Connection, account: str, place: str, role: Role) -> None:
    """Take this role away and end the account's sessions at once."""
    statement = delete(tables.grants).filter_by(account=account, place=place, role=role.value)
    if connection.execute(statement).rowcount:
        end_sessions(connection, account)


def grants_of(connection: Connection, account: str) -> dict[str, frozenset[Role]]:
    """Return this account's roles by place."""
    rows = connection.execute(select(tables.grants).where(tables.grants.c.account == account))
    found: dict[str, frozenset[Role]] = {}
    for row in rows:
        found[row.place] = found.get(row.place, frozenset()) | {Role(row.role)}
    return found


def holders(connection: Connection, place: str, role: Role) -> list[str]:
    """Return the ids of the accounts that hold this role at a place."""
    g = tables.grants.c
    query = select(g.account).where(g.place == place, g.role == role.value).order_by(g.account)
    return list(connection.execute(query).scalars())


def find_account(connection: Connection, email: str) -> Account | None:
    """Return the account of this address, or None."""
    a = tables.accounts.c
    query = select(a.id, a.email, a.name).where(a.email == normal_email(email))
    row = connection.execute(query).first()
    return None if row is None else Account(row.id, row.email, row.name)


def names(connection: Connection, accounts: frozenset[str]) -> dict[str, str]:
    """Return the names of these account ids; ids that are no account are left out."""
    if not accounts:
        return {}
    a = tables.accounts.c
    rows = connection.execute(select(a.id, a.name).where(a.id.in_(accounts)))
    return {row.id: row.name for row in rows}


def check_password(engine: Engine, email: str, password: str) -> str | None:
    """Return the account (id) of this address and password, or None; takes the same time always.

    An account that was invited and has chosen no password yet has none that is right.
    """
    a = tables.accounts.c
    with engine.connect() as connection:
        row = connection.execute(
            select(a.id, a.password_hash).where(a.email == normal_email(email))
        ).first()
    kept = row.password_hash if row is not None and row.password_hash else ""
    is_known = verify_password(kept or _nobody(), password[:MAX_PASSWORD])
    is_right = is_known and bool(kept) and len(password) <= MAX_PASSWORD
    return str(row.id) if row is not None and is_right else None


def end_sessions(connection: Connection, account: str) -> None:
    """End every session of this account at once."""
    connection.execute(delete(tables.sessions).where(tables.sessions.c.account == account))
