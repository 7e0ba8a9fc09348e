"""Ports of the journal's readers and of the store."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch
from ingest.clock import Instant
from ingest.message import Stray

HomeColumn = NDArray[np.int32]
"""int32[sensors]: home number by sensor number, -1 where there is none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One committed row of the journal; ``seq`` counts from 1 without gaps."""

    seq: int
    batch: Batch
    strays: Sequence[Stray]


class Tail(Protocol):
    """Reads the journal in order; every reader keeps its own position."""

    def read(self, after: int, limit_readings: int) -> Sequence[Entry]:
        """Return entries with seq > ``after``, at least one if any, about ``limit_readings``."""
        ...

    def last_seq(self) -> int:
        """Return the newest committed seq, 0 when the journal is empty."""
        ...


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reading of one sensor; times are microseconds since 1970 UTC."""

    sensor: int
    time_us: int
    value: float
    received_us: int


class StoreBusy(Exception):
    """What was asked is done as far as it can be while others read; ask again."""


class StoreDown(Exception):
    """A server does not answer, or answers that it cannot; the same may be asked again."""


class CannotDo(Exception):
    """This kind of store cannot do what was asked; the sentence says who can."""


class Store(Protocol):
    """Keeps readings for years. One writer; any number of readers, also in other processes."""

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        """Take these entries and their position durably, in one transaction, or not at all."""
        ...

    def position(self) -> int:
        """Return the seq up to which everything has been taken."""
        ...

    def read(self, home: int, start: Instant, stop: Instant) -> Batch:
        """Return a home's readings with start <= time < stop, ordered, each once."""
        ...

    def read_many(self, homes: Sequence[int], start: Instant, stop: Instant) -> Batch:
        """Return the readings of several homes, by time, those of each home ordered and once."""
        ...

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        """Return the newest reading of each of these sensors that has one."""
        ...

    def erase(self, home: int) -> int:
        """Delete all that was stored for this home; return how many readings, where it is known.

        StoreBusy when a reader holds the bytes, CannotDo when this kind of store cannot.
        """
        ...

    def expire(self, homes: Sequence[int], before: Instant) -> int:
        """Delete some of what these homes measured on UTC days that ended by ``before``.

        Returns how many readings went, where it is known; call again until it is 0. CannotDo
        when this kind of store cannot.
        """
        ...

    def tend(self, before: Instant) -> None:
        """Look after itself while there is nothing to append; days before this one are over."""
        ...

    def problem(self) -> str:
        """Return why it cannot be used now, or nothing."""
        ...

    def limits(self) -> Sequence[str]:
        """Return what this kind of store cannot do, a sentence each."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...
