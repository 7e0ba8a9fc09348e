"""Plain native messages read as columns: every step is done for all of them at once.

Plain is what our own gateways write, byte for byte: ``{"b":"boot","s":7,"r":[["address",ms,value],
...]}``, perhaps with ``"oldest":5,`` in front, from a gateway, a boot and addresses that were met
before, with thirteen digits of milliseconds and a value of at most fifteen. Whatever else there is
- a space, an escape, a kind, a sequence of nine digits - is not plain and left to the careful
path, which also says what is wrong with it. So this file needs no answer to bad input but "no".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, concat
from ingest.known_senders import KnownSenders
from ingest.messages import OVERSIZE, RETAINED, Messages
from ingest.names import UNKNOWN
from ingest.numerals import decimals, digits, eight_digits, first_of
from ingest.octets import WORD_BYTES, Places, Words, pieces, spans, words_at
from ingest.quick_native import Plain
from ingest.tracks import Sequenced

MOST_BYTES: Final = 4096
"""The longest message that is read with others."""

_QUOTE: Final = ord('"')
_BEFORE_ROWS: Final = 8
_MS_DIGITS: Final = 13

Flags = NDArray[np.bool_]


def _literal(text: bytes) -> tuple[np.uint64, np.uint64]:
    """Return the word of a text of at most eight bytes, and the mask of its bytes."""
    return np.uint64(int.from_bytes(text, "little")), np.uint64((1 << 8 * len(text)) - 1)


_OPEN, _BOOT = _literal(b"{"), _literal(b'"b":"')
_OLDEST, _OLDEST_MORE, _COMMA = _literal(b'{"oldest'), _literal(b'":'), _literal(b",")
_SEQUENCE, _ROWS = _literal(b'","s":'), _literal(b',"r":[["')
_TIME, _NEXT_ROW, _END = _literal(b'",'), _literal(b'],["'), _literal(b"]]}")


def _is(word: Words, literal: tuple[np.uint64, np.uint64]) -> Flags:
    text, mask = literal
    is_there: Flags = (word & mask) == text
    return is_there


@dataclass(frozen=True, slots=True)
class Columns:
    """What n messages say where ``is_plain`` (bool[n]); the other columns are of those alone.

    ``first`` int64[p+1]: where the readings of each begin; ``gateway`` and ``boot`` int32[p],
    ``boot`` a place in ``boot_names``; ``sequence`` int64[p]; ``oldest`` int64[p], 0 if unsaid.
    """

    is_plain: Flags
    batch: Batch
    first: Places
    gateway: NDArray[np.int32]
    boot: NDArray[np.int32]
    sequence: Places
    oldest: Places
    boot_names: Sequence[str]

    def run(self, start: int, stop: int) -> Plain:
        """Return what plain messages start..stop say."""
        return Plain(
            self.batch.slice(int(self.first[start]), int(self.first[stop])),
            self._sequences(slice(start, stop)),
        )

    def _sequences(self, rows: slice) -> list[Sequenced]:
        """Return the places in outboxes, by gateway, those together that follow one another."""
        gateway = self.gateway[rows]
        # NumPy sorts numbers of two bytes by counting, ten times as fast.
        is_small = gateway.max(initial=0) < 1 << 16
        order = np.argsort(gateway.astype(np.uint16) if is_small else gateway, kind="stable")
        gateway, boot = gateway[order], self.boot[rows][order]
        sequence, oldest = self.sequence[rows][order], self.oldest[rows][order]
        is_next = (gateway[1:] == gateway[:-1]) & (boot[1:] == boot[:-1])
        is_next &= (sequence[1:] == sequence[:-1] + 1) & (oldest[1:] == oldest[:-1])
        begun = np.concatenate([np.zeros(1, np.int64), np.flatnonzero(~is_next) + 1])
        columns = (gateway[begun], boot[begun], sequence[begun], oldest[begun])
        more = np.diff(begun, append=len(order)) - 1
        names = self.boot_names
        return [
            Sequenced(gateway, names[boot], sequence, oldest or None, more)
            for gateway, boot, sequence, oldest, more in zip(
                *(column.tolist() for column in (*columns, more)), strict=True
            )
        ]


def read_columns(messages: Messages, known: KnownSenders) -> Columns:
    """Return what the plain ones of these messages say, in their order."""
    if known.are_boots_full:
        known.forget_boots()
    is_plain = ~messages.has(RETAINED | OVERSIZE) & (messages.payload_bytes <= MOST_BYTES)
    some = messages if is_plain.all() else messages.take(is_plain)
    parts = [_part(some.take(piece), known) for piece in pieces(some.payload_bytes)]
    is_plain[is_plain] = np.concatenate([part.is_plain for part in parts])
    readings = np.concatenate([part.readings for part in parts])
    return Columns(
        is_plain,
        parts[0].batch if len(parts) == 1 else concat([part.batch for part in parts]),
        np.concatenate([np.zeros(1, np.int64), np.cumsum(readings)]),
        np.concatenate([part.gateway for part in parts]),
        np.concatenate([part.boot for part in parts]),
        np.concatenate([part.sequence for part in parts]),
        np.concatenate([part.oldest for part in parts]),
        known.boot_names,
    )


class _Part(NamedTuple):
    """What some messages say, of those that ``is_plain`` alone; ``readings`` counts by message."""

    is_plain: Flags
    batch: Batch
    readings: Places
    gateway: NDArray[np.int32]
    boot: NDArray[np.int32]
    sequence: Places
    oldest: Places


def _part(messages: Messages, known: KnownSenders) -> _Part:
    """Read as many messages as fit the processor's cache."""
    octets, stop = messages.octets, messages.stop
    gateway = known.gateways(octets, messages.topic_at, messages.topic_stop - messages.topic_at)
    body_at, oldest, is_plain = _bodies(octets, messages.payload_at, stop)
    is_plain &= gateway != UNKNOWN
    quotes, first = _quotes(octets, body_at, np.where(is_plain, stop - body_at, 0))
    count = np.diff(first)
    is_plain &= (count > _BEFORE_ROWS) & (count % 2 == 0)
    boot_stop, rows_at = quotes[first[:-1] + 3], quotes[first[:-1] + 6] - 1
    boot = known.boots(octets, body_at + 5, np.where(is_plain, boot_stop - body_at - 5, 0))
    sequence, is_number = digits(words_at(octets, boot_stop + 6), rows_at - boot_stop - 6)
    is_plain &= (boot != UNKNOWN) & is_number & (sequence >= 1)
    is_plain &= _is(words_at(octets, boot_stop), _SEQUENCE) & _is(words_at(octets, rows_at), _ROWS)
    readings = np.where(is_plain, (count - _BEFORE_ROWS) // 2, 0)
    row = np.repeat(np.arange(len(readings)), readings)
    batch, is_reading = _readings(
        messages, gateway, quotes, first[:-1] + _BEFORE_ROWS, readings, row, known
    )
    if not is_reading.all():
        is_plain[row[~is_reading]] = False
        batch = batch.take(is_plain[row])
    kept = slice(None) if is_plain.all() else is_plain
    return _Part(
        is_plain, batch, readings[kept], gateway[kept], boot[kept], sequence[kept], oldest[kept]
    )


def _bodies(octets: bytes, at: Places, stop: Places) -> tuple[Places, Places, Flags]:
    """Return where each message says its boot, what it says is the oldest, and if it is plain."""
    word = words_at(octets, at)
    is_plain, body_at, oldest = _is(word, _OPEN), at + 1, np.zeros(len(at), np.int64)
    told = np.flatnonzero(_is(word, _OLDEST))
    if len(told):
        number_at = at[told] + 10
        text = words_at(octets, number_at)
        length = first_of(text, ",")
        oldest[told], is_number = digits(text, length)
        body_at[told] = number_at + length + 1
        is_plain[told] = (
            _is(words_at(octets, at[told] + 8), _OLDEST_MORE) & is_number & (oldest[told] >= 1)
        )
    is_plain &= body_at < stop
    return body_at, oldest, is_plain & _is(words_at(octets, body_at), _BOOT)


def _quotes(octets: bytes, at: Places, length: Places) -> tuple[Places, Places]:
    """Return where the quotes of all spans are, and int64[n+1]: which is the first of each.

    Some more places follow, so that a message with too few quotes has something to look at.
    """
    rows = spans(octets, at, length)
    width = rows.shape[1] * WORD_BYTES
    found = np.flatnonzero(rows.view(np.uint8).reshape(-1) == _QUOTE)
    bounds = np.arange(len(at) + 1) * width
    first = np.searchsorted(found, bounds)
    found += np.repeat(at - bounds[:-1], np.diff(first))
    return np.concatenate([found, np.ones(_BEFORE_ROWS, np.int64)]), first


def _readings(
    messages: Messages,
    gateway: NDArray[np.int32],
    quotes: Places,
    address_quote: Places,
    readings: Places,
    row: NDArray[np.intp],
    known: KnownSenders,
) -> tuple[Batch, Flags]:
    """Return the readings, ``readings`` of each message, and whether each is plain."""
    octets = messages.octets
    number = np.arange(len(row)) - (np.cumsum(readings) - readings)[row]
    quote = address_quote[row] + 2 * number
    opened, closed, is_last = quotes[quote], quotes[quote + 1], number == readings[row] - 1
    value_stop = np.where(is_last, messages.stop[row] - 3, quotes[quote + 2] - 3)
    behind = words_at(octets, np.maximum(value_stop, 0))
    is_plain = np.where(is_last, _is(behind, _END), _is(behind, _NEXT_ROW))
    early, is_early = eight_digits(words_at(octets, closed + 2))
    late_word = words_at(octets, closed + 10)
    late, is_late = eight_digits(late_word, _MS_DIGITS - 8)
    value, is_value = decimals(octets, closed + 16, value_stop)
    sensor = known.sensors(octets, opened + 1, closed - opened - 1, gateway[row])
    is_plain &= _is(words_at(octets, closed), _TIME) & is_early & is_late & is_value
    is_plain &= _is(late_word >> np.uint64(40), _COMMA)
    is_plain &= (early >= 10_000_000) & (sensor != UNKNOWN)
    time_us = (early * 100_000 + late) * 1000
    received = messages.received_us[row].view("M8[us]")
    return Batch(sensor, time_us.view("M8[us]"), value, received), is_plain
