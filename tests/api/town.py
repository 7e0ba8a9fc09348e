"""A small town of made-up lives, as a recording that the evaluation can judge."""

import numpy as np

from api.evaluate_worlds import assemble
from sensors_sim import tihm
from sensors_sim.inject import DAY_US, HOUR_US, MINUTE_US, Stream
from sensors_sim.score import Alerts

START = 18_000 * DAY_US  # a midnight in April, an hour before midnight in London
KITCHEN, HALL, BEDROOM, BATHROOM = 0, 2, 3, 4
FRONT_DOOR = tihm.PLACES.index("front-door")


def life(days: int, seed: int) -> Stream:
    """Up 07 to 22, something every quarter of an hour or so, the bathroom about 02:00."""
    rng = np.random.default_rng(seed)
    parts = []
    for day in range(days):
        begin = START + day * DAY_US + 6 * HOUR_US
        times = begin + np.cumsum(rng.exponential(15 * MINUTE_US, 80).astype(np.int64))
        times = times[times < begin + 15 * HOUR_US]
        parts.append((times, rng.choice([KITCHEN, HALL, BEDROOM, FRONT_DOOR], len(times))))
        night = begin + 19 * HOUR_US + int(rng.integers(0, HOUR_US))
        parts.append((np.array([night]), np.array([BATHROOM])))
    time_us, place = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(time_us, kind="stable")
    return Stream(time_us[order], place[order].astype(np.int8))


def small_town(homes: int = 4, days: int = 27) -> tihm.Activations:
    names = [f"home{number}" for number in range(homes)]
    return assemble(names, [life(days, number) for number in range(homes)])


def stream(*rows: tuple[float, int]) -> Stream:
    """Rows of (hours since the start, place)."""
    return Stream(
        START + np.array([int(hour * HOUR_US) for hour, _ in rows], np.int64),
        np.array([place for _, place in rows], np.int8),
    )


def one(*rows: tuple[float, int]) -> tihm.Activations:
    return assemble(("home0",), (stream(*rows),))


def hours(alerts: Alerts) -> list[float]:
    return [(found - START) / HOUR_US for found in alerts.found_us.tolist()]
