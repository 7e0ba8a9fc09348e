"""Messages in; readings, dead letters, strays and outbox positions out.

Safety rule: a P1 signal is never only a dead letter. Whatever is wrong with its message, its
sensor, its gateway or its clock, a life-safety value that is not 0 becomes a ``Stray``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from config.announced import Announcement
from config.homes import HomeState
from config.kinds import IS_LIFE_SAFETY, KINDS, Kind, Shape
from config.sensor_table import NONE, STATE_CODE, Device, SensorTable
from ingest.batch import Batch, build, concat
from ingest.dialects import DIALECTS
from ingest.dialects.dialect import (
    Announced,
    Fault,
    ModelOf,
    Observation,
    Part,
    Position,
    Undecodable,
)
from ingest.dialects.roles import sensor_for
from ingest.dialects.zigbee2mqtt import is_announcement
from ingest.known_senders import known_senders
from ingest.message import Message, Reason, Reject, Stray
from ingest.messages import Messages
from ingest.native_columns import read_columns
from ingest.quick_native import Plain, Quick, Senders, plain, quick, senders
from ingest.strays import is_signal, storable, stray_of_message
from ingest.topic import Topic, parse_topic
from ingest.tracks import Sequenced

FIRST_BYTES: Final = 256
"""Bytes of a payload that a dead letter keeps."""

_TOPIC_CHARS: Final = 300
_MANY: Final = 64
_MOST_EDGES: Final = 64
_PIECE: Final = 256
_FEW: Final = 8
_LEVELS: Final = frozenset(row.kind for row in KINDS if row.shape is Shape.LEVEL)
_WITHOUT_CONSENT: Final = frozenset(
    (STATE_CODE[HomeState.AWAITING_CONSENT], STATE_CODE[HomeState.ENDED])
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of a chunk.

    ``quiet`` counts the messages that are known to carry no reading (a bridge's log).
    """

    batch: Batch
    rejects: Sequence[Reject]
    strays: Sequence[Stray]
    sequences: Sequence[Sequenced]
    quiet: int
    announced: Sequence[Announcement] = ()


class _Origin(NamedTuple):
    """Who sent a message: registry's numbers, ``NONE`` where unknown."""

    message: Message
    topic: Topic
    gateway: int
    place: str
    home: int
    may_claim: bool = True


def decode(messages: Sequence[Message], table: SensorTable) -> Decoded:
    """Return what these messages say, in their order; no bytes whatever raise."""
    chunk, known = _Chunk(table), senders(table)
    if not isinstance(messages, Messages) or len(messages) < _MANY:
        chunk.take_all(list(messages), known)
        return chunk.decoded()
    columns = read_columns(messages, known_senders(table))
    edges = np.flatnonzero(np.diff(columns.is_plain, prepend=False, append=False)).tolist()
    if len(edges) > _MOST_EDGES:
        edges = []  # a call for each would cost more than the careful path does
    at = plain = 0
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        chunk.take_all(list(messages[at:start]), known)
        chunk.take_plain(columns.run(plain, plain + stop - start))
        at, plain = stop, plain + stop - start
    chunk.take_all(list(messages[at:]), known)
    return chunk.decoded()


def _end_of_run(found: Sequence[Quick | None], start: int) -> int:
    """Return where the quick messages from here on end, or the others."""
    if found[start] is not None:
        try:
            return found.index(None, start)
        except ValueError:
            return len(found)
    stop = start + 1
    while stop < len(found) and found[stop] is None:
        stop += 1
    return stop


class _Chunk:
    """Gathers the columns of one chunk."""

    def __init__(self, table: SensorTable) -> None:
        self._table = table
        self._batches: list[Batch] = []
        self._sensor: list[int] = []
        self._time_us: list[int] = []
        self._value: list[float] = []
        self._received_us: list[int] = []
        self._rejects: list[Reject] = []
        self._strays: list[Stray] = []
        self._sequences: list[Sequenced] = []
        self._models: dict[tuple[int, str], ModelOf] = {}
        self._quiet = 0
        self._announced: list[Announcement] = []

    def decoded(self) -> Decoded:
        self._flush()
        return Decoded(
            concat(self._batches),
            tuple(self._rejects),
            tuple(self._strays),
            tuple(self._sequences),
            self._quiet,
            tuple(self._announced),
        )

    def take_all(self, messages: Sequence[Message], known: Senders) -> None:
        """Take these in order, quickly where that is possible."""
        found, start = quick(messages, known), 0
        while start < len(found):
            stop = _end_of_run(found, start)
            run = [each for each in found[start:stop] if each is not None]
            self.take_run(messages[start:stop], run, known)
            start = stop

    def take_plain(self, said: Plain) -> None:
        self._flush()
        self._batches.append(said.batch)
        self._sequences += said.sequences

    def take_run(
        self, messages: Sequence[Message], documents: Sequence[Quick], known: Senders
    ) -> None:
        """Take these in order, at once where all are plain; an odd one slows its piece only."""
        if not documents:
            for message in messages:
                self.take(message)
            return
        for at in range(0, len(documents), _PIECE):
            self._take_piece(messages[at : at + _PIECE], documents[at : at + _PIECE], known)

    def _take_piece(
        self, messages: Sequence[Message], documents: Sequence[Quick], known: Senders
    ) -> None:
        said = plain(messages, documents, known)
        if said is not None:
            self.take_plain(said)
        elif len(messages) <= _FEW:
            for message in messages:
                self.take(message)
        else:
            half = len(messages) // 2
            self._take_piece(messages[:half], documents[:half], known)
            self._take_piece(messages[half:], documents[half:], known)

    def _flush(self) -> None:
        """Make a batch of what was taken one by one, to keep the order."""
        if self._sensor:
            self._batches.append(build(self._sensor, self._time_us, self._value, self._received_us))
            self._sensor, self._time_us, self._value, self._received_us = [], [], [], []

    def take(self, message: Message) -> None:
        topic = parse_topic(message.topic)
        if topic is None:
            expected = "expected stillwell/v1/{place}/{gateway}/{dialect}/..."
            self._reject(Reason.BAD_TOPIC, expected, message)
            return
        origin = self._origin(message, topic)
        dialect = DIALECTS.get(topic.dialect)
        if message.is_oversize:
            self._refuse(Reason.OVERSIZE, "too large to be a reading", origin)
        elif not message.payload and not is_announcement(topic.dialect, topic.rest):
            self._refuse(Reason.EMPTY, "no payload", origin)
        elif dialect is None:
            self._refuse(Reason.UNKNOWN_DIALECT, f"expected one of {', '.join(DIALECTS)}", origin)
        else:
            model_of = self._model_of(origin.gateway, topic.dialect)
            try:
                parts = dialect(topic.rest, message.payload, message.received_us, model_of)
            except Undecodable as error:
                self._refuse(error.reason, error.detail, origin)
                return
            trouble = self._trouble(origin)
            if trouble is not None:
                self._take_troubled(trouble, parts, origin)
            elif parts:
                self._take_parts(parts, origin)
            else:
                self._quiet += 1

    def _origin(self, message: Message, topic: Topic) -> _Origin:
        gateway = self._table.gateway_number.get(topic.gateway, NONE)
        if gateway == NONE:
            return _Origin(message, topic, NONE, "", NONE)
        known = self._table.gateways[gateway]
        return _Origin(
            message,
            topic,
            gateway,
            known.place,
            NONE if known.home is None else known.home,
            known.may_claim(topic.place),
        )

    def _model_of(self, gateway: int, dialect: str) -> ModelOf:
        found = self._models.get((gateway, dialect))
        if found is None:
            devices = self._table.devices

            def found(address: str) -> str:
                device = devices.get((gateway, dialect, address))
                return device.model if device else ""

            self._models[gateway, dialect] = found
        return found

    def _trouble(self, origin: _Origin) -> tuple[Reason, str] | None:
        """Return why nothing of this sender's message may be stored, None when it may."""
        if origin.gateway == NONE:
            return Reason.UNKNOWN_GATEWAY, "no gateway of this name is enrolled"
        if not origin.may_claim:
            return Reason.WRONG_PLACE, f"this gateway belongs to {origin.place}"
        if origin.message.is_retained:
            return Reason.RETAINED, "a retained reading may be of any age"
        return None

    def _take_troubled(
        self, trouble: tuple[Reason, str], parts: Sequence[Part], origin: _Origin
    ) -> None:
        reason, detail = trouble
        if reason is Reason.RETAINED and all(map(_may_be_retained, parts)):
            # A birth or a will; what a hub last knew of its devices is no news of them.
            news = [part for part in parts if not _is_availability(part)]
            self._take_parts(news, origin)
            self._quiet += not news
            return
        self._refuse(reason, detail, origin)
        for part in parts:
            if isinstance(part, Position):
                self._place(part, origin)
            elif isinstance(part, Observation):
                self._suspect(reason, part, origin)
            elif isinstance(part, Fault) and part.suspect is not None:
                self._suspect(reason, part.suspect, origin)

    def _take_parts(self, parts: Sequence[Part], origin: _Origin) -> None:
        told: set[tuple[Reason, str]] = set()
        for part in parts:
            if isinstance(part, Observation):
                wrong = self._take_observation(part, origin)
            elif isinstance(part, Fault):
                wrong = (part.reason, part.detail)
                if part.suspect is not None:
                    self._suspect(part.reason, part.suspect, origin)
            elif isinstance(part, Announced):
                wrong = self._take_announced(part, origin)
            else:
                self._place(part, origin)
                continue
            if wrong is not None and wrong not in told:
                # One message with many bad parts is one dead letter for each thing wrong.
                told.add(wrong)
                self._refuse(*wrong, origin)

    def _place(self, position: Position, origin: _Origin) -> None:
        """Note a place in an outbox; a dead letter is settled too, or it would come for ever."""
        if origin.gateway != NONE and not origin.message.is_retained:
            box = self._table.box_of(origin.topic.gateway)
            self._sequences.append(Sequenced(box, *position))

    def _take_announced(self, said: Announced, origin: _Origin) -> tuple[Reason, str] | None:
        """Note what a home's own hub announces, or return why it is not kept.

        Of a hub of several homes nobody could say whose the devices are.
        """
        topic, home = origin.topic, origin.home
        if said.under not in ("", f"{topic.gateway}/{topic.dialect}"):
            return Reason.WRONG_SHAPE, "expected topics of this gateway's own devices"
        if topic.gateway != self._table.gateways[origin.gateway].id:
            return None  # a box that was replaced: what is paired with it is not with the new one
        if home == NONE:
            self._quiet += 1
        elif int(self._table.home_state[home]) in _WITHOUT_CONSENT:
            return Reason.NO_CONSENT, "no consent is recorded, so nothing is kept of its devices"
        else:
            self._announced.append(
                Announcement(
                    origin.gateway,
                    said.source,
                    origin.message.received_us,
                    said.devices,
                    said.gone,
                    topic.gateway,
                )
            )
        return None

    def _take_observation(self, seen: Observation, origin: _Origin) -> tuple[Reason, str] | None:
        """Add a row, or return why there is none; an unenrolled quantity is no one's fault."""
        if seen.kind is Kind.GATEWAY_STATUS:
            if origin.topic.gateway != self._table.gateways[origin.gateway].id:
                return None  # a box that was replaced: its last will says nothing of the new one
            self._add(int(self._table.gateway_sensor[origin.gateway]), seen.value, seen, origin)
            return None
        device = self._table.devices.get((origin.gateway, origin.topic.dialect, seen.address))
        if device is None:
            self._suspect(Reason.UNKNOWN_SENSOR, seen, origin)
            return Reason.UNKNOWN_SENSOR, f"{seen.address[:80]} is not enrolled at this gateway"
        kind = seen.kind or _only_kind(device)
        if kind is None:
            if seen.value == 1:
                self._suspect(Reason.WRONG_SHAPE, seen, origin)
            return Reason.WRONG_SHAPE, "expected the kind: several share this address"
        if kind in _LEVELS and isinstance(seen.value, bool):
            return Reason.NOT_A_NUMBER, f"expected a number for {kind.value}"
        found = sensor_for(device, kind, seen.value)
        if found is None:
            self._suspect(Reason.UNKNOWN_SENSOR, seen, origin)
        else:
            self._add(*found, seen, origin)
        return None

    def _add(self, sensor: int, value: float, seen: Observation, origin: _Origin) -> None:
        if sensor == NONE:
            return
        received_us = origin.message.received_us
        self._sensor.append(sensor)
        self._time_us.append(received_us if seen.time_us is None else seen.time_us)
        self._value.append(value + 0.0)
        self._received_us.append(received_us)

    def _suspect(self, reason: Reason, seen: Observation, origin: _Origin) -> None:
        """Raise what would have been a P1 signal; nothing for anything else."""
        table, topic = self._table, origin.topic
        device = table.known_device(origin.gateway, topic.dialect, seen.address)
        kind = seen.kind or (_gravest_kind(device) if device else None)
        if kind is not None and is_signal(kind, seen.value):
            self._strays.append(
                stray_of_message(
                    origin.message, topic, seen.address, kind, seen.time_us, reason, table
                )
            )

    def _refuse(self, reason: Reason, detail: str, origin: _Origin) -> None:
        home = origin.home
        state = int(self._table.home_state[home]) if home != NONE else NONE
        hide = state in _WITHOUT_CONSENT or is_announcement(origin.topic.dialect, origin.topic.rest)
        self._reject(reason, detail, origin.message, hide=hide)

    def _reject(self, reason: Reason, detail: str, message: Message, *, hide: bool = False) -> None:
        topic = message.topic[: 4 * _TOPIC_CHARS].decode("utf-8", "replace")
        shown = b"" if hide else message.payload[:FIRST_BYTES]
        self._rejects.append(
            Reject(
                reason,
                storable(topic, _TOPIC_CHARS),
                shown,
                storable(detail, _TOPIC_CHARS),
                message.received_us,
            )
        )


def _only_kind(device: Device) -> Kind | None:
    return next(iter(device.sensors)) if len(device.sensors) == 1 else None


def _gravest_kind(device: Device) -> Kind | None:
    return max(device.sensors, key=lambda kind: bool(IS_LIFE_SAFETY[kind.code]), default=None)


def _is_gateway_status(part: Part) -> bool:
    return isinstance(part, Observation) and part.kind is Kind.GATEWAY_STATUS


def _is_availability(part: Part) -> bool:
    return isinstance(part, Observation) and part.kind is Kind.AVAILABILITY


def _may_be_retained(part: Part) -> bool:
    return isinstance(part, Announced) or _is_availability(part) or _is_gateway_status(part)
