import pytest

from config.kinds import Kind
from ingest.message import Reason
from tests.ingest.corpus import ALL_KINDS, RECEIVED_US
from tests.ingest.decoding import Heard, hear

NOW_S = RECEIVED_US // 1_000_000
URN = "urn:dev:mac:0024befffe804ff1"


def say(*records: object, address: str = URN) -> Heard:
    return hear("senml", "home", list(records), *ALL_KINDS, address=address)


@pytest.mark.parametrize(
    ("record", "kind", "value"),
    [
        ({"n": "temperature", "u": "Cel", "v": 21.5}, Kind.TEMPERATURE, 21.5),
        ({"n": "temp", "u": "K", "v": 293.15}, Kind.TEMPERATURE, 20.0),
        ({"n": "humidity", "u": "%RH", "v": 40}, Kind.HUMIDITY, 40.0),
        ({"n": "humidity", "u": "/", "v": 0.4}, Kind.HUMIDITY, 40.0),
        ({"n": "light", "u": "lx", "v": 80}, Kind.ILLUMINANCE, 80.0),
        ({"n": "power", "u": "kW", "v": 2}, Kind.POWER, 2000.0),
        ({"n": "battery", "u": "%EL", "v": 61}, Kind.BATTERY, 61.0),
        ({"n": "battery", "u": "/", "v": 0.61}, Kind.BATTERY, 61.0),
        ({"n": "rssi", "u": "dBm", "v": -75}, Kind.SIGNAL, 50.0),
        ({"n": "rssi", "u": "dBW", "v": -105}, Kind.SIGNAL, 50.0),
        ({"n": "motion", "vb": True}, Kind.MOTION, 1.0),
        ({"n": "door", "vb": True}, Kind.CONTACT, 1.0),
        ({"n": "smoke", "vb": False}, Kind.SMOKE, 0.0),
        ({"n": "co", "v": 1}, Kind.CARBON_MONOXIDE, 1.0),
        ({"n": "sos", "vs": "on"}, Kind.PENDANT, 1.0),
        ({"n": "medication", "vb": True}, Kind.MEDICATION, 1.0),
    ],
)
def test_a_record_is_a_reading_of_the_kind_it_names(
    record: dict[str, object], kind: Kind, value: float
) -> None:
    heard = say({"bn": f"{URN}:", **record})
    assert heard.values == {kind: pytest.approx(value)}
    assert not heard.reasons


def test_without_a_name_for_the_kind_the_unit_names_it_and_the_whole_name_is_the_address() -> None:
    assert say({"bn": URN, "u": "Cel", "v": 20}).values == {Kind.TEMPERATURE: 20.0}
    named = {"bn": "urn:dev:ow:1/", "n": "probe7", "u": "Cel", "v": 4}
    assert say(named, address="urn:dev:ow:1/probe7").values == {Kind.TEMPERATURE: 4.0}


def test_base_values_carry_over_to_the_records_after() -> None:
    heard = say(
        {"bn": f"{URN}/", "bt": NOW_S, "bu": "Cel", "bv": 20, "n": "temperature", "v": 0.5},
        {"n": "temperature", "t": -60, "v": 1.5},
        {"n": "humidity", "u": "%RH", "t": -120, "bv": 0, "v": 40},
    )
    assert heard.rows == [
        (Kind.TEMPERATURE, 20.5, RECEIVED_US),
        (Kind.TEMPERATURE, 21.5, RECEIVED_US - 60_000_000),
        (Kind.HUMIDITY, 40.0, RECEIVED_US - 120_000_000),
    ]


@pytest.mark.parametrize(
    ("time", "time_us"),
    [
        ({}, RECEIVED_US),
        ({"t": 0}, RECEIVED_US),
        ({"t": -5}, RECEIVED_US - 5_000_000),
        ({"bt": -10, "t": 4}, RECEIVED_US - 6_000_000),
        ({"t": 2**28 - 1}, RECEIVED_US + (2**28 - 1) * 1_000_000),
        ({"t": 2**28}, 2**28 * 1_000_000),
        ({"bt": 1276020076.305}, 1_276_020_076_305_000),
    ],
)
def test_small_times_are_relative_to_receipt(time: dict[str, object], time_us: int) -> None:
    assert say({"n": f"{URN}:motion", "vb": True, **time}).rows == [(Kind.MOTION, 1.0, time_us)]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"n": f"{URN}:temperature", "u": "lx", "v": 20}, Reason.NOT_A_NUMBER),
        ({"n": f"{URN}:temperature", "u": "Cel", "vb": True}, Reason.NOT_A_NUMBER),
        ({"n": f"{URN}:temperature", "u": "Cel", "v": "20"}, Reason.NOT_A_NUMBER),
        ({"n": f"{URN}:temperature", "u": "Cel", "v": 20, "t": "now"}, Reason.BAD_TIME),
        ({"n": f"{URN}:temperature", "u": "Cel", "v": 20, "t": 1e300}, Reason.BAD_TIME),
        ({"n": 5, "v": 20}, Reason.WRONG_SHAPE),
        ({"bt": "noon", "n": f"{URN}:motion", "vb": True}, Reason.WRONG_SHAPE),
    ],
)
def test_a_bad_record_costs_only_itself(record: object, reason: Reason) -> None:
    good = {"n": f"{URN}:humidity", "u": "%RH", "v": 40}
    heard = say(good, record, good)
    assert [kind for kind, _, _ in heard.rows] == [Kind.HUMIDITY] * 2
    assert heard.reasons == [reason]


@pytest.mark.parametrize(
    "record",
    [
        {"n": f"{URN}:smoke", "vb": True, "t": "now"},
        {"n": f"{URN}:smoke", "vb": "burning"},
        {"n": f"{URN}:smoke", "v": 7},
    ],
)
def test_an_alarm_with_anything_wrong_is_raised(record: object) -> None:
    assert [stray.kind for stray in say(record).strays] == ["smoke"]


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([{"n": "voltage", "u": "V", "v": 3}], Reason.NO_VALUE),
        ([{"n": f"{URN}:motion", "vb": True, "must_": 1}], Reason.NO_VALUE),
        ([{"n": f"{URN}:temperature", "u": "Cel", "s": 5}], Reason.NO_VALUE),
        ([], Reason.NO_VALUE),
        ([{"bver": 11, "n": f"{URN}:motion", "vb": True}], Reason.WRONG_SHAPE),
        ([5], Reason.WRONG_SHAPE),
    ],
)
def test_a_pack_without_a_reading_is_a_dead_letter(records: list[object], reason: Reason) -> None:
    assert say(*records).reasons == [reason]


def test_a_pack_must_be_an_array() -> None:
    assert hear("senml", "x", {"n": "motion", "vb": True}).reasons == [Reason.WRONG_SHAPE]
