"""Loop twin of ``alerts.detect.peaks.counted``, for one place."""

from collections.abc import Sequence

from alerts.detect.peaks import LEVELS, PAST_CAP, STEP_Z


def counted(peaks: Sequence[float]) -> list[int]:
    counts = [0] * LEVELS
    for peak in peaks:
        if peak >= PAST_CAP:
            counts[LEVELS - 1] += 1
            continue
        level = 0
        while level < LEVELS - 2 and (level + 1) * STEP_Z <= peak:
            level += 1
        counts[level] += 1
    return counts
