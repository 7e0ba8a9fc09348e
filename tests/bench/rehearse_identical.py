"""Rehearses every place of an installation as received, and holds it against what happened."""

import time
from dataclasses import dataclass
from pathlib import Path

from api import wiring
from api.rehearsal import Request, rehearse_place
from sensors_sim.reels import of_scenario
from sensors_sim.scenario import Scenario

HOUR_US = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """Whether all alerts were the same, of how many, and how long the rehearsals took."""

    is_identical: bool
    alerts: int
    seconds: float


def measure(folder: Path, scenario: Scenario) -> Found:
    """Rehearse what ``in_process`` has left in this folder."""
    reel, settings = of_scenario(scenario), wiring.read_settings(folder / "site.toml")
    began = time.monotonic()
    made = [
        rehearse_place(settings, Request(place, reel.start_us + HOUR_US, reel.end_us - HOUR_US))
        for place in scenario.places
    ]
    return Found(
        all(result.is_identical is True and not result.gaps for result in made),
        sum(len(result.happened) for result in made),
        time.monotonic() - began,
    )
