"""Spans of one run of bytes, many at a time: as rows of words, as hashes, as numbers.

A word is eight bytes, the first of them the lowest, so that a span is a row of words with zeros
behind it. NumPy fetches such a row in 5 ns where a slice of bytes takes 50.
"""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

WORD_BYTES: Final = 8
PAD: Final = bytes(256)
"""Behind the bytes it spares a copy where a row reaches over their end."""

MOST_BYTES: Final = 1024
"""The longest span that is hashed with others; longer ones one by one."""

_PIECE_BYTES: Final = 1 << 19
_KEPT: Final = np.array(
    [(1 << 8 * kept) - 1 for kept in range(WORD_BYTES)] + [2**64 - 1], np.uint64
)
_GOLDEN, _MIX, _MIX_MORE = (
    np.uint64(each) for each in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
)

Words = NDArray[np.uint64]
Places = NDArray[np.int64]


def rows_at(octets: bytes, at: Places, words: int) -> Words:
    """Return uint64[n, words]: the bytes from each place on, whatever they are, or 0."""
    width = WORD_BYTES * words
    end = width + int(np.maximum.reduce(at, initial=0))
    if end > len(octets):
        octets += bytes(end - len(octets))
    # A view at every byte: what is fetched by it is copied, eight bytes and more at a time.
    every = np.ndarray((max(len(octets) - width + 1, 0),), f"V{width}", octets, strides=(1,))
    return every[at].view("<u8").reshape(len(at), words)


def words_at(octets: bytes, at: Places) -> Words:
    """Return uint64[n]: the eight bytes from each place on."""
    return rows_at(octets, at, 1)[:, 0]


def spans(octets: bytes, at: Places, length: Places) -> Words:
    """Return uint64[n, words] with each span and zeros behind it; as wide as the longest."""
    if not len(at):
        return np.zeros((0, 1), np.uint64)
    shortest, longest = int(length.min()), int(length.max())
    words = max(-(-longest // WORD_BYTES), 1)
    found = rows_at(octets, at, words)
    for word in range(shortest // WORD_BYTES, words):
        kept = np.minimum(np.maximum(length - WORD_BYTES * word, 0), WORD_BYTES)
        found[:, word] &= _KEPT[kept]
    return found


def row_hashes(words: Words) -> Words:
    """Return uint64[n]: a hash of each row; zeros at its end do not count.

    Each word is mixed with its place and then added, so rows that differ in one word differ.
    """
    found = np.zeros(len(words), np.uint64)
    for place in range(words.shape[1]):  # a column fits the cache where all of them do not
        each = words[:, place] * _KEYS[place]
        each ^= each >> np.uint64(32)
        each *= _MIX
        found += each
    return mixed(found)


def hashes(octets: bytes, at: Places, length: Places) -> Words:
    """Return uint64[n]: a hash of each span, of any length."""
    found = np.zeros(len(at), np.uint64)
    is_long = length > MOST_BYTES
    for row in np.flatnonzero(is_long).tolist():
        span = memoryview(octets)[at[row] : at[row] + length[row]]
        found[row] = int.from_bytes(blake2b(span, digest_size=WORD_BYTES).digest(), "little")
    if is_long.any():
        rows = np.flatnonzero(~is_long)
        found[rows] = hashes(octets, at[rows], length[rows])
        return found
    for piece in pieces(length):
        found[piece] = row_hashes(spans(octets, at[piece], length[piece]))
    return found


def pieces(length: Places) -> Iterator[slice]:
    """Yield slices, at least one, whose rows, all as wide as the longest, fit the cache."""
    longest = int(length.max(initial=1))
    step = max(_PIECE_BYTES // max(longest, 1), 1)
    for start in range(0, max(len(length), 1), step):
        yield slice(start, start + step)


def mixed(number: Words) -> Words:
    """Return the numbers with every bit depending on every other (splitmix64)."""
    number = (number ^ (number >> np.uint64(30))) * _MIX
    number = (number ^ (number >> np.uint64(27))) * _MIX_MORE
    return number ^ (number >> np.uint64(31))


_KEYS: Final = mixed(
    np.arange(1, MOST_BYTES // WORD_BYTES + 1, dtype=np.uint64) * _GOLDEN
) | np.uint64(1)
