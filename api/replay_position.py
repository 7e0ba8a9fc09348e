"""Where a replay was stopped: a small file in the data folder, so that it can go on from there."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import msgspec

from config.problems import ConfigProblem

FILE: Final = "replay.json"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a replay has come: ``at_us`` is the last mark, ``sent`` messages lie before it.

    The others say which replay it is: the content of its source, where it goes and how.
    """

    source: str
    digest: str
    place: str
    gateway: str
    way: str
    speed: float
    at_us: int = 0
    sent: int = 0


def save(folder: Path, position: Position) -> None:
    """Replace what is kept, so that a crash leaves the old or the new."""
    new = folder / f"{FILE}.new"
    with new.open("w", encoding="utf-8") as file:
        json.dump(asdict(position), file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(folder / FILE)


def forget(folder: Path) -> None:
    """Remove what is kept: the replay is over."""
    (folder / FILE).unlink(missing_ok=True)


def resumed(folder: Path, wanted: Position) -> Position:
    """Return where the wanted replay was stopped; ConfigProblem when another one was, or none."""
    try:
        kept = msgspec.json.decode((folder / FILE).read_bytes(), type=Position)
    except FileNotFoundError:
        raise ConfigProblem(
            f"replay: nothing was stopped in {folder}; start it without --resume"
        ) from None
    except (OSError, msgspec.DecodeError) as problem:
        raise ConfigProblem(
            f"replay: {folder / FILE} cannot be read ({problem}); start again without --resume, "
            "in a new data folder"
        ) from problem
    if kept.digest != wanted.digest:
        raise ConfigProblem(
            f"replay: {wanted.source} is not what was stopped ({kept.source}), or it has changed "
            "since; give the same again, or start without --resume in a new data folder"
        )
    for key in ("place", "gateway", "way", "speed"):
        was, now = getattr(kept, key), getattr(wanted, key)
        if was != now:
            raise ConfigProblem(
                f"replay: {key} is {now or 'none'!s}, but the replay that was stopped has "
                f"{was or 'none'!s}; give the same again to go on"
            )
    return kept
