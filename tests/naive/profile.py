"""Loop twins of ``alerts.detect.profile``, for one home."""

import math
from collections.abc import Sequence

from alerts.detect.profile import POPULATION


def rates(active: Sequence[float], watched: Sequence[float]) -> list[float]:
    weights = {-2: 1, -1: 2, 0: 3, 1: 2, 2: 1}
    result = []
    for k in range(96):
        n = sum(w * active[(k + d) % 96] for d, w in weights.items()) / 9
        m = sum(w * watched[(k + d) % 96] for d, w in weights.items()) / 9
        share = min(max((n + 2 * POPULATION[k]) / (m + 2), 0.005), 0.80)
        result.append(-math.log(1 - share))
    return result


def limit(peaks: Sequence[float], z: float) -> float:
    x = [math.log(max(p, 0.1)) for p in peaks if p > 0]
    mean = (sum(x) + 5 * 1.725) / (len(x) + 5)
    variance = (sum((v - mean) ** 2 for v in x) + 15 * 0.459**2) / (len(x) + 15)
    return math.exp(mean + z * math.sqrt(variance))
