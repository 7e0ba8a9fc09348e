"""Of which home the subjects of the audit log were whose own rows have expired.

Without it the log would still say that an alert was read, but nobody could tell of whose home.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from config import tables

_t = tables.gone_subjects
_AT_ONCE = 500


def keep(
    connection: Connection, place: str, subjects: Sequence[tuple[str, str]], now_us: int
) -> None:
    """Keep of which home (id) each subject is, such as ``alert:ID``, once its row goes."""
    for start in range(0, len(subjects), _AT_ONCE):
        part = dict(subjects[start : start + _AT_ONCE])
        query = select(_t.c.subject).where(_t.c.subject.in_(part))
        known = set(connection.execute(query).scalars())
        rows = [
            {"subject": subject, "place": place, "home": home, "gone_us": now_us}
            for subject, home in part.items()
            if subject not in known
        ]
        if rows:
            connection.execute(insert(_t), rows)


def forget(connection: Connection, place: str, before_us: int) -> int:
    """Drop those of a place that went before this moment: nothing in its log names them now."""
    mine = (_t.c.place == place) & (_t.c.gone_us < before_us)
    return connection.execute(delete(_t).where(mine)).rowcount
