"""Homes that were erased, taken out of what the engine keeps on disk: rows, readings, copies.

A wish to forget is a file beside the checkpoint, so that a worker that runs does it with its
next checkpoint, and one that was down when it starts. It holds numbers, nothing of a person.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from sqlalchemy import Connection, select, update

from alerts import past_tables, tick_log
from alerts.checkpoint import (
    CheckpointDamaged,
    learned_beside,
    read_checkpoint,
    refused_beside,
    write_checkpoint,
)
from alerts.detect.state import blanked
from config.durable import sync_folder

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Erased:
    """Numbers of homes, and of all sensors and gateways that are theirs alone."""

    home: Sequence[int]
    sensor: Sequence[int]
    gateway: Sequence[int]


def wish(checkpoint: Path, erased: Erased) -> None:
    """Ask for these homes to be forgotten, with those that were asked for before."""
    before = _read(checkpoint)
    joined = {name: sorted({*before[name], *rows}) for name, rows in asdict(erased).items()}
    file = _beside(checkpoint)
    new = file.with_suffix(".new")
    with new.open("w", encoding="ascii") as written:
        json.dump(joined, written)
        written.flush()
        os.fsync(written.fileno())
    new.replace(file)
    sync_folder(file.parent)


def is_wished(checkpoint: Path) -> bool:
    """Return whether homes are to be forgotten."""
    return _beside(checkpoint).exists()


def wished(checkpoint: Path) -> Erased:
    """Return what is to be forgotten."""
    return Erased(**_read(checkpoint))


def forget(checkpoint: Path) -> None:
    """Take the erased homes out of the checkpoint, and end its copies; then the wish is met.

    A checkpoint that cannot be read goes whole: nobody can tell what it holds, and what is usual
    in the other homes is learned again from the store.
    """
    rows = _read(checkpoint)
    try:
        saved = read_checkpoint(checkpoint)
    except CheckpointDamaged:
        saved = None
        checkpoint.unlink()
    if saved is not None:
        waits = ~np.isin(saved.waiting.sensor, rows["sensor"])
        state = blanked(saved.state, rows)
        write_checkpoint(checkpoint, replace(saved, state=state, waiting=saved.waiting.take(waits)))
    learned = learned_beside(checkpoint)
    for copy in (learned, refused_beside(checkpoint), refused_beside(learned)):
        copy.unlink(missing_ok=True)
    _beside(checkpoint).unlink(missing_ok=True)


def forget_steps(
    connection: Connection, erased: Erased, gateways: Sequence[str], *, is_dry_run: bool = False
) -> int:
    """Take readings and strays of erased homes out of the tick log; return how many steps had any.

    ``gateways`` are ids of those that are theirs alone. What remains of a step is as it was.
    """
    log, changed, after = past_tables.ticks, 0, 0
    held = log.c.readings.is_not(None) | log.c.strays.is_not(None)
    while True:
        query = select(log).where(held, log.c.id > after).order_by(log.c.id).limit(_AT_ONCE)
        rows = connection.execute(query).mappings().all()
        if not rows:
            return changed
        for row in rows:
            after, step = row["id"], tick_log.read_row(row)
            batch = step.readings.take(~np.isin(step.readings.sensor, erased.sensor))
            strays = [
                one for one in step.strays
                if one.sensor not in erased.sensor and one.gateway not in gateways
            ]  # fmt: skip
            if len(batch) + len(strays) == len(step.readings) + len(step.strays):
                continue
            changed += 1
            if not is_dry_run:
                values = tick_log.packed(batch, strays)
                connection.execute(update(log).where(log.c.id == after).values(values))


def _beside(checkpoint: Path) -> Path:
    return checkpoint.with_suffix(checkpoint.suffix + ".forget")


def _read(checkpoint: Path) -> dict[str, list[int]]:
    file = _beside(checkpoint)
    if not file.exists():
        return {"home": [], "sensor": [], "gateway": []}
    found: dict[str, list[int]] = json.loads(file.read_text("ascii"))
    return found
