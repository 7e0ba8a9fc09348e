"""Loop twin of ``sensors_sim.hysteresis``."""

from collections.abc import Sequence
from decimal import Decimal


def reports(seen: Sequence[Decimal], band: Decimal, share: Decimal) -> list[bool]:
    """Say of each value that one device measures in one interval whether it is reported."""
    told: list[bool] = []
    last = None
    for value in seen:
        far = last is not None and max(band, share * abs(last)) <= abs(value - last)
        told.append(last is None or far)
        if told[-1]:
            last = value
    return told
