import pytest

from config.kinds import Kind
from ingest.message import Reason
from tests.ingest.corpus import RECEIVED_US, table_of
from tests.ingest.decoding import Heard, hear, listen, message, retained

ALARMS = (Kind.SMOKE, Kind.CARBON_MONOXIDE, Kind.FLOOD, Kind.PENDANT, Kind.FALL)


def say(payload: object, *kinds: Kind, rest: str = "hall", model: str = "") -> Heard:
    return hear("zigbee2mqtt", rest, payload, *kinds, model=model)


@pytest.mark.parametrize(
    ("payload", "model", "value"),
    [
        ({"contact": False}, "", 1.0),
        ({"contact": True}, "", 0.0),
        ({"contact": True}, "TERNCY-DC01", 1.0),
        ({"contact": False}, "TERNCY-DC01", 0.0),
        ({"contact": "ON"}, "POK003", 1.0),
        ({"contact": "OFF"}, "POK010", 0.0),
        ({"contact": True, "device": {"model": "TERNCY-DC01"}}, "", 1.0),
    ],
)
def test_a_contact_that_is_false_is_an_open_door(payload: object, model: str, value: float) -> None:
    assert say(payload, Kind.CONTACT, model=model).values == {Kind.CONTACT: value}


@pytest.mark.parametrize("kind", [Kind.BED, Kind.CHAIR])
def test_a_pad_enrolled_as_bed_or_chair_is_occupied_when_its_contact_closes(kind: Kind) -> None:
    assert say({"contact": True}, kind, model="SPM915").values == {kind: 1.0}
    assert say({"contact": False}, kind, model="SPM915").values == {kind: 0.0}
    assert say({"occupancy": True}, kind).values == {kind: 1.0}


@pytest.mark.parametrize(
    ("payload", "kind", "value"),
    [
        ({"action": "emergency"}, Kind.PENDANT, 1.0),
        ({"action": "panic"}, Kind.PENDANT, 1.0),
        ({"action": "sos"}, Kind.PENDANT, 1.0),
        ({"action": "fall"}, Kind.FALL, 1.0),
        ({"sos": True}, Kind.PENDANT, 1.0),
        ({"sos": False}, Kind.PENDANT, 0.0),
        ({"sos_alarm": True}, Kind.PENDANT, 1.0),
        ({"fall_down_status": "fall"}, Kind.FALL, 1.0),
        ({"fall_status": "fall_alarm"}, Kind.FALL, 1.0),
        ({"status": "falling"}, Kind.FALL, 1.0),
        ({"smoke": True}, Kind.SMOKE, 1.0),
        ({"smoke": False}, Kind.SMOKE, 0.0),
        ({"smoke_state": "alarm"}, Kind.SMOKE, 1.0),
        ({"smoke": False, "smoke_state": "alarm"}, Kind.SMOKE, 0.0),
        ({"carbon_monoxide": "ON"}, Kind.CARBON_MONOXIDE, 1.0),
        ({"co_state": "alarm"}, Kind.CARBON_MONOXIDE, 1.0),
        ({"water_leak": True}, Kind.FLOOD, 1.0),
        ({"water_leak_wire_1": False, "water_leak_wire_3": True}, Kind.FLOOD, 1.0),
        ({"input_2_leak_detect_8": "Leak"}, Kind.FLOOD, 1.0),
    ],
)
def test_every_way_to_call_for_help_is_heard(payload: object, kind: Kind, value: float) -> None:
    assert say(payload, *ALARMS).values == {kind: value}


@pytest.mark.parametrize("action", ["single", "", "double_left", "disarm"])
def test_a_button_that_does_not_call_for_help_is_no_reading(action: str) -> None:
    heard = say({"action": action}, *ALARMS)
    assert not heard.rows
    assert heard.reasons == [Reason.NO_VALUE]
    assert not heard.strays


@pytest.mark.parametrize("model", ["MFKZQ01LM", "DWZTCGQ11LM"])
def test_a_cube_that_falls_is_not_a_person_who_falls(model: str) -> None:
    heard = say({"action": "fall"}, Kind.BATTERY, model=model)
    assert not heard.strays
    assert heard.reasons == [Reason.NO_VALUE]


def test_a_fall_of_a_device_without_a_fall_sensor_is_raised() -> None:
    (stray,) = say({"action": "fall"}, Kind.BATTERY).strays
    assert (stray.kind, stray.reason) == ("fall", "unknown-sensor")


def test_occupancy_and_presence_are_one_reading() -> None:
    heard = say({"occupancy": False, "presence": True}, Kind.MOTION)
    assert heard.rows == [(Kind.MOTION, 1.0, RECEIVED_US)]


def test_the_chip_and_the_radiator_valve_are_not_the_room() -> None:
    payload = {"device_temperature": 31, "local_temperature": 28, "humidity": 40}
    assert say(payload, Kind.TEMPERATURE, Kind.HUMIDITY).values == {Kind.HUMIDITY: 40.0}


def test_lux_is_preferred_to_the_raw_value() -> None:
    payload = {"illuminance_lux": 136, "illuminance": 21336}
    assert say(payload, Kind.ILLUMINANCE).values == {Kind.ILLUMINANCE: 136.0}


@pytest.mark.parametrize(
    ("payload", "percent"),
    [
        ({"battery": 81.5}, 81.5),
        ({"battery": 0}, 0.0),
        ({"battery": "low"}, 10.0),
        ({"battery_state": "high"}, 100.0),
        ({"battery_state": "middle"}, 50.0),
        ({"battery_low": True}, 10.0),
        ({"battery_low": False}, 100.0),
        ({"battery_low": True, "battery": 45}, 45.0),
        ({"battery": 45, "battery_low": True}, 45.0),
    ],
)
def test_a_battery_may_be_a_number_a_word_or_a_warning(payload: object, percent: float) -> None:
    assert say(payload, Kind.BATTERY).values == {Kind.BATTERY: percent}


def test_an_absent_or_unknown_quantity_is_not_a_zero() -> None:
    payload = {"battery": None, "temperature": 19.5, "linkquality": None, "power": "battery"}
    heard = say(payload, Kind.BATTERY, Kind.TEMPERATURE, Kind.SIGNAL, Kind.POWER)
    assert heard.values == {Kind.TEMPERATURE: 19.5}
    assert not heard.reasons


def test_link_quality_becomes_percent() -> None:
    assert say({"linkquality": 255}, Kind.SIGNAL).values == {Kind.SIGNAL: 100.0}
    assert say({"linkquality": 51}, Kind.SIGNAL).values == {Kind.SIGNAL: 20.0}


def test_the_kettle_is_a_plug_whose_power_is_enrolled() -> None:
    payload = {"power": 1987.4, "state": "ON", "energy": 12.1, "linkquality": 90}
    assert say(payload, Kind.POWER).values == {Kind.POWER: 1987.4}


@pytest.mark.parametrize(
    "name", ["kitchen/fridge door", "Chambre à coucher", "hall", "a/b/c/occupancy", "  spaced "]
)
def test_a_name_may_hold_slashes_spaces_and_accents(name: str) -> None:
    assert say({"occupancy": True}, Kind.MOTION, rest=name).values == {Kind.MOTION: 1.0}


@pytest.mark.parametrize(
    ("rest", "payload", "kind", "value"),
    [
        ("hall/pir/occupancy", b"true", Kind.MOTION, 1.0),
        ("hall/pir/occupancy", b"false", Kind.MOTION, 0.0),
        ("hall/pir/temperature", b"5", Kind.TEMPERATURE, 5.0),
        ("hall/pir/carbon_monoxide", b"OFF", Kind.CARBON_MONOXIDE, 0.0),
        ("hall/pir/action", b"emergency", Kind.PENDANT, 1.0),
        ("hall/pir/contact", b"false", Kind.CONTACT, 1.0),
        ("hall/pir/battery_state", b"low", Kind.BATTERY, 10.0),
    ],
)
def test_one_topic_per_attribute_gives_the_same_readings(
    rest: str, payload: bytes, kind: Kind, value: float
) -> None:
    heard = hear("zigbee2mqtt", rest, payload, kind, address="hall/pir")
    assert heard.rows == [(kind, value, RECEIVED_US)]


@pytest.mark.parametrize(
    ("payload", "value"),
    [(b"online", 1.0), (b"offline", 0.0), ({"state": "online"}, 1.0), ({"state": "offline"}, 0.0)],
)
def test_availability_is_told_for_the_device(payload: object, value: float) -> None:
    heard = hear(
        "zigbee2mqtt", "attic/pir/availability", payload, Kind.AVAILABILITY, address="attic/pir"
    )
    assert heard.values == {Kind.AVAILABILITY: value}


@pytest.mark.parametrize(
    ("rest", "payload", "value"),
    [
        ("bridge/state", b"online", 1.0),
        ("bridge/state", {"state": "offline"}, 0.0),
        ("bridge/health", {"response_time": 5}, 1.0),
        ("bridge/health", b"\xff", 1.0),
    ],
)
def test_the_state_of_the_bridge_is_the_status_of_the_gateway(
    rest: str, payload: object, value: float
) -> None:
    assert say(payload, Kind.MOTION, rest=rest).rows == [(Kind.GATEWAY_STATUS, value, RECEIVED_US)]


def test_health_is_dated_when_the_bridge_answered() -> None:
    ms = RECEIVED_US // 1000 - 60_000
    (row,) = say({"response_time": ms}, Kind.MOTION, rest="bridge/health").rows
    assert row == (Kind.GATEWAY_STATUS, 1.0, ms * 1000)


@pytest.mark.parametrize(
    "rest", ["bridge/groups", "bridge/info", "bridge/logging", "homeassistant/status"]
)
@pytest.mark.parametrize("payload", [[{"friendly_name": "x"}], {"a": 1}, b"\xff"])
def test_known_talk_of_the_bridge_is_neither_reading_nor_dead_letter(
    rest: str, payload: object
) -> None:
    table = table_of([])
    said = message("zigbee2mqtt", rest, payload)
    for each in (said, retained(said)):
        heard = listen([each], table)
        assert heard.decoded.quiet == 1
        assert not heard.reasons


@pytest.mark.parametrize("rest", ["hall/set", "hall/get", "bridge/request/permit_join"])
def test_a_command_is_not_a_reading(rest: str) -> None:
    heard = hear("zigbee2mqtt", rest, {"occupancy": True}, Kind.MOTION, address="hall")
    assert heard.reasons == [Reason.NO_VALUE]


@pytest.mark.parametrize(
    ("last_seen", "time_us"),
    [
        ("2026-05-28T20:26:00+00:00", RECEIVED_US - 40_000_000),
        ("2026-05-28T21:26:00+01:00", RECEIVED_US - 40_000_000),
        ("2026-05-28T20:26:00.500Z", RECEIVED_US - 39_500_000),
        (RECEIVED_US // 1000 - 40_000, RECEIVED_US - 40_000_000),
        (None, RECEIVED_US),
    ],
)
def test_last_seen_dates_the_reading_and_receipt_does_without_it(
    last_seen: object, time_us: int
) -> None:
    heard = say({"occupancy": True, "last_seen": last_seen}, Kind.MOTION)
    assert heard.rows == [(Kind.MOTION, 1.0, time_us)]


@pytest.mark.parametrize(
    "last_seen",
    [
        "2026-05-28T25:00:00Z",
        "2026-10-25T01:30:00",
        "yesterday",
        1e20,
        True,
        [],
        "2016-12-31T23:59:60Z",
    ],
)
def test_a_time_that_is_none_costs_the_reading_but_never_the_alarm(last_seen: object) -> None:
    heard = say({"smoke": True, "battery": 90, "last_seen": last_seen}, Kind.SMOKE, Kind.BATTERY)
    assert not heard.rows
    assert heard.reasons == [Reason.BAD_TIME]
    (stray,) = heard.strays
    assert (stray.kind, stray.reason, stray.claimed_us) == ("smoke", "bad-time", None)
    assert stray.key == str(RECEIVED_US)


@pytest.mark.parametrize("garbled", ["perhaps", 5, [], {"on": True}, float("nan")])
def test_an_alarm_that_cannot_be_read_is_raised(garbled: object) -> None:
    heard = say({"smoke": garbled, "battery": 90}, Kind.SMOKE, Kind.BATTERY)
    assert heard.values == {Kind.BATTERY: 90.0}
    assert heard.reasons == [Reason.NOT_A_NUMBER]
    assert [stray.kind for stray in heard.strays] == ["smoke"]


@pytest.mark.parametrize("garbled", [b"1e400", b"NaN", b"-Infinity", b"9" * 5000, b'"\\ud800"'])
def test_a_number_out_of_range_does_not_cost_the_alarm_beside_it(garbled: bytes) -> None:
    payload = b'{"smoke": true, "temperature": ' + garbled + b"}"
    heard = say(payload, Kind.SMOKE, Kind.TEMPERATURE)
    assert heard.values == {Kind.SMOKE: 1.0}
    assert heard.reasons == [Reason.NOT_A_NUMBER]


@pytest.mark.parametrize("text", ["21.5", "21,5", True, [21.5]])
def test_what_only_looks_like_a_number_is_refused(text: object) -> None:
    heard = say({"temperature": text, "humidity": 40}, Kind.TEMPERATURE, Kind.HUMIDITY)
    assert heard.values == {Kind.HUMIDITY: 40.0}
    assert heard.reasons == [Reason.NOT_A_NUMBER]


def test_an_unenrolled_quantity_of_a_known_device_is_nobody_s_fault() -> None:
    heard = say({"battery": 90, "linkquality": 12}, Kind.MOTION)
    assert not heard.rows
    assert not heard.reasons


def test_a_bare_value_without_a_property_is_refused() -> None:
    assert say(b"true", Kind.MOTION).reasons == [Reason.WRONG_SHAPE]
    assert say([1], Kind.MOTION, rest="hall/occupancy").reasons == [Reason.WRONG_SHAPE]
