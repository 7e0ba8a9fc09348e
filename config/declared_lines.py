"""Where in a TOML file each key stands, so that a mistake is told with its line."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

Path = tuple[str | int, ...]
_TABLE: Final = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_\-\".]+)\s*=")


def lines_of(text: str) -> Mapping[Path, int]:
    """Return the line (from 1) of every table and key; of arrays of tables with their index."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        if (header := _TABLE.match(line)) is not None:
            table = _words(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                found.setdefault(table, number)
                table = (*table, counts[table])
            found[table] = number
        elif (key := _KEY.match(line)) is not None:
            found.setdefault((*table, *_words(key[1])), number)
    return found


def line_of(lines: Mapping[Path, int], path: Sequence[str | int]) -> int | None:
    """Return the line of this key, or of the innermost table that should hold it."""
    for length in range(len(path), 0, -1):
        if (line := lines.get(tuple(path[:length]))) is not None:
            return line
    return None


def _words(dotted: str) -> Path:
    return tuple(word.strip().strip('"') for word in dotted.split("."))
