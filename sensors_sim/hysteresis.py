"""Which of the values that a device measures it reports: what has changed, and by the clock."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def reports(value: Floats, band: float, share: float = 0.0) -> NDArray[np.bool_]:
    """Return bool[looks, n]: which of these values, measured one after another, are reported.

    A column is what one device sees from one report by the clock (its first row, always
    reported) up to the next; the others are reported when they differ from the value reported
    last by ``band``, and by ``share`` of that value, or more. The time between two rows is
    the least between two reports: the three settings of Zigbee's attribute reporting.
    """
    spoken = np.zeros(value.shape, np.bool_)
    spoken[0] = True
    said = value[0]
    for look in range(1, len(value)):
        # A difference of 0.3 between rounded values may come out a trifle less.
        far = np.maximum(band, share * np.abs(said)) - 1e-9
        spoken[look] = np.abs(value[look] - said) >= far
        said = np.where(spoken[look], value[look], said)
    return spoken
