"""``stillwell subject export``: what is kept about a home as JSON and as a page to read.

The JSON holds everything, each reading too; the page holds the rows, and of readings each
sensor's days. Both are written piece by piece: four years of a home need not fit into memory.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection

from alerts import tables  # noqa: F401  # its tables are among those that are read
from api import subject_readings, subject_rows
from api.home_rows import Subject
from api.report_page import page, section, table, words
from config import replacements
from config.sensor_table import SensorTable
from config.vault import Vault
from ingest.clock import Instant, microseconds
from ingest.dead_letters import DeadLetter, DeadLetters
from ingest.sink import Store

FORMAT: Final = 1
"""Number of the layout of the JSON file."""

WITHHELD: Final = (
    "Names and telephone numbers of contacts, and names of staff, are left out: they are other "
    "people's. The same member of staff bears the same number throughout."
)
NOTES: Final = (
    "What staff wrote freely is withheld where it may name somebody else, and its length is told.",
    "In what staff wrote freely the names and numbers of contacts and staff are blacked out.",
)
_COPIES: Final = (
    "The journal and the engine's log hold the same readings for some days, and backups as long "
    "as they are kept."
)
_WHY_LEARNED: Final = (
    "From its readings the system works out what is usual in the home: when somebody is up, how "
    "long it is quiet, how warm it is, how often a room is used. An alert is raised when something "
    "differs from that. People decide what to do about it."
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where it is read from: ``checkpoint`` is the engine's memory, ``zone`` that of the place."""

    connection: Connection
    vault: Vault
    roster: SensorTable
    store: Store | None
    letters: DeadLetters | None
    checkpoint: Path | None
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Export:
    """What is kept about a home except its readings, as it may be handed over."""

    home: Subject
    taken_us: int
    said: Sequence[str]
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    refused: Sequence[DeadLetter]
    learned: Mapping[str, Any]


def gather(sources: Sources, home: Subject, now: Instant, *, with_notes: bool) -> Export:
    """Return all but the readings; Locked without the keys."""
    hidden = subject_rows.redaction(sources.connection, sources.vault, home, with_notes=with_notes)
    rows = dict(subject_rows.tables_of(sources.connection, sources.vault, home, hidden))
    hubs = [g for g in sources.roster.gateways.values() if g.home == home.number]
    box_ids = replacements.boxes_of(sources.connection, home.number)[1]
    sensors = sources.roster.numbers_of({home.number})
    return Export(
        home,
        microseconds(now),
        (WITHHELD, NOTES[with_notes], _COPIES),
        rows,
        list(subject_readings.refused(sources.letters, box_ids)),
        subject_readings.learned(
            sources.checkpoint, home.number, sensors, [hub.number for hub in hubs]
        ),
    )


def as_json(export: Export, sources: Sources, now: Instant) -> Iterator[str]:
    """Yield the JSON file in pieces."""
    head = {
        "format": FORMAT,
        "home": export.home.id,
        "place": export.home.place,
        "taken": subject_rows.iso(export.taken_us),
        "said": list(export.said),
        "counts": {name: len(rows) for name, rows in export.rows.items()},
        "tables": {
            name: {"what": subject_rows.TITLES.get(name, name), "rows": rows}
            for name, rows in export.rows.items()
        },
        "refused_messages": [_letter(one) for one in export.refused],
        "learned": export.learned,
    }
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "readings": [\n'
    before = ""
    for batch in _batches(export, sources, now):
        for part in subject_readings.columns(batch, sources.roster.sensors):
            yield before + json.dumps(part, ensure_ascii=False)
            before = ",\n"
    yield "\n]}\n"


def as_html(export: Export, sources: Sources, now: Instant) -> str:
    """Return the page: every row, and of readings each sensor's days."""
    days = subject_readings.Days(sources.zone)
    for batch in _batches(export, sources, now):
        days.add(batch)
    title = f"What is kept about home {export.home.id}"
    parts = [words([f"Taken at {subject_rows.iso(export.taken_us)}.", *export.said])]
    for name, rows in export.rows.items():
        if rows:
            parts.append(section(_title(name, len(rows)), _table(rows)))
    parts.append(section("Messages that could not be used", _letters(export.refused)))
    parts.append(section("What sensors said, by day", _days(days, sources.roster)))
    parts.append(section("What was learned of the home", _learned(export.learned)))
    empty = ", ".join(subject_rows.TITLES.get(n, n) for n, rows in export.rows.items() if not rows)
    parts.append(section("Nothing is kept of", words([empty or "-"])))
    return page(title, parts)


def _batches(export: Export, sources: Sources, now: Instant) -> Iterator[Any]:
    if sources.store is not None:
        yield from subject_readings.batches(sources.store, export.home.number, now)


def _title(name: str, count: int) -> str:
    return f"{subject_rows.TITLES.get(name, name)} ({count})"


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    head = list(dict.fromkeys(name for row in rows for name in row))
    return table(
        [name.replace("_", " ") for name in head],
        ([_cell(row.get(name)) for name in head] for row in rows),
    )


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {_cell(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(_cell(inner)) for inner in value)
    return value if isinstance(value, float) else str(value)


def _letter(one: DeadLetter) -> dict[str, Any]:
    return {
        "reason": one.reason.value,
        "topic": one.topic,
        "count": one.count,
        "first": subject_rows.iso(one.first_us),
        "last": subject_rows.iso(one.last_us),
        "first_bytes": one.first_bytes.decode("utf-8", "replace"),
        "detail": one.detail,
    }


def _letters(letters: Sequence[DeadLetter]) -> str:
    return _table([_letter(one) for one in letters]) if letters else words(["None."])


def _days(days: subject_readings.Days, roster: SensorTable) -> str:
    lines = []
    for (day, number), (count, low, high) in sorted(days.found.items()):
        what = subject_readings.described(number, roster.sensors)
        ends = ["", ""] if low > high else [low, high]
        lines.append([day, what["room"], what["kind"], what["sensor"], int(count), *ends,
                      what["unit"]])  # fmt: skip
    if not lines:
        return words(["No reading is kept."])
    head = ("Day", "Room", "Kind", "Sensor", "Readings", "Lowest", "Highest", "Unit")
    return words(["Every single reading is in the JSON file."]) + table(head, lines)


def _learned(learned: Mapping[str, Any]) -> str:
    if not learned:
        return words(["Nothing."])
    columns = f"{len(learned)} columns of numbers, all in the JSON file under learned: "
    return words([_WHY_LEARNED, columns + ", ".join(sorted(learned)) + "."])
