"""One row of the journal: how it is laid out, sealed with a checksum, and read back."""

import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from ingest.batch import Batch, unpack
from ingest.message import Stray
from ingest.sink import Entry

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS rows (
  seq INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, count INTEGER NOT NULL,
  checksum INTEGER NOT NULL, columns BLOB NOT NULL, strays BLOB NOT NULL, receipts BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS gaps (
  first INTEGER PRIMARY KEY, last INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS rows_set_aside (
  seq INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, count INTEGER NOT NULL,
  checksum INTEGER NOT NULL, columns BLOB NOT NULL, strays BLOB NOT NULL, receipts BLOB NOT NULL);
"""
"""``gaps``: seqs that are known to be lost or set aside, so that readers pass over them."""

SELECT_ROWS: Final = "SELECT seq, received_us, count, checksum, columns, strays, receipts FROM rows"

Row = tuple[int, int, int, int, bytes, bytes, bytes]
"""A stored row, as ``SELECT_ROWS`` gives it."""

_STRAYS = msgspec.msgpack.Decoder(list[Stray])


class JournalFull(Exception):
    """Nothing of this chunk was committed for want of space; appending works once there is some."""


class JournalInUse(Exception):
    """Another process writes this journal."""


class JournalDamaged(Exception):
    """A committed row cannot be read back as it was written. ``seq`` is the first such row.

    ``is_one_row`` says that only this row is lost: with it set aside, those after it can be read.
    """

    def __init__(self, seq: int, what: str, *, is_one_row: bool = False) -> None:
        super().__init__(
            f"journal: row {seq} {what}. Stop the worker, keep a copy of the journal's files, and"
            f" restore them from a backup or set row {seq} aside; what it held is then a gap"
        )
        self.seq, self.is_one_row = seq, is_one_row


def checksum(
    seq: int, received_us: int, count: int, columns: bytes, strays: bytes, receipts: bytes
) -> int:
    """Return the CRC-32 over every column of a row."""
    crc = zlib.crc32(f"{seq}.{received_us}.{count}.{len(columns)}.{len(strays)}".encode())
    return zlib.crc32(receipts, zlib.crc32(strays, zlib.crc32(columns, crc)))


def _plain(stray: Stray) -> Stray:
    """Return the stray with whatever cannot be written replaced: it must never be lost."""
    fields = msgspec.structs.asdict(stray)
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = value.encode("utf-8", "replace").decode("utf-8")
    if not _fits(stray):
        fields["claimed_us"] = None
    return Stray(**fields)


def _fits(stray: Stray) -> bool:
    return stray.claimed_us is None or -(2**63) <= stray.claimed_us < 2**63


def pack_strays(strays: Sequence[Stray]) -> bytes:
    """Return the strays as bytes; a lone surrogate or a number beyond 64 bits is replaced."""
    if all(_fits(stray) for stray in strays):
        try:
            return msgspec.msgpack.encode(strays)
        except UnicodeEncodeError:
            pass  # a topic or payload that was not UTF-8
    return msgspec.msgpack.encode([_plain(stray) for stray in strays])


def seal(seq: int, received_us: int, batch: Batch, strays: Sequence[Stray], receipts: bytes) -> Row:
    """Return the row that holds these readings and strays."""
    columns, packed_strays = batch.pack(), pack_strays(strays)
    crc = checksum(seq, received_us, len(batch), columns, packed_strays, receipts)
    return seq, received_us, len(batch), crc, columns, packed_strays, receipts


def is_intact(row: Row) -> bool:
    """Tell whether a row is as it was sealed."""
    seq, received_us, count, crc, columns, strays, receipts = row
    return crc == checksum(seq, received_us, count, columns, strays, receipts)


def entry(row: Row) -> Entry:
    """Return what a row holds; JournalDamaged when it is not as it was sealed."""
    if not is_intact(row):
        raise JournalDamaged(row[0], "does not match its checksum", is_one_row=True)
    return Entry(row[0], unpack(row[4], row[2]), _STRAYS.decode(row[5]))
