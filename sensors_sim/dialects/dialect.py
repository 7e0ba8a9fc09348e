"""What the encoders of all dialects share: the roster as columns, and messages to publish."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from config.homes import Enrolment, Gateway
from config.kinds import KINDS, Kind
from sensors_sim.deliveries import Deliveries

NATIVE: Final = "native"
ZIGBEE: Final = "zigbee2mqtt"
CHIRPSTACK: Final = "chirpstack"
SENML: Final = "senml"

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]


class Outgoing(NamedTuple):
    """One message to publish: ``gateway`` is a row of the roster's gateways.

    ``time_us`` is when it is sent; ``sequence`` its number within the boot, 0 where it has none.
    """

    gateway: int
    topic: str
    payload: bytes
    time_us: int
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Roster:
    """An enrolment as columns over its sensors, and two over its gateways.

    ``gateway`` int32[n] is a row of the gateways, ``kind`` int8[n] a code, ``address``
    object[n]; ``device`` int32[n] numbers what shares an address.
    """

    gateway: NDArray[np.int32]
    kind: NDArray[np.int8]
    device: NDArray[np.int32]
    address: NDArray[np.object_]
    prefix: tuple[str, ...]
    has_bridge: Flags


class Dialect(Protocol):
    """Writes the messages of one payload family."""

    def __call__(self, said: Deliveries, roster: Roster, gather_us: int, /) -> list[Outgoing]:
        """Return these readings (at least one) as messages, in any order.

        ``said.sensor`` is a row of the roster and speaks this dialect. Where a dialect puts
        several moments into one message, it keeps to ``gather_us``, when that is not 0.
        """
        ...


Writer = Callable[[NDArray[np.float64]], list[str]]
"""Values of one kind to their text in a payload; empty where the dialect says nothing."""

Writers = Mapping[Kind, Writer]
"""By the kind; a kind without a writer cannot be carried."""


def prefix(gateway: Gateway) -> str:
    """Return the topic under which a gateway may write."""
    return f"stillwell/v1/{gateway.place}/{gateway.id}"


def columns(enrolment: Enrolment) -> Roster:
    """Return an enrolment as columns."""
    row = {gateway.number: i for i, gateway in enumerate(enrolment.gateways)}
    device: dict[tuple[int, str], int] = {}
    sensors = enrolment.sensors
    has_bridge = np.zeros(len(row), np.bool_)
    has_bridge[[row[s.gateway] for s in sensors if s.dialect == ZIGBEE]] = True
    return Roster(
        np.array([row[s.gateway] for s in sensors], np.int32),
        np.array([s.kind.code for s in sensors], np.int8),
        np.array(
            [device.setdefault((s.gateway, s.address), len(device)) for s in sensors], np.int32
        ),
        np.array([s.address for s in sensors], np.object_),
        tuple(prefix(each) for each in enrolment.gateways),
        has_bridge,
    )


def worded(name: str, off: str, on: str) -> Writer:
    """Return what writes a property that is one of two words, each as JSON."""
    said = (f'"{name}":{off}', f'"{name}":{on}')
    return lambda value: [said[is_on] for is_on in (value > 0).tolist()]


def measured(name: str) -> Writer:
    """Return what writes a property that is a number."""
    return lambda value: [f'"{name}":{quantity:.10g}' for quantity in value.tolist()]


def dbm(signal: NDArray[np.float64]) -> list[int]:
    """Return a link quality in percent as whole dBm: 0 is -100 dBm, 100 is -50 dBm."""
    whole: list[int] = np.rint(signal / 2 - 100).astype(np.int64).tolist()
    return whole


def texts(kind: NDArray[np.int8], value: NDArray[np.float64], writers: Writers) -> list[str]:
    """Return the text of each reading."""
    said = np.full(len(kind), "", np.object_)
    for code in np.unique(kind).tolist():
        rows = np.flatnonzero(kind == code)
        said[rows] = writers[KINDS[code].kind](value[rows])
    listed: list[str] = said.tolist()
    return listed


def by_frame(said: Deliveries, roster: Roster) -> tuple[Deliveries, Flags]:
    """Return the readings by frame, and which of them begin one.

    A frame is what a device reports at one moment, sent at one moment; what is sent twice
    makes two frames.
    """
    device = roster.device[said.sensor]
    order = np.lexsort((said.sensor, said.time_us, device, said.sent_us))
    said, device = said.take(order), device[order]
    is_first = np.ones(len(said), np.bool_)
    is_first[1:] = device[1:] != device[:-1]
    is_first[1:] |= (np.diff(said.time_us) != 0) | (np.diff(said.sent_us) != 0)
    is_first[1:] |= said.sensor[1:] == said.sensor[:-1]
    return said, is_first


def by_pack(
    said: Deliveries, sender: NDArray[np.int32], gather_us: int
) -> tuple[Deliveries, Flags, NDArray[np.int32]]:
    """Return the readings by sender, which begin a new message, and the senders in that order.

    ``sender`` int32[n] may be devices or gateways. One message holds what a sender has sent
    within one ``gather_us``, or all that it has where that is 0.
    """
    order = np.argsort(sender, kind="stable")
    said, sender = said.take(order), sender[order]
    is_first = np.diff(sender, prepend=-1) != 0
    if gather_us:
        is_first[1:] |= np.diff(said.sent_us // gather_us) != 0
    return said, is_first, sender


def spans(is_first: Flags) -> tuple[Rows, Rows]:
    """Return where each message starts, and where it stops."""
    starts = np.flatnonzero(is_first)
    return starts, np.append(starts[1:], len(is_first))
