"""Fault 17: flipped bits and cut files: noticed at the start, never served as complete."""

import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from api.rows import Row, at_most
from ingest.journal import Journal, JournalDamaged, JournalTail
from ingest.journal_head import head_path
from ingest.sink import Entry
from tests.contracts.store_contract import readings
from tests.ingest.test_journal import batch_of

ROWS: Final = 20
FLIPS: Final = 60


def damaged_journals(flips: int = FLIPS) -> Iterator[Row]:
    """Flip one bit of the log, or cut it, that often; look what is served afterwards."""
    rng = random.Random(17)  # noqa: S311  # where to flip
    unnoticed = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"
        journal = Journal.open(path)
        for n in range(ROWS):
            journal.append(batch_of(50, first=n))
        for turn in range(flips):
            copy = Path(folder) / f"{turn}" / "journal.db"
            copy.parent.mkdir()
            for file in (path, head_path(path)):
                shutil.copy(file, copy.with_name(file.name))
            log = bytearray(path.with_name("journal.db-wal").read_bytes())
            if turn % 3:
                log[rng.randrange(len(log))] ^= 1 << rng.randrange(8)
            else:
                del log[rng.randrange(len(log)) :]
            copy.with_name("journal.db-wal").write_bytes(log)
            is_noticed, served = _serve(copy)
            good = [_rows(n) for n in range(ROWS)]
            wrong += any(readings(e.batch) != good[e.seq - 1] for e in served)
            unnoticed += not is_noticed and len(served) != ROWS
        journal.close()
    yield at_most("fault.17.served_as_complete", unnoticed, f"of {flips}", 0)
    yield at_most("fault.17.wrong_readings", wrong, f"of {flips}", 0)


def _rows(n: int) -> object:
    return readings(batch_of(50, first=n))


def _serve(path: Path) -> tuple[bool, list[Entry]]:
    try:
        journal = Journal.open(path)
    except JournalDamaged:
        return True, []
    is_noticed = bool(journal.verify())
    tail, served, after = JournalTail.open(path), list[Entry](), 0
    while after < journal.last_seq():
        try:
            found = tail.read(after, 1)
            served += found
            after = found[-1].seq if found else journal.last_seq()
        except JournalDamaged as problem:
            is_noticed = True
            journal.set_aside(problem.seq)
            after = problem.seq
    tail.close()
    journal.close()
    return is_noticed, served
