"""What ``stillwell audit`` does."""

import json
from collections.abc import Callable
from pathlib import Path

from api import anchoring, console, wiring
from api.exits import CommandFailed
from api.rest.moments import to_datetime
from config import audit
from config.audit import Head
from config.database import steady
from config.problems import ConfigProblem
from config.settings import Settings
from ingest.clock import SystemClock, microseconds

Tell = Callable[[str], None]


def verify(settings: Settings, anchors: Path | None, *, tell: Tell) -> None:
    """Tell every fault of every chain; CommandFailed when there is one."""
    kept = [] if anchors is None else read_anchors(anchors)
    database = wiring.open_database(settings)
    with steady(database) as connection:
        faults = audit.verify(connection, kept)
        found = audit.heads(connection)
        gone = sum(one.seq for one in audit.starts(connection).values())
    database.dispose()
    for fault in faults:
        tell(f"{fault.place}, row {fault.seq}: {fault.what}")
    if faults:
        raise CommandFailed(f"audit: {len(faults)} faults; keep the database as it is, and ask why")
    rows = sum(head.seq for head in found) - gone
    if gone:
        tell(f"{gone} rows were kept as long as their places say, and have gone")
    tell(f"{rows} rows in {len(found)} chains are whole; {len(kept)} anchors hold")


def anchor(settings: Settings, file: Path, *, tell: Tell) -> None:
    """Append the heads to a file."""
    with wiring.open_database(settings).connect() as connection:
        found = audit.heads(connection)
    at = to_datetime(microseconds(SystemClock().now())).isoformat()
    try:
        anchoring.write(file, found, at)
    except OSError as problem:
        raise CommandFailed(f"audit: {file} cannot be written: {problem.strerror}") from problem
    tell(f"{len(found)} heads are kept in {file}")


def show(settings: Settings, place: str, limit: int, *, tell: Tell) -> None:
    """Tell the newest rows of a chain; ConfigProblem when there is no such place."""
    known = (*wiring.places(settings), audit.INSTALLATION)
    database = wiring.open_database(settings)
    with database.connect() as connection:
        # The chain of a place that was merged into another is still there.
        known = (*known, *(head.place for head in audit.heads(connection)))
    if place not in known:
        expected = ", ".join(dict.fromkeys(known))
        raise ConfigProblem(f"audit: there is no place {place!r}, expected one of {expected}")
    console.note_read(database, place, "audit")
    with database.connect() as connection:
        for row in audit.read(connection, place, limit=limit):
            when = to_datetime(row.at_us).isoformat()
            tell(f"{row.seq} {when} {row.actor} {row.what} {row.subject} {row.detail}")


def read_anchors(file: Path) -> list[Head]:
    """Return the heads in this file; ConfigProblem names the line that is none."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigProblem(f"audit: {file} cannot be read: {problem}") from problem
    heads = []
    for number, line in enumerate(lines, start=1):
        try:
            told = json.loads(line)
            heads.append(Head(str(told["place"]), int(told["seq"]), str(told["hash"])))
        except (ValueError, KeyError, TypeError) as problem:
            raise ConfigProblem(f"audit: line {number} of {file.name} is no anchor") from problem
    return heads
