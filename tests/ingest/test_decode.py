import json

import msgspec
import pytest

from config.homes import Gateway, Home, HomeState, Sensor
from config.kinds import Kind
from config.sensor_table import SensorTable, build_sensor_table
from ingest.decode import decode
from ingest.message import Message, Reason
from tests.ingest.corpus import GATEWAY, RECEIVED_US, table_of
from tests.ingest.decoding import listen, message, retained
from tests.make import enrolment, home

MS = RECEIVED_US // 1000 - 1000
SMOKE = {"b": "1", "s": 1, "r": [["kitchen", MS, 1, "smoke"], ["kitchen", MS, 0, "smoke"]]}


def table() -> SensorTable:
    return table_of(
        [("native", "kitchen", (Kind.SMOKE,), ""), ("native", "hall", (Kind.MOTION,), "")]
    )


def status_message(payload: bytes) -> Message:
    return message("status", "", payload)


def test_readings_of_many_messages_come_in_their_order() -> None:
    said = [message("native", "r", {"r": [["hall", MS + i, i % 2]]}) for i in range(50)]
    heard = listen(said, table())
    assert [time_us for _, _, time_us in heard.rows] == [(MS + i) * 1000 for i in range(50)]
    received = heard.decoded.batch.received.astype("int64").tolist()
    assert received == [RECEIVED_US] * 50


def test_nothing_gives_nothing() -> None:
    heard = decode([], table())
    assert len(heard.batch) == 0
    assert not [*heard.rejects, *heard.strays, *heard.sequences]


def test_another_home_s_gateway_cannot_speak_for_this_one() -> None:
    of_two = enrolment(2)
    known = build_sensor_table(of_two.homes, of_two.gateways, of_two.sensors)
    topic = b"stillwell/v1/fenbridge/gate-000002/native/r"
    claims = {"b": "1", "s": 1, "household": "home-000001", "r": [["motion-0", MS, 1]]}
    batch = decode([message("native", "r", claims, topic=topic)], known).batch
    assert [int(known.sensor_home[number]) for number in batch.sensor.tolist()] == [2]


def test_an_alarm_of_an_unknown_gateway_is_raised_with_the_place_it_claims() -> None:
    topic = b"stillwell/v1/fenbridge/gate-999999/native/r"
    heard = listen([message("native", "r", SMOKE, topic=topic)], table())
    assert heard.reasons == [Reason.UNKNOWN_GATEWAY]
    (stray,) = heard.strays
    assert (stray.place, stray.gateway, stray.home) == ("fenbridge", "gate-999999", -1)
    assert (stray.kind, stray.reason) == ("smoke", "unknown-gateway")
    assert not heard.decoded.sequences


@pytest.mark.parametrize(
    "gateway",
    [
        "g\N{CYRILLIC SMALL LETTER A}te-000001",
        "gate",
        "GATE-000001",
        "=cmd|' calc'!A0",
        "x" * 200,
    ],
)
def test_look_alike_gateways_are_unknown_and_their_names_go_nowhere(gateway: str) -> None:
    topic = f"stillwell/v1/atlantis/{gateway}/native/r".encode()
    heard = listen([message("native", "r", SMOKE, topic=topic)], table())
    assert heard.reasons == [Reason.UNKNOWN_GATEWAY]
    (stray,) = heard.strays
    assert (stray.place, stray.gateway) == ("", "")


def test_an_alarm_under_a_wrong_place_is_raised_in_the_gateway_s_own() -> None:
    topic = f"stillwell/v1/abercoed/{GATEWAY}/native/r".encode()
    heard = listen([message("native", "r", SMOKE, topic=topic)], table())
    assert heard.reasons == [Reason.WRONG_PLACE]
    assert not heard.rows
    (stray,) = heard.strays
    assert (stray.place, stray.home, stray.reason) == ("fenbridge", 1, "wrong-place")
    assert stray.sensor == 1


def test_a_retained_alarm_is_raised_once_however_often_it_is_sent() -> None:
    first = retained(message("native", "r", SMOKE))
    again = msgspec.structs.replace(first, received_us=RECEIVED_US + 60_000_000)
    heard = listen([first, again], table())
    assert heard.reasons == [Reason.RETAINED] * 2
    assert not heard.rows
    assert len({stray.key for stray in heard.strays}) == 1
    other = retained(message("native", "r", {"r": [["kitchen", MS + 1, 1]]}))
    assert listen([other], table()).strays[0].key != heard.strays[0].key


def test_a_retained_reading_is_refused() -> None:
    heard = listen([retained(message("native", "r", {"r": [["hall", MS, 1]]}))], table())
    assert heard.reasons == [Reason.RETAINED]
    assert not heard.rows
    assert not heard.strays


def test_a_retained_alarm_with_a_time_that_is_none_is_raised() -> None:
    said = {"smoke": True, "last_seen": "soon"}
    known = table_of([("zigbee2mqtt", "kitchen", (Kind.SMOKE,), "")])
    heard = listen([retained(message("zigbee2mqtt", "kitchen", said))], known)
    assert heard.reasons == [Reason.RETAINED]
    assert [stray.kind for stray in heard.strays] == ["smoke"]


@pytest.mark.parametrize(
    ("payload", "value"),
    [(b"online", 1.0), (b"offline", 0.0), (b'"online"', 1.0), (b'{"state":"offline"}', 0.0)],
)
@pytest.mark.parametrize("is_retained", [False, True])
def test_birth_and_last_will_are_the_gateway_s_status(
    payload: bytes, value: float, is_retained: bool
) -> None:
    said = status_message(payload)
    heard = listen([retained(said) if is_retained else said], table())
    assert heard.rows == [(Kind.GATEWAY_STATUS, value, RECEIVED_US)]
    assert not heard.reasons


@pytest.mark.parametrize("payload", [b"away", b"{}", b"5", b'{"state":5}'])
def test_another_word_is_no_status(payload: bytes) -> None:
    assert listen([status_message(payload)], table()).reasons == [Reason.WRONG_SHAPE]


def test_a_gateway_without_a_status_sensor_is_no_one_s_fault() -> None:
    known = build_sensor_table([home(1)], [Gateway(1, GATEWAY, "fenbridge", 1)], [])
    heard = listen([status_message(b"online")], known)
    assert not heard.rows
    assert not heard.reasons


def test_what_a_hub_last_knew_of_its_devices_is_not_news() -> None:
    known = table_of([("zigbee2mqtt", "hall", (Kind.AVAILABILITY,), "")])
    said = message("zigbee2mqtt", "hall/availability", b"online")
    assert listen([said], known).values == {Kind.AVAILABILITY: 1.0}
    heard = listen([retained(said)], known)
    assert (heard.rows, heard.reasons, heard.decoded.quiet) == ([], [], 1)


def test_an_unknown_dialect_is_refused_by_name() -> None:
    heard = listen([message("homie", "x/y", {"Time": "2019-10-31T18:55:09"})], table())
    assert heard.reasons == [Reason.UNKNOWN_DIALECT]
    assert "zigbee2mqtt" in heard.decoded.rejects[0].detail


def test_an_oversize_message_is_refused_unread() -> None:
    said = msgspec.structs.replace(message("native", "r", SMOKE), is_oversize=True)
    heard = listen([said], table())
    assert heard.reasons == [Reason.OVERSIZE]
    assert not heard.strays


def test_an_empty_payload_is_refused() -> None:
    assert listen([message("native", "r", b"")], table()).reasons == [Reason.EMPTY]


def test_a_dead_letter_keeps_a_little_of_the_payload() -> None:
    (reject,) = decode([message("native", "r", b"x" * 5000)], table()).rejects
    assert reject.first_bytes == b"x" * 256
    assert reject.topic == f"stillwell/v1/fenbridge/{GATEWAY}/native/r"
    assert reject.received_us == RECEIVED_US


@pytest.mark.parametrize("state", [HomeState.AWAITING_CONSENT, HomeState.ENDED])
def test_nothing_said_without_consent_is_kept_in_a_dead_letter(state: HomeState) -> None:
    known = build_sensor_table(
        [home(1, state=state)], [Gateway(1, GATEWAY, "fenbridge", 1)], list[Sensor]()
    )
    (reject,) = decode([message("zigbee2mqtt", "hall", {"occupancy": True})], known).rejects
    assert reject.reason is Reason.UNKNOWN_SENSOR
    assert reject.first_bytes == b""


def test_names_that_no_database_takes_are_made_harmless() -> None:
    said = json.dumps({"r": [["\ud800\0" + "x" * 400, MS, 1, "smoke"]]}).encode()
    heard = listen([message("native", "r", said)], table())
    (stray,) = heard.strays
    assert len(stray.address) == 255
    assert stray.address.startswith("\ufffd\ufffd")
    assert heard.decoded.rejects[0].detail.encode()


def test_a_hub_that_serves_many_homes_reads_each_sensor_s_own() -> None:
    homes = [Home(n, f"home-00000{n}", "fenbridge", "") for n in (1, 2)]
    sensors = [
        Sensor(n, f"sens-00000{n}", n, 1, "chirpstack", f"000000000000000{n}", Kind.SMOKE)
        for n in (1, 2)
    ]
    known = build_sensor_table(homes, [Gateway(1, GATEWAY, "fenbridge", None)], sensors)
    said = message(
        "chirpstack", "application/1/device/0000000000000002/event/up", {"object": {"smoke": True}}
    )
    batch = decode([said], known).batch
    assert batch.sensor.tolist() == [2]
    (stray,) = decode([retained(said)], known).strays
    assert (stray.home, stray.sensor) == (2, 2)
