"""Walk tests: for an hour what a home's life-safety sensors say is a test, and says so (pure).

A test ends by itself. What began before it or was received after it is real: a call for help that
was late must not be taken for the installer's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

LENGTH_US: Final = 60 * 60_000_000
"""A walk test lasts sixty minutes at most."""


@dataclass(frozen=True, slots=True)
class WalkTest:
    """A home (number) is tested from ``from_us`` until ``until_us``, or until it was ended.

    ``account`` began it; ``ended_by`` ended it at ``ended_us``, before its time. Rows are kept, so
    that the past is judged by the tests of its time.
    """

    number: int
    home: int
    from_us: int
    until_us: int
    account: str
    ended_us: int | None = None
    ended_by: str = ""

    @property
    def stop_us(self) -> int:
        """When it ended or will end."""
        return self.until_us if self.ended_us is None else min(self.ended_us, self.until_us)

    def covers(self, at_us: int) -> bool:
        """Return whether the home is tested at this moment."""
        return self.from_us <= at_us < self.stop_us


def tester(tests: Iterable[WalkTest], home: int, onset_us: int, received_us: int) -> str:
    """Return who tests this home, empty unless one test covers both event and receipt."""
    for one in tests:
        if one.home == home and one.covers(onset_us) and one.covers(received_us):
            return one.account
    return ""
