"""Who is signed in: sessions that expire, are renewed, and end when a role changes.

A session is the SHA-256 of its token. One that still lacks the code of a second factor is
partial, and is nobody's session until the code was right.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from config import audit, people, tables
from config.access_tables import break_glass, second_factors
from config.audit import Entry
from config.people import Account
from config.roles import Role

RENEW_US: Final = 3_600_000_000
"""How long one token serves before the browser is given the next."""

GRACE_US: Final = 60_000_000
"""How long the older token still serves, for requests that are under way."""

PARTIAL_US: Final = 600_000_000
"""How long the code of the second factor may take."""

_MINUTE_US: Final = 60_000_000
_s = tables.sessions.c


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in account and its roles by place, read afresh for every request.

    ``token_hash`` names the session; ``seen_us`` is its last recorded use. ``borrowed`` are the
    places where emergency access adds the role of a care worker, each until when.
    """

    token_hash: str
    account: Account
    grants: Mapping[str, frozenset[Role]]
    seen_us: int
    renewed_us: int
    expires_us: int
    borrowed: Mapping[str, int]


def sign_in(engine: Engine, email: str, password: str, *, now_us: int, lasts_us: int) -> str | None:
    """Return the token of a new session, or None when address or password is wrong.

    The session is partial where the account has a second factor. An unknown address costs as
    much time as a wrong password. No transaction is open while the password is checked.
    """
    account = people.check_password(engine, email, password)
    if account is None:
        return None
    f = second_factors.c
    with engine.begin() as connection:
        factor = select(f.account).where(f.account == account, f.confirmed_us > 0)
        is_partial = connection.execute(factor).first() is not None
        return open_session(
            connection, account, now_us=now_us, lasts_us=lasts_us, is_partial=is_partial
        )


def open_session(
    connection: Connection, account: str, *, now_us: int, lasts_us: int, is_partial: bool = False
) -> str:
    """Return the 256-bit token of a new session; only its hash is kept. Old sessions are swept."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        delete(tables.sessions).where(_s.account == account, _s.expires_us <= now_us)
    )
    connection.execute(
        insert(tables.sessions).values(
            token_hash=digest(token),
            account=account,
            created_us=now_us,
            seen_us=now_us,
            renewed_us=now_us,
            expires_us=now_us + (min(lasts_us, PARTIAL_US) if is_partial else lasts_us),
            is_partial=is_partial,
        )
    )
    if not is_partial:
        for place in people.grants_of(connection, account) or (audit.INSTALLATION,):
            audit.append(connection, Entry(place, now_us, account, "sign-in", "", {}))
    return token


def find_partial(connection: Connection, token: str, *, now_us: int) -> str | None:
    """Return the account (id) whose session still lacks a code, or None."""
    query = select(_s.account).where(
        _s.token_hash == digest(token), _s.is_partial, _s.expires_us > now_us
    )
    return connection.execute(query).scalar()


def find_session(
    connection: Connection, token: str, *, now_us: int, idle_us: int
) -> Session | None:
    """Return the session of this token, or None when unknown, expired or idle for too long."""
    a = tables.accounts.c
    row = connection.execute(
        select(_s.token_hash, _s.seen_us, _s.renewed_us, _s.expires_us, a.id, a.email, a.name)
        .join(tables.accounts, a.id == _s.account)
        .where(
            _s.token_hash == digest(token),
            _s.expires_us > now_us,
            _s.seen_us > now_us - idle_us,
            ~_s.is_partial,
        )
    ).first()
    if row is None:
        return None
    grants, borrowed = roles_now(connection, row.id, now_us)
    return Session(
        row.token_hash,
        Account(row.id, row.email, row.name),
        grants,
        row.seen_us,
        row.renewed_us,
        row.expires_us,
        borrowed,
    )


def roles_now(
    connection: Connection, account: str, now_us: int
) -> tuple[dict[str, frozenset[Role]], dict[str, int]]:
    """Return (roles by place, end of emergency access by place) of this moment."""
    grants = people.grants_of(connection, account)
    b = break_glass.c
    query = select(b.place, b.until_us).where(b.account == account, b.until_us > now_us)
    borrowed = {row.place: row.until_us for row in connection.execute(query)}
    for place in borrowed:
        grants[place] = grants.get(place, frozenset()) | {Role.CARE_WORKER}
    return grants, borrowed


def is_touch_due(session: Session, *, now_us: int) -> bool:
    """Return whether its last use is old enough to be worth a write (a minute)."""
    return now_us - session.seen_us > _MINUTE_US


def touch(connection: Connection, session: Session, *, now_us: int) -> None:
    """Record that the session was used now."""
    statement = update(tables.sessions).where(_s.token_hash == session.token_hash)
    connection.execute(statement.values(seen_us=now_us))


def is_renewal_due(session: Session, *, now_us: int) -> bool:
    """Return whether its token has served for an hour, and is not on its way out."""
    is_ending = session.expires_us <= now_us + GRACE_US
    return now_us - session.renewed_us > RENEW_US and not is_ending


def renew(connection: Connection, session: Session, *, now_us: int) -> str:
    """Return the next token of this session; the old one serves for a minute more."""
    token = secrets.token_urlsafe(32)
    table, old = tables.sessions, _s.token_hash == session.token_hash
    kept = connection.execute(select(table).where(old)).mappings().one()
    changed = {"token_hash": digest(token), "renewed_us": now_us, "seen_us": now_us}
    connection.execute(insert(table).values({**kept, **changed}))
    connection.execute(update(table).where(old).values(expires_us=now_us + GRACE_US))
    return token


def living(
    connection: Connection, hashes: Collection[str], *, now_us: int, idle_us: int
) -> frozenset[str]:
    """Return which of these sessions may go on."""
    query = select(_s.token_hash).where(
        _s.token_hash.in_(hashes), _s.expires_us > now_us, _s.seen_us > now_us - idle_us
    )
    return frozenset(connection.execute(query).scalars())


def list_sessions(
    connection: Connection, account: str, *, now_us: int
) -> list[tuple[str, int, int]]:
    """Return (token_hash, created_us, seen_us) of an account's sessions, last used first."""
    query = (
        select(_s.token_hash, _s.created_us, _s.seen_us)
        .where(_s.account == account, _s.expires_us > now_us + GRACE_US, ~_s.is_partial)
        .order_by(_s.seen_us.desc(), _s.token_hash)
    )
    rows = connection.execute(query)
    return [(row.token_hash, row.created_us, row.seen_us) for row in rows]


def sign_out(connection: Connection, token: str) -> None:
    """End the session of this token at once."""
    connection.execute(delete(tables.sessions).where(_s.token_hash == digest(token)))


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
