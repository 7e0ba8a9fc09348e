"""The webhook of a place: one address and the secret that signs what goes there."""

import secrets

from sqlalchemy import Connection, delete, insert, select

from config import audit, tables
from config.audit import Entry

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
    audit.append(connection, Entry(place, now_us, account, "setting", "webhook", {}))
    return secret


def find(connection: Connection, place: str) -> tuple[str, str] | None:
    """Return (url, secret) of a place's webhook, or None."""
    row = connection.execute(select(_w.url, _w.secret).where(_w.place == place)).first()
    return None if row is None else (row.url, row.secret)
