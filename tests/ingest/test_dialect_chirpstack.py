import pytest

from config.kinds import Kind
from ingest.message import Reason
from tests.ingest.corpus import ALL_KINDS, RECEIVED_US, table_of
from tests.ingest.decoding import Heard, hear, listen, message

EUI = "24e124abcdef0123"
TOPIC = f"application/7f-1/device/{EUI}/event"


def say(payload: object, *kinds: Kind, event: str = "up", eui: str = EUI) -> Heard:
    rest = f"application/7f-1/device/{eui}/event/{event}"
    return hear("chirpstack", rest, payload, *(kinds or ALL_KINDS), address=EUI)


@pytest.mark.parametrize(
    ("decoded", "kind", "value"),
    [
        ({"temperature": 21.5}, Kind.TEMPERATURE, 21.5),
        ({"TempC_SHT": 21.5}, Kind.TEMPERATURE, 21.5),
        ({"humidity": 40}, Kind.HUMIDITY, 40.0),
        ({"illumination": 80}, Kind.ILLUMINANCE, 80.0),
        ({"pir": "trigger"}, Kind.MOTION, 1.0),
        ({"pir": "idle"}, Kind.MOTION, 0.0),
        ({"motion": 3}, Kind.MOTION, 1.0),
        ({"occupancy": "vacant"}, Kind.MOTION, 0.0),
        ({"magnet_status": "open"}, Kind.CONTACT, 1.0),
        ({"door": "closed"}, Kind.CONTACT, 0.0),
        ({"DOOR_OPEN_STATUS": 1}, Kind.CONTACT, 1.0),
        ({"leakage_status": "leak"}, Kind.FLOOD, 1.0),
        ({"water_leak": "normal"}, Kind.FLOOD, 0.0),
        ({"smoke_status": "alarm"}, Kind.SMOKE, 1.0),
        ({"type": "smoke sensor", "event": "alarm"}, Kind.SMOKE, 1.0),
        ({"type": "smoke sensor", "event": "normal"}, Kind.SMOKE, 0.0),
        ({"button_event": {"status": "long press"}}, Kind.PENDANT, 1.0),
        ({"sos": True}, Kind.PENDANT, 1.0),
        ({"events": [{"alarm_type": "fall", "alarm_status": "alarm_triggered"}]}, Kind.FALL, 1.0),
        ({"active_power": 7}, Kind.POWER, 7.0),
        ({"battery": 92}, Kind.BATTERY, 92.0),
    ],
)
def test_fields_of_decoded_frames_are_readings(decoded: object, kind: Kind, value: float) -> None:
    assert say({"object": decoded}).values == {kind: value}


def test_a_fall_seen_by_radar_is_a_fall_and_an_empty_bed() -> None:
    heard = say({"object": {"detection_status": "fall"}}, Kind.FALL, Kind.BED)
    assert heard.values == {Kind.FALL: 1.0, Kind.BED: 0.0}


def test_a_pad_s_occupancy_is_the_bed_it_was_enrolled_as() -> None:
    assert say({"object": {"occupancy": "occupied"}}, Kind.BED).values == {Kind.BED: 1.0}


@pytest.mark.parametrize(
    "decoded",
    [
        {"type": "smoke sensor", "event": "testing alarm with normal battery"},
        {"type": "smoke sensor", "event": "silent"},
        {"event": "alarm"},
        {"leakage_status": "unknown"},
        {"light_level": 2, "co2": 936},
        {"button_event": {"status": "unknown"}},
    ],
)
def test_what_is_no_reading_is_a_dead_letter_and_no_alarm(decoded: object) -> None:
    heard = say({"object": decoded})
    assert heard.reasons == [Reason.NO_VALUE]
    assert not heard.strays


def test_an_uplink_carries_its_time_to_the_microsecond_and_the_best_signal() -> None:
    payload = {
        "time": "2026-05-28T20:26:39.775023242+00:00",
        "object": {"temperature": 20},
        "rxInfo": [{"rssi": -90, "snr": 1}, {"rssi": -71}, {"rssi": None}, 5],
    }
    heard = say(payload)
    assert heard.rows == [
        (Kind.TEMPERATURE, 20.0, RECEIVED_US - 224_977),
        (Kind.SIGNAL, 58.0, RECEIVED_US - 224_977),
    ]


@pytest.mark.parametrize(("rssi", "percent"), [(-36, 100.0), (-120, 0.0), (-100, 0.0), (-75, 50.0)])
def test_signal_is_percent_within_its_range(rssi: float, percent: float) -> None:
    assert say({"rxInfo": [{"rssi": rssi}]}).values == {Kind.SIGNAL: percent}


def test_one_frame_heard_by_two_radio_gateways_is_the_same_reading_twice() -> None:
    payload = {
        "deduplicationId": "x",
        "time": "2026-05-28T20:26:39Z",
        "object": {"pir": "trigger"},
    }
    table = table_of([("chirpstack", EUI, (Kind.MOTION,), "")])
    said = message("chirpstack", f"{TOPIC}/up", payload)
    first, second = listen([said, said], table).rows
    assert first == second


def test_history_keeps_its_own_times() -> None:
    past = RECEIVED_US // 1_000_000 - 3600
    payload = {"object": {"temperature": 20, "history": [{"temperature": 19, "timestamp": past}]}}
    assert say(payload).rows == [
        (Kind.TEMPERATURE, 20.0, RECEIVED_US),
        (Kind.TEMPERATURE, 19.0, past * 1_000_000),
    ]


def test_history_without_a_time_is_refused_and_costs_nothing_else() -> None:
    heard = say({"object": {"temperature": 20, "history": [{"temperature": 19}, 5]}})
    assert heard.values == {Kind.TEMPERATURE: 20.0}
    assert heard.reasons == [Reason.BAD_TIME]


@pytest.mark.parametrize(
    ("payload", "percent"),
    [
        ({"batteryLevel": 88.3, "margin": 10}, 88.3),
        ({"externalPowerSource": True, "batteryLevel": 0}, 100.0),
    ],
)
def test_a_status_event_tells_the_battery(payload: object, percent: float) -> None:
    assert say(payload, event="status").values == {Kind.BATTERY: percent}


@pytest.mark.parametrize(
    "payload", [{"batteryLevelUnavailable": True, "batteryLevel": 0}, {"margin": 3}]
)
def test_an_unknown_battery_is_not_an_empty_one(payload: object) -> None:
    assert say(payload, event="status").reasons == [Reason.NO_VALUE]


@pytest.mark.parametrize("event", ["join", "ack", "txack", "log", "location", "integration"])
def test_other_events_carry_no_reading(event: str) -> None:
    assert say({"object": {"temperature": 1}}, event=event).reasons == [Reason.NO_VALUE]


def test_the_device_is_the_one_in_the_topic_in_lower_case() -> None:
    payload = {"deviceInfo": {"devEui": "ffffffffffffffff"}, "object": {"temperature": 20}}
    assert say(payload, eui=EUI.upper()).values == {Kind.TEMPERATURE: 20.0}


@pytest.mark.parametrize("time", ["2026-05-28T20:26:39", "soon", 5])
def test_a_wrong_time_never_costs_the_alarm(time: object) -> None:
    heard = say({"time": time, "object": {"sos": True, "battery": 3}})
    assert not heard.rows
    assert heard.reasons == [Reason.BAD_TIME]
    assert [stray.kind for stray in heard.strays] == ["pendant"]


@pytest.mark.parametrize("rest", ["up", f"application/1/device/{EUI}/command/down", "a/b/c/d"])
def test_another_topic_is_refused(rest: str) -> None:
    assert hear("chirpstack", rest, {}, Kind.MOTION).reasons == [Reason.BAD_TOPIC]


@pytest.mark.parametrize("payload", [[], 5, "up"])
def test_what_is_no_event_is_refused(payload: object) -> None:
    assert say(payload).reasons == [Reason.WRONG_SHAPE]
