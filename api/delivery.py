"""The two pasts that can be rehearsed; apart from the rest, so that --help is quick."""

from enum import StrEnum


class Delivery(StrEnum):
    """Which past is rehearsed."""

    RECEIVED = "received"
    """What arrived, when it arrived: late, twice, or while the worker was away."""

    ORDERED = "ordered"
    """What perfect delivery would have given."""
