"""A request that is sent twice is done once: the same key and body get the same answer.

The key is kept in the transaction of what it did, so that there is never one without the other.
Of the body a digest is kept, of the answer ids only; both go after a week.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.errors import Problem
from config.household_tables import requests

KEPT_US: Final = 7 * 86_400_000_000
PATTERN: Final = "^[A-Za-z0-9._:-]{8,80}$"
_r = requests.c


def digest(*parts: object) -> str:
    """Return the digest of a request: what it is sent to, and its body."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def once(
    database: Engine,
    account: str,
    key: str,
    asked: str,
    now_us: int,
    act: Callable[[Connection], dict[str, Any]],
) -> dict[str, Any]:
    """Return what ``act`` answers, or what it answered when this key came first.

    Problem 409 when the key came with another request. Whatever ``act`` raises undoes everything,
    and the key may be used again.
    """
    known = _answer(database, account, key, asked)
    if known is not None:
        return known
    row = {"account": account, "key": key, "digest": asked, "answer": "", "at_us": now_us}
    try:
        with database.begin() as connection:
            connection.execute(delete(requests).where(_r.at_us < now_us - KEPT_US))
            connection.execute(insert(requests).values(row))
            made = act(connection)
            mine = (_r.account == account) & (_r.key == key)
            connection.execute(update(requests).where(mine).values(answer=json.dumps(made)))
            return made
    except IntegrityError:
        known = _answer(database, account, key, asked)  # somebody was first by a moment
        if known is None:
            raise
        return known


def _answer(database: Engine, account: str, key: str, asked: str) -> dict[str, Any] | None:
    query = select(_r.digest, _r.answer).where(_r.account == account, _r.key == key)
    with database.connect() as connection:
        found = connection.execute(query).first()
    if found is None:
        return None
    if found.digest != asked:
        raise Problem(
            409,
            "This idempotency key came with another request before: draw a new one for each.",
            title="The key was used for something else",
        )
    return dict(json.loads(found.answer))
