"""Readings as the MQTT messages that gateways of two dialects would publish.

A Zigbee2MQTT hub is simulated with ``last_seen: ISO_8601`` and ``cache_state: false``: a
message carries what its device reported at that moment and nothing repeated from before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from config.enrol import STATUS_DIALECT
from config.homes import Enrolment, Gateway
from config.kinds import IS_LIFE_SAFETY, KINDS, Kind
from sensors_sim.deliveries import Deliveries, at_once
from sensors_sim.kit import NATIVE, ZIGBEE
from sensors_sim.readings import Readings
from sensors_sim.upkeep import FULL_LINK

MOST_READINGS: Final = 500
"""In one native message."""

_DIALECTS: Final = (STATUS_DIALECT, NATIVE, ZIGBEE)
_STATUS, _NATIVE, _ZIGBEE = range(3)


class Outgoing(NamedTuple):
    """One message to publish: ``gateway`` is a row of the roster's gateways.

    ``time_us`` is when it is sent.
    """

    gateway: int
    topic: str
    payload: bytes
    time_us: int


@dataclass(frozen=True, slots=True)
class _Columns:
    """The roster as columns over its sensors."""

    gateway: NDArray[np.int32]
    dialect: NDArray[np.int8]
    kind: NDArray[np.int8]
    device: NDArray[np.int32]
    address: NDArray[np.object_]


def prefix(gateway: Gateway) -> str:
    """Return the topic under which a gateway may write."""
    return f"stillwell/v1/{gateway.place}/{gateway.id}"


class Encoder:
    """Encodes readings whose ``sensor`` is a row of this roster's sensors.

    It numbers the native messages of each gateway from 1 within ``boot``.
    """

    def __init__(self, enrolment: Enrolment, boot: str) -> None:
        self._boot = boot
        self._columns = _columns(enrolment)
        self._prefix = [prefix(gateway) for gateway in enrolment.gateways]
        self._has_bridge = np.zeros(len(self._prefix), np.bool_)
        self._has_bridge[self._columns.gateway[self._columns.dialect == _ZIGBEE]] = True
        self._sequence = [0] * len(self._prefix)

    def encode(self, made: Readings | Deliveries, *, gather_us: int = 0) -> list[Outgoing]:
        """Return these readings as messages, by gateway and then by when they are sent.

        They must be ordered by that. The native readings of a gateway share messages, those
        within ``gather_us`` where it is given; of its own status only the last is told.
        """
        readings = made if isinstance(made, Deliveries) else at_once(made)
        dialect = self._columns.dialect[readings.sensor]
        sent: list[Outgoing] = []
        for code, encode in (
            (_NATIVE, partial(self._encode_native, gather_us=gather_us)),
            (_ZIGBEE, self._encode_zigbee),
            (_STATUS, self._encode_status),
        ):
            spoken = readings.take(dialect == code)
            if len(spoken):
                sent += encode(spoken)
        sent.sort(key=lambda message: (message.gateway, message.time_us))
        return sent

    def _encode_native(self, readings: Deliveries, *, gather_us: int) -> list[Outgoing]:
        gateway = self._columns.gateway[readings.sensor]
        readings = readings.take(np.argsort(gateway, kind="stable"))
        gateway = np.sort(gateway)
        kind = self._columns.kind[readings.sensor]
        rows: list[tuple[object, ...]] = list(
            zip(
                self._columns.address[readings.sensor].tolist(),
                (readings.time_us // 1000).tolist(),
                readings.value.tolist(),
                strict=True,
            )
        )
        for i in np.flatnonzero(IS_LIFE_SAFETY[kind]).tolist():
            rows[i] += (KINDS[kind[i]].kind.value,)
        made = []
        is_first = np.diff(gateway, prepend=-1) != 0
        if gather_us:
            is_first[1:] |= np.diff(readings.sent_us // gather_us) != 0
        starts = np.flatnonzero(is_first).tolist()
        for start, stop in zip(starts, [*starts[1:], len(rows)], strict=True):
            for first in range(start, stop, MOST_READINGS):
                last = min(first + MOST_READINGS, stop)
                at_us = int(readings.sent_us[last - 1])
                made.append(self._native(int(gateway[start]), rows[first:last], at_us))
        return made

    def _native(self, gateway: int, rows: Sequence[tuple[object, ...]], at_us: int) -> Outgoing:
        self._sequence[gateway] += 1
        document = {"b": self._boot, "s": self._sequence[gateway], "r": rows}
        topic = f"{self._prefix[gateway]}/{NATIVE}/r"
        return Outgoing(gateway, topic, msgspec.json.encode(document), at_us)

    def _encode_zigbee(self, readings: Deliveries) -> list[Outgoing]:
        device = self._columns.device[readings.sensor]
        readings = readings.take(np.lexsort((readings.time_us, device, readings.sent_us)))
        device = self._columns.device[readings.sensor]
        said = _attributes(self._columns.kind[readings.sensor], readings.value)
        is_first = np.ones(len(readings), np.bool_)
        is_first[1:] = device[1:] != device[:-1]
        is_first[1:] |= (np.diff(readings.time_us) != 0) | (np.diff(readings.sent_us) != 0)
        # What is sent twice is two messages.
        is_first[1:] |= readings.sensor[1:] == readings.sensor[:-1]
        # A message has room for one action.
        is_action = np.isin(self._columns.kind[readings.sensor], _ACTION_CODES)
        is_first[1:] |= is_action[1:]
        starts = np.flatnonzero(is_first)
        seen_ms = (readings.time_us[starts] // 1000).view("datetime64[ms]")
        seen = np.datetime_as_string(seen_ms, unit="ms")
        sensor = readings.sensor[starts]
        made = []
        columns = zip(
            self._columns.gateway[sensor].tolist(),
            self._columns.address[sensor].tolist(),
            starts.tolist(),
            [*starts[1:].tolist(), len(readings)],
            readings.sent_us[starts].tolist(),
            seen.tolist(),
            strict=True,
        )
        for gateway, address, start, stop, at_us, last_seen in columns:
            attributes = ",".join(filter(None, said[start:stop]))
            if attributes:
                payload = f'{{{attributes},"last_seen":"{last_seen}Z"}}'.encode()
                topic = f"{self._prefix[gateway]}/{ZIGBEE}/{address}"
                made.append(Outgoing(gateway, topic, payload, at_us))
        return made

    def _encode_status(self, readings: Deliveries) -> list[Outgoing]:
        last = dict(
            zip(
                self._columns.gateway[readings.sensor].tolist(),
                zip(readings.value.tolist(), readings.sent_us.tolist(), strict=True),
                strict=True,
            )
        )
        return [
            message
            for gateway, (value, at_us) in last.items()
            for message in self.status(gateway, at_us, is_online=value > 0)
        ]

    def status(self, gateway: int, at_us: int, *, is_online: bool) -> list[Outgoing]:
        """Return what says that a gateway is online, or what its last will says."""
        root = self._prefix[gateway]
        if is_online and self._has_bridge[gateway]:
            health = msgspec.json.encode({"response_time": at_us // 1000})
            return [Outgoing(gateway, f"{root}/{ZIGBEE}/bridge/health", health, at_us)]
        word = b"online" if is_online else b"offline"
        return [Outgoing(gateway, f"{root}/{STATUS_DIALECT}", word, at_us)]


def _columns(enrolment: Enrolment) -> _Columns:
    row = {gateway.number: i for i, gateway in enumerate(enrolment.gateways)}
    device: dict[tuple[int, str], int] = {}
    sensors = enrolment.sensors
    return _Columns(
        np.array([row[s.gateway] for s in sensors], np.int32),
        np.array([_DIALECTS.index(s.dialect) for s in sensors], np.int8),
        np.array([s.kind.code for s in sensors], np.int8),
        np.array(
            [device.setdefault((s.gateway, s.address), len(device)) for s in sensors], np.int32
        ),
        np.array([s.address for s in sensors], np.object_),
    )


_NOT: Final = ("true", "false")
_IS: Final = ("false", "true")
_WORDS: Final[dict[Kind, tuple[str, tuple[str, str]]]] = {
    Kind.MOTION: ("occupancy", _IS),
    # Closed is true; a pressure pad closes under a weight.
    Kind.CONTACT: ("contact", _NOT),
    Kind.BED: ("contact", _IS),
    Kind.CHAIR: ("contact", _IS),
    Kind.SMOKE: ("smoke", _IS),
    Kind.CARBON_MONOXIDE: ("carbon_monoxide", _IS),
    Kind.FLOOD: ("water_leak", _IS),
}
_ACTIONS: Final = {Kind.PENDANT: "emergency", Kind.FALL: "fall"}
_ACTION_CODES: Final = [kind.code for kind in _ACTIONS]
_QUANTITIES: Final = {
    Kind.TEMPERATURE: "temperature",
    Kind.HUMIDITY: "humidity",
    Kind.ILLUMINANCE: "illuminance",
    Kind.POWER: "power",
    Kind.BATTERY: "battery",
}


def _attributes(kind: NDArray[np.int8], value: NDArray[np.float64]) -> list[str]:
    """Return each reading as a JSON attribute, empty where Zigbee2MQTT would say nothing."""
    said = np.full(len(kind), "", np.object_)
    for code in np.unique(kind).tolist():
        rows = np.flatnonzero(kind == code)
        said[rows] = _attribute(KINDS[code].kind, value[rows])
    listed: list[str] = said.tolist()
    return listed


def _attribute(kind: Kind, value: NDArray[np.float64]) -> list[str]:
    if kind in _WORDS:
        name, words = _WORDS[kind]
        return [f'"{name}":{words[on]}' for on in (value > 0).tolist()]
    if kind in _ACTIONS:
        return [f'"action":"{_ACTIONS[kind]}"' if on else "" for on in (value > 0).tolist()]
    if kind is Kind.SIGNAL:
        link = np.rint(value / 100 * FULL_LINK).astype(np.int64)
        return [f'"linkquality":{quality}' for quality in link.tolist()]
    name = _QUANTITIES[kind]
    return [f'"{name}":{quantity:.10g}' for quantity in value.tolist()]
