"""The outage of a street, one sector and one gateway at a time."""

from collections.abc import Sequence

HALF_HOUR_US = 30 * 60 * 1_000_000
NEVER = -(1 << 60)


def least(total: int) -> int:
    needed = 3
    while needed * 20 < total:
        needed += 1
    return needed


def burst(dark_us: Sequence[int], needed: int) -> int:
    """When the first of ``needed`` gateways went dark that went within half an hour."""
    for first in sorted(dark_us):
        together = [at for at in dark_us if first <= at <= first + HALF_HOUR_US]
        if len(together) >= needed:
            return first
    return NEVER


def members(dark_us: Sequence[int], from_us: int) -> int:
    return 0 if from_us == NEVER else sum(at >= from_us for at in dark_us)
