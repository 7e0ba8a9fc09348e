"""ChirpStack v4, JSON events: ``application/{id}/device/{devEui}/event/{event}``.

Written from its page "Event types" and from the decoders that Milesight (SensorDecoders) and
Dragino publish for it; ``object`` is what such a decoder made of the frame. The DevEUI is
taken from the topic, in lower case, never from the payload. Events that several radio gateways
heard are one event with one ``time``, so a repeat is the same reading.

``up`` gives the values in ``object``, its ``history`` (back-filled, in unix seconds), and the
best ``rssi`` as signal; ``status`` gives the battery (its ``margin`` in dB is not comparable
with a signal in percent and is left). Other events carry no reading.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.dialect import Fault, ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.fields import dated, parts_of, read_fields, untimed
from ingest.dialects.lorawan_fields import FIELDS, SMOKE_ALARM_FIELDS
from ingest.dialects.numbers import number, percent_of_dbm
from ingest.dialects.times import from_iso, from_seconds
from ingest.message import Reason

_LEVELS: Final = 4


def decode(rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return what one event of a device says."""
    levels = rest.split("/")[-_LEVELS:]
    if len(levels) < _LEVELS or levels[0] != "device" or levels[2] != "event":
        raise Undecodable(
            Reason.BAD_TOPIC, "expected application/{id}/device/{devEui}/event/{event}"
        )
    address, event = levels[1].lower(), levels[3]
    if event not in ("up", "status"):
        raise Undecodable(Reason.NO_VALUE, "an event that carries no reading")
    said = read_document(payload)
    if not isinstance(said, dict):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an event object")
    parts = _uplink(address, said) if event == "up" else _status(address, said)
    if not parts:
        raise Undecodable(
            Reason.NO_VALUE, "no decoded value: does the device profile have a codec?"
        )
    return parts


def timed(time: object, parts: Sequence[Part]) -> list[Part]:
    """Return the parts at this moment (ISO 8601); as faults where it is none."""
    if time is None:
        return list(parts)
    try:
        time_us = from_iso(time)
    except Undecodable as error:
        return untimed(parts, error.detail)
    return dated(parts, time_us)


def _uplink(address: str, said: Mapping[str, object]) -> list[Part]:
    decoded = said.get("object")
    values: Mapping[str, object] = decoded if isinstance(decoded, dict) else {}
    fields = SMOKE_ALARM_FIELDS if values.get("type") == "smoke sensor" else FIELDS
    now = parts_of(address, read_fields(values, fields), None)
    signal = best_signal(said.get("rxInfo"))
    if signal is not None:
        now.append(Observation(address, Kind.SIGNAL, signal))
    return [*timed(said.get("time"), now), *_history(address, values.get("history"))]


def best_signal(receptions: object) -> float | None:
    """Return the signal of the radio gateway that heard best, in percent."""
    best: float | None = None
    for reception in receptions if isinstance(receptions, list) else ():
        try:
            dbm = number(reception.get("rssi") if isinstance(reception, dict) else None)
        except ValueError:
            continue
        best = dbm if best is None else max(best, dbm)
    return None if best is None else percent_of_dbm(best)


def _history(address: str, entries: object) -> list[Part]:
    parts: list[Part] = []
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        reading = read_fields(entry, FIELDS)
        try:
            parts.extend(parts_of(address, reading, from_seconds(entry.get("timestamp"))))
        except Undecodable as error:
            parts.extend(untimed(parts_of(address, reading, None), error.detail))
    return parts


def _status(address: str, said: Mapping[str, object]) -> list[Part]:
    if said.get("externalPowerSource") is True:
        return timed(said.get("time"), [Observation(address, Kind.BATTERY, 100.0)])
    level = said.get("batteryLevel")
    if level is None or said.get("batteryLevelUnavailable") is True:
        return []
    try:
        return timed(said.get("time"), [Observation(address, Kind.BATTERY, number(level))])
    except ValueError as error:
        return [Fault(Reason.NOT_A_NUMBER, f"batteryLevel: {error}")]
