"""Tokens for programs: shown once, kept as a hash, with a scope and an end."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from config import audit, people, tables
from config.access_tables import api_tokens
from config.audit import Entry
from config.people import Account, AccountRefused
from config.sessions import digest

PREFIX: Final = "stillwell_"
"""How every token begins, so that a secret scanner finds one that was left somewhere."""

LONGEST_DAYS: Final = 365
MOST: Final = 20
"""Tokens that one account may have."""

_DAY_US: Final = 86_400_000_000
_MINUTE_US: Final = 60_000_000
_t = api_tokens.c


class Scope(StrEnum):
    """What a token may do with the roles of its account."""

    READ = "read"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token as its owner sees it: never its secret. ``used_us`` is 0 before its first use."""

    id: str
    account: str
    name: str
    scope: Scope
    created_us: int
    expires_us: int
    used_us: int


def issue(
    connection: Connection, account: str, *, name: str, scope: Scope, days: int, now_us: int
) -> str:
    """Return the secret of a new token, this once; AccountRefused says what is wrong."""
    if not 1 <= len(name.strip()) <= 80 or not name.isprintable():
        raise AccountRefused("tokens: name is empty, too long or unprintable, expected 1 to 80")
    if not 1 <= days <= LONGEST_DAYS:
        raise AccountRefused(f"tokens: days is {days}, expected 1..{LONGEST_DAYS}")
    if len(list_tokens(connection, account)) >= MOST:
        raise AccountRefused(f"tokens: this account has {MOST}: revoke one first")
    secret = PREFIX + secrets.token_urlsafe(32)
    id_ = secrets.token_hex(8)
    connection.execute(
        insert(api_tokens).values(
            id=id_,
            account=account,
            name=name.strip(),
            token_hash=digest(secret),
            scope=scope.value,
            created_us=now_us,
            expires_us=now_us + days * _DAY_US,
            used_us=0,
        )
    )
    _note(connection, account, "token-issued", id_, now_us)
    return secret


def find_token(
    connection: Connection, secret: str, *, now_us: int
) -> tuple[ApiToken, Account] | None:
    """Return the token of this secret and whose it is, or None when unknown or expired."""
    a = tables.accounts.c
    row = connection.execute(
        select(*_columns(), a.email, a.name.label("person"))
        .join(tables.accounts, a.id == _t.account)
        .where(_t.token_hash == digest(secret), _t.expires_us > now_us)
    ).first()
    if row is None:
        return None
    return _token(*row[:7]), Account(row.account, row.email, row.person)


def touch(connection: Connection, token: ApiToken, *, now_us: int) -> None:
    """Record that it was used now; to the minute, so that reading is no writing."""
    if now_us - token.used_us > _MINUTE_US:
        statement = update(api_tokens).where(_t.id == token.id)
        connection.execute(statement.values(used_us=now_us))


def list_tokens(connection: Connection, account: str) -> list[ApiToken]:
    """Return an account's tokens, the newest first; expired ones too, until revoked."""
    query = select(*_columns()).where(_t.account == account)
    rows = connection.execute(query.order_by(_t.created_us.desc(), _t.id))
    return [_token(*row) for row in rows]


def revoke(connection: Connection, account: str, token: str, *, now_us: int) -> bool:
    """End a token of this account at once; False when it has none of this id."""
    statement = delete(api_tokens).where(_t.account == account, _t.id == token)
    if not connection.execute(statement).rowcount:
        return False
    _note(connection, account, "token-revoked", token, now_us)
    return True


def revoke_all(connection: Connection, account: str) -> None:
    """End every token of this account."""
    connection.execute(delete(api_tokens).where(_t.account == account))


def _columns() -> tuple[ColumnElement[Any], ...]:
    return (_t.id, _t.account, _t.name, _t.scope, _t.created_us, _t.expires_us, _t.used_us)


def _token(
    id_: str, account: str, name: str, scope: str, created_us: int, expires_us: int, used_us: int
) -> ApiToken:
    return ApiToken(id_, account, name, Scope(scope), created_us, expires_us, used_us)


def _note(connection: Connection, account: str, what: str, token: str, now_us: int) -> None:
    for place in people.grants_of(connection, account) or (audit.INSTALLATION,):
        audit.append(connection, Entry(place, now_us, account, what, token, {}))
