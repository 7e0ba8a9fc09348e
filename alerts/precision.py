"""How often people agreed with what a detector found: a share, its interval, or "too few"."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ENOUGH: Final = 20
"""Findings judged true or false below which a share says too little: with 20 the interval is
already up to 0.40 wide."""

_Z: Final = 1.959964
"""Two-sided 95 % of the normal distribution."""


class Said(StrEnum):
    """What a person said of a finding: it was so, it was not so, or it cannot be known."""

    TRUE = "true"
    FALSE = "false"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Precision:
    """Findings that people judged; ``awaiting`` are those that nobody has judged yet."""

    true: int = 0
    false: int = 0
    unclear: int = 0
    awaiting: int = 0

    @property
    def decided(self) -> int:
        """How many were judged true or false."""
        return self.true + self.false

    @property
    def is_enough(self) -> bool:
        """Whether the share may be acted upon."""
        return self.decided >= ENOUGH

    @property
    def share(self) -> float | None:
        """The share judged true of those judged true or false; None when there are none."""
        return self.true / self.decided if self.decided else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of the share; None when there is no share."""
        return wilson(self.true, self.decided) if self.decided else None


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share, (0, 1) without any trial.

    Wilson, J. Am. Stat. Assoc. 22 (1927) 209; chosen over the simpler ones by Brown, Cai and
    DasGupta, Stat. Sci. 16 (2001) 101, because it holds for few trials and shares near 0 or 1.
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = hits / trials, _Z * _Z / trials
    middle = (share + square / 2) / (1 + square)
    reach = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return max(middle - reach, 0.0), min(middle + reach, 1.0)
