"""The webhook of a place: one address and the secret that signs what goes there."""

import secrets

from sqlalchemy import Connection, delete, insert, select

from config import tables

_w = tables.webhooks.c


def save(connection: Connection, place: str, url: str, account: str, now_us: int) -> str:
    """Replace a place's webhook; return its new secret, which is shown once."""
    secret = secrets.token_hex(32)
    connection.execute(delete(tables.webhooks).where(_w.place == place))
    connection.execute(
        insert(tables.webhooks).values(
            place=place, url=url, secret=secret, account=account, since_us=now_us
        )
    )
    return secret


def remove(connection: Connection, place: str) -> None:
    """Take a place's webhook away."""
    connection.execute(delete(tables.webhooks).where(_w.place == place))


def find(connection: Connection, place: str) -> tuple[str, str] | None:
    """Return (url, secret) of a place's webhook, or None."""
    row = connection.execute(select(_w.url, _w.secret).where(_w.place == place)).first()
    return None if row is None else (row.url, row.secret)
