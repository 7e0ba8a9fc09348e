"""Moves history from one store to another: home by home, compared, and resumable."""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from api import exporting, stores, wiring
from api.exits import CommandFailed
from api.store_work import Tell, roster, writing
from config import audit
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.batch import Batch, empty
from ingest.clock import Instant, SystemClock, microseconds
from ingest.message import Reject
from ingest.sink import Entry, HomeColumn, Store
from ingest.store.pieces import NO_HOME, StoreDamaged

WINDOW_DAYS: Final = 90
"""Days of one home that are moved at once: at most some 600,000 readings."""

BEFORE_ALL, AFTER_ALL = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31", "us")


def run(source: Settings, target: Settings, *, tell: Tell) -> None:
    """Copy all; ConfigProblem when both are one store, CommandFailed when something differs."""
    if _name(source) == _name(target):
        raise ConfigProblem(f"store: {_name(source)} is both source and target")
    homes = [*sorted(roster(source).homes), NO_HOME]
    longest = max(place.retention_days for place in wiring.places(source).values())
    now = SystemClock().now()
    start = now - np.timedelta64(longest + WINDOW_DAYS, "D")
    exporting.note(wiring.open_database(source), audit.INSTALLATION, "store", microseconds(now))
    mark = _Mark(target.data / "store-copy.json", _name(source), _name(target))
    refused: list[Reject] = []
    reading = stores.open_to_read(source)
    try:
        with writing(target, refused.extend) as filled:
            position = mark.position(reading.position())
            done = mark.done()
            for count, home in enumerate(homes, 1):
                if home not in done:
                    moved = _move(reading, filled, home, list(windows(start, now)), refused)
                    mark.note(home)
                    tell(f"{count:,} of {len(homes):,} homes: home {home}, {moved:,} readings")
            filled.append([Entry(position, empty(), ())], np.zeros(0, np.int32))
    except (StoreDamaged, sqlite3.Error) as problem:
        raise CommandFailed(str(problem)) from problem
    finally:
        reading.close()
    mark.remove()
    odd = f"; {len(refused):,} that it cannot hold were left out" if refused else ""
    tell(f"copied {len(homes) - 1:,} homes from {_name(source)} to {_name(target)}{odd}")


def _name(settings: Settings) -> str:
    if settings.store.kind == "embedded":
        return str(stores.file_of(settings).resolve())
    return f"{settings.store.kind} {settings.store.url} {settings.store.database}"


def windows(start: Instant, now: Instant) -> Iterator[tuple[Instant, Instant]]:
    """Yield the spans to move: a sensor whose clock is wrong speaks from any year."""
    step = np.timedelta64(WINDOW_DAYS, "D")
    yield BEFORE_ALL, start
    while start < now:
        yield start, start + step
        start = start + step
    yield start, AFTER_ALL


def _move(
    source: Store,
    target: Store,
    home: int,
    windows: Sequence[tuple[Instant, Instant]],
    refused: Sequence[Reject],
) -> int:
    moved = 0
    for start, stop in windows:
        batch = source.read(home, start, stop)
        if not len(batch):
            continue
        before = len(refused)
        # Position 0: the target follows the journal only once it has all.
        target.append([Entry(0, batch, ())], _all_of(batch, home))
        found = target.read(home, start, stop)
        if not _is_same(batch, found, len(refused) - before):
            raise CommandFailed(
                f"store: home {home} has {len(batch):,} readings from {start} to {stop}, and"
                f" {len(found):,} of them came back; run it again, it goes on with this home"
            )
        moved += len(batch)
    return moved


def _all_of(batch: Batch, home: int) -> HomeColumn:
    """Return a column that gives every sensor of the batch this home, also one that moved."""
    if home == NO_HOME:
        return np.zeros(0, np.int32)
    return np.full(int(batch.sensor.max()) + 1, home, np.int32)


def _is_same(sent: Batch, found: Batch, refused: int) -> bool:
    """Tell whether all came back. Where some were refused only their number is compared."""
    if refused or len(sent) != len(found):
        return len(sent) - refused <= len(found)
    is_same = [
        np.array_equal(sent.sensor, found.sensor),
        np.array_equal(sent.time, found.time),
        np.allclose(sent.value, found.value, rtol=1e-11, atol=0, equal_nan=True),
    ]
    return all(is_same)


class _Mark:
    """How far a copy is, in a file that is replaced at once."""

    def __init__(self, path: Path, source: str, target: str) -> None:
        self._path = path
        self._state: dict[str, object] = {"source": source, "target": target, "homes": []}
        try:
            known = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            return
        if (known.get("source"), known.get("target")) == (source, target):
            self._state = known

    def position(self, now: int) -> int:
        """Return the source's position when the copy first began."""
        return int(str(self._state.setdefault("position", now)))

    def done(self) -> set[int]:
        """Return the homes that are moved."""
        homes = self._state["homes"]
        return set(homes) if isinstance(homes, list) else set()

    def note(self, home: int) -> None:
        """Remember that this home is moved."""
        self._state["homes"] = [*sorted(self.done()), home]
        draft = self._path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(self._state, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    def remove(self) -> None:
        """Forget it: the copy is whole."""
        self._path.unlink(missing_ok=True)
