"""What the engine goes on from: its checkpoint, without the erased and with what was relearned."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from alerts import forgetting
from alerts.checkpoint import (
    Checkpoint,
    CheckpointDamaged,
    learned_beside,
    read_checkpoint,
    set_aside,
)
from alerts.detect.state import VERSION
from alerts.relearn import take_up

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Remembered:
    """A checkpoint, and whether anything in it is not as the engine itself left it."""

    saved: Checkpoint
    has_forgotten: bool
    has_relearned: bool


def remember(path: Path, last_seq: int, sensor_home: NDArray[np.int32]) -> Remembered | None:
    """Return what to go on from, None without a checkpoint that fits the journal's end.

    One that is damaged is set aside. What was learned again from the store is taken up; its file
    goes with the next checkpoint. ``sensor_home`` is the home (number) of each sensor.
    """
    has_forgotten = forgetting.is_wished(path)
    if has_forgotten:
        forgetting.forget(path)
        _log.info("erased_homes_forgotten")
    saved = _read(path)
    if saved is None or saved.position > last_seq:
        return None
    if saved.layout != VERSION:
        _log.info("checkpoint_upgraded", layout=saved.layout, to=VERSION)
    learned = _read(learned_beside(path))
    if learned is not None:
        both = {*saved.since, *learned.since}
        moved = [home for home in both if saved.since.get(home) != learned.since.get(home)]
        own = np.flatnonzero(np.isin(sensor_home, moved)).tolist()
        homes = take_up(saved.state, learned.state, but_homes=moved, but_sensors=own)
        _log.info("relearned_taken_up", homes=homes)
    return Remembered(saved, has_forgotten, learned is not None)


def _read(path: Path) -> Checkpoint | None:
    try:
        return read_checkpoint(path)
    except CheckpointDamaged as problem:
        _log.warning("checkpoint_refused", why=str(problem), kept=set_aside(path).name)
        return None
