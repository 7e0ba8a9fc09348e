"""A store as a plain list: what every real one must agree with."""

from collections.abc import Sequence

from ingest.batch import Batch, build, merged
from ingest.clock import Instant, microseconds
from ingest.sink import Entry, HomeColumn, Latest

DAY_US = 86_400_000_000
Reading = tuple[int, int, float, int]
"""Time, sensor, value, received."""


class NaiveStore:
    def __init__(self) -> None:
        self._rows: list[tuple[int, Reading]] = []
        self._position = 0

    def append(self, entries: Sequence[Entry], home_of_sensor: HomeColumn) -> None:
        for entry in entries:
            batch = entry.batch
            for i in range(len(batch)):
                sensor = int(batch.sensor[i])
                known = 0 <= sensor < len(home_of_sensor)
                home = int(home_of_sensor[sensor]) if known else -1
                time, received = microseconds(batch.time[i]), microseconds(batch.received[i])
                self._rows.append((home, (time, sensor, float(batch.value[i]), received)))
            self._position = max(self._position, entry.seq)

    def position(self) -> int:
        return self._position

    def read(self, home: int, start: Instant, stop: Instant) -> Batch:
        first: dict[tuple[int, int, float], int] = {}
        for at, (time, sensor, value, received) in self._rows:
            if at == home and microseconds(start) <= time < microseconds(stop):
                key = (time, sensor, value)
                first[key] = min(first.get(key, received), received)
        rows = sorted(first.items())
        return build(
            [sensor for (_, sensor, _), _ in rows],
            [time for (time, _, _), _ in rows],
            [value for (_, _, value), _ in rows],
            [received for _, received in rows],
        )

    def read_many(self, homes: Sequence[int], start: Instant, stop: Instant) -> Batch:
        """Return the readings of several homes, by time, those of each home ordered and once."""
        return merged([self.read(home, start, stop) for home in homes])

    def latest(self, sensors: Sequence[int]) -> Sequence[Latest]:
        found = []
        for wanted in sorted(set(sensors)):
            own = [
                (time, received, value)
                for _, (time, sensor, value, received) in self._rows
                if sensor == wanted
            ]
            if own:
                time, received, value = max(own)
                found.append(Latest(wanted, time, value, received))
        return found

    def erase(self, home: int) -> int:
        held = len(self._rows)
        self._rows = [row for row in self._rows if row[0] != home]
        return held - len(self._rows)

    def expire(self, homes: Sequence[int], before: Instant) -> int:
        held, cut = len(self._rows), microseconds(before) // DAY_US * DAY_US
        self._rows = [row for row in self._rows if row[0] not in homes or row[1][0] >= cut]
        return held - len(self._rows)

    def tend(self, before: Instant) -> None:
        pass

    def problem(self) -> str:
        return ""

    def limits(self) -> Sequence[str]:
        return ()

    def close(self) -> None:
        self._rows.clear()
