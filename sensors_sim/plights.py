"""What incidents do to how a person spends the day; the devices then see it as they would."""

from collections.abc import Sequence
from dataclasses import replace
from enum import IntEnum
from typing import Final

import numpy as np

from sensors_sim import chance
from sensors_sim.agenda import Purpose, Room
from sensors_sim.habits import Habits
from sensors_sim.incidents import Onset
from sensors_sim.scenario import Incident
from sensors_sim.schedule import SECOND_US
from sensors_sim.stays import DAY_ENDS_S, DAY_STARTS_S, HOUR, MINUTE, Stays, Who, join

ROOMS: Final = {
    "": Room.LIVING_ROOM,
    "hall": Room.HALL,
    "kitchen": Room.KITCHEN,
    "living room": Room.LIVING_ROOM,
    "bedroom": Room.BEDROOM,
    "bathroom": Room.BATHROOM,
}
DECLINE_TO: Final = 0.35
DECLINE_DAYS: Final = 60
_PACES: Final = (Room.HALL, Room.KITCHEN, Room.HALL, Room.LIVING_ROOM, Room.HALL, Room.BEDROOM)
_PACE_S: Final = 100.0


class _Stream(IntEnum):
    PLIGHT = 80


def endure(
    seed: int, lived: Stays, happening: Sequence[Onset], day: int, midnight_us: int
) -> Stays:
    """Return the stays of a day as these incidents leave them, by home and then by time."""
    struck = lived
    for number, onset in enumerate(happening):
        start_s = max((onset.at_us - midnight_us) / SECOND_US, DAY_STARTS_S)
        end_s = min((onset.end_us - midnight_us) / SECOND_US, DAY_ENDS_S)
        if start_s < end_s:
            own = chance.key(seed, _Stream.PLIGHT, onset.home, day, number)
            is_new = (onset.at_us - midnight_us) / SECOND_US >= DAY_STARTS_S
            struck = _strike(struck, onset, own, (start_s, end_s), is_new=is_new)
    if struck is lived:
        return lived
    return struck.take(np.lexsort((struck.start_s, struck.home)))


def changed(who: Habits, happening: Sequence[Onset], day: int, midnight_us: int) -> Habits:
    """Return the habits that incidents which change a life leave on this day."""
    noon_us = midnight_us + round(12 * HOUR) * SECOND_US
    shift_h, since = who.shift_h.copy(), who.since_day.copy()
    vigour_to, days = who.vigour_to.copy(), who.vigour_days.copy()
    for onset in happening:
        if onset.at_us > noon_us or onset.end_us <= noon_us:
            continue
        if onset.kind is Incident.SLEEP_SHIFT:
            shift_h[onset.home] += onset.by
        elif onset.kind is Incident.GRADUAL_DECLINE:
            since[onset.home] = day - (noon_us - onset.at_us) // (86_400 * SECOND_US)
            vigour_to[onset.home], days[onset.home] = DECLINE_TO, DECLINE_DAYS
    return replace(who, shift_h=shift_h, since_day=since, vigour_to=vigour_to, vigour_days=days)


def _strike(
    lived: Stays, onset: Onset, own: chance.Key, span: tuple[float, float], *, is_new: bool
) -> Stays:
    start_s, end_s = span
    match onset.kind:
        case Incident.COLLAPSE:
            room = ROOMS[onset.room] if onset.room else _room_at(lived, onset.home, start_s)
            stays = [(room, Purpose.FLOOR, start_s, end_s)]
        case Incident.STILL_MOVING:
            stays = [(ROOMS[onset.room], Purpose.CRAWL, start_s, end_s)]
        case Incident.NOT_UP:
            # They lie where they slept: the bed is never left.
            start_s = _asleep_since(lived, onset.home, start_s)
            stays = [(Room.BEDROOM, Purpose.HELD, start_s, end_s)]
        case Incident.CHAIR_NOT_LEFT:
            stays = [(Room.LIVING_ROOM, Purpose.HELD, start_s, end_s)]
        case Incident.OUT_AT_NIGHT:
            stays = [(Room.OUT, Purpose.GONE, start_s, end_s)] if is_new else []
        case Incident.LONG_BATHROOM:
            # Nobody who rests there would stay in the room all along.
            stays = [(Room.BATHROOM, Purpose.CRAWL, start_s, end_s)]
        case Incident.WANDERING:
            steps = range(int((end_s - start_s) // _PACE_S))
            stays = [
                (
                    _PACES[i % len(_PACES)],
                    Purpose.RESTLESS,
                    start_s + i * _PACE_S,
                    start_s + (i + 0.9) * _PACE_S,
                )
                for i in steps
            ]
        case Incident.NIGHT_VISITS:
            return _visit_more(lived, onset, own, span)
        case Incident.SELF_NEGLECT:
            skipped = (lived.home == onset.home) & (lived.room == Room.KITCHEN)
            return lived.take(~(skipped & (lived.start_s >= start_s) & (lived.start_s < end_s)))
        case _:
            return lived
    cleared = _clear(lived, onset.home, start_s, end_s)
    return join([cleared, _stays(onset.home, stays, own)])


def _visit_more(lived: Stays, onset: Onset, own: chance.Key, span: tuple[float, float]) -> Stays:
    """Add ``onset.by`` bathroom visits between half past midnight and half past three."""
    visits = []
    for i in range(round(onset.by)):
        part_s = 3 * HOUR / onset.by
        at_s = 24.5 * HOUR + (i + 0.7 * float(chance.uniform(own, i)[0])) * part_s
        if span[0] <= at_s < span[1]:
            visits.append((Room.BATHROOM, Purpose.TOILET, at_s, at_s + 4 * MINUTE))
            lived = _clear(lived, onset.home, at_s - 20, at_s + 4 * MINUTE + 20)
    return join([lived, _stays(onset.home, visits, own)])


def _room_at(lived: Stays, home: int, at_s: float) -> Room:
    """Return the room that the person was last in; who lies on the floor is not seen in any."""
    been = (lived.home == home) & (lived.start_s <= at_s) & (lived.room != Room.OUT)
    if not been.any():
        return Room.LIVING_ROOM
    return Room(int(lived.room[been][np.argmax(lived.start_s[been])]))


def _asleep_since(lived: Stays, home: int, at_s: float) -> float:
    asleep = (lived.home == home) & (lived.purpose == Purpose.SLEEP) & (lived.start_s <= at_s)
    return float(lived.start_s[asleep].max()) if asleep.any() else at_s


def _clear(lived: Stays, home: int, start_s: float, end_s: float) -> Stays:
    """Return the stays without this stretch of one home; stays across its edges are cut."""
    own = (lived.home == home) & (lived.end_s > start_s) & (lived.start_s < end_s)
    touched = lived.take(own)
    before = replace(touched, end_s=np.minimum(touched.end_s, start_s))
    after = replace(
        touched, start_s=np.maximum(touched.start_s, end_s), key=chance.split(touched.key, 99)
    )
    parts = [part.take(part.end_s - part.start_s > 1) for part in (before, after)]
    return join([lived.take(~own), *parts])


def _stays(
    home: int, stays: Sequence[tuple[Room, Purpose, float, float]], own: chance.Key
) -> Stays:
    count = len(stays)
    return Stays(
        home=np.full(count, home, np.int32),
        room=np.array([room for room, _, _, _ in stays], np.int8),
        purpose=np.array([purpose for _, purpose, _, _ in stays], np.int8),
        start_s=np.array([start for _, _, start, _ in stays], np.float64),
        end_s=np.array([end for _, _, _, end in stays], np.float64),
        key=chance.split(own, 100 + np.arange(count)),
        person=np.full(count, Who.RESIDENT, np.int8),
    )
