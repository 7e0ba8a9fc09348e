"""Looks for marks in the raw bytes of files: what is erased must not be found in any of them.

What is packed (zip as in ``.npz``, gzip, zlib) is unpacked and searched too.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

_CHUNK: Final = 16 << 20
SHORTEST: Final = 4
"""A shorter mark would be found by chance."""

_MOST_UNPACKED: Final = 4 << 30


class Marks:
    """What is looked for: byte strings, from the home's own rows."""

    def __init__(self, marks: Sequence[bytes]) -> None:
        self.all: Final = sorted({mark for mark in marks if len(mark) >= SHORTEST})
        self.longest: Final = max((len(mark) for mark in self.all), default=0)
        self._starts: NDArray[np.bool_] = np.zeros(1 << 16, np.bool_)
        for mark in self.all:
            self._starts[int.from_bytes(mark[:2], "little")] = True
        self._by_start: dict[bytes, list[bytes]] = {}
        for mark in self.all:
            self._by_start.setdefault(mark[:SHORTEST], []).append(mark)
        self._heads = np.array(
            sorted(int.from_bytes(start, "little") for start in self._by_start), np.uint32
        )

    def within(self, content: bytes) -> set[bytes]:
        """Return the marks that these bytes hold, at whatever offset."""
        found: set[bytes] = set()
        if not self.all or len(content) < SHORTEST:
            return found
        for at in self._candidates(content):
            for mark in self._by_start.get(content[at : at + SHORTEST], ()):
                if content.startswith(mark, at):
                    found.add(mark)
        return found

    def _candidates(self, content: bytes) -> list[int]:
        """Return where four bytes begin that some mark begins with."""
        whole = np.frombuffer(content, np.uint8)
        pairs = whole[:-1].astype(np.uint16) | (whole[1:].astype(np.uint16) << 8)
        at = np.flatnonzero(self._starts[pairs])
        at = at[at <= len(content) - SHORTEST]
        heads = pairs[at].astype(np.uint32) | (pairs[at + 2].astype(np.uint32) << 16)
        return at[np.isin(heads, self._heads)].tolist()  # type: ignore[no-any-return]


def search(path: Path, marks: Marks) -> set[bytes]:
    """Return the marks that this file holds, raw or unpacked."""
    found: set[bytes] = set()
    with path.open("rb") as file:
        tail = b""
        while chunk := file.read(_CHUNK):
            found |= marks.within(tail + chunk)
            tail = (tail + chunk)[-max(marks.longest - 1, 0) :] if marks.longest > 1 else b""
    for unpacked in _unpacked(path):
        found |= marks.within(unpacked)
    return found


def _unpacked(path: Path) -> Iterator[bytes]:
    """Yield what an archive holds; the engine's checkpoint is one behind a line of its own."""
    with path.open("rb") as file:
        head = file.read(256)
        if head.startswith(b"\x1f\x8b"):
            yield from _gunzipped(path)
            return
        is_behind_a_line = head.startswith(b"stillwell-engine")
        if not is_behind_a_line and not head.startswith(b"PK"):
            return
        file.seek(len(head.partition(b"\n")[0]) + 1 if is_behind_a_line else 0)
        content = file.read()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for member in packed.infolist():
                if member.file_size <= _MOST_UNPACKED:
                    yield packed.read(member)
    except (zipfile.BadZipFile, zlib.error):
        return


def _gunzipped(path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except (OSError, EOFError, zlib.error):
        return
