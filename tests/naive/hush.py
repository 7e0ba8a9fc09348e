"""Loop twins of ``alerts.detect.hush``."""

import math
from collections.abc import Sequence

from tests.naive.silence import local_bin

MINUTE = 60_000_000


def expected_in_hour(rate: Sequence[float], now_min: int, zone: str) -> float:
    """``rate`` is by quarter-hour of the local day of one home."""
    return sum(
        rate[local_bin(minute * MINUTE, zone)] / 15 for minute in range(now_min - 60, now_min)
    )


def heard_and_expected(
    is_heard: Sequence[bool],
    missed: Sequence[float],
    is_counted: Sequence[bool],
    place: Sequence[int],
    size: int,
) -> tuple[list[float], list[float]]:
    heard, expected = [0.0] * size, [0.0] * size
    for home, code in enumerate(place):
        if is_counted[home]:
            heard[code] += is_heard[home]
            expected[code] += 1 - math.exp(-missed[home] / 2)
    return heard, expected
