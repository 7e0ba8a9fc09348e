"""Which users the broker has let in: from Mosquitto's log, or from the NATS server's monitoring."""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Protocol

_TAIL_BYTES: Final = 1 << 20
_ANSWER_S: Final = 2.0

# Anchored at the end: a client's id stands before it and may hold anything.
_LET_IN: Final = re.compile(
    r"New client connected from \S+ as .*\(p\d+, c\d, k\d+, u'([a-z0-9_-]+)'\)\.$"
)


class Witness(Protocol):
    """Knows who was let in."""

    def seen(self, names: Sequence[str]) -> list[str]:
        """Return those of these users that were let in; OSError when it cannot be asked."""
        ...


def names_in(lines: Iterable[str]) -> set[str]:
    """Return the users that these lines of Mosquitto's log say were let in."""
    return {found[1] for line in lines if (found := _LET_IN.search(line.rstrip()))}


class MosquittoLog:
    """Reads what was added to the log since it was asked last; a log that was rotated too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode = self._position = -1
        self._rest = b""
        self._known: set[str] = set()

    def seen(self, names: Sequence[str]) -> list[str]:
        """Return those of these users that were let in since about a mebibyte of log."""
        self._known |= names_in(self._new_lines())
        return [name for name in names if name in self._known]

    def _new_lines(self) -> list[str]:
        with self._path.open("rb") as file:
            found = self._path.stat()
            if found.st_ino != self._inode or found.st_size < self._position:
                is_first = self._inode < 0
                self._inode, self._rest = found.st_ino, b""
                self._position = max(found.st_size - _TAIL_BYTES, 0) if is_first else 0
            file.seek(self._position)
            data = self._rest + file.read(16 * _TAIL_BYTES)
            self._position = file.tell()
        *whole, self._rest = data.split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]


class NatsMonitor:
    """Asks the monitoring of the NATS server who is connected."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")

    def seen(self, names: Sequence[str]) -> list[str]:
        """Return those of these users that are connected now."""
        return [name for name in names if self._is_connected(name)]

    def _is_connected(self, name: str) -> bool:
        asked = urllib.parse.urlencode({"auth": 1, "user": name, "limit": 1})
        address = f"{self._url}/connz?{asked}"
        with urllib.request.urlopen(address, timeout=_ANSWER_S) as answer:  # noqa: S310  # http, by settings
            found = json.load(answer)
        return any(one.get("authorized_user") == name for one in found.get("connections", ()))
