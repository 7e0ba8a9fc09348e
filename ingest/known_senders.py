"""Who writes, in which boot and of which sensor, for a column of messages at a time.

A topic, a boot or an address is looked up by the careful rules once and then known by its bytes.
Only those are learnt that the roster bounds, topics and sensors that are enrolled, and a limited
number of boots, which a gateway makes up.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.sensor_table import SensorTable
from ingest.names import UNKNOWN, Names
from ingest.octets import Places, spans
from ingest.quick_native import Senders, senders

_TOPIC_WORDS: Final = 16
_BOOT_WORDS: Final = 8
_ADDRESS_WORDS: Final = 8
_FEWEST: Final = 1024
_BOOTS: Final = 16_384
_MOST_FAILURES: Final = 64
"""A flood of what nobody knows shall cost no more here than on the careful path."""

Numbers = NDArray[np.int32]


class KnownSenders:
    """What is known of the gateways of one roster; used by one thread."""

    def __init__(self, of: Senders) -> None:
        self._senders, table = of, of.table
        self._topics = Names(_TOPIC_WORDS, max(2 * len(table.gateways), _FEWEST))
        self._addresses = Names(1 + _ADDRESS_WORDS, max(2 * len(table.sensors), _FEWEST))
        self.forget_boots()

    def forget_boots(self) -> None:
        """Begin the boots anew; numbers given before mean nothing then."""
        self._boots = Names(_BOOT_WORDS, _BOOTS)
        self.boot_names: list[str] = []

    @property
    def are_boots_full(self) -> bool:
        """Whether new boots find no room."""
        return len(self.boot_names) >= _BOOTS

    def gateways(self, octets: bytes, at: Places, length: Places) -> Numbers:
        """Return int32[n]: the box that writes under each topic, UNKNOWN where none may."""

        def gateway(topic: bytes, _: int) -> int:
            sender = self._senders.of(topic)
            return UNKNOWN if sender is None else sender.box

        return _found(self._topics, octets, at, length, None, gateway)

    def boots(self, octets: bytes, at: Places, length: Places) -> Numbers:
        """Return int32[n]: the place of each boot in ``boot_names``, UNKNOWN for odd ones."""

        def boot(name: bytes, _: int) -> int:
            if self.are_boots_full or not _is_plain(name):
                return UNKNOWN
            self.boot_names.append(name.decode("ascii"))
            return len(self.boot_names) - 1

        return _found(self._boots, octets, at, length, None, boot)

    def sensors(self, octets: bytes, at: Places, length: Places, gateway: Numbers) -> Numbers:
        """Return int32[n]: the one sensor of an address at its box, UNKNOWN where none."""

        def sensor(address: bytes, of: int) -> int:
            if not _is_plain(address):
                return UNKNOWN
            return self._senders.sensor_of(of, address.decode("ascii"))

        return _found(self._addresses, octets, at, length, gateway, sensor)


def _is_plain(text: bytes) -> bool:
    """Return whether JSON says these very characters by these bytes, and nothing else does."""
    return text.isascii() and text.decode("ascii").isprintable() and not {*b'"\\'} & {*text}


def _found(
    known: Names,
    octets: bytes,
    at: Places,
    length: Places,
    owner: Numbers | None,
    look_up: Callable[[bytes, int], int],
) -> Numbers:
    """Return the numbers of these spans, each of its owner; what is new is looked up and learnt."""
    room = known.longest - (0 if owner is None else 8)
    is_fine = (length >= 1) & (length <= room)
    # Names tells none that ends with a zero byte from the one without.
    last = np.where(is_fine, at + length - 1, 0)
    is_fine &= np.frombuffer(octets, np.uint8)[last] != 0
    names = spans(octets, np.where(is_fine, at, 0), np.where(is_fine, length, 0))
    if owner is not None:
        names = np.hstack([(owner.astype(np.uint64) + np.uint64(1))[:, None], names])
    found = np.where(is_fine, known.find(names), np.int32(UNKNOWN))
    new = np.flatnonzero(is_fine & (found == UNKNOWN))
    if not len(new):
        return found
    tried: dict[tuple[bytes, int], int] = {}
    failures = 0
    for row in new.tolist():
        said = octets[at[row] : at[row] + length[row]]
        key = said, UNKNOWN if owner is None else int(owner[row])
        if key not in tried:
            tried[key] = UNKNOWN if known.is_full else look_up(*key)
            if tried[key] != UNKNOWN:
                known.learn(names[row], tried[key])
        failures += tried[key] == UNKNOWN
        if failures == _MOST_FAILURES:
            break
    found[new] = known.find(names[new])
    return found


class _Same:
    """The gateways of a roster as a key: the same object, not an equal one."""

    def __init__(self, of: Senders) -> None:
        self.of = of

    def __hash__(self) -> int:
        return id(self.of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.of is self.of


@lru_cache(2)
def _known(same: _Same) -> KnownSenders:
    return KnownSenders(same.of)


def known_senders(table: SensorTable) -> KnownSenders:
    """Return what is known of the gateways of this roster."""
    return _known(_Same(senders(table)))
