"""In which order stored readings are told; apart, so that `--help` need not load numpy."""

from enum import StrEnum


class Order(StrEnum):
    """As they were received, or by event time."""

    RECEIVED = "received"
    TIME = "time"
