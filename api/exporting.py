"""Notes in the audit log what was taken out of the database: every file, and by whom.

Written before anything is, in a transaction of its own: what then fails was at least wanted.
"""

from sqlalchemy import Engine

from api import console
from config import audit
from config.audit import Entry


def note(
    database: Engine,
    place: str,
    subject: str,
    at_us: int,
    *,
    actor: str = console.ACTOR,
    **detail: object,
) -> None:
    """Write down that ``subject`` of this place (or of the installation) is taken out."""
    with database.begin() as connection:
        audit.append(connection, Entry(place, at_us, actor, "export", subject, detail))
