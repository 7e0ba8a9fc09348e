"""Longer silences that a named person accepts for one home, a part of the day and a stated time."""

from dataclasses import dataclass
from typing import Final

from config.problems import ConfigProblem

HIGHEST_H: Final = 24.0
LONGEST_DAYS: Final = 92
_HOUR_US: Final = 3_600_000_000
_DAY_MIN: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Allowance:
    """A cap above the place's own, for silences of a home that begin in a part of its local day.

    From ``from_min`` up to ``to_min`` past midnight, over midnight when it is the later one;
    ``is_out`` says that it is about absences and not about silences at home. ``account`` is who
    accepted it, at ``accepted_us``, and ``why``; it holds until ``until_us``, and then the floor
    is back. ``ended_by`` took it back at ``until_us``, empty where it ran or runs its time.
    """

    number: int
    home: int
    is_out: bool
    from_min: int
    to_min: int
    cap_h: float
    account: str
    accepted_us: int
    until_us: int
    why: str = ""
    ended_by: str = ""


def check(allowance: Allowance) -> None:
    """Raise ConfigProblem, saying what was wrong and what was expected."""
    problems = []
    for name, minute in (("from_min", allowance.from_min), ("to_min", allowance.to_min)):
        if not 0 <= minute < _DAY_MIN:
            problems.append(f"{name} is {minute}, expected 0..{_DAY_MIN - 1}")
    if allowance.from_min == allowance.to_min:
        problems.append("from_min and to_min are the same, expected a part of the day")
    if not 0 < allowance.cap_h <= HIGHEST_H:
        problems.append(f"cap_h is {allowance.cap_h:g}, expected at most {HIGHEST_H:g}")
    if not allowance.account:
        problems.append("account is empty, expected the person who accepted it")
    days = (allowance.until_us - allowance.accepted_us) / (24 * _HOUR_US)
    if not 0 < days <= LONGEST_DAYS:
        problems.append(f"it would hold for {days:g} days, expected up to {LONGEST_DAYS}")
    if problems:
        raise ConfigProblem("\n".join(f"allowance: {problem}" for problem in problems))
