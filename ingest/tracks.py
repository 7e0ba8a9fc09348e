"""How far each gateway's outbox is settled, and which of its messages never came.

A gateway numbers its messages from 1 within a boot, and says with ``oldest`` which is the lowest
that it still keeps. Settled is what it may forget: stored, a stray or a dead letter. Nothing is
ever said to be settled on a guess: a number that did not come holds the receipt back until the
gateway sends it again, or says by ``oldest`` that it cannot.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

MOST_RUNS: Final = 256
"""Runs of numbers beyond a hole that are remembered for one boot; the rest is only counted."""


class Sequenced(NamedTuple):
    """A message's place in the outbox of a gateway's box (its number); ``oldest`` None if unsaid.

    ``more`` messages came that follow it number by number and say the same.
    """

    gateway: int
    boot: str
    sequence: int
    oldest: int | None
    more: int = 0

    @property
    def last(self) -> int:
        """The last of these numbers."""
        return self.sequence + self.more


class Track(NamedTuple):
    """What is known of one boot.

    ``settled``: every number up to it is settled or given up. ``first`` is where we began to
    listen. ``ahead`` are the runs (start, stop) that came beyond a hole, in order, ``uncounted``
    how many more came than are remembered there. ``lost`` is what the gateway gave up.
    """

    settled: int
    first: int
    highest: int
    lost: int = 0
    uncounted: int = 0
    ahead: tuple[tuple[int, int], ...] = ()

    @property
    def gaps(self) -> int:
        """How many messages are lost or, so far, have not come."""
        came = sum(stop - start + 1 for start, stop in self.ahead) + self.uncounted
        return self.lost + max(self.highest - max(self.settled, self.first - 1) - came, 0)


def advance(before: Track | None, messages: Sequence[Sequenced], *, is_known: bool) -> Track:
    """Return the track after these messages of one boot.

    ``is_known`` says that we have heard this gateway before, so that what a new boot lacks
    from 1 on is a gap; a gateway that we never heard may be in the middle of its count.
    """
    if before is None:
        before = _begun(messages[0], is_known=is_known)
    settled, first, highest, lost, uncounted, ahead = before
    if not ahead and _are_next(messages, settled):
        last = messages[-1].last
        return Track(last, first, max(highest, last), lost, 0, ())
    runs = list(ahead)
    for sequence, oldest in _one_by_one(messages):
        if oldest is not None and settled + 1 < oldest <= sequence:
            lost += _given_up(max(settled, first - 1), oldest, runs)
            settled = _absorb(oldest - 1, runs)
        if sequence == settled + 1 and not runs:
            settled = sequence
        elif sequence > settled:
            if sequence == settled + 1:
                settled = _absorb(sequence, runs)
            else:
                uncounted += not _remember(sequence, runs)
        highest = max(highest, sequence)
        if not runs:
            uncounted = 0
    return Track(settled, first, highest, lost, uncounted, tuple(runs))


def _one_by_one(messages: Sequence[Sequenced]) -> Iterator[tuple[int, int | None]]:
    for _, _, sequence, oldest, more in messages:
        for number in range(sequence, sequence + more + 1):
            yield number, oldest


def _are_next(messages: Sequence[Sequenced], settled: int) -> bool:
    """Return whether these are the next numbers one after another, which is nearly always so."""
    following = settled
    for _, _, sequence, oldest, more in messages:
        if sequence != following + 1 or (oldest is not None and oldest > settled + 1):
            return False
        following = sequence + more
    return True


def _begun(message: Sequenced, *, is_known: bool) -> Track:
    oldest = message.oldest
    if oldest is not None and not 1 <= oldest <= message.sequence:
        oldest = None
    if is_known:
        return Track(0, 1, 0)
    return Track(0 if oldest is None else oldest - 1, oldest or message.sequence, 0)


def _given_up(settled: int, oldest: int, runs: Sequence[tuple[int, int]]) -> int:
    """Return how many numbers between these two never came."""
    came = sum(max(min(stop, oldest - 1) - max(start, settled + 1) + 1, 0) for start, stop in runs)
    return max(oldest - 1 - settled - came, 0)


def _absorb(settled: int, runs: list[tuple[int, int]]) -> int:
    """Return where settled comes to with the runs that now touch it, which are removed."""
    while runs and runs[0][0] <= settled + 1:
        settled = max(settled, runs.pop(0)[1])
    return settled


def _remember(sequence: int, runs: list[tuple[int, int]]) -> bool:
    """Put a number beyond a hole into the runs; return False when there is no room for it."""
    at = bisect_left(runs, (sequence + 1,))
    before = runs[at - 1] if at else None
    if before is not None and sequence <= before[1]:
        return True
    joins_before = before is not None and before[1] == sequence - 1
    joins_after = at < len(runs) and runs[at][0] == sequence + 1
    if before is not None and joins_before and joins_after:
        runs[at - 1 : at + 1] = [(before[0], runs[at][1])]
    elif before is not None and joins_before:
        runs[at - 1] = (before[0], sequence)
    elif joins_after:
        runs[at] = (sequence, runs[at][1])
    elif len(runs) < MOST_RUNS:
        runs.insert(at, (sequence, sequence))
    else:
        return False
    return True
