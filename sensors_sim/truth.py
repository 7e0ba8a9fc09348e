"""What really happened in simulated homes. It is written beside the readings, never sent."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Happening(NamedTuple):
    """One thing that happened: ``home`` is a row of the roster, times are microseconds UTC."""

    home: int
    kind: str
    onset_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Truth:
    """n happenings by onset: ``home`` int32[n], ``kind`` str[n], ``onset_us``, ``end_us`` int64[n].

    ``end_us`` is the largest int64 for what has no end.
    """

    home: NDArray[np.int32]
    kind: NDArray[np.str_]
    onset_us: NDArray[np.int64]
    end_us: NDArray[np.int64]


def columns(happened: Iterable[Happening]) -> Truth:
    """Return happenings as columns, by onset, then home, then kind."""
    rows = sorted(happened, key=lambda h: (h.onset_us, h.home, h.kind))
    return Truth(
        np.array([row.home for row in rows], np.int32),
        np.array([row.kind for row in rows], np.str_),
        np.array([row.onset_us for row in rows], np.int64),
        np.array([row.end_us for row in rows], np.int64),
    )


def write(truth: Truth, home_ids: list[str], path: Path) -> None:
    """Write the columns home, kind, onset, end as CSV; an end that never comes is empty."""
    never = np.iinfo(np.int64).max
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("home", "kind", "onset", "end"))
        for home, kind, onset_us, end_us in zip(
            truth.home.tolist(),
            truth.kind.tolist(),
            truth.onset_us.tolist(),
            truth.end_us.tolist(),
            strict=True,
        ):
            end = "" if end_us == never else _iso(end_us)
            rows.writerow((home_ids[home], kind, _iso(onset_us), end))


def _iso(at_us: int) -> str:
    return f"{np.datetime64(at_us // 1000, 'ms')}Z"
