"""Calls for help in the dialects of other hubs: heard, from a device that is not enrolled too."""

import pytest

from config.kinds import Kind
from ingest.message import Reason
from tests.ingest.corpus import RECEIVED_US, table_of
from tests.ingest.decoding import hear, listen, message, retained

UP = "v3/homes@ttn/devices/dev-1/up"


def uplink(**decoded: object) -> dict[str, object]:
    return {"uplink_message": {"decoded_payload": decoded, "rx_metadata": []}}


SIGNALS = [
    ("theengs", "g/BTtoMQTT/A4C1", "A4C1", {"smoke": True}, Kind.SMOKE),
    ("theengs", "g/BTtoMQTT/A4C1", "A4C1", {"carbon_monoxide": 1}, Kind.CARBON_MONOXIDE),
    ("theengs", "g/BTtoMQTT/A4C1", "A4C1", {"water_leak": True, "batt": 90}, Kind.FLOOD),
    ("theengs", "g/BTtoMQTT/A4C1", "A4C1", {"moisture_detected": "on"}, Kind.FLOOD),
    ("tasmota", "tele/hub/SENSOR", "hub", {"MQ2": {"Fire": 1}}, Kind.SMOKE),
    ("tasmota", "tele/hub/SENSOR", "hub", {"A": {"Fire": 1}, "B": {"Fire": 0}}, Kind.SMOKE),
    ("tasmota", "tele/hub/SENSOR", "hub:0x1", {"ZbReceived": {"0x1": {"Fire": 1}}}, Kind.SMOKE),
    ("tasmota", "tele/hub/RESULT", "hub:sink", {"ZbReceived": {"sink": {"Water": 1}}}, Kind.FLOOD),
    ("tasmota", "tele/hub/SENSOR", "hub:a", {"ZbReceived": {"a": {"CO": 1}}}, Kind.CARBON_MONOXIDE),
    ("tasmota", "tele/hub/SENSOR", "hub:a", {"ZbReceived": {"a": {"Panic": 1}}}, Kind.PENDANT),
    ("tasmota", "tele/hub/SENSOR", "hub:l", {"LwReceived": {"l": {"Leak": 1}}}, Kind.FLOOD),
    (
        "shelly",
        "kitchen/events/rpc",
        "kitchen",
        {"method": "NotifyStatus", "params": {"smoke:0": {"alarm": True}}},
        Kind.SMOKE,
    ),
    ("shelly", "home/kitchen/status/flood:0", "home/kitchen", {"alarm": True}, Kind.FLOOD),
    ("tts", UP, "dev-1", uplink(sos=True), Kind.PENDANT),
    ("tts", UP, "dev-1", uplink(water_leak="leak"), Kind.FLOOD),
    ("tts", UP, "dev-1", uplink(smoke_status="alarm"), Kind.SMOKE),
    ("tts", UP, "dev-1", uplink(fall=True), Kind.FALL),
]
IDS = [f"{dialect}-{kind}-{at}" for at, (dialect, *_, kind) in enumerate(SIGNALS)]


@pytest.mark.parametrize(("dialect", "rest", "address", "said", "kind"), SIGNALS, ids=IDS)
def test_a_signal_is_read(dialect: str, rest: str, address: str, said: object, kind: Kind) -> None:
    heard = hear(dialect, rest, said, kind, address=address)
    assert heard.rows == [(kind, 1.0, RECEIVED_US)]
    assert heard.strays == ()


@pytest.mark.parametrize(("dialect", "rest", "address", "said", "kind"), SIGNALS, ids=IDS)
def test_a_signal_of_nobody_is_raised(
    dialect: str, rest: str, address: str, said: object, kind: Kind
) -> None:
    heard = listen([message(dialect, rest, said)], table_of([]))
    (stray,) = heard.strays
    assert (stray.kind, stray.address, stray.reason) == (
        kind.value,
        address,
        Reason.UNKNOWN_SENSOR.value,
    )


@pytest.mark.parametrize(("dialect", "rest", "address", "said", "kind"), SIGNALS, ids=IDS)
def test_a_retained_signal_is_refused_as_a_reading_and_raised(
    dialect: str, rest: str, address: str, said: object, kind: Kind
) -> None:
    known = table_of([(dialect, address, (kind,), "")])
    heard = listen([retained(message(dialect, rest, said))], known)
    assert heard.rows == []
    assert heard.reasons == [Reason.RETAINED]
    (stray,) = heard.strays
    assert (stray.kind, stray.reason) == (kind.value, Reason.RETAINED.value)


@pytest.mark.parametrize(
    ("dialect", "rest", "address", "said"),
    [
        ("theengs", "g/BTtoMQTT/A4C1", "A4C1", {"tempc": 21.5}),
        ("tasmota", "tele/hub/SENSOR", "hub", {"AM2301": {"Temperature": 21.5}}),
        ("shelly", "hall/status/temperature:0", "hall", {"tC": 21.5}),
        ("tts", UP, "dev-1", uplink(temperature=21.5)),
    ],
)
def test_a_retained_reading_is_refused(dialect: str, rest: str, address: str, said: object) -> None:
    known = table_of([(dialect, address, (Kind.TEMPERATURE,), "")])
    heard = listen([retained(message(dialect, rest, said))], known)
    assert heard.rows == []
    assert heard.reasons == [Reason.RETAINED]
    assert heard.strays == ()


def test_a_garbled_alarm_of_a_bridge_is_an_alarm() -> None:
    said = {"ZbReceived": {"0x1": {"Fire": "perhaps"}}}
    heard = hear("tasmota", "tele/hub/SENSOR", said, Kind.SMOKE, address="hub:0x1")
    assert heard.rows == []
    (stray,) = heard.strays
    assert stray.kind == Kind.SMOKE.value
