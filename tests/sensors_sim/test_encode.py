import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.homes import Enrolment
from config.kinds import KINDS, Kind, Shape
from config.sensor_table import build_sensor_table
from ingest.decode import Decoded, decode
from ingest.message import Message
from sensors_sim.encode import MOST_READINGS, Encoder, Outgoing
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOT_KIND, SLOTS, roster, slot
from sensors_sim.readings import Readings, ordered
from sensors_sim.scenario import Incident, Mishap, Scenario
from sensors_sim.upkeep import FULL_LINK

SCENARIO = Scenario(
    seed=1,
    places=("fenbridge",),
    homes_per_place=4,
    zigbee_homes_per_place=2,
    incident=tuple(
        Mishap(kind=kind, place="fenbridge", home=home, before_end_h=2.0)
        for kind in (Incident.SMOKE, Incident.PENDANT, Incident.FALL)
        for home in (1, 4)
    ),
)
ENROLMENT = roster(SCENARIO)
NOW_US = 1_795_359_400_000_000
NATIVE_HOME, ZIGBEE_HOME = 0, 3


def decoded(messages: list[Outgoing], enrolment: Enrolment = ENROLMENT) -> Decoded:
    table = build_sensor_table(enrolment.homes, enrolment.gateways, enrolment.sensors)
    return decode([Message(m.topic.encode(), m.payload, NOW_US) for m in messages], table)


def rows(
    sensor: "np.typing.ArrayLike", time_us: "np.typing.ArrayLike", value: "np.typing.ArrayLike"
) -> set[tuple[int, int, float]]:
    columns = (np.asarray(column).tolist() for column in (sensor, time_us, value))
    return set(zip(*columns, strict=True))


def readings(*made: tuple[int, int, float]) -> Readings:
    sensor, time_us, value = zip(*made, strict=True)
    return Readings(np.array(sensor, np.int32), np.array(time_us, np.int64), np.array(value, float))


def test_a_simulated_day_comes_back_from_decode_as_it_was() -> None:
    made = Fleet(SCENARIO, NOW_US).between(NOW_US - 24 * 3_600_000_000, NOW_US)
    back = decoded(Encoder(ENROLMENT, "1").encode(made))
    assert not back.rejects
    assert not back.strays
    status = np.array([s.number for s in ENROLMENT.sensors if s.kind is Kind.GATEWAY_STATUS])
    sent = made.take(~np.isin(made.sensor + 1, status))
    kept = back.batch.take(~np.isin(back.batch.sensor, status))
    assert len(kept) == len(sent)
    assert rows(kept.sensor, kept.time.astype(np.int64), kept.value) == rows(
        sent.sensor + 1, sent.time_us, sent.value
    )
    alarms = {Kind.SMOKE.code, Kind.PENDANT.code, Kind.FALL.code}
    assert alarms <= set(SLOT_KIND[sent.sensor % SLOTS].tolist())


def _value(code: int) -> st.SearchStrategy[float]:
    row = KINDS[code]
    if row.kind in (Kind.PENDANT, Kind.FALL):
        return st.just(1.0)
    if row.shape is Shape.EVENT:
        return st.sampled_from([0.0, 1.0])
    if row.kind is Kind.SIGNAL:
        return st.integers(0, FULL_LINK).map(lambda quality: quality / FULL_LINK * 100)
    return st.integers(int(row.low * 10), int(row.high * 10)).map(lambda tenths: tenths / 10)


_READING = st.integers(1, SLOTS - 1).flatmap(
    lambda at: st.tuples(
        st.sampled_from([NATIVE_HOME, ZIGBEE_HOME]).map(lambda home: home * SLOTS + at),
        st.integers(NOW_US // 1000 - 10_000, NOW_US // 1000).map(lambda ms: ms * 1000),
        _value(int(SLOT_KIND[at])),
    )
)


@given(st.lists(_READING, min_size=1, max_size=30, unique_by=lambda reading: reading[:2]))
def test_any_reading_comes_back_from_decode(made: list[tuple[int, int, float]]) -> None:
    back = decoded(Encoder(ENROLMENT, "1").encode(ordered(readings(*made))))
    assert not back.rejects
    assert rows(back.batch.sensor - 1, back.batch.time.astype(np.int64), back.batch.value) == set(
        made
    )


def test_native_readings_share_a_message_and_messages_are_numbered_for_each_gateway() -> None:
    encoder = Encoder(ENROLMENT, "b7")
    hall, kitchen = slot("hall/motion", Kind.MOTION), slot("kitchen/motion", Kind.MOTION)
    [one, other] = encoder.encode(
        readings((hall, 1_000, 1), (SLOTS + hall, 1_500, 1), (kitchen, 2_000, 1))
    )
    gateway = ENROLMENT.gateways[0]
    assert one.topic == f"stillwell/v1/fenbridge/{gateway.id}/native/r"
    assert msgspec.json.decode(one.payload) == {
        "b": "b7",
        "s": 1,
        "r": [
            [ENROLMENT.sensors[hall].address, 1, 1.0],
            [ENROLMENT.sensors[kitchen].address, 2, 1.0],
        ],
    }
    assert (one.gateway, one.time_us, other.gateway) == (0, 2_000, 1)
    [again] = encoder.encode(readings((hall, 3_000, 0)))
    assert msgspec.json.decode(again.payload)["s"] == 2


def test_a_native_alarm_names_its_kind() -> None:
    [message] = Encoder(ENROLMENT, "1").encode(readings((slot("hall/smoke", Kind.SMOKE), 1_000, 1)))
    assert msgspec.json.decode(message.payload)["r"][0][2:] == [1.0, "smoke"]


def test_a_large_slice_is_cut_into_messages_of_bounded_size() -> None:
    many = readings(*((slot("hall/motion", Kind.MOTION), i * 1000, i % 2) for i in range(1_201)))
    sent = Encoder(ENROLMENT, "1").encode(many)
    assert [len(msgspec.json.decode(m.payload)["r"]) for m in sent] == [
        MOST_READINGS,
        MOST_READINGS,
        1_201 - 2 * MOST_READINGS,
    ]


@pytest.mark.parametrize(
    ("device", "kind", "value", "payload"),
    [
        ("hall/front-door", Kind.CONTACT, 1, b'{"contact":false,'),
        ("hall/front-door", Kind.CONTACT, 0, b'{"contact":true,'),
        ("bedroom/bed", Kind.BED, 1, b'{"contact":true,'),
        ("hall/motion", Kind.MOTION, 1, b'{"occupancy":true,'),
        ("pendant", Kind.PENDANT, 1, b'{"action":"emergency",'),
        ("pendant", Kind.FALL, 1, b'{"action":"fall",'),
        ("living-room/climate", Kind.TEMPERATURE, 20.4, b'{"temperature":20.4,'),
    ],
)
def test_zigbee2mqtt_is_written_as_its_documentation_says(
    device: str, kind: Kind, value: float, payload: bytes
) -> None:
    at = ZIGBEE_HOME * SLOTS + slot(device, kind)
    [message] = Encoder(ENROLMENT, "1").encode(readings((at, 1_795_359_400_123_000, value)))
    gateway = ENROLMENT.gateways[ZIGBEE_HOME]
    assert message.topic == f"stillwell/v1/fenbridge/{gateway.id}/zigbee2mqtt/{device}"
    assert message.payload == payload + b'"last_seen":"2026-11-22T14:56:40.123Z"}'


def test_what_a_zigbee_device_reports_at_once_is_one_message() -> None:
    climate = [
        (ZIGBEE_HOME * SLOTS + slot("living-room/climate", kind), 1_000, value)
        for kind, value in ((Kind.TEMPERATURE, 19.5), (Kind.HUMIDITY, 52), (Kind.BATTERY, 80))
    ]
    [message] = Encoder(ENROLMENT, "1").encode(readings(*climate))
    said = msgspec.json.decode(message.payload)
    assert (said["temperature"], said["humidity"], said["battery"]) == (19.5, 52, 80)


def test_a_gateway_tells_only_its_last_state_and_a_hub_tells_its_health() -> None:
    status = slot("gateway", Kind.GATEWAY_STATUS)
    hub = ZIGBEE_HOME * SLOTS + status
    sent = Encoder(ENROLMENT, "1").encode(
        readings((status, 1_000, 1), (hub, 1_000, 1), (status, 2_000, 0), (hub, 2_000, 1))
    )
    assert [(m.topic.split("/", 4)[4], m.payload) for m in sent] == [
        ("status", b"offline"),
        ("zigbee2mqtt/bridge/health", b'{"response_time":2}'),
    ]
    assert decoded(sent).batch.value.tolist() == [0, 1]


def test_no_readings_are_no_messages() -> None:
    assert Encoder(ENROLMENT, "1").encode(readings((1, 0, 1)).take(slice(0, 0))) == []


def test_no_topic_has_a_space() -> None:
    made = Fleet(SCENARIO, NOW_US).between(NOW_US - 6 * 3_600_000_000, NOW_US)
    assert not any(" " in message.topic for message in Encoder(ENROLMENT, "1").encode(made))
