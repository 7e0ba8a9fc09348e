"""Measures how many real payloads are decoded right: ``decode.share_right`` by dialect.

The expectation is the pin, read by hand in the vendor's documentation, and where there is none
the naive twin. Only payloads that carry a value of a kind of ours count. Every kind is
enrolled on every device, so a reading too many is as wrong as one too few.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from config.kinds import KINDS
from config.sensor_table import SensorTable
from ingest.decode import decode
from tests.ingest.corpus import ALL_KINDS, DIALECT_OF, RECEIVED_US, Payload, read_corpus, table_of
from tests.ingest.pinned_payloads import READINGS, Pin
from tests.naive import payloads as naive
from tests.naive import payloads_of_hubs as naive_hubs

Reading = tuple[str, float, int]
"""Kind, value to 6 digits, time in milliseconds since 1970 UTC."""

_TWINS: Final[Mapping[str, Any]] = {
    "zigbee2mqtt": naive.zigbee2mqtt,
    "chirpstack": naive.chirpstack,
    "senml": naive.senml,
    "theengs": naive_hubs.theengs,
    "shelly": naive_hubs.shelly,
    "tasmota": naive_hubs.tasmota,
    "tts": naive_hubs.tts,
}
_PINS: Final = {(pin.file, pin.line): pin for pin in READINGS}
_MILLISECOND_US: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Outcome(NamedTuple):
    """One payload that carries values: what was expected, and what came."""

    payload: Payload
    expected: Counter[Reading]
    decoded: Counter[Reading]

    @property
    def is_right(self) -> bool:
        """Whether they are the same readings."""
        return self.expected == self.decoded


def _ms(iso: str | None) -> int:
    if iso is None:
        return RECEIVED_US // _MILLISECOND_US
    since = datetime.fromisoformat(iso) - _EPOCH
    return since // timedelta(milliseconds=1)


def by_pin(pin: Pin) -> Counter[Reading]:
    """Return the readings that a pin expects."""
    said = [(kind.value, round(float(value), 6), _ms(pin.time)) for kind, value in pin.says]
    said += [(kind.value, round(float(value), 6), _ms(time)) for kind, value, time in pin.earlier]
    return Counter(said)


def by_twin(payload: Payload) -> Counter[Reading]:
    """Return the readings that the naive twin expects."""
    now = RECEIVED_US // _MILLISECOND_US
    return Counter(
        (kind, round(value, 6), now if time is None else time)
        for _, kind, value, time in _TWINS[payload.dialect](payload.rest, payload.said)
    )


def decoded(payload: Payload, table: SensorTable) -> Counter[Reading]:
    """Return the readings that this message gives."""
    batch = decode([payload.message()], table).batch
    times = (batch.time.astype("datetime64[us]").astype(int) // _MILLISECOND_US).tolist()
    kinds = [KINDS[code].kind.value for code in table.sensor_kind[batch.sensor].tolist()]
    values = [round(value, 6) for value in batch.value.tolist()]
    return Counter(zip(kinds, values, times, strict=True))


def addresses_of(payload: Payload) -> Sequence[str]:
    """Return the devices that a payload is about."""
    levels = payload.rest.split("/")
    if payload.dialect == "chirpstack":
        return [levels[3]]
    if payload.dialect == "senml":
        return [str(payload.said[0]["bn"])]
    if payload.dialect == "theengs":
        return [levels[-1]]
    if payload.dialect == "tts":
        return [levels[-2]]
    if payload.dialect == "tasmota":
        hub = "/".join(levels[1:-1])
        bridges = [payload.said.get(name) for name in ("ZbReceived", "LwReceived")]
        return [hub, *(f"{hub}:{key}" for bridge in bridges if bridge for key in bridge)]
    if payload.dialect == "shelly":
        return [payload.rest.partition("/events/")[0].partition("/status/")[0]]
    return [payload.rest.removesuffix("/availability")]


def outcomes(folder: Path) -> Iterator[Outcome]:
    """Yield every payload that carries a value of a kind of ours."""
    corpus = [p for p in read_corpus(folder) if p.family in DIALECT_OF]
    devices = sorted({(p.dialect, address) for p in corpus for address in addresses_of(p)})
    table = table_of([(dialect, address, ALL_KINDS, "") for dialect, address in devices])
    for payload in corpus:
        pin = _PINS.get((payload.file, payload.line))
        expected = by_pin(pin) if pin else by_twin(payload)
        if expected:
            yield Outcome(payload, expected, decoded(payload, table))


def decode_share(folder: Path) -> dict[str, tuple[int, int]]:
    """Return for each dialect how many payloads were decoded right, and of how many."""
    share: dict[str, tuple[int, int]] = {}
    for outcome in outcomes(folder):
        right, total = share.get(outcome.payload.dialect, (0, 0))
        share[outcome.payload.dialect] = (right + outcome.is_right, total + 1)
    return share


def rows(folder: Path) -> Sequence[tuple[str, float, str]]:
    """Return (name, value, note) for each dialect, as ``make bench`` prints them."""
    return [
        (f"decode.share_right.{dialect}", right / total, f"{right} of {total} payloads")
        for dialect, (right, total) in sorted(decode_share(folder).items())
    ]
