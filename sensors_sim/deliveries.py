"""Readings with the moment at which each reaches the broker, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sensors_sim.readings import Readings


@dataclass(frozen=True, slots=True)
class Deliveries:
    """n deliveries: ``sensor`` int32[n], ``time_us`` int64[n] as the payload says it,
    ``value`` float64[n], ``sent_us`` int64[n] when it reaches the broker.
    """  # noqa: D205 - one sentence

    sensor: NDArray[np.int32]
    time_us: NDArray[np.int64]
    value: NDArray[np.float64]
    sent_us: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.sensor)

    @property
    def readings(self) -> Readings:
        """What the payloads say, in the order of delivery."""
        return Readings(self.sensor, self.time_us, self.value)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Deliveries":
        """Return the rows picked by a mask, indices or a slice, in that order."""
        return Deliveries(
            self.sensor[rows], self.time_us[rows], self.value[rows], self.sent_us[rows]
        )


def at_once(made: Readings) -> Deliveries:
    """Return readings that arrive the moment they are made."""
    return Deliveries(made.sensor, made.time_us, made.value, made.time_us)


def join(parts: Sequence[Deliveries]) -> Deliveries:
    """Return the deliveries of all parts (at least one), in order."""
    if len(parts) == 1:
        return parts[0]
    return Deliveries(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Deliveries))
    )


def in_order(made: Deliveries) -> Deliveries:
    """Return the deliveries by when they arrive; equal ones keep their order."""
    return made.take(np.argsort(made.sent_us, kind="stable"))
