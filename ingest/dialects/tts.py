"""The Things Stack v3, JSON uplinks: ``v3/{application}@{tenant}/devices/{device}/up``.

Written from its pages "MQTT Server" and "Data Formats". The device id is taken from the topic.
``decoded_payload`` is what a decoder made of the frame, with the fields that Milesight and
Dragino name; the best ``rssi`` of ``rx_metadata`` is the signal. Its own MQTT server publishes
at QoS 0 only, so a bridge beside it must keep what it takes. Other events carry no reading.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from config.kinds import Kind
from ingest.dialects.chirpstack import best_signal, timed
from ingest.dialects.dialect import ModelOf, Observation, Part, Undecodable
from ingest.dialects.document import read_document
from ingest.dialects.fields import parts_of, read_fields
from ingest.dialects.lorawan_fields import FIELDS, SMOKE_ALARM_FIELDS
from ingest.message import Reason

_LEVELS: Final = 3


def decode(rest: str, payload: bytes, _received_us: int, _model_of: ModelOf) -> Sequence[Part]:
    """Return what one uplink of a device says."""
    levels = rest.split("/")[-_LEVELS:]
    if len(levels) < _LEVELS or levels[0] != "devices":
        raise Undecodable(Reason.BAD_TOPIC, "expected v3/{application}/devices/{device}/up")
    if levels[2] != "up":
        raise Undecodable(Reason.NO_VALUE, "an event that carries no reading")
    said = read_document(payload)
    uplink = said.get("uplink_message") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(uplink, dict):
        raise Undecodable(Reason.WRONG_SHAPE, "expected an object with uplink_message")
    parts = _uplink(levels[1].lower(), uplink)
    if not parts:
        raise Undecodable(Reason.NO_VALUE, "no decoded value: has the device a payload formatter?")
    # The network server's moment is that of the frame; the outer one is when it was passed on.
    return timed(uplink.get("received_at") or said.get("received_at"), parts)


def _uplink(address: str, uplink: Mapping[str, object]) -> list[Part]:
    decoded = uplink.get("decoded_payload")
    values: Mapping[str, object] = decoded if isinstance(decoded, dict) else {}
    fields = SMOKE_ALARM_FIELDS if values.get("type") == "smoke sensor" else FIELDS
    parts = parts_of(address, read_fields(values, fields), None)
    signal = best_signal(uplink.get("rx_metadata"))
    if signal is not None:
        parts.append(Observation(address, Kind.SIGNAL, signal))
    return parts
