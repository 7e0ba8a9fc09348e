"""How long 28 days of 5,000 homes take to make."""

import time

from sensors_sim.fleet import Fleet
from sensors_sim.scenario import Scenario, Tenancy

HOMES, DAYS, BAR_S = 5_000, 28, 60.0
END_US = 1_795_359_400_000_000
SHARES = {"couple": 0.2, "dog": 0.1, "carers-four-times": 0.1, "restless-nights": 0.1}


def measure() -> tuple[float, int]:
    """Return seconds and readings, roster included."""
    scenario = Scenario(
        seed=1,
        days=DAYS,
        places=("fenbridge",),
        homes_per_place=HOMES,
        residents=tuple(Tenancy(name=name, share=share) for name, share in SHARES.items()),
    )
    began = time.monotonic()
    readings = sum(Fleet(scenario, END_US).make_days())
    return time.monotonic() - began, readings
