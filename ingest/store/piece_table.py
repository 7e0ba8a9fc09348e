"""The table of pieces and how they are merged; the caller holds the transaction."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from ingest.batch import concat, ordered
from ingest.store.pieces import FINISHED, Piece, StoreDamaged, readings, seal

MERGE_AT: Final = 16
"""Pieces of one home, day and level that are merged into one of the next level."""

EXPIRE_PIECES: Final = 500
"""Pieces that one call of ``expire`` deletes: overwriting them holds up appends."""

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS pieces (
  id INTEGER PRIMARY KEY, home INTEGER NOT NULL, day INTEGER NOT NULL, level INTEGER NOT NULL,
  count INTEGER NOT NULL, codec INTEGER NOT NULL, checksum INTEGER NOT NULL,
  columns BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS pieces_home_day ON pieces (home, day, level);
CREATE INDEX IF NOT EXISTS pieces_unfinished ON pieces (day, home) WHERE level < 9;
"""

SELECT_PIECES: Final = "SELECT home, day, level, count, codec, checksum, columns FROM pieces"

_INSERT: Final = (
    "INSERT INTO pieces (home, day, level, count, codec, checksum, columns)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_REMEMBERED: Final = 200_000

_log = structlog.get_logger(__name__)

_Tier = tuple[int, int, int]
"""Home, day, level."""


class PieceTable:
    """The pieces of one file, as their one writer sees them.

    It remembers how many pieces each tier (home, day, level) has, so that most appends ask
    nothing; ``forget`` after a transaction that failed.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._count: dict[_Tier, int] = {}
        self._damaged: set[tuple[int, int]] = set()

    def add(self, pieces: Iterable[Piece]) -> None:
        """Insert these pieces and merge the tiers that are then full."""
        for piece in pieces:
            self._insert(piece)
            tier = (piece.home, piece.day, piece.level)
            while self._count[tier] >= MERGE_AT and self._merge(tier):
                tier = (tier[0], tier[1], tier[2] + 1)

    def finish(self, before_day: int, limit: int) -> int:
        """Make one piece of each of up to ``limit`` unfinished days before this one."""
        groups = self._connection.execute(
            "SELECT DISTINCT home, day FROM pieces WHERE level < ? AND day < ? LIMIT ?",
            (FINISHED, before_day, limit + len(self._damaged)),
        ).fetchall()
        whole = [group for group in groups if group not in self._damaged][:limit]
        return sum(self._gather(home, day, 0, FINISHED, FINISHED) for home, day in whole)

    def erase(self, home: int) -> int:
        """Delete every piece of this home; return how many readings they held."""
        held = self._connection.execute(
            "SELECT coalesce(sum(count), 0) FROM pieces WHERE home = ?", (home,)
        ).fetchone()
        self._connection.execute("DELETE FROM pieces WHERE home = ?", (home,))
        self.forget()
        self._damaged = {known for known in self._damaged if known[0] != home}
        return int(held[0])

    def expire(self, homes: Sequence[int], before_day: int) -> int:
        """Delete up to ``EXPIRE_PIECES`` of these homes' pieces of days before; return readings."""
        gone = self._connection.execute(
            "SELECT id, count FROM pieces WHERE day < ? AND home IN"
            " (SELECT value FROM json_each(?)) LIMIT ?",
            (before_day, json.dumps([int(home) for home in homes]), EXPIRE_PIECES),
        ).fetchall()
        self._connection.executemany("DELETE FROM pieces WHERE id = ?", [(id_,) for id_, _ in gone])
        self.forget()
        return sum(count for _, count in gone)

    def forget(self) -> None:
        """Forget what is remembered of a transaction that did not happen."""
        self._count.clear()

    def _insert(self, piece: Piece) -> None:
        self._connection.execute(_INSERT, _row(piece))
        tier = (piece.home, piece.day, piece.level)
        known = self._count.get(tier)
        if known is None:
            if len(self._count) > _REMEMBERED:
                self._count.clear()
            (known,) = self._connection.execute(
                "SELECT count(*) - 1 FROM pieces WHERE home = ? AND day = ? AND level = ?", tier
            ).fetchone()
        self._count[tier] = known + 1

    def _merge(self, tier: _Tier) -> bool:
        home, day, level = tier
        # A piece at the level of finished days would pass for one: merge among themselves.
        return level < FINISHED - 1 and self._gather(home, day, level, level, level + 1)

    def _gather(self, home: int, day: int, lowest: int, highest: int, level: int) -> bool:
        """Replace the pieces of these levels by one; False, and no change, when one is damaged."""
        if (home, day) in self._damaged:
            return False
        for gone in range(lowest, highest + 1):
            self._count.pop((home, day, gone), None)
        which = (home, day, lowest, highest)
        found = self._connection.execute(
            f"{SELECT_PIECES} WHERE home = ? AND day = ? AND level BETWEEN ? AND ?", which
        ).fetchall()
        if not found:  # another process erased them
            return False
        try:
            merged = ordered(concat([readings(Piece(*row)) for row in found]))
        except StoreDamaged as error:
            # New readings go on being stored; whoever reads that day is told.
            self._damaged.add((home, day))
            _log.error("store_piece_damaged", home=home, day=day, error=str(error))
            return False
        self._connection.execute(
            "DELETE FROM pieces WHERE home = ? AND day = ? AND level BETWEEN ? AND ?", which
        )
        self._insert(seal(home, day, level, merged))
        return True


def _row(piece: Piece) -> tuple[object, ...]:
    return (
        *(piece.home, piece.day, piece.level, piece.count),
        *(piece.codec, piece.checksum, piece.columns),
    )
