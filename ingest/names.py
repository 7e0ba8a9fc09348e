"""Numbers of byte strings, looked up for a whole column at once and compared byte for byte."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.octets import WORD_BYTES, Words, row_hashes

UNKNOWN: Final = -1
_PROBES: Final = 16
_SPARSE: Final = 4


class Names:
    """At most ``most`` names of at most ``words`` words each; a full table learns no more.

    A name is a row of words with zeros behind it (``ingest.octets.spans``), so none that ends
    with a zero byte can be told from the one without. An open hash table: a name that finds no
    slot near its own stays unknown, which costs time and nothing else.
    """

    def __init__(self, words: int, most: int) -> None:
        self._words = words
        slots = 1 << max(_SPARSE * most - 1, 1).bit_length()
        self._shift = np.uint64(64 - slots.bit_length() + 1)
        self._slot = np.full(slots + _PROBES, UNKNOWN, np.int32)
        self._names = np.zeros((words, most), np.uint64)
        self._numbers = np.zeros(most, np.int32)
        self._count = self._widest = 0

    @property
    def longest(self) -> int:
        """How many bytes a name may have."""
        return self._words * WORD_BYTES

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another name."""
        return self._count == self._names.shape[1]

    def find(self, names: Words) -> NDArray[np.int32]:
        """Return int32[n]: the number of each name, UNKNOWN where it was never learnt."""
        slot = (row_hashes(names) >> self._shift).astype(np.int64)
        entry = self._slot[slot]
        is_same = self._is_same(names, entry)
        found = np.where(is_same, self._numbers[entry], np.int32(UNKNOWN))
        rows = np.flatnonzero(~is_same & (entry != UNKNOWN))
        for probe in range(1, _PROBES):
            if not len(rows):
                break
            entry = self._slot[slot[rows] + probe]
            is_same = self._is_same(names[rows], entry)
            found[rows[is_same]] = self._numbers[entry[is_same]]
            rows = rows[~is_same & (entry != UNKNOWN)]
        return found

    def learn(self, name: Words, number: int) -> None:
        """Learn that this row of words, which is not known yet, has this number."""
        if self.is_full:
            return
        at = int(row_hashes(name[None])[0] >> self._shift)
        for slot in range(at, at + _PROBES):
            if self._slot[slot] == UNKNOWN:
                self._slot[slot] = self._count
                self._widest = max(self._widest, len(name))
                self._names[: len(name), self._count] = name
                self._numbers[self._count] = number
                self._count += 1
                return

    def _is_same(self, names: Words, entry: NDArray[np.int32]) -> NDArray[np.bool_]:
        is_same: NDArray[np.bool_] = entry != UNKNOWN
        for word in range(min(names.shape[1], self._words)):
            is_same &= self._names[word][entry] == names[:, word]
        for word in range(names.shape[1], self._widest):
            is_same &= self._names[word][entry] == 0
        for word in range(self._words, names.shape[1]):
            is_same &= names[:, word] == 0
        return is_same
