"""When the disk will be full, from how the files of the data folder grow."""

import shutil
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

SAMPLES: Final = 15
"""Looks, a minute apart, that the growth is taken from."""

_HOUR_S: Final = 3600.0
_LONGEST_H: Final = 24.0 * 365


def hours_left(samples: Sequence[tuple[float, int]], free: int) -> float | None:
    """Return the hours until ``free`` bytes are used up; None when that is a year or more.

    ``samples`` are (seconds, bytes in use), oldest first.
    """
    if len(samples) < 2:
        return None
    (began_s, at_first), (ended_s, at_last) = samples[0], samples[-1]
    if at_last <= at_first or ended_s <= began_s:
        return None
    hours = free / ((at_last - at_first) / (ended_s - began_s)) / _HOUR_S
    return round(hours, 1) if hours < _LONGEST_H else None


class DiskWatch:
    """Looks at one folder. While a store is down the journal keeps what it misses, and grows."""

    def __init__(self, folder: Path, free: Callable[[Path], int] | None = None) -> None:
        self._folder = folder
        self._free = free or (lambda path: shutil.disk_usage(path).free)
        self._samples: deque[tuple[float, int]] = deque(maxlen=SAMPLES)

    def look(self, now_s: float) -> None:
        """Note how much the folder's files hold now."""
        held = sum(file.stat().st_size for file in self._folder.glob("*") if file.is_file())
        self._samples.append((now_s, held))

    def hours_left(self) -> float | None:
        """Return the hours until the disk is full at this pace; None when it is not filling."""
        return hours_left(self._samples, self._free(self._folder))
