"""The engine's memory on disk: one file, replaced whole, with version and checksum.

A file of an older layout is read column by column, so that an upgrade forgets nothing. One that
is missing, damaged or of a newer layout is set aside: the engine reads the journal from its
start, and ids that depend on event time alone raise nothing twice.
"""

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from alerts.detect.state import OLDEST, VERSION, State, as_arrays, from_arrays, upgraded
from ingest.batch import Batch, unpack

_NAME: Final = b"stillwell-engine"


class CheckpointDamaged(Exception):
    """The file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that the engine needs to go on: what it read, up to when it decided, what it knows.

    ``waiting`` are readings that were read but not folded. ``places`` and ``sectors`` are by code
    of the state.
    ``row`` is the last row of the tick log that this memory holds, -1 where none was kept.
    ``layout`` is that of the file it was read from, ``since`` is as in ``watch.Memory``.
    """

    position: int
    folded_us: int
    places: tuple[str, ...]
    state: State
    waiting: Batch
    row: int = -1
    layout: int = VERSION
    sectors: tuple[tuple[str, str], ...] = ()
    since: Mapping[int, int] = field(default_factory=dict)


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the file durably; a crash leaves the old one or the new one."""
    meta = {
        "position": checkpoint.position,
        "folded_us": checkpoint.folded_us,
        "places": list(checkpoint.places),
        "waiting": len(checkpoint.waiting),
        "row": checkpoint.row,
        "sectors": list(checkpoint.sectors),
        "since": sorted(checkpoint.since.items()),
    }
    buffer = io.BytesIO()
    arrays = {f"state_{name}": column for name, column in as_arrays(checkpoint.state).items()}
    np.savez(
        buffer,
        meta=_bytes(json.dumps(meta).encode()),
        waiting=_bytes(checkpoint.waiting.pack()),
        **arrays,
    )
    body = buffer.getvalue()
    digest = hashlib.sha256(body).hexdigest().encode()
    new = path.with_suffix(path.suffix + ".new")
    with new.open("wb") as file:
        file.write(b"%s %d %s\n" % (_NAME, VERSION, digest))
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def learned_beside(path: Path) -> Path:
    """Return where ``stillwell relearn`` leaves what a start takes up with this file."""
    return path.with_suffix(path.suffix + ".learned")


def set_aside(path: Path) -> Path:
    """Keep a file that cannot be used out of the way of the next one; return where."""
    aside = refused_beside(path)
    path.replace(aside)
    return aside


def refused_beside(path: Path) -> Path:
    """Return where a file that could not be used is kept."""
    return path.with_suffix(path.suffix + ".refused")


def read_checkpoint(path: Path) -> Checkpoint | None:
    """Return what the file holds, None when there is no file; CheckpointDamaged otherwise."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    head, _, body = content.partition(b"\n")
    digest = hashlib.sha256(body).hexdigest().encode()
    layouts = {b"%s %d %s" % (_NAME, v, digest): v for v in range(OLDEST, VERSION + 1)}
    if head not in layouts:
        raise CheckpointDamaged(
            f"checkpoint: {path.name} is of another version or fails its checksum, "
            f"expected version {OLDEST} to {VERSION}"
        )
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        return _unpacked(arrays, layouts[head])


def _unpacked(arrays: Mapping[str, Any], layout: int) -> Checkpoint:
    meta = json.loads(arrays["meta"].tobytes())
    columns = {
        name.removeprefix("state_"): arrays[name] for name in arrays if name.startswith("state_")
    }
    try:
        state = from_arrays(columns) if layout == VERSION else upgraded(columns)
    except ValueError as problem:
        raise CheckpointDamaged(f"checkpoint: {problem}") from problem
    return Checkpoint(
        position=meta["position"],
        folded_us=meta["folded_us"],
        places=tuple(meta["places"]),
        state=state,
        waiting=unpack(arrays["waiting"].tobytes(), meta["waiting"]),
        row=meta.get("row", -1),
        layout=layout,
        sectors=tuple((place, sector) for place, sector in meta.get("sectors", ())),
        since=dict(meta.get("since", ())),
    )


def _bytes(content: bytes) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    return np.frombuffer(content, np.uint8)
