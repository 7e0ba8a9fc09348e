"""Numbers in plain decimal digits, read for a whole column at once.

A word holds eight characters; three multiplications make a number of all eight (D. Lemire,
"Quickly parsing eight digits", 2018). A decimal fraction is an integer of at most fifteen digits
divided by a power of ten: both are exact in a double, so the quotient is what a careful parser
gives (W. D. Clinger, "How to read floating point numbers accurately", 1990).
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.octets import Places, Words, words_at

MOST_DIGITS: Final = 8
MOST_DECIMAL_DIGITS: Final = 15
_MOST_BYTES: Final = 32

Flags = NDArray[np.bool_]


def _every(byte: int) -> np.uint64:
    return np.uint64(byte * 0x0101010101010101)


_ZEROS, _LOWEST = _every(ord("0")), _every(1)
_BEYOND_9, _HIGHEST = _every(0x76), _every(0x80)
_PAIRS, _FOURS, _ALL = (
    np.uint64(each) for each in (0x00FF00FF00FF00FF, 0x0000FFFF0000FFFF, 0xFFFFFFFF)
)
_FIRST_DIGIT: Final = np.uint64(0xFF)
_MINUS: Final = np.uint64(ord("-"))
_numbers: Final = msgspec.json.Decoder(list[float])
_POWERS: Final = 10 ** np.arange(MOST_DIGITS + 1, dtype=np.int64)


def digits(word: Words, count: Places) -> tuple[Places, Flags]:
    """Return the number that the first ``count`` (1..8) characters are, and whether it is one.

    Zeros in front are no number, as in JSON; what is no number has any value.
    """
    number, is_fine = eight_digits(word, count)
    is_fine &= ((word & _FIRST_DIGIT) != ord("0")) | (count == 1)
    return number, is_fine & (count >= 1) & (count <= MOST_DIGITS)


def eight_digits(word: Words, count: Places | int = MOST_DIGITS) -> tuple[Places, Flags]:
    """Return what ``digits`` does, with zeros in front allowed."""
    spare = MOST_DIGITS - np.minimum(np.maximum(count, 1), MOST_DIGITS)
    each = (word ^ _ZEROS) << (spare << 3).astype(np.uint64)
    is_fine = (((each + _BEYOND_9) | each) & _HIGHEST) == 0
    each = (each * np.uint64(10) + (each >> np.uint64(8))) & _PAIRS
    each = (each * np.uint64(100) + (each >> np.uint64(16))) & _FOURS
    each = (each * np.uint64(10_000) + (each >> np.uint64(32))) & _ALL
    return each.astype(np.int64), is_fine


def decimals(octets: bytes, at: Places, stop: Places) -> tuple[NDArray[np.float64], Flags]:
    """Return the number that each span is as JSON, and whether it is one, of at most 32 bytes.

    Quick are those of at most fifteen digits, eight on either side of the point at most.
    """
    number, is_fine = _short_decimals(octets, at, stop)
    rest = np.flatnonzero(~is_fine & (stop > at) & (stop - at <= _MOST_BYTES))
    if len(rest):
        texts = [octets[a:b] for a, b in zip(at[rest].tolist(), stop[rest].tolist(), strict=True)]
        try:
            # Together: as many as there are spans, so none has reached into its neighbour.
            found = _numbers.decode(b"[%b]" % b",".join(texts))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return number, is_fine
        if len(found) == len(rest):
            number[rest] = np.array(found) + 0.0
            is_fine[rest] = True
    return number, is_fine


def _short_decimals(octets: bytes, at: Places, stop: Places) -> tuple[NDArray[np.float64], Flags]:
    is_negative = words_at(octets, at) & _FIRST_DIGIT == _MINUS
    at = at + is_negative
    length = stop - at
    word = words_at(octets, at)
    point = np.minimum(first_of(word, "."), length)
    whole, is_fine = digits(word, point)
    places = np.maximum(length - point - 1, 0)
    fraction, is_fraction = eight_digits(words_at(octets, at + point + 1), places)
    is_whole = point == length
    is_fine &= is_whole | (is_fraction & (places >= 1) & (places <= MOST_DIGITS))
    is_fine &= (is_whole | (point < MOST_DIGITS)) & (point + places <= MOST_DECIMAL_DIGITS)
    scale = _POWERS[np.minimum(places, MOST_DIGITS)]
    number = (whole * scale + np.where(is_whole, 0, fraction)) / scale.astype(np.float64)
    # Adding 0.0 turns -0.0 into 0.0.
    return np.where(is_negative, -number, number) + 0.0, is_fine


def first_of(word: Words, character: str) -> Places:
    """Return where this character is first in each word, 8 where it is not."""
    each = word ^ _every(ord(character))
    is_there = (each - _LOWEST) & ~each & _HIGHEST
    below = (is_there & (~is_there + np.uint64(1))) - np.uint64(1)
    return (np.bitwise_count(below) >> np.uint8(3)).astype(np.int64)
