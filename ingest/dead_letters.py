"""Dead letters: what was refused, by reason and topic, with a count and the first bytes.

They live in the journal's file and are written in its transaction. The table is capped and
expires, so that a broken or hostile gateway cannot fill the disk.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingest.message import Reason, Reject
from ingest.sqlite_file import Reader

CAP_ROWS: Final = 10_000
"""Rows kept; beyond it those seen longest ago go, and are counted."""

KEEP_DAYS: Final = 14
"""Days after which a row that was not seen again goes."""

FIRST_BYTES: Final = 256
"""Bytes of payload kept, of the latest message only."""

_TOPIC_CHARS: Final = 300
_DETAIL_CHARS: Final = 300
_ROOT: Final = "stillwell/v1/"

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS dead_letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT, reason TEXT NOT NULL, topic TEXT NOT NULL,
  place TEXT, count INTEGER NOT NULL, first_us INTEGER NOT NULL, last_us INTEGER NOT NULL,
  first_bytes BLOB NOT NULL, detail TEXT NOT NULL, UNIQUE (reason, topic));
CREATE INDEX IF NOT EXISTS dead_letters_seen ON dead_letters (last_us, id);
CREATE INDEX IF NOT EXISTS dead_letters_place ON dead_letters (place, last_us, id);
CREATE TABLE IF NOT EXISTS dead_letters_gone (only INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
"""

_UPSERT = """
INSERT INTO dead_letters (reason, topic, place, count, first_us, last_us, first_bytes, detail)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (reason, topic) DO UPDATE SET
  count = count + excluded.count,
  first_us = min(first_us, excluded.first_us),
  last_us = max(last_us, excluded.last_us),
  first_bytes = excluded.first_bytes,
  detail = excluded.detail
"""
_COLUMNS = "id, reason, topic, place, count, first_us, last_us, first_bytes, detail"

_UNSHOWN: Final = {Reason.NO_CONSENT, Reason.UNKNOWN_GATEWAY}
"""Without consent nothing that a sensor said may be kept; a gateway that nobody knows may be that
of a home that was erased."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """All messages refused for one reason on one topic; times in microseconds since 1970 UTC.

    ``first_bytes`` are those of the latest message, empty where nobody consented to keep them.
    ``place`` is the one the topic claims, None when it claims none.
    """

    id: int
    reason: Reason
    topic: str
    place: str | None
    count: int
    first_us: int
    last_us: int
    first_bytes: bytes
    detail: str


@dataclass(frozen=True, slots=True)
class DeadLetterPage:
    """Some dead letters, last seen first; ``cursor`` asks for the next page, None at the end."""

    letters: Sequence[DeadLetter]
    cursor: str | None


def printable(text: str, limit: int) -> str:
    """Return at most ``limit`` characters that any file can hold (no lone surrogates, no NUL)."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def claimed_place(topic: str) -> str | None:
    """Return the place that a topic names, or None."""
    if not topic.startswith(_ROOT):
        return None
    place, slash, _ = topic[len(_ROOT) :].partition("/")
    return place if place and slash else None


def _gathered(rejects: Iterable[Reject]) -> dict[tuple[str, str], list[Reject]]:
    gathered: dict[tuple[str, str], list[Reject]] = {}
    for reject in rejects:
        key = (reject.reason.value, printable(reject.topic, _TOPIC_CHARS))
        gathered.setdefault(key, []).append(reject)
    return gathered


def _row(reason: str, topic: str, rejects: Sequence[Reject]) -> tuple[object, ...]:
    latest = rejects[-1]
    shown = b"" if latest.reason in _UNSHOWN else bytes(latest.first_bytes[:FIRST_BYTES])
    seen = [reject.received_us for reject in rejects]
    return (
        *(reason, topic, claimed_place(topic), len(rejects), min(seen), max(seen)),
        *(shown, printable(latest.detail, _DETAIL_CHARS)),
    )


def record(connection: sqlite3.Connection, rejects: Sequence[Reject]) -> None:
    """Add these rejects in the caller's transaction, and keep the table within its cap."""
    rows = [_row(*key, gathered) for key, gathered in _gathered(rejects).items()]
    connection.executemany(_UPSERT, rows)
    (total,) = connection.execute("SELECT count(*) FROM dead_letters").fetchone()
    if total > CAP_ROWS:
        _push_out(connection, total - CAP_ROWS)


def _push_out(connection: sqlite3.Connection, rows: int) -> None:
    connection.execute(
        "DELETE FROM dead_letters WHERE id IN"
        " (SELECT id FROM dead_letters ORDER BY last_us, id LIMIT ?)",
        (rows,),
    )
    connection.execute(
        "INSERT INTO dead_letters_gone VALUES (1, ?)"
        " ON CONFLICT (only) DO UPDATE SET rows = rows + excluded.rows",
        (rows,),
    )


def expire(connection: sqlite3.Connection, before_us: int, held: Sequence[str] = ()) -> int:
    """Delete what was last seen before this time, in the caller's transaction; return how many.

    What came from the gateways (ids) that are ``held`` stays.
    """
    old = connection.execute(
        "SELECT id, topic FROM dead_letters WHERE last_us < ?", (before_us,)
    ).fetchall()
    gone = [(id_,) for id_, topic in old if not set(topic.split("/")) & set(held)]
    connection.executemany("DELETE FROM dead_letters WHERE id = ?", gone)
    return len(gone)


class DeadLetters:
    """Reads the dead letters, also from another process than the one that writes them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @classmethod
    def open(cls, path: Path) -> "DeadLetters":
        """Return the dead letters of the journal in this file, which may not exist yet."""
        return cls(Reader(path))

    def list(
        self, place: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> DeadLetterPage:
        """Return up to ``limit`` letters, last seen first; ``place`` None means every topic.

        A letter that is seen again while somebody pages moves to the front. ValueError when
        the cursor is not one that this returned.
        """
        conditions, values = ["1"], list[object]()
        if place is not None:
            conditions.append("place = ?")
            values.append(place)
        if cursor is not None:
            conditions.append("(last_us, id) < (?, ?)")
            values.extend(_parse_cursor(cursor))
        # Only the constants above are put into the statement.
        sql = f"SELECT {_COLUMNS} FROM dead_letters WHERE {' AND '.join(conditions)}"  # noqa: S608
        found = self._reader.rows(
            f"{sql} ORDER BY last_us DESC, id DESC LIMIT ?", [*values, limit + 1]
        )
        letters = [DeadLetter(row[0], Reason(row[1]), *row[2:]) for row in found[:limit]]
        more = len(found) > limit and letters
        return DeadLetterPage(letters, f"{letters[-1].last_us}.{letters[-1].id}" if more else None)

    def of_topic(self, topic: str) -> "Sequence[DeadLetter]":
        """Return the letters of one topic, last seen first; one a reason."""
        found = self._reader.rows(
            f"SELECT {_COLUMNS} FROM dead_letters WHERE topic = ? ORDER BY last_us DESC",  # noqa: S608  # names of ours
            (topic,),
        )
        return [DeadLetter(row[0], Reason(row[1]), *row[2:]) for row in found]

    def counts(self, place: str | None = None) -> Mapping[Reason, int]:
        """Return how many messages were refused, by reason, among the letters still kept."""
        rows = self._reader.rows(
            "SELECT reason, sum(count) FROM dead_letters WHERE ?1 IS NULL OR place = ?1"
            " GROUP BY reason",
            (place,),
        )
        return {Reason(reason): count for reason, count in rows}

    def pushed_out(self) -> int:
        """Return how many letters the cap has removed since the file was made."""
        rows = self._reader.rows("SELECT rows FROM dead_letters_gone")
        return int(rows[0][0]) if rows else 0

    def close(self) -> None:
        """Release the file."""
        self._reader.close()


def _parse_cursor(cursor: str) -> tuple[int, int]:
    last, _, id_ = cursor.partition(".")
    try:
        return int(last), int(id_)
    except ValueError:
        raise ValueError(
            f"cursor: {cursor[:40]!r} is not one, expected what the page before returned"
        ) from None
