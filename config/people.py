"""Accounts, what each may do where, and who is signed in.

A password is kept as argon2id, a session as the SHA-256 of its token: neither can be read back.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, delete, insert, select, update

from config import audit, tables
from config.audit import Entry

MIN_PASSWORD: Final = 12
"""Characters a password must have; NCSC advice is length, not symbols."""

MAX_PASSWORD: Final = 256
"""Characters beyond which a password is refused unread, so that hashing cannot be abused."""

_HASHER: Final = PasswordHasher()
_MINUTE_US: Final = 60_000_000


class Role(StrEnum):
    """What somebody does for a place; several roles may be held in one place."""

    CARE_WORKER = "care-worker"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    ENGINEER = "engineer"


class AccountRefused(Exception):
    """An account cannot be made as asked; the message says why."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in account and its roles by place, read afresh for every request.

    ``token_hash`` names the session; ``seen_us`` is its last recorded use.
    """

    token_hash: str
    account: Account
    grants: Mapping[str, frozenset[Role]]
    seen_us: int


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
    address = normal_email(email)
    if not 3 <= len(address) <= 254 or "@" not in address or not address.isprintable():
        raise AccountRefused(f"people: email is {email[:60]!r}, expected name@example.org")
    if not 1 <= len(name.strip()) <= 120 or not name.isprintable():
        raise AccountRefused("people: name is empty, too long or unprintable, expected 1 to 120")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise AccountRefused(
            f"people: the password has {len(password)} characters, "
            f"expected {MIN_PASSWORD} to {MAX_PASSWORD}"
        )
    column = tables.accounts.c.email
    if connection.execute(select(column).where(column == address)).first():
        raise AccountRefused(f"people: {address} has an account already")
    account = Account(secrets.token_hex(8), address, name.strip())
    connection.execute(
        insert(tables.accounts).values(
            id=account.id,
            email=account.email,
            name=account.name,
            password_hash=hash_password(password),
            created_us=now_us,
        )
    )
    return account


def grant(connection: Connection, account: str, place: str, role: Role) -> None:
    """Let this account (id) act in this role for this place; harmless when it may already."""
    values = {"account": account, "place": place, "role": role.value}
    held = select(tables.grants.c.role).filter_by(**values)
    if connection.execute(held).first() is None:
        connection.execute(insert(tables.grants).values(values))


def revoke(connection: Connection, account: str, place: str, role: Role) -> None:
    """Take this role away; the account's next request is judged without it."""
    statement = delete(tables.grants).filter_by(account=account, place=place, role=role.value)
    connection.execute(statement)


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


def sign_in(engine: Engine, email: str, password: str, *, now_us: int, lasts_us: int) -> str | None:
    """Return the token of a new session, or None when address or password is wrong.

    An unknown address costs as much time as a wrong password. No transaction is open while
    the password is checked.
    """
    a = tables.accounts.c
    with engine.connect() as connection:
        row = connection.execute(
            select(a.id, a.password_hash).where(a.email == normal_email(email))
        ).first()
    known = verify_password(row.password_hash if row else _nobody(), password[:MAX_PASSWORD])
    if row is None or not known or len(password) > MAX_PASSWORD:
        return None
    with engine.begin() as connection:
        return open_session(connection, row.id, now_us=now_us, lasts_us=lasts_us)


def open_session(connection: Connection, account: str, *, now_us: int, lasts_us: int) -> str:
    """Return the 256-bit token of a new session; only its hash is kept. Old sessions are swept."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        delete(tables.sessions).where(
            tables.sessions.c.account == account, tables.sessions.c.expires_us <= now_us
        )
    )
    connection.execute(
        insert(tables.sessions).values(
            token_hash=_digest(token),
            account=account,
            created_us=now_us,
            seen_us=now_us,
            expires_us=now_us + lasts_us,
        )
    )
    for place in grants_of(connection, account) or (audit.INSTALLATION,):
        audit.append(connection, Entry(place, now_us, account, "sign-in", "", {}))
    return token


def find_session(
    connection: Connection, token: str, *, now_us: int, idle_us: int
) -> Session | None:
    """Return the session of this token, or None when unknown, expired or idle for too long."""
    s, a = tables.sessions.c, tables.accounts.c
    row = connection.execute(
        select(s.token_hash, s.seen_us, a.id, a.email, a.name)
        .join(tables.accounts, a.id == s.account)
        .where(s.token_hash == _digest(token), s.expires_us > now_us, s.seen_us > now_us - idle_us)
    ).first()
    if row is None:
        return None
    account = Account(row.id, row.email, row.name)
    return Session(row.token_hash, account, grants_of(connection, row.id), row.seen_us)


def is_touch_due(session: Session, *, now_us: int) -> bool:
    """Return whether its last use is old enough to be worth a write (a minute)."""
    return now_us - session.seen_us > _MINUTE_US


def touch(connection: Connection, session: Session, *, now_us: int) -> None:
    """Record that the session was used now."""
    s = tables.sessions
    statement = update(s).where(s.c.token_hash == session.token_hash).values(seen_us=now_us)
    connection.execute(statement)


def sign_out(connection: Connection, token: str) -> None:
    """End the session of this token at once."""
    statement = delete(tables.sessions).where(tables.sessions.c.token_hash == _digest(token))
    connection.execute(statement)


def end_sessions(connection: Connection, account: str) -> None:
    """End every session of this account at once."""
    connection.execute(delete(tables.sessions).where(tables.sessions.c.account == account))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
