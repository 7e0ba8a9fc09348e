"""When doors are opened: those that lead out, and the fridge's."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import Kind
from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.kit import slot
from sensors_sim.marks import Floats, Marks, Stream, mark
from sensors_sim.movement import Sightings
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, Stays

MOST_TURNS: Final = 8
"""A door is opened at most this often in one go."""

_MEALS: Final = (Purpose.BREAKFAST, Purpose.LUNCH, Purpose.SUPPER)
_FRIDGE: Final = np.zeros(len(Purpose))
_FRIDGE[[*_MEALS]] = 0.107
_FRIDGE[[Purpose.DRINK, Purpose.CHORE, Purpose.REST]] = 0.145, 0.0488, 0.0387
_GARDEN: Final = np.zeros(len(Purpose))
_GARDEN[[*_MEALS, Purpose.DRINK, Purpose.CHORE, Purpose.REST]] = 0.0395
_LOOKS_OUT: Final = np.zeros(len(Purpose))
_LOOKS_OUT[[*_MEALS, Purpose.DRINK, Purpose.CHORE, Purpose.REST, Purpose.OUTING]] = 0.0352
"""Chance that somebody who is seen beside a door, busy with this, opens it."""


_DIFFER: Final = np.array([0.71, 0.937, 1.21])
"""How much homes differ in opening fridge, back and front door, as a logarithm."""

_AGAIN: Final = 0.606
"""Chance that a door that was opened is opened once more."""


def handling(seed: int, homes: NDArray[np.int32]) -> Floats:
    """Return how often these homes (numbers) open fridge, back and front door: [homes, 3].

    A factor around 1, log-normal; some homes have a door that is not used.
    """
    own = chance.key(seed, Stream.HANDLING, homes)[:, None]
    door = np.arange(3)
    factor = np.exp(_DIFFER * chance.normal(own, door) - 0.15)
    return factor * np.where(chance.uniform(own, 100 + door) < 0.05, 0.0, 1.0)


def open_front_door(stays: Stays, seen: Sightings, often: Floats) -> list[Marks]:
    """Return when the front door opens and shuts: on outings, and for who stands at it."""
    at_slot = slot("hall/front-door", Kind.CONTACT)
    own = chance.split(stays.key, Stream.DOOR)
    left = (stays.purpose == Purpose.OUTING) & (stays.start_s > DAY_STARTS_S)
    back = (stays.purpose == Purpose.OUTING) & (stays.end_s < DAY_ENDS_S)
    step = stays.purpose == Purpose.DOORSTEP
    gone = stays.purpose == Purpose.GONE
    shut = stays.start_s + 15 + 0.7 * (stays.end_s - stays.start_s - 20) * chance.uniform(own)
    passing = _beside(seen, Room.HALL, _LOOKS_OUT, often[:, 2], Stream.DOOR)
    return [
        *_turns(at_slot, stays.home[left], stays.start_s[left] - 9, own[left], _AGAIN),
        *_turns(
            at_slot, stays.home[back], stays.end_s[back] - 2, chance.split(own[back], 1), _AGAIN
        ),
        mark(stays.home[gone], at_slot, stays.start_s[gone] + 2, 1),
        mark(stays.home[gone], at_slot, stays.start_s[gone] + 9, 0),
        mark(stays.home[step], at_slot, stays.start_s[step] + 5, 1),
        mark(stays.home[step], at_slot, np.maximum(shut, stays.start_s + 10)[step], 0),
        *_turns(at_slot, passing.home, passing.time_s, passing.key, _AGAIN),
    ]


def open_back_door(seen: Sightings, often: Floats) -> list[Marks]:
    """Return when the back door opens and shuts: into the garden, and back."""
    passing = _beside(seen, Room.KITCHEN, _GARDEN, often[:, 1], Stream.FRIDGE, opens_last=True)
    at_slot = slot("kitchen/back-door", Kind.CONTACT)
    return _turns(at_slot, passing.home, passing.time_s, passing.key, _AGAIN)


def open_fridge(seen: Sightings, often: Floats) -> list[Marks]:
    """Return when the fridge is opened and shut by who is busy in the kitchen."""
    passing = _beside(seen, Room.KITCHEN, _FRIDGE, often[:, 0], Stream.FRIDGE)
    at_slot = slot("kitchen/fridge", Kind.CONTACT)
    return _turns(at_slot, passing.home, passing.time_s, passing.key, _AGAIN)


def _beside(
    seen: Sightings,
    room: Room,
    likely: Floats,
    often: Floats,
    stream: Stream,
    *,
    opens_last: bool = False,
) -> Sightings:
    """Return who opens a door; ``opens_last`` takes the other end of the same chance."""
    here = seen.take(seen.room == room)
    own = chance.split(here.key, stream)
    drawn = chance.uniform(own)
    opens = (1 - drawn if opens_last else drawn) < likely[here.purpose] * often[here.home]
    return Sightings(here.home, here.room, here.purpose, here.time_s, own).take(opens)


def _turns(
    at_slot: int, home: NDArray[np.int32], start_s: Floats, own: chance.Key, again: float
) -> list[Marks]:
    """Return a door opened once and, with chance ``again`` after each time, once more."""
    turn = np.arange(MOST_TURNS)
    goes_on = chance.uniform(own[:, None], 40 + turn) < np.where(turn == 0, 1.0, again)
    happens = np.logical_and.accumulate(goes_on, axis=1)
    # Hardly any door is opened eight times, so only turns that happen are drawn.
    row, nth = np.nonzero(happens)
    of = own[row]
    lasts_s = 3 + 5 * chance.uniform(of, 10 + nth)
    takes_s = np.zeros(happens.shape)
    takes_s[happens] = lasts_s + np.exp(1.9 + 1.1 * chance.normal(of, 20 + nth))
    opened = (start_s[:, None] + np.cumsum(takes_s, axis=1))[happens] - lasts_s
    return [
        mark(home[row], at_slot, opened, 1),
        mark(home[row], at_slot, opened + lasts_s, 0),
    ]
