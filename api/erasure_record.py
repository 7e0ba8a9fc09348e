"""What an erasure knows while it runs: a private file in the data folder, so that it can go on.

It holds what is looked for afterwards, personal data itself: it is overwritten and removed once
the search has found nothing.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from alerts.forgetting import Erased
from api.exits import CommandFailed
from api.home_rows import Subject
from config.durable import sync_folder
from ingest.journal_erasure import Own


@dataclass(slots=True)
class Record:
    """Whose erasure it is, and what is looked for; ``done`` are the steps that are over.

    ``marks`` are bytes of readings as hex, by what they are searched in. ``words`` are what
    people said or are called, and ids of sensors. ``boxes`` are numbers by which the boxes of its
    gateways count their messages, also those that were replaced, and ``gateway_ids`` their ids.
    """

    home: Subject
    account: str
    begun_us: int
    sensors: Sequence[int]
    gateways: Sequence[int]
    gateway_ids: Sequence[str]
    subjects: Sequence[str]
    words: Sequence[str]
    marks: Sequence[str]
    counts: dict[str, int]
    done: list[str] = field(default_factory=list)
    boxes: Sequence[int] = ()

    @property
    def erased(self) -> Erased:
        """Return the numbers that the engine forgets."""
        return Erased([self.home.number], self.sensors, self.gateways)

    @property
    def own(self) -> Own:
        """Return what the journal holds of the home."""
        return Own(self.sensors, self.boxes or self.gateways, self.gateway_ids)


def file_of(data: Path, home: str) -> Path:
    """Return where the record of a home's (id) erasure is kept."""
    return data / "erasing" / f"{home}.json"


def read(data: Path, home: str) -> Record | None:
    """Return the record of an erasure that was begun, None where there is none."""
    file = file_of(data, home)
    if not file.exists():
        return None
    try:
        held = json.loads(file.read_text("utf-8"))
        return Record(**{**held, "home": Subject(**held["home"])})
    except (ValueError, TypeError, KeyError) as problem:
        raise CommandFailed(
            f"subject: {file} is damaged ({problem}); remove it and run this again: what it "
            "listed to be searched for is then collected anew from what is still there"
        ) from problem


def write(data: Path, record: Record) -> None:
    """Keep the record durably, for its owner only."""
    file = file_of(data, record.home.id)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as written:
        json.dump(asdict(record), written)
        written.flush()
        os.fsync(written.fileno())
    if file.exists():
        _blank(file)
    new.replace(file)
    sync_folder(file.parent)


def remove(data: Path, home: str) -> None:
    """Overwrite the record and remove it, and the folder with the last one."""
    file = file_of(data, home)
    if file.exists():
        _blank(file)
        file.unlink()
    if file.parent.exists() and not any(file.parent.iterdir()):
        file.parent.rmdir()
    sync_folder(data)


def _blank(file: Path) -> None:
    with file.open("r+b") as held:
        held.write(b"\0" * file.stat().st_size)
        held.flush()
        os.fsync(held.fileno())
