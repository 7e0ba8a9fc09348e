"""Notes in the audit log what is read and done at the machine itself, without an account.

What is read is noted before it is told; what is done, in the transaction that does it.
"""

from typing import Final

from sqlalchemy import Connection, Engine

from config import audit
from config.audit import Entry
from ingest.clock import SystemClock, microseconds

ACTOR: Final = "console"
"""Who it was, as the audit log calls whoever sits at the machine."""


def note_read(database: Engine, place: str, subject: str) -> None:
    """Write down that ``subject`` (``home:ID``, or the name of a list) of this place is read."""
    with database.begin() as connection:
        note(connection, place, "read", subject)


def note(connection: Connection, place: str, what: str, subject: str, **detail: object) -> None:
    """Write down what is done to ``subject``, in the caller's transaction."""
    at_us = microseconds(SystemClock().now())
    audit.append(connection, Entry(place, at_us, ACTOR, what, subject, detail))
