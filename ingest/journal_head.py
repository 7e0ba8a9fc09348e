"""The journal's witness: a small file beside it that says which seq was committed last.

A counter inside the journal's own file would roll back together with the rows it counts when
SQLite drops the damaged end of its log. The witness is written after each commit and not
synced, so after a power failure it may lag behind the journal; it is never ahead of it.
"""

import fcntl
import os
import struct
import zlib
from pathlib import Path
from typing import Final

from ingest.journal_rows import JournalInUse

_LAYOUT: Final = struct.Struct("<QI")


def head_path(journal: Path) -> Path:
    """Return where the witness of this journal lies."""
    return journal.with_name(journal.name + "-head")


def _seal(seq: int) -> bytes:
    return _LAYOUT.pack(seq, zlib.crc32(seq.to_bytes(8, "little")))


def _seq(sealed: bytes) -> int | None:
    if len(sealed) != _LAYOUT.size:
        return None
    seq: int = _LAYOUT.unpack(sealed)[0]
    return seq if sealed == _seal(seq) else None


class JournalHead:
    """The witness, locked by the one process that writes the journal."""

    def __init__(self, journal: Path) -> None:
        """Lock the witness; JournalInUse when another process holds it."""
        journal.parent.mkdir(parents=True, exist_ok=True)
        path = head_path(journal)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise JournalInUse(
                f"journal: {journal.name} is being written by another worker; stop that one first"
            ) from None

    def read(self) -> int | None:
        """Return the seq committed last, or None when the witness is new or unreadable."""
        return _seq(os.pread(self._file, _LAYOUT.size, 0))

    def write(self, seq: int) -> None:
        """Note that this seq is committed; a full disk leaves the witness behind, harmlessly."""
        try:
            os.pwrite(self._file, _seal(seq), 0)
        except OSError:
            return

    def close(self) -> None:
        """Release the lock."""
        os.close(self._file)
