"""What is wrong with a journal: lost, damaged and missing rows, as values."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ingest.journal_rows import SELECT_ROWS, JournalDamaged, is_intact


class ProblemKind(StrEnum):
    """What a check can find."""

    LOST = "lost"
    DAMAGED = "damaged"
    SET_ASIDE = "set-aside"
    NO_WITNESS = "no-witness"


@dataclass(frozen=True, slots=True)
class JournalProblem:
    """Rows ``first`` to ``last`` are not what was committed; ``sentence`` says what to do."""

    kind: ProblemKind
    first: int
    last: int
    sentence: str


def check(connection: sqlite3.Connection, rows: int) -> Sequence[JournalProblem]:
    """Return the known gaps, the damage in the last ``rows`` rows, and rows that are missing."""
    try:
        return [*_gaps(connection), *_damage(connection, rows), *_missing(connection)]
    except sqlite3.OperationalError:
        raise  # locked or unreadable for now
    except sqlite3.DatabaseError as error:
        damaged = JournalDamaged(1, f"or one after it is unreadable ({error})")
        return [JournalProblem(ProblemKind.DAMAGED, 1, 1, str(damaged))]


def lost_witness(last: int) -> JournalProblem:
    """Return the problem of a journal without its witness (``journal_head``)."""
    return JournalProblem(
        ProblemKind.NO_WITNESS,
        last,
        last,
        "journal: the file that says which row is the last was missing or unreadable, so rows"
        f" after {last} may be lost unseen; keep it beside the journal",
    )


def _gaps(connection: sqlite3.Connection) -> Iterator[JournalProblem]:
    for first, last, reason in connection.execute("SELECT * FROM gaps ORDER BY first"):
        yield JournalProblem(
            ProblemKind(reason),
            first,
            last,
            f"journal: rows {first} to {last} were committed and are {reason.replace('-', ' ')};"
            " what sensors said then may be missing from history unless a backup is restored",
        )


def _damage(connection: sqlite3.Connection, rows: int) -> Iterator[JournalProblem]:
    for row in connection.execute(f"{SELECT_ROWS} ORDER BY seq DESC LIMIT ?", (rows,)):
        if not is_intact(row):
            damaged = JournalDamaged(row[0], "does not match its checksum")
            yield JournalProblem(ProblemKind.DAMAGED, row[0], row[0], str(damaged))


def _missing(connection: sqlite3.Connection) -> Iterator[JournalProblem]:
    count, first, last = connection.execute(
        "SELECT count(*), min(seq), max(seq) FROM rows"
    ).fetchone()
    if not count:
        return
    (known,) = connection.execute(
        "SELECT coalesce(sum(last - first + 1), 0) FROM gaps WHERE first > ? AND last < ?",
        (first, last),
    ).fetchone()
    missing = last - first + 1 - count - known
    if missing:
        yield JournalProblem(
            ProblemKind.LOST,
            first,
            last,
            f"journal: {missing} rows between {first} and {last} are missing; restore the"
            " journal's files from a backup",
        )
