"""Payloads as vendors document them, and bytes that nobody documents, of every dialect."""

import json
import tracemalloc

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.kinds import Kind
from ingest.dialects import DIALECTS
from ingest.dialects.dialect import Observation, Part, Undecodable

NOW_US = 1_795_000_000_000_000
RESTS = {
    "native": ["r", "x"],
    "zigbee2mqtt": ["hall", "hall/occupancy", "bridge/state", "hall/availability", "bridge/health"],
    "chirpstack": [
        f"application/1/device/24e124abcdef0123/event/{event}" for event in ("up", "status", "join")
    ],
    "senml": ["x"],
    "tts": ["v3/homes@ttn/devices/dev-1/up", "v3/homes@ttn/devices/dev-1/join", "v3"],
    "shelly": ["shelly-1/events/rpc", "shelly-1/status/switch:0", "shelly-1/online", "shelly-1"],
    "tasmota": ["tele/hall/SENSOR", "tele/hall/STATE", "tele/hall/LWT", "stat/hall/STATUS8"],
    "theengs": ["BTtoMQTT/A4C138", "home/gateway/BTtoMQTT/a4c138", "SYStoMQTT"],
    "status": [""],
}
SPOKEN = [(dialect, rest) for dialect, rests in RESTS.items() for rest in rests]


def parts(dialect: str, rest: str, said: object) -> list[Part]:
    payload = said if isinstance(said, bytes) else msgspec.json.encode(said)
    return list(DIALECTS[dialect](rest, payload, NOW_US, lambda _: ""))


def values(dialect: str, rest: str, said: object) -> dict[Kind | None, float]:
    return {p.kind: p.value for p in parts(dialect, rest, said) if isinstance(p, Observation)}


def test_every_dialect_is_tried() -> None:
    assert set(RESTS) == set(DIALECTS)


def repr_json(value: object) -> bytes:
    """Return JSON as lenient writers make it, with NaN and lone surrogates."""
    return json.dumps(value).encode("utf-8", "replace")


NAMES = [
    "r",
    "b",
    "s",
    "oldest",
    "n",
    "v",
    "vb",
    "bn",
    "bt",
    "t",
    "u",
    "temperature",
    "occupancy",
    "contact",
    "smoke",
    "smoke:0",
    "alarm",
    "action",
    "last_seen",
    "object",
    "uplink_message",
    "decoded_payload",
    "received_at",
    "rx_metadata",
    "rssi",
    "rxInfo",
    "time",
    "history",
    "timestamp",
    "batteryLevel",
    "method",
    "params",
    "ts",
    "temperature:0",
    "tC",
    "devicepower:0",
    "battery",
    "Time",
    "TempUnit",
    "AM2301",
    "Temperature",
    "StatusSNS",
    "Wifi",
    "RSSI",
    "tempc",
    "hum",
    "motion",
    "open",
    "state",
    "response_time",
    "events",
    "detection_status",
    "button_event",
    "status",
    "type",
]
"""Keys that some dialect looks for."""

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["online", "ON", "alarm", "open", "2026-11-22T10:00:00", "F"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(NAMES) | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SPOKEN), st.binary(max_size=60) | json_values.map(repr_json))
@example(("tasmota", "tele/hall/SENSOR"), b'{"Time":"2026-11-22T10:00:00+99:00","X":{"Fire":1}}')
@example(
    ("shelly", "s/events/rpc"),
    b'{"method":"NotifyStatus","params":{"ts":1e300,"smoke:0":{"alarm":1}}}',
)
@example(("shelly", "s/events/rpc"), b'{"method":[],"params":{}}')
@example(
    ("tts", "v3/a/devices/d/up"),
    b'{"uplink_message":{"received_at":7,"decoded_payload":{"smoke":1}}}',
)
def test_no_payload_raises_anything_but_undecodable(
    spoken: tuple[str, str], payload: bytes
) -> None:
    try:
        found = parts(*spoken, payload)
    except Undecodable:
        return
    for part in found:
        if isinstance(part, Observation):
            assert isinstance(part.value, bool | int | float)


@pytest.mark.parametrize(("dialect", "rest"), SPOKEN)
def test_a_large_payload_costs_a_bounded_multiple_of_itself(dialect: str, rest: str) -> None:
    payload = b'{"r":[' + b"[1],".join([b""] * 60_000) + b"[1]]}"
    tracemalloc.start()
    try:
        parts(dialect, rest, payload)
    except Undecodable:
        pass
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 400 * len(payload)


def test_a_shelly_says_what_changed_at_its_own_time() -> None:
    said = {
        "src": "shellyplussmoke-1",
        "method": "NotifyStatus",
        "params": {"ts": 1795000000.5, "smoke:0": {"id": 0, "alarm": True, "mute": False}},
    }
    (alarm,) = parts("shelly", "shellyplussmoke-1/events/rpc", said)
    assert alarm == Observation("shellyplussmoke-1", Kind.SMOKE, 1.0, 1_795_000_000_500_000)
    power = {"id": 1, "apower": 8.9, "temperature": {"tC": 53.3}}
    assert parts("shelly", "shellypro2/status/switch:1", power) == [
        Observation("shellypro2:1", Kind.POWER, 8.9)
    ]
    push = {"method": "NotifyEvent", "params": {"events": [{"event": "single_push"}]}}
    assert parts("shelly", "shelly-i4/events/rpc", push) == []
    assert values("shelly", "shelly-i4/online", b"false") == {Kind.AVAILABILITY: 0.0}


def test_a_tasmota_has_no_time_that_can_be_believed_without_its_offset() -> None:
    said = {
        "Time": "2026-03-29T01:30:00",
        "AM2301": {"Temperature": 69.8, "Humidity": 51.0, "DewPoint": 49.0},
        "ENERGY": {"Total": 12.5, "Power": 182},
        "ESP32": {"Temperature": 127.0},
        "TempUnit": "F",
    }
    found = parts("tasmota", "tele/hall/SENSOR", said)
    assert {p.kind: round(p.value, 6) for p in found if isinstance(p, Observation)} == {
        Kind.TEMPERATURE: 21.0,
        Kind.HUMIDITY: 51.0,
        Kind.POWER: 182.0,
    }
    assert all(p.time_us is None for p in found if isinstance(p, Observation))
    assert values("tasmota", "tele/hall/LWT", b"Offline") == {Kind.AVAILABILITY: 0.0}
    state = {"Time": "2026-11-22T10:00:00", "POWER": "ON", "Wifi": {"RSSI": 74, "Signal": -63}}
    assert values("tasmota", "tele/hall/STATE", state) == {Kind.SIGNAL: 74.0}


def test_a_things_stack_uplink_is_timed_by_its_network_server() -> None:
    said = {
        "end_device_ids": {"device_id": "em300-th-1", "dev_eui": "24E124AA"},
        "received_at": "2026-11-22T10:00:01.123456789Z",
        "uplink_message": {
            "f_port": 85,
            "decoded_payload": {"temperature": 21.3, "humidity": 48, "battery": 97},
            "rx_metadata": [{"rssi": -97}, {"rssi": -80}],
            "received_at": "2026-11-22T10:00:00.987654321Z",
        },
    }
    rest = "v3/homes@ttn/devices/EM300-TH-1/up"
    assert values("tts", rest, said) == {
        Kind.TEMPERATURE: 21.3,
        Kind.HUMIDITY: 48.0,
        Kind.BATTERY: 97.0,
        Kind.SIGNAL: 40.0,
    }
    first = parts("tts", rest, said)[0]
    assert isinstance(first, Observation)
    assert first.address == "em300-th-1"
    assert first.time_us is not None
    assert first.time_us % 1_000_000 == 987_654


def test_a_theengs_gateway_names_the_device_in_its_topic() -> None:
    said = {"id": "A4:C1:38:00:00:01", "rssi": -66, "tempc": 21.5, "tempf": 70.7, "batt": 90}
    (first, *_) = parts("theengs", "home/TheengsGateway/BTtoMQTT/a4c138000001", said)
    assert isinstance(first, Observation)
    assert first.address == "A4C138000001"
    assert values("theengs", "BTtoMQTT/A4C1", {"open": True}) == {Kind.CONTACT: 1.0}
