"""VictoriaMetrics behind the ``Store`` port: lines in, ``/api/v1/export`` out.

Its traps, measured on 1.79.5, and what is done here:
- kill -9 loses what it acknowledged up to ten seconds before: the position that is kept is that
  of ``SETTLE_S`` ago and of the same run of the server, and the journal is sent again from there;
- a value it cannot parse is stored as 0 with a success: only Python's own numbers are sent;
- a new series is visible after seconds: what was just written is flushed before it is read;
- samples have milliseconds and no rows: see ``samples``;
- ``reduce_mem_usage=1`` gives other series' times: never asked for.
"""

import re
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from ingest.batch import Batch, concat, empty, merged, ordered
from ingest.clock import Instant, microseconds
from ingest.message import Reject
from ingest.sink import CannotDo, Entry, HomeColumn, Latest, StoreDown
from ingest.store.bookmark import Bookmark
from ingest.store.influx import is_storable, refusals
from ingest.store.pieces import homes_of
from ingest.store.samples import MS_US, Column, joined, keys
from ingest.store.server import Server

SETTLE_S: Final = 60.0
"""After this long the server has what it acknowledged on disk."""

FRESH_S: Final = 15.0
"""How long after a write a new series may not be found yet."""

_FIRST_MS: Final = 0
_LAST_MS: Final = 9_223_372_036_854
_STARTED: Final = re.compile(rb"^vm_app_start_timestamp (\S+)", re.MULTILINE)
_RETENTION: Final = (
    "cannot end the retention of one place, and drops what is older or over two days ahead without"
    " a word: start it with the -retentionPeriod of the place that keeps readings longest"
)


class _Exported(msgspec.Struct):
    metric: dict[str, str]
    values: list[float | None]
    timestamps: list[int]


_EXPORTED: Final = msgspec.json.Decoder(_Exported)


@dataclass(frozen=True, slots=True)
class _Sent:
    seq: int
    at_s: float


class VictoriaStore:
    """The ``Store`` port on VictoriaMetrics. Any thread may call; StoreDown passes through.

    ``monotonic`` tells seconds, for what has settled.
    """

    def __init__(
        self,
        server: Server,
        bookmark: Bookmark,
        name: str,
        on_refused: Callable[[Sequence[Reject]], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server, self._bookmark, self._name = server, bookmark, name
        self._on_refused, self._monotonic = on_refused, monotonic
        self._sent: deque[_Sent] = deque()
        self._run = ""
        self._written_s = -FRESH_S

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        """Write these entries. Their position is kept once they have settled.

        Readings that line protocol cannot carry become dead letters.
        """
        if not entries:
            return
        batch = concat([entry.batch for entry in entries])
        home = homes_of(batch.sensor, home_of_sensor)
        fits = is_storable(batch) & (batch.time.view(np.int64) >= 0)
        sent = batch.take(fits)
        try:
            self._expect_same_run()
            refused = self._server.write(self._lines(sent, home[fits]), "ms")
        except BaseException:
            # Whatever had not settled may be lost with the server.
            self._sent.clear()
            raise
        rows = np.flatnonzero(fits)
        odd = [(int(row), "no finite value, or before 1970") for row in np.flatnonzero(~fits)]
        odd += [(int(rows[one.row]), one.said) for one in refused]
        if odd:
            self._on_refused(refusals(batch, odd))
        self._written_s = self._monotonic()
        self._bookmark.keep(sent, home[fits])
        self._sent.append(_Sent(max(entry.seq for entry in entries), self._written_s))

    def position(self) -> int:
        """Return the seq up to which all has been sent to this run of the server.

        It goes back when the server was away, by what may be lost.
        """
        return max(self._bookmark.position(), self._sent[-1].seq if self._sent else 0)

    def settled(self) -> int:
        """Return the seq up to which the server has everything on disk."""
        return self._bookmark.position()

    def read(self, home: int, start: Instant, stop: Instant) -> Batch:
        """Return a home's readings with start <= time < stop, ordered, each once."""
        first, last = microseconds(start), microseconds(stop)
        first_ms, last_ms = (min(max(us // MS_US, _FIRST_MS), _LAST_MS) for us in (first, last - 1))
        if last <= first or last_ms < first_ms:
            return empty()
        wanted = f'{{__name__=~"{self._name}_[vdk]",h="{home}"{self._freshly()}}}'
        body = self._server.ask(
            "GET",
            "/api/v1/export",
            **{"match[]": wanted, "start": _seconds(first_ms), "end": _seconds(last_ms)},
        )
        batch = ordered(concat(_batches(body)))
        from_, to = np.searchsorted(batch.time.view(np.int64), [first, last])
        return batch.slice(int(from_), int(to))

    def read_many(self, homes: Sequence[int], start: Instant, stop: Instant) -> Batch:
        """Return the readings of several homes, by time, those of each home ordered and once."""
        return merged([self.read(home, start, stop) for home in homes])

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        """Return the newest reading of each of these sensors that has one, by sensor number."""
        return self._bookmark.latest(sensors)

    def erase(self, home: int) -> int:
        """Delete all series of this home; it says nothing of how much, hence 0."""
        self._freshly()
        wanted = f'{{__name__=~"{self._name}_[vdk]",h="{home}"}}'
        self._server.ask("POST", "/api/v1/admin/tsdb/delete_series", **{"match[]": wanted})
        self._bookmark.erase(home)
        return 0

    def expire(self, homes: Sequence[int], before: Instant) -> int:  # noqa: ARG002 - the port's
        """Raise CannotDo: the server deletes by age for all homes alike."""
        raise CannotDo(_RETENTION)

    def tend(self, before: Instant) -> None:  # noqa: ARG002 - the port's
        """Keep the position of what has settled; what a server lost is sent again."""
        try:
            self._expect_same_run()
        except BaseException:
            self._sent.clear()
            raise

    def limits(self) -> Sequence[str]:
        """Return what this store cannot do."""
        return (_RETENTION,)

    def problem(self) -> str:
        """Return why the server cannot be used now, or nothing."""
        try:
            self._server.ask("GET", "/health")
        except StoreDown as problem:
            return str(problem)
        return ""

    def close(self) -> None:
        """Release files and connections."""
        self._bookmark.close()
        self._server.close()

    def _lines(self, batch: Batch, home: HomeColumn) -> Sequence[bytes]:
        time_us = batch.time.view(np.int64)
        delay = batch.received.view(np.int64) - time_us
        columns = (home, batch.sensor, batch.value, delay, keys(batch), time_us // MS_US)
        name = self._name
        return [
            f"{name},h={h},s={s} v={v!r},d={d},k={k} {at}".encode()
            for h, s, v, d, k, at in zip(*(column.tolist() for column in columns), strict=True)
        ]

    def _expect_same_run(self) -> None:
        """Keep what has settled if the server never stopped since; StoreDown when it did."""
        found = _STARTED.search(self._server.ask("GET", "/metrics"))
        run = found.group(1).decode() if found else ""
        if self._run and run != self._run:
            self._run = run
            if self._sent:
                raise StoreDown(
                    "store: the server started again; what it may have lost is sent again"
                )
        self._run = run
        settled = None
        while self._sent and self._sent[0].at_s <= self._monotonic() - SETTLE_S:
            settled = self._sent.popleft()
        if settled is not None:
            self._bookmark.move(settled.seq)

    def _freshly(self) -> str:
        """Flush what was just written; return a filter that no answer is remembered for."""
        if self._monotonic() - self._written_s >= FRESH_S:
            return ""
        self._server.ask("GET", "/internal/force_flush")
        return f',fresh!="{time.monotonic_ns()}"'


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _batches(body: bytes) -> list[Batch]:
    columns: dict[int, dict[str, list[Column]]] = defaultdict(lambda: defaultdict(list))
    for line in body.splitlines():
        one = _EXPORTED.decode(line)
        values = np.array([np.nan if value is None else value for value in one.values], np.float64)
        field = one.metric["__name__"][-1]
        columns[int(one.metric["s"])][field].append((np.array(one.timestamps, np.int64), values))
    return [
        joined(sensor, _whole(fields["v"]), _whole(fields["d"]), _whole(fields["k"]))
        for sensor, fields in columns.items()
    ]


def _whole(parts: Sequence[Column]) -> Column:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.float64)
    return np.concatenate([at for at, _ in parts]), np.concatenate([value for _, value in parts])
