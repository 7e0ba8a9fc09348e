"""Times for which a named person says that a home is not to be watched, and why (pure).

A pause keeps back what is concluded of the person and the hardware. It never covers P1.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.problems import ConfigProblem

DAY_US: Final = 86_400_000_000
LONGEST_DAYS: Final = 92
"""A pause that is forgotten must end: nothing is silenced for ever (hazard H9)."""

AHEAD_US: Final = DAY_US
"""How long before its end a pause is announced; half its length where it is shorter."""

LONGEST_WHY: Final = 500


class PauseReason(StrEnum):
    """Why nobody is to be watched there."""

    HOSPITAL = "hospital"
    HOLIDAY = "holiday"
    WORKS = "works"


@dataclass(frozen=True, slots=True)
class Pause:
    """A home (number) is paused from ``from_us`` until ``until_us``, or until it was ended.

    ``account`` is who said so at ``made_us``; ``ended_by`` ended it at ``ended_us``, before its
    time. Rows are kept, so that the past is judged by the pauses of its time.
    """

    number: int
    home: int
    reason: PauseReason
    from_us: int
    until_us: int
    account: str
    made_us: int
    why: str = ""
    ended_us: int | None = None
    ended_by: str = ""

    @property
    def stop_us(self) -> int:
        """When it ended or will end."""
        return self.until_us if self.ended_us is None else min(self.ended_us, self.until_us)

    @property
    def notice_us(self) -> int:
        """When its end is announced beforehand."""
        return self.until_us - min(AHEAD_US, (self.until_us - self.from_us) // 2)

    def covers(self, at_us: int) -> bool:
        """Return whether the home is paused at this moment."""
        return self.from_us <= at_us < self.stop_us


def check(pause: Pause) -> None:
    """Raise ConfigProblem, saying what was wrong and what to do."""
    problems = []
    if pause.until_us <= pause.from_us:
        problems.append("it ends before it begins; say an end after its beginning")
    elif pause.until_us - pause.from_us > LONGEST_DAYS * DAY_US:
        problems.append(
            f"it would last longer than {LONGEST_DAYS} days; say an earlier end, and extend it then"
        )
    if pause.from_us < pause.made_us:
        problems.append("it begins in the past, where the home was watched; begin it now or later")
    if not pause.account:
        problems.append("account is empty, expected the person who pauses the home")
    if len(pause.why) > LONGEST_WHY:
        problems.append(f"why has {len(pause.why)} characters, expected {LONGEST_WHY} at most")
    if problems:
        raise ConfigProblem("\n".join(f"pause: {problem}" for problem in problems))
