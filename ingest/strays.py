"""Makes strays: P1 signals that something is wrong with, and that are raised all the same."""

import re
from hashlib import blake2b
from typing import Final

from config.homes import ID_PATTERN
from config.kinds import IS_LIFE_SAFETY, Kind
from config.sensor_table import NONE, SensorTable
from ingest.message import Message, Reason, Stray
from ingest.topic import Topic

STUCK_CLOCK_S: Final = 600
"""P1 signals that claim one impossible moment are one event within this many seconds."""

_ADDRESS_CHARS: Final = 255
_KEY_BYTES: Final = 16
_MICROSECONDS: Final = 1_000_000
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")


def is_signal(kind: Kind, value: float) -> bool:
    """Return whether this value calls for help: life safety, and not the 0 of all clear."""
    return bool(IS_LIFE_SAFETY[kind.code]) and value != 0


def storable(text: str, limit: int) -> str:
    """Return at most ``limit`` characters, none of which a database refuses."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text[:limit])


def stray_of_sensor(
    sensor: int, time_us: int, received_us: int, reason: Reason, table: SensorTable
) -> Stray:
    """Return the stray of an enrolled sensor whose reading was screened out."""
    known = table.sensor(sensor)
    gateway = table.gateways[known.gateway]
    return Stray(
        place=gateway.place,
        gateway=gateway.id,
        home=int(table.sensor_home[sensor]),
        sensor=sensor,
        address=known.address,
        kind=known.kind.value,
        reason=reason.value,
        key=_key_of_clock(reason, time_us, received_us),
        claimed_us=time_us,
        received_us=received_us,
    )


def stray_of_message(
    message: Message,
    topic: Topic,
    address: str,
    kind: Kind,
    claimed_us: int | None,
    reason: Reason,
    table: SensorTable,
) -> Stray:
    """Return the stray of a message that gave no row; its place is the gateway's own.

    A gateway that nobody enrolled has the place that it claims, if there is such a place.
    """
    gateway = table.gateway_number.get(topic.gateway, NONE)
    known = table.gateways.get(gateway)
    device = table.known_device(gateway, topic.dialect, address)
    sensor = device.sensors.get(kind, NONE) if device else NONE
    home = NONE if known is None or known.home is None else known.home
    claimed_place = topic.place if topic.place in table.places else ""
    return Stray(
        place=known.place if known else claimed_place,
        gateway=topic.gateway if ID_PATTERN.fullmatch(topic.gateway) else "",
        home=home if sensor == NONE else int(table.sensor_home[sensor]),
        sensor=sensor,
        address=storable(address, _ADDRESS_CHARS),
        kind=kind.value,
        reason=reason.value,
        key=_key_of_message(message, claimed_us),
        claimed_us=claimed_us,
        received_us=message.received_us,
    )


def _key_of_message(message: Message, claimed_us: int | None) -> str:
    """Return what tells this event from the next.

    A retained message comes again at every connection, so its words are its key. Without a
    time that can be read the receipt is all there is: two alerts for one event are better
    than none for the second.
    """
    if message.is_retained:
        return blake2b(message.payload, digest_size=_KEY_BYTES).hexdigest()
    return str(message.received_us if claimed_us is None else claimed_us)


def _key_of_clock(reason: Reason, claimed_us: int, received_us: int) -> str:
    """Return what tells this event from the next.

    A clock that stands still at 1970 claims the same moment for every press of a pendant, so
    there the time of receipt takes part: a redelivery stays one event, tomorrow's press is
    another.
    """
    if reason not in (Reason.FUTURE, Reason.STALE, Reason.BEFORE_MOVE):
        return str(claimed_us)
    return f"{claimed_us}/{received_us // (STUCK_CLOCK_S * _MICROSECONDS)}"
