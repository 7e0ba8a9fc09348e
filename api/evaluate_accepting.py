"""A named tester who accepts every longer cap that the engine proposes, for four weeks each."""

from collections.abc import Sequence
from typing import Final

from alerts.proposals import Proposal
from config.allowances import Allowance
from sensors_sim.score import DAY_US, Bools

TESTER: Final = "evaluation-tester"
_HOLDS_US: Final = 28 * DAY_US


class Tester:
    """``accepts`` says of each home by number whether the tester answers for it."""

    def __init__(self, accepts: Bools) -> None:
        self._accepts = accepts
        self.accepted: list[Allowance] = []

    def look(self, proposals: Sequence[Proposal], now_us: int) -> bool:
        """Accept what is proposed and not accepted already; return whether anything was."""
        before = len(self.accepted)
        standing = {(a.home, a.from_min) for a in self.accepted if a.until_us > now_us}
        for one in proposals:
            if self._accepts[one.home] and (one.home, one.from_min) not in standing:
                self.accepted.append(
                    Allowance(
                        len(self.accepted) + 1,
                        one.home,
                        False,  # not of an absence
                        one.from_min,
                        one.to_min,
                        one.cap_h,
                        TESTER,
                        now_us,
                        now_us + _HOLDS_US,
                    )
                )
        return len(self.accepted) > before
