"""InfluxDB 1.8, 2 and 3 behind the ``Store`` port: lines in, InfluxQL out.

A reading is a point of measurement ``{database}_{home / 1000}`` - 100,000 values a tag is the
default limit of 1.x - with tags h (home) and s (sensor), and fields v (value) and d (receipt
after the event, us). InfluxDB keeps one point a series and time: the nanoseconds below our
microsecond are a mark of value and receipt, so that an on and an off of one moment both stay,
and a reading that is sent again falls on itself.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, groupby
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ingest.batch import Batch, concat, empty, merged, ordered
from ingest.clock import Instant, microseconds
from ingest.message import Reason, Reject
from ingest.sink import CannotDo, Entry, HomeColumn, Latest, StoreDown
from ingest.store.bookmark import Bookmark
from ingest.store.pieces import DAY_US, homes_of
from ingest.store.server import Server

HOMES_A_MEASUREMENT: Final = 1000

_NS: Final = 1_000
_FIRST_US: Final = -9_223_372_036_854_775
_LAST_US: Final = 9_223_372_036_854_774
"""InfluxDB's times are 64-bit nanoseconds: the years 1677 to 2262."""

_FIRST_DAY, _LAST_DAY = "1677-09-22T00:00:00Z", "2262-04-11T00:00:00Z"
_HOMES_A_REQUEST: Final = 100
_NO_ERASURE: Final = (
    "cannot erase a home: InfluxDB 3 Core deletes no rows. Use another store where the law asks for"
    " erasure, or copy the other homes to a new database and drop this one"
)
_NO_RETENTION: Final = (
    "cannot end the retention of one place: set the retention of the database, for all alike"
)
_MARKS: Final = 31
_RECEIPTS: Final = 32


class Version(StrEnum):
    """Which InfluxDB it is: they delete in different ways."""

    ONE = "influxdb1"
    TWO = "influxdb2"
    THREE = "influxdb3"


class _Series(msgspec.Struct):
    tags: dict[str, str]
    values: list[tuple[int, float, int]]


class _Result(msgspec.Struct):
    series: list[_Series] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def is_storable(batch: Batch) -> NDArray[np.bool_]:
    """Tell which readings line protocol can carry: finite values, times of its range."""
    time = batch.time.view(np.int64)
    mask: NDArray[np.bool_] = np.isfinite(batch.value) & (time >= _FIRST_US) & (time <= _LAST_US)
    return mask


def stamps(batch: Batch) -> NDArray[np.int64]:
    """Return int64[n] nanoseconds: event time and a mark of value and receipt below it."""
    value = np.mod(np.rint(np.clip(batch.value, -1e12, 1e12) * 1000), _MARKS).astype(np.int64)
    receipt = batch.received.view(np.int64) % _RECEIPTS
    return batch.time.view(np.int64) * _NS + value * _RECEIPTS + receipt


def lines(batch: Batch, home: HomeColumn, name: str) -> Sequence[bytes]:
    """Return one line a reading. Columns become Python numbers first: numpy writes its own way."""
    delay = batch.received.view(np.int64) - batch.time.view(np.int64)
    columns = (home, batch.sensor, batch.value, delay, stamps(batch))
    return [
        f"{name}_{h // HOMES_A_MEASUREMENT},h={h},s={s} v={v!r},d={d}i {at}".encode()
        for h, s, v, d, at in zip(*(column.tolist() for column in columns), strict=True)
    ]


def refusals(batch: Batch, rows: Sequence[tuple[int, str]]) -> Sequence[Reject]:
    """Return the dead letters of these rows, each with what the server said."""
    return [
        Reject(
            Reason.REFUSED_BY_STORE,
            f"store/sensor/{int(batch.sensor[row])}",
            f"{float(batch.value[row])!r} at {batch.time[row]}".encode(),
            said,
            microseconds(batch.received[row]),
        )
        for row, said in rows
    ]


class InfluxStore:
    """The ``Store`` port on InfluxDB. Any thread may call; StoreDown passes through."""

    def __init__(
        self,
        server: Server,
        bookmark: Bookmark,
        database: str,
        version: Version,
        on_refused: Callable[[Sequence[Reject]], None],
    ) -> None:
        self._server, self._bookmark = server, bookmark
        self._database, self._version = database, version
        self._on_refused = on_refused

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        """Write these entries, then their position; written twice, they are stored once.

        What the server refuses becomes a dead letter, the rest is stored.
        """
        if not entries:
            return
        batch = concat([entry.batch for entry in entries])
        home = homes_of(batch.sensor, home_of_sensor)
        fits = is_storable(batch)
        sent, sent_home = batch.take(fits), home[fits]
        refused = self._server.write(lines(sent, sent_home, self._database), "ns")
        rows = np.flatnonzero(fits)
        odd = [
            (int(row), "no finite value, or no time that it has") for row in np.flatnonzero(~fits)
        ]
        odd += [(int(rows[one.row]), one.said) for one in refused]
        if odd:
            self._on_refused(refusals(batch, odd))
        stored = np.delete(np.arange(len(batch)), [row for row, _ in odd])
        self._bookmark.keep(batch.take(stored), home[stored])
        self._bookmark.move(max(entry.seq for entry in entries))

    def position(self) -> int:
        """Return the seq up to which everything has been taken."""
        return self._bookmark.position()

    def read(self, home: int, start: Instant, stop: Instant) -> Batch:
        """Return a home's readings with start <= time < stop, ordered, each once."""
        first, last = (
            min(max(microseconds(moment), _FIRST_US), _LAST_US) * _NS for moment in (start, stop)
        )
        if last <= first:
            return empty()
        found = self._query(
            f"SELECT v, d FROM {_of(self._database, home)}"  # noqa: S608 - numbers only
            f" AND time >= {first} AND time < {last} GROUP BY s"
        )
        return ordered(concat([_batch(series) for series in found]))

    def read_many(self, homes: Sequence[int], start: Instant, stop: Instant) -> Batch:
        """Return the readings of several homes, by time, those of each home ordered and once."""
        return merged([self.read(home, start, stop) for home in homes])

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        """Return the newest reading of each of these sensors that has one, by sensor number."""
        return self._bookmark.latest(sensors)

    def erase(self, home: int) -> int:
        """Delete all that was stored for this home; it says nothing of how much, hence 0.

        CannotDo on InfluxDB 3 Core, which deletes no rows.
        """
        if self._version is Version.THREE:
            raise CannotDo(_NO_ERASURE)
        if self._version is Version.TWO:
            self._server.delete(_FIRST_DAY, _LAST_DAY, f'h="{home}"')
        else:
            self._command(f"DROP SERIES FROM {_of(self._database, home)}")
        self._bookmark.erase(home)
        return 0

    def expire(self, homes: Sequence[int], before: Instant) -> int:
        """Delete what these homes measured on UTC days that ended by ``before``; returns 0."""
        if self._version is Version.THREE:
            raise CannotDo(_NO_RETENTION)
        day = before.astype("datetime64[D]")
        if self._version is Version.TWO:
            for home in homes:
                self._server.delete(_FIRST_DAY, f"{day}T00:00:00Z", f'h="{home}"')
        else:
            cut = microseconds(before) // DAY_US * DAY_US * _NS
            for whose in _of_many(self._database, homes):
                self._command(f"DELETE FROM {whose} AND time < {cut}")  # noqa: S608 - numbers only
        self._bookmark.expire(homes, day.astype("datetime64[us]"))
        return 0

    def tend(self, before: Instant) -> None:
        """Do nothing: the server looks after itself."""

    def limits(self) -> Sequence[str]:
        """Return what this version cannot do."""
        if self._version is not Version.THREE:
            return ()
        return (_NO_ERASURE, _NO_RETENTION)

    def problem(self) -> str:
        """Return why the server cannot be used now, or nothing."""
        try:
            self._server.ask("GET", "/ping")
            self._query(f"SELECT v, d FROM {_of(self._database, 0)} GROUP BY s LIMIT 1")  # noqa: S608
        except StoreDown as problem:
            return str(problem)
        return ""

    def close(self) -> None:
        """Release files and connections."""
        self._bookmark.close()
        self._server.close()

    def _query(self, influxql: str) -> Sequence[_Series]:
        return self._series(
            self._server.ask("GET", "/query", db=self._database, q=influxql, epoch="ns")
        )

    def _command(self, influxql: str) -> None:
        self._series(self._server.ask("POST", "/query", db=self._database, q=influxql))

    def _series(self, body: bytes) -> Sequence[_Series]:
        try:
            answer = _ANSWER.decode(body)
        except msgspec.DecodeError as problem:
            raise StoreDown(
                f"store: the answer is not that of an InfluxDB ({problem})"
            ) from problem
        for error in (answer.error, *(result.error for result in answer.results)):
            if error:
                raise StoreDown(f"store: the server answers {error[:200]}")
        return list(chain.from_iterable(result.series for result in answer.results))


def _of(database: str, home: int) -> str:
    return f"\"{database}_{home // HOMES_A_MEASUREMENT}\" WHERE h = '{home}'"


def _of_many(database: str, homes: Sequence[int]) -> Iterator[str]:
    """Yield what picks these homes, some of one measurement at a time."""
    for part, those in groupby(sorted(homes), lambda home: home // HOMES_A_MEASUREMENT):
        numbers = [str(home) for home in those]
        for start in range(0, len(numbers), _HOMES_A_REQUEST):
            wanted = "|".join(numbers[start : start + _HOMES_A_REQUEST])
            yield f'"{database}_{part}" WHERE h =~ /^({wanted})$/'


def _batch(series: _Series) -> Batch:
    n = len(series.values)
    at = np.fromiter((row[0] for row in series.values), np.int64, n) // _NS
    delay = np.fromiter((row[2] for row in series.values), np.int64, n)
    return Batch(
        np.full(n, int(series.tags["s"]), np.int32),
        at.view("datetime64[us]"),
        np.fromiter((row[1] for row in series.values), np.float64, n),
        (at + delay).view("datetime64[us]"),
    )
