"""Reads the embedded store in a process of its own, a stretch ahead of who asks for it.

Opening and ordering pieces takes about as long as deciding on their readings: side by side, both
cores of a small machine have something to do. The readings come back through shared memory.
"""

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ingest.batch import BYTES_PER_READING, Batch, empty
from ingest.clock import instant
from ingest.store.embedded import open_store_readonly

_Span = tuple[int, int]

WORTH: Final = 5_000
"""Days of homes from which on another process is worth starting."""


class Ahead:
    """Gives the readings of these homes, span after span; ``close`` ends its process.

    StoreDamaged when a piece is not as it was written.
    """

    def __init__(self, path: Path, homes: Sequence[int]) -> None:
        self._path, self._homes = path, tuple(homes)
        # Spawned, not forked: pages rehearse too, from a process with threads.
        self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
        self._next: tuple[_Span, Future[tuple[str, int]]] | None = None

    def __call__(self, start_us: int, stop_us: int) -> Batch:
        """Return the readings with start <= time < stop, and begin to read as much after them."""
        span = (start_us, stop_us)
        begun, self._next = self._next, None
        if begun is not None and begun[0] != span:
            _given(begun[1])  # guessed wrong
            begun = None
        try:
            batch = _given(self._begin(span) if begun is None else begun[1])
            after = (stop_us, 2 * stop_us - start_us)
            self._next = (after, self._begin(after))
        except BrokenProcessPool:
            return _read(self._path, self._homes, span)
        return batch

    def close(self) -> None:
        """End the process, and release what it had read for nobody."""
        if self._next is not None:
            self._next[1].cancel()
            with suppress(Exception, CancelledError):  # nobody asked for it
                _given(self._next[1])
        self._pool.shutdown(cancel_futures=True)

    def _begin(self, span: _Span) -> Future[tuple[str, int]]:
        return self._pool.submit(_share, self._path, self._homes, span)


def _read(path: Path, homes: Sequence[int], span: _Span) -> Batch:
    store = open_store_readonly(path)
    try:
        return store.read_many(homes, instant(span[0]), instant(span[1]))
    finally:
        store.close()


def _share(path: Path, homes: Sequence[int], span: _Span) -> tuple[str, int]:
    """Return the name of the shared memory that holds the columns, and how many readings."""
    batch = _read(path, homes, span)
    if not len(batch):
        return "", 0
    memory = SharedMemory(create=True, size=len(batch) * BYTES_PER_READING)
    for target, column in zip(
        _columns(memory, len(batch)),
        (batch.sensor, batch.time, batch.value, batch.received),
        strict=True,
    ):
        target[:] = column
    memory.close()
    return memory.name, len(batch)


def _given(future: Future[tuple[str, int]]) -> Batch:
    """Return what the process has read, and release the memory that it came in."""
    name, count = future.result()
    if not count:
        return empty()
    memory = SharedMemory(name)
    try:
        return Batch(*(column.copy() for column in _columns(memory, count)))
    finally:
        memory.close()
        memory.unlink()


def _columns(memory: SharedMemory, count: int) -> tuple[NDArray[Any], ...]:
    at, made = 0, []
    for kind in ("<M8[us]", "<f8", "<M8[us]", "<i4"):  # the widest first, so that all are aligned
        column: NDArray[Any] = np.ndarray((count,), kind, memory.buf, at)
        made.append(column)
        at += column.nbytes
    time, value, received, sensor = made
    return sensor, time, value, received
