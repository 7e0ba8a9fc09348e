"""What goes wrong between a sensor and the broker: columns in, columns out, nothing else.

A fault strikes the rows of its homes (and device) whose time lies within it. Sensors fail
first, then clocks, then the way to the broker.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from config.kinds import KINDS, Kind, Shape
from sensors_sim import chance
from sensors_sim.deliveries import Deliveries, in_order, join
from sensors_sim.kit import GATEWAY, HUB, SLOT_DEVICE, SLOT_KIND, SLOTS, slot
from sensors_sim.readings import Readings
from sensors_sim.schedule import SECOND_US
from sensors_sim.truth import Happening

Flags = NDArray[np.bool_]

BACKFILL_US: Final = 600 * SECOND_US
"""How long a gateway takes to empty its outbox after an outage."""

LONGEST_DELAY: Final = 8
"""A late reading is at most this many times ``by_s`` late."""

LAST_WILL_US: Final = 90 * SECOND_US
"""A broker misses a gateway that lost its power within so long: one and a half keep-alives."""

STARTS_US: Final = 180 * SECOND_US
"""A gateway that has power again answers within so long."""

_DAY_US: Final = 86_400 * SECOND_US
_STATUS: Final = slot(GATEWAY.name, Kind.GATEWAY_STATUS)
_MAINS: Final = slot(HUB.name, Kind.MAINS)
_IS_EVENT: Final = np.array([row.shape is Shape.EVENT for row in KINDS], np.bool_)


class _Stream(IntEnum):
    FAULT = 70


class FaultKind(StrEnum):
    """What can fail, in the order in which it acts."""

    STUCK = "stuck"
    CHATTERING = "chattering"
    FLAT_BATTERY = "flat-battery"
    DEAD = "dead"
    CLOCK_SKEW = "clock-skew"
    CLOCK_JUMP = "clock-jump"
    LATE = "late"
    REORDERED = "reordered"
    DUPLICATED = "duplicated"
    GATEWAY_OUTAGE = "gateway-outage"
    BROKER_OUTAGE = "broker-outage"
    STREET = "street"


OF_A_DEVICE: Final = frozenset(
    {FaultKind.STUCK, FaultKind.CHATTERING, FaultKind.FLAT_BATTERY, FaultKind.DEAD}
)
"""Kinds that strike one device; the others strike all that a gateway sends."""

_ORDER: Final = list(FaultKind)
_OUTAGES: Final = (FaultKind.GATEWAY_OUTAGE, FaultKind.BROKER_OUTAGE)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault from ``start_us`` (included) to ``end_us``, in ``homes`` (rows, sorted).

    ``device`` is a row of the kit. ``by_s`` is seconds a day for a skew, seconds for a jump,
    the pause of a chatter, the typical delay of what is late, reordered or sent again;
    ``share`` is that of readings which are late or sent again, of gateways without a battery in a
    street. ``held`` is what the sensors of
    a stuck device said last before (``last_said``).
    """

    kind: FaultKind
    homes: NDArray[np.int32]
    start_us: int
    end_us: int
    device: int = -1
    by_s: float = 0.0
    share: float = 1.0
    held: Readings | None = None


def last_said(before: Readings, fault: Fault) -> Readings:
    """Return the last reading of each sensor that a fault strikes, by sensor.

    ``before`` must be ordered by time; what it holds from ``start_us`` on is not looked at.
    """
    rows = np.flatnonzero((before.time_us < fault.start_us) & _is_hit(before.sensor, fault))
    sensor, last = np.unique(before.sensor[rows][::-1], return_index=True)
    kept = before.take(rows[::-1][last])
    return Readings(sensor, kept.time_us, kept.value)


def suffer(
    made: Deliveries, faults: Sequence[Fault], seed: int, start_us: int, end_us: int
) -> Deliveries:
    """Return what these faults leave of what is made in start <= time < end, as it arrives."""
    if not faults:
        return made
    for number, fault in enumerate(sorted(faults, key=lambda fault: _ORDER.index(fault.kind))):
        ends_us = fault.end_us + (STARTS_US if fault.kind is FaultKind.STREET else 0)
        if fault.start_us < end_us and (ends_us > start_us or fault.kind is FaultKind.FLAT_BATTERY):
            made = _strike(made, fault, chance.key(seed, _Stream.FAULT, number), start_us, end_us)
    return in_order(made)


def longest_delay_us(faults: Sequence[Fault]) -> int:
    """Return how long after it was made a reading may still arrive."""
    return sum((_delay_us(fault) for fault in faults), 0)


def truth(faults: Sequence[Fault]) -> list[Happening]:
    """Return what really failed, a happening for each home."""
    return [
        Happening(home, fault.kind.value, fault.start_us, fault.end_us)
        for fault in faults
        for home in fault.homes.tolist()
    ]


def _delay_us(fault: Fault) -> int:
    if fault.kind in _OUTAGES:
        return fault.end_us - fault.start_us + BACKFILL_US
    if fault.kind in (FaultKind.LATE, FaultKind.REORDERED, FaultKind.DUPLICATED):
        return round(LONGEST_DELAY * fault.by_s * SECOND_US)
    return 0


def _strike(
    made: Deliveries, fault: Fault, own: chance.Key, start_us: int, end_us: int
) -> Deliveries:
    hit = _is_hit(made.sensor, fault)
    inside = hit & (made.time_us >= fault.start_us) & (made.time_us < fault.end_us)
    match fault.kind:
        case FaultKind.DEAD:
            return made.take(~inside)
        case FaultKind.STUCK:
            return _stick(made, inside, fault)
        case FaultKind.CHATTERING:
            return _chatter(made, fault, max(start_us, fault.start_us), min(end_us, fault.end_us))
        case FaultKind.FLAT_BATTERY:
            return _run_flat(made, hit, fault)
        case FaultKind.CLOCK_SKEW | FaultKind.CLOCK_JUMP:
            return _mistime(made, inside, fault)
        case FaultKind.DUPLICATED:
            return _repeat(made, inside, fault, own)
        case FaultKind.LATE | FaultKind.REORDERED:
            return _delay(made, inside, fault, own)
        case FaultKind.STREET:
            return _go_dark(made, inside, fault, own, (start_us, end_us))
        case _:
            return _cut_off(made, inside, fault, start_us, end_us)


def _is_hit(sensor: NDArray[np.int32], fault: Fault) -> Flags:
    hit = np.isin(sensor // SLOTS, fault.homes)
    if fault.device >= 0:
        hit &= SLOT_DEVICE[sensor % SLOTS] == fault.device
    return hit


def _stick(made: Deliveries, inside: Flags, fault: Fault) -> Deliveries:
    """Let sensors repeat what they said last.

    One that had said nothing tells of no event, and goes on to measure.
    """
    held = last_said(made.readings, fault) if fault.held is None else fault.held
    at = np.searchsorted(held.sensor, made.sensor)
    # One more at the end, for who is not there.
    is_known = np.append(held.sensor, -1)[at] == made.sensor
    never = np.where(_IS_EVENT[SLOT_KIND[made.sensor % SLOTS]], 0.0, made.value)
    stuck_at = np.where(is_known, np.append(held.value, 0.0)[at], never)
    return replace(made, value=np.where(inside, stuck_at, made.value))


def _chatter(made: Deliveries, fault: Fault, start_us: int, end_us: int) -> Deliveries:
    """Add on and off in turns from every event sensor of the device."""
    slots = np.flatnonzero((fault.device == SLOT_DEVICE) & _IS_EVENT[SLOT_KIND]).astype(np.int32)
    pause_us = max(round(fault.by_s * 1000), 1) * 1000
    count = np.arange(
        -(-(start_us - fault.start_us) // pause_us), -(-(end_us - fault.start_us) // pause_us)
    )
    sensor = (fault.homes[:, None] * np.int32(SLOTS) + slots[None, :]).reshape(-1)
    time_us = np.repeat(fault.start_us + count * pause_us, len(sensor))
    value = np.repeat((count % 2 == 0).astype(np.float64), len(sensor))
    added = Deliveries(np.tile(sensor, len(count)), time_us, value, time_us)
    return join([made, added])


def _run_flat(made: Deliveries, hit: Flags, fault: Fault) -> Deliveries:
    """Let the charge fall to nothing by the end of the fault, and the device end with it."""
    is_charge = hit & (SLOT_KIND[made.sensor % SLOTS] == Kind.BATTERY.code)
    left = np.clip((fault.end_us - made.time_us) / (fault.end_us - fault.start_us), 0, 1)
    value = np.where(is_charge, np.minimum(made.value, np.rint(100 * left)), made.value)
    return replace(made, value=value).take(~(hit & (made.time_us >= fault.end_us)))


def _mistime(made: Deliveries, inside: Flags, fault: Fault) -> Deliveries:
    ahead_us = np.full(len(made), fault.by_s * SECOND_US)
    if fault.kind is FaultKind.CLOCK_SKEW:
        ahead_us *= (made.time_us - fault.start_us) / _DAY_US
    ahead_us = np.rint(ahead_us / 1000).astype(np.int64) * 1000
    return replace(made, time_us=np.where(inside, made.time_us + ahead_us, made.time_us))


def _draws(made: Deliveries, own: chance.Key) -> chance.Key:
    """Return a key for each delivery that hangs on what it is, not on its neighbours."""
    return chance.split(chance.split(own, made.sensor), made.time_us)


def _delay(made: Deliveries, inside: Flags, fault: Fault, own: chance.Key) -> Deliveries:
    each = _draws(made, own)
    drawn = chance.uniform(each, 0)
    if fault.kind is FaultKind.LATE:
        drawn = np.minimum(-np.log(1 - drawn), LONGEST_DELAY)
    late_us = (drawn * fault.by_s * 1000).astype(np.int64) * 1000
    struck = inside & (chance.uniform(each, 1) < fault.share)
    return replace(made, sent_us=np.where(struck, made.sent_us + late_us, made.sent_us))


def _repeat(made: Deliveries, inside: Flags, fault: Fault, own: chance.Key) -> Deliveries:
    struck = inside & (chance.uniform(_draws(made, own), 1) < fault.share)
    return join([made, _delay(made.take(struck), np.ones(int(struck.sum()), np.bool_), fault, own)])


def _go_dark(
    made: Deliveries, inside: Flags, fault: Fault, own: chance.Key, between: tuple[int, int]
) -> Deliveries:
    """Let a share of gateways lose their power together: what their sensors say is lost.

    The broker tells the last will of each when it misses it, and that it is back. The others go
    on by their batteries, and say that the mains failed.
    """
    each = chance.split(own, fault.homes)
    is_dark = chance.uniform(each, 2) < fault.share
    misses_us = fault.start_us + _ms(chance.uniform(each, 0) * LAST_WILL_US)
    back_us = fault.end_us + _ms(chance.uniform(each, 1) * STARTS_US)
    home = made.sensor // SLOTS
    at = np.minimum(np.searchsorted(fault.homes, home), len(fault.homes) - 1)
    mine = fault.homes[at] == home
    gone = mine & is_dark[at] & (made.time_us >= fault.start_us) & (made.time_us < back_us[at])
    beats = inside & ~is_dark[at] & (made.sensor % SLOTS == _MAINS)
    parts = [replace(made, value=np.where(beats, 0.0, made.value)).take(~gone)]
    sensor = fault.homes * np.int32(SLOTS) + np.where(is_dark, _STATUS, _MAINS).astype(np.int32)
    said_us = np.where(is_dark, misses_us, fault.start_us), np.where(is_dark, back_us, fault.end_us)
    for told_us, value in zip(said_us, (0.0, 1.0), strict=True):
        now = (told_us >= between[0]) & (told_us < between[1])
        parts.append(
            Deliveries(sensor[now], told_us[now], np.full(int(now.sum()), value), told_us[now])
        )
    return join(parts)


def _ms(span_us: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole milliseconds, as gateways tell time."""
    return (span_us / 1000).astype(np.int64) * 1000


def _cut_off(
    made: Deliveries, inside: Flags, fault: Fault, start_us: int, end_us: int
) -> Deliveries:
    """Hold everything back until the outage ends, then send it in order.

    Status is never held back: the broker tells the last will of a gateway that it lost, and
    nothing while it is away itself.
    """
    is_status = made.sensor % SLOTS == _STATUS
    held = made.take(inside & ~is_status)
    span_us = max(fault.end_us - fault.start_us, 1)
    # In proportion, so that the parts of an outbox from several days follow each other.
    place_us = (held.time_us - fault.start_us).astype(np.float64) / span_us * BACKFILL_US
    sent_us = fault.end_us + (place_us / 1000).astype(np.int64) * 1000
    held = replace(held, sent_us=np.maximum(held.sent_us, sent_us))
    parts = [made.take(~inside), held]
    if fault.kind is FaultKind.GATEWAY_OUTAGE:
        for at_us, value in ((fault.start_us, 0.0), (fault.end_us, 1.0)):
            if start_us <= at_us < end_us:
                told_us = np.full(len(fault.homes), at_us, np.int64)
                sensor = fault.homes * np.int32(SLOTS) + np.int32(_STATUS)
                parts.append(Deliveries(sensor, told_us, np.full(len(sensor), value), told_us))
    return join(parts)
