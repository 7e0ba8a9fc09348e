import msgspec

from config.kinds import Kind
from sensors_sim.dialects.dialect import ZIGBEE
from sensors_sim.dialects.native import MOST_READINGS
from sensors_sim.encode import Encoder
from sensors_sim.kit import SLOTS, slot
from tests.sensors_sim.hearing import ENROLMENT, HUBS, heard, readings


def test_native_readings_share_a_message_and_messages_are_numbered_for_each_gateway() -> None:
    encoder = Encoder(ENROLMENT, "b7")
    hall, kitchen = slot("hall/motion", Kind.MOTION), slot("kitchen/motion", Kind.MOTION)
    other_pills = HUBS.index(ZIGBEE) * SLOTS + slot("kitchen/medication", Kind.MEDICATION)
    [one, other] = encoder.encode(
        readings((hall, 1_000, 1), (other_pills, 1_500, 1), (kitchen, 2_000, 1))
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
    assert (one.gateway, one.time_us, other.gateway) == (0, 2_000, HUBS.index(ZIGBEE))
    assert msgspec.json.decode(other.payload)["s"] == 1
    [again] = encoder.encode(readings((hall, 3_000, 0)))
    assert msgspec.json.decode(again.payload)["s"] == 2


def test_a_native_alarm_names_its_kind() -> None:
    [message] = Encoder(ENROLMENT, "1").encode(readings((slot("hall/smoke", Kind.SMOKE), 1_000, 1)))
    assert msgspec.json.decode(message.payload)["r"][0][2:] == [1.0, "smoke"]


def test_a_large_slice_is_cut_into_messages_of_bounded_size() -> None:
    many = readings(*((slot("hall/motion", Kind.MOTION), i * 1000, i % 2) for i in range(1_201)))
    sent = [msgspec.json.decode(m.payload) for m in Encoder(ENROLMENT, "1").encode(many)]
    assert [len(said["r"]) for said in sent] == [
        MOST_READINGS,
        MOST_READINGS,
        1_201 - 2 * MOST_READINGS,
    ]
    assert [said["s"] for said in sent] == [1, 2, 3]


def test_a_gateway_tells_only_its_last_state_and_a_hub_tells_its_health() -> None:
    status = slot("gateway", Kind.GATEWAY_STATUS)
    hub = HUBS.index(ZIGBEE) * SLOTS + status
    sent = Encoder(ENROLMENT, "1").encode(
        readings((status, 1_000, 1), (hub, 1_000, 1), (status, 2_000, 0), (hub, 2_000, 1))
    )
    assert [(m.topic.split("/", 4)[4], m.payload) for m in sent] == [
        ("status", b"offline"),
        ("zigbee2mqtt/bridge/health", b'{"response_time":2}'),
    ]
    assert heard(sent).batch.value.tolist() == [0, 1]


def test_no_readings_are_no_messages() -> None:
    assert Encoder(ENROLMENT, "1").encode(readings((1, 0, 1)).take(slice(0, 0))) == []
