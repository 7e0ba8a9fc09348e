"""How long 5,000 homes x 30 days would take to rehearse, from two smaller pasts of real code."""

import time
from pathlib import Path
from typing import Final

import msgspec

from api import wiring
from api.rehearsal import Request, rehearse_place
from ingest.clock import instant
from ingest.store.embedded import open_store_readonly
from sensors_sim.reels import of_scenario
from sensors_sim.scenario import load
from tests.e2e.paths import in_process

HOUR_US: Final = 3_600_000_000
DAYS: Final = 2
SIZES: Final = (20, 120)
WHOLE_DAYS: Final = 30
WHOLE_READINGS: Final = 196e6


def measure(folder: Path, homes: int) -> tuple[float, int]:
    """Return (CPU seconds of the rehearsal, readings rehearsed) of this many homes."""
    scenario = msgspec.structs.replace(
        load("demo"), days=DAYS, places=("fenbridge",), homes_per_place=homes, incident=()
    )
    in_process(scenario, folder)
    settings, reel = wiring.read_settings(folder / "site.toml"), of_scenario(scenario)
    began = time.process_time()
    rehearse_place(settings, Request("fenbridge", reel.start_us + HOUR_US, reel.end_us - HOUR_US))
    seconds = time.process_time() - began
    store = open_store_readonly(wiring.files(settings).store)
    try:
        span = (instant(reel.start_us), instant(reel.end_us))
        return seconds, sum(len(store.read(number, *span)) for number in range(homes + 2))
    finally:
        store.close()


def whole_s(small: tuple[float, int], large: tuple[float, int]) -> float:
    """Return the seconds of the whole: what a day costs by itself, and what each reading adds."""
    a_reading = (large[0] - small[0]) / (large[1] - small[1])
    a_day = max(small[0] - a_reading * small[1], 0) / DAYS
    return a_day * WHOLE_DAYS + a_reading * WHOLE_READINGS
