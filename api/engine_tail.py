"""The journal as the engine reads it: one damaged row hides no signal after it."""

from collections.abc import Sequence

import structlog

from ingest.journal import Journal, JournalDamaged
from ingest.sink import Entry, Tail

_log = structlog.get_logger(__name__)


class EngineTail:
    """Sets a damaged row aside; its bytes are kept and its number is a gap that starts report."""

    def __init__(self, tail: Tail, journal: Journal) -> None:
        self._tail, self._journal = tail, journal

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
        """Return the entries that can be read; JournalDamaged when the file itself is broken."""
        while True:
            try:
                return self._tail.read(after, limit_readings)
            except JournalDamaged as damage:
                if not damage.is_one_row:
                    raise
                _log.error("journal_row_set_aside", seq=damage.seq, what=str(damage))
                self._journal.set_aside(damage.seq)

    def last_seq(self) -> int:
        """Return the newest committed seq, 0 when the journal is empty."""
        return self._tail.last_seq()
