"""Loop twins of ``alerts.detect.signs``."""

import math
from collections.abc import Sequence

from config.kinds import KINDS, Kind


def find_signs(
    rows: Sequence[tuple[int, float]], kind_of: Sequence[int], value: list[float], zero: list[bool]
) -> list[bool]:
    """Rows are (sensor, value) in time order; ``value`` and ``zero`` move on in place."""
    signs = []
    for sensor, now in rows:
        kind, before = KINDS[kind_of[sensor]].kind, value[sensor]
        if kind is Kind.MOTION and now == 0:
            zero[sensor] = True
        if kind is Kind.MOTION:
            sign = now == 1 and (before != 1 or not zero[sensor])
        elif kind in (Kind.CONTACT, Kind.BED, Kind.CHAIR):
            sign = not math.isnan(before) and now != before
        elif kind is Kind.POWER:
            sign = now >= 200 and before < 200
        else:
            sign = kind in (Kind.MEDICATION, Kind.PENDANT) and now == 1
        value[sensor] = now
        signs.append(sign)
    return signs


def find_out(
    rows: Sequence[tuple[int, int, bool]], door: list[int], inner: list[int]
) -> list[bool]:
    """Rows are (home, time, is_exit) in time order; ``door`` and ``inner`` move on in place."""
    result = []
    for home, time_us, is_exit in rows:
        if is_exit:
            door[home], inner[home] = time_us, 0
        else:
            inner[home] = min(inner[home] + 1, 2)
        is_step = inner[home] == 1 and time_us - door[home] <= 30_000_000
        result.append(inner[home] == 0 or is_step)
    return result
