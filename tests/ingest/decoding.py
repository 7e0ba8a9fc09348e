"""Says one message to a home that knows some devices, and tells what became of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from config.kinds import KINDS, Kind
from config.sensor_table import SensorTable
from ingest.decode import Decoded, decode
from ingest.message import Message, Reason, Stray
from tests.ingest.corpus import PREFIX, RECEIVED_US, table_of


@dataclass(frozen=True)
class Heard:
    """``values``: by kind, the last one; ``rows``: every (kind, value, time)."""

    decoded: Decoded
    rows: Sequence[tuple[Kind, float, int]]

    @property
    def values(self) -> dict[Kind, float]:
        return {kind: value for kind, value, _ in self.rows}

    @property
    def reasons(self) -> list[Reason]:
        return [reject.reason for reject in self.decoded.rejects]

    @property
    def strays(self) -> Sequence[Stray]:
        return self.decoded.strays


def to_bytes(payload: object) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def message(dialect: str, rest: str, payload: object, *, topic: bytes | None = None) -> Message:
    """Return a message as received; ``topic`` overrides the one that dialect and rest make."""
    made = f"{PREFIX}/{dialect}/{rest}" if rest else f"{PREFIX}/{dialect}"
    return Message(topic or made.encode(), to_bytes(payload), RECEIVED_US, 1, 1)


def retained(said: Message) -> Message:
    return msgspec.structs.replace(said, is_retained=True)


def listen(messages: Sequence[Message], table: SensorTable) -> Heard:
    """Return what these messages give."""
    decoded = decode(messages, table)
    batch = decoded.batch
    codes = table.sensor_kind[batch.sensor].tolist()
    rows = zip(
        [KINDS[code].kind for code in codes],
        batch.value.tolist(),
        [int(us) for us in batch.time.astype("int64").tolist()],
        strict=True,
    )
    return Heard(decoded, list(rows))


def hear(
    dialect: str,
    rest: str,
    payload: object,
    *kinds: Kind,
    address: str | None = None,
    model: str = "",
) -> Heard:
    """Return what one message gives where ``address`` (the rest itself) measures these kinds."""
    known = rest if address is None else address
    return listen([message(dialect, rest, payload)], table_of([(dialect, known, kinds, model)]))
