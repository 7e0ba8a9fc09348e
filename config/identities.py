"""Accounts and the identity providers of places: who is meant by whom, and who is on the way."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from config import audit, people
from config.access_tables import identities, provider_visits
from config.audit import Entry
from config.sessions import digest

LASTS_US: Final = 600_000_000
"""How long somebody may take at the provider: ten minutes."""

_i, _v = identities.c, provider_visits.c


@dataclass(frozen=True, slots=True)
class ProviderVisit:
    """Somebody who was sent to a provider; only the hash of ``state`` is kept."""

    place: str
    nonce: str
    verifier: str
    leads_to: str


def send_out(
    connection: Connection, place: str, leads_to: str, *, now_us: int
) -> tuple[str, ProviderVisit]:
    """Return the state that must come back, and the visit; those that never came are swept."""
    state = secrets.token_urlsafe(32)
    visit = ProviderVisit(place, secrets.token_urlsafe(24), secrets.token_urlsafe(48), leads_to)
    connection.execute(delete(provider_visits).where(_v.expires_us <= now_us))
    connection.execute(
        insert(provider_visits).values(
            state_hash=digest(state),
            place=place,
            nonce=visit.nonce,
            verifier=visit.verifier,
            leads_to=leads_to,
            expires_us=now_us + LASTS_US,
        )
    )
    return state, visit


def take_back(connection: Connection, state: str, *, now_us: int) -> ProviderVisit | None:
    """Return the visit of this state and spend it, or None when unknown, used or too late."""
    mine = _v.state_hash == digest(state)
    query = select(_v.place, _v.nonce, _v.verifier, _v.leads_to)
    row = connection.execute(query.where(mine, _v.expires_us > now_us)).first()
    spent = connection.execute(delete(provider_visits).where(mine)).rowcount
    return ProviderVisit(*row) if row is not None and spent == 1 else None


def find_account(
    connection: Connection,
    issuer: str,
    subject: str,
    verified_email: str,
    *,
    trusting: Collection[str],
    now_us: int,
) -> str | None:
    """Return the account (id) that this issuer means, or None.

    It is linked by a verified e-mail address, to an account that was invited, once; then by the
    subject. Every place where the account holds a role must be among those ``trusting`` the
    issuer: else one council's provider could open another council's homes.
    """
    query = select(_i.account).where(_i.issuer == issuer, _i.subject == subject)
    account: str | None = connection.execute(query).scalar()
    is_new = account is None
    if account is None and verified_email:
        found = people.find_account(connection, verified_email)
        account = None if found is None else found.id
    held = {} if account is None else people.grants_of(connection, account)
    if account is None or not held or not set(held) <= set(trusting):
        return None
    if is_new:
        row = {"issuer": issuer, "subject": subject, "account": account, "linked_us": now_us}
        connection.execute(insert(identities).values(row))
        for place in held:
            audit.append(connection, Entry(place, now_us, account, "identity-linked", account, {}))
    return account
