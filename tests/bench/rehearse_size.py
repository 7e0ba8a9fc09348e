"""How long the month of a council takes to rehearse: one real run over a past written directly."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api import wiring
from api.rehearsal import Request, rehearse_place
from ingest.store.pieces import DAY_US
from tests.bench import council_past

HOMES: Final = 5_000
DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds from asking to the answer, and what was rehearsed."""

    seconds: float
    readings: int
    alerts: int


def measure(folder: Path, homes: int = HOMES, days: int = DAYS) -> Took:
    """Return what the rehearsal of all of these days took, with the settings of the time."""
    past = council_past.write(folder, homes, days)
    settings = wiring.read_settings(past.settings)
    began = time.monotonic()
    made = rehearse_place(
        settings, Request(council_past.PLACE, past.end_us - days * DAY_US, past.end_us)
    )
    if made.gaps:
        raise RuntimeError(f"bench: the past that was written has gaps: {made.gaps[0].why}")
    return Took(time.monotonic() - began, past.readings, len(made.before))
