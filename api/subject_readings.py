"""Everything that was measured in one home, window by window, and what was learned of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

import numpy as np

from alerts.checkpoint import CheckpointDamaged, read_checkpoint
from alerts.detect.state import row_of
from api.store_copy import windows
from api.web import words
from config.homes import Sensor
from config.kinds import KINDS
from ingest.batch import Batch
from ingest.clock import Instant, microseconds
from ingest.dead_letters import DeadLetter, DeadLetters
from ingest.sink import Store

_FIRST: Final = np.datetime64("2015-01-01", "us")
"""Before it one window holds all: no home was watched then, but a clock may say so."""


def batches(store: Store, home: int, now: Instant) -> Iterator[Batch]:
    """Yield all readings of a home (number), the oldest first, a season at a time."""
    for start, stop in windows(_FIRST, now):
        batch = store.read(home, start, stop)
        if len(batch):
            yield batch


def columns(batch: Batch, sensors: Mapping[int, Sensor]) -> Iterator[dict[str, Any]]:
    """Yield the readings of each sensor as columns; times are microseconds since 1970 UTC."""
    for number in np.unique(batch.sensor).tolist():
        part = batch.take(batch.sensor == number)
        yield {
            **described(number, sensors),
            "time_us": part.time.view(np.int64).tolist(),
            "value": [None if np.isnan(v) else v for v in part.value.tolist()],
            "received_us": part.received.view(np.int64).tolist(),
        }


def described(number: int, sensors: Mapping[int, Sensor]) -> dict[str, str]:
    """Return what a sensor is, in words; one that is registered no longer goes by its number."""
    sensor = sensors.get(number)
    if sensor is None:
        return {"sensor": f"number {number}", "kind": "", "room": "", "unit": ""}
    unit = KINDS[sensor.kind.code].unit
    return {"sensor": sensor.id, "kind": sensor.kind.value, "room": sensor.room, "unit": unit}


@dataclass(slots=True)
class Days:
    """What each sensor said on each local day: how often, the lowest and the highest value."""

    zone: tzinfo
    found: dict[tuple[str, int], list[float]] = field(
        default_factory=lambda: defaultdict(lambda: [0, np.inf, -np.inf])
    )

    def add(self, batch: Batch) -> None:
        """Take these readings in."""
        if not len(batch):
            return
        hours = batch.time.astype("datetime64[h]")
        places, inverse = np.unique(hours, return_inverse=True)
        days = [words.local(microseconds(h.astype("datetime64[us]")), self.zone).date().isoformat()
                for h in places]  # fmt: skip
        keys = np.array(days)[inverse]
        for day in np.unique(keys).tolist():
            for number in np.unique(batch.sensor[keys == day]).tolist():
                values = batch.value[(keys == day) & (batch.sensor == number)]
                row = self.found[day, number]
                row[0] += len(values)
                row[1] = min(row[1], float(np.nanmin(values, initial=np.inf)))
                row[2] = max(row[2], float(np.nanmax(values, initial=-np.inf)))


def learned(
    checkpoint: Path | None, home: int, sensors: Sequence[int], gateways: Sequence[int]
) -> dict[str, Any]:
    """Return what the engine knows of a home: its columns by name; empty when it knows nothing."""
    try:
        saved = None if checkpoint is None else read_checkpoint(checkpoint)
    except CheckpointDamaged:
        return {}
    if saved is None:
        return {}
    return row_of(saved.state, {"home": [home], "sensor": sensors, "gateway": gateways})


def refused(letters: DeadLetters | None, gateways: Sequence[str]) -> Iterator[DeadLetter]:
    """Yield what these gateways (ids) sent that could not be used, and is kept for a while."""
    cursor: str | None = None
    while letters is not None:
        page = letters.list(cursor=cursor, limit=200)
        yield from (one for one in page.letters if set(one.topic.split("/")) & set(gateways))
        if (cursor := page.cursor) is None:
            return
