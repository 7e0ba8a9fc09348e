"""Whatever a gateway of any dialect says is heard by ingest exactly as it was meant."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.enrol import STATUS_DIALECT
from config.kinds import KINDS, Kind, Shape
from ingest.dialects import DIALECTS as DECODED
from sensors_sim.dialects import CARRIED
from sensors_sim.dialects.dialect import CHIRPSTACK, NATIVE, SENML, ZIGBEE
from sensors_sim.dialects.zigbee2mqtt import FULL_LINK
from sensors_sim.encode import DIALECTS, OF_HUBS, Encoder
from sensors_sim.fleet import Fleet
from sensors_sim.kit import SLOT_KIND, SLOTS, slot
from tests.sensors_sim.hearing import (
    ENROLMENT,
    HUBS,
    NOW_US,
    SCENARIO,
    deliveries,
    heard,
    readings,
    rows,
    rows_heard,
)

DAY_MS = 86_400_000
ZIGBEE_AT, CHIRPSTACK_AT, SENML_AT = (
    HUBS.index(hub) * SLOTS for hub in (ZIGBEE, CHIRPSTACK, SENML)
)
AT_US = 1_795_359_400_123_000


def test_every_dialect_that_ingest_decodes_is_spoken() -> None:
    assert set(DIALECTS) == set(DECODED)
    assert set(CARRIED) == set(DECODED) - {STATUS_DIALECT}


def _value(kind: Kind, dialect: str) -> st.SearchStrategy[float]:
    """Return what a sensor of this kind may say, as finely as it says it."""
    row = KINDS[kind.code]
    if dialect == ZIGBEE and kind in (Kind.PENDANT, Kind.FALL):
        return st.just(1.0)
    if row.shape is Shape.EVENT:
        return st.sampled_from([0.0, 1.0])
    if kind is Kind.SIGNAL and dialect in (CHIRPSTACK, SENML):
        return st.integers(0, 50).map(lambda steps: 2.0 * steps)
    if kind is Kind.SIGNAL:
        return st.integers(0, FULL_LINK).map(lambda quality: quality / FULL_LINK * 100)
    return st.integers(int(row.low * 10), int(row.high * 10)).map(lambda tenths: tenths / 10)


def _delivery(hub: str) -> st.SearchStrategy[tuple[int, int, float, int]]:
    """Return any delivery in the home of this hub; of few moments, so that some meet."""
    first = HUBS.index(hub) * SLOTS
    moment_ms = st.one_of(st.integers(0, 3), st.integers(0, 2 * DAY_MS))
    return st.integers(first + 1, first + SLOTS - 1).flatmap(
        lambda sensor: st.tuples(
            st.just(sensor),
            moment_ms.map(lambda ms: NOW_US - 2 * ms * 1000),
            _value(KINDS[SLOT_KIND[sensor % SLOTS]].kind, ENROLMENT.sensors[sensor].dialect),
            moment_ms.map(lambda ms: NOW_US - ms * 1000),
        )
    )


@pytest.mark.parametrize("hub", HUBS)
@settings(deadline=None)
@given(st.data(), st.sampled_from([0, 60_000_000]))
def test_any_readings_come_back_from_decode_as_often_as_they_were_sent(
    hub: str, data: st.DataObject, gather_us: int
) -> None:
    sent = deliveries(*data.draw(st.lists(_delivery(hub), min_size=1, max_size=30)))
    messages = Encoder(ENROLMENT, "1").encode(sent, gather_us=gather_us)
    assert rows_heard(heard(messages)) == rows(sent)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, DAY_MS), st.sampled_from([0.0, 1.0])),
        min_size=1,
        max_size=12,
    )
)
def test_any_status_comes_back_as_the_last_of_its_gateway(
    said: list[tuple[int, int, float]],
) -> None:
    status = slot("gateway", Kind.GATEWAY_STATUS)
    sent = [
        (home * SLOTS + status, NOW_US - ago * 1000, value, NOW_US - ago * 1000)
        for home, ago, value in said
    ]
    back = heard(Encoder(ENROLMENT, "1").encode(deliveries(*sent)))
    assert not back.rejects
    # Equal moments keep their order, as in a broker.
    last = {sensor: value for sensor, _, value, _ in sorted(sent, key=lambda row: row[3])}
    assert (
        dict(zip((back.batch.sensor - 1).tolist(), back.batch.value.tolist(), strict=True)) == last
    )


@pytest.mark.parametrize("hub", HUBS)
def test_a_simulated_day_comes_back_from_decode_as_it_was(hub: str) -> None:
    made = Fleet(SCENARIO, NOW_US).between(NOW_US - DAY_MS * 1000, NOW_US)
    sent = made.take((made.sensor // SLOTS == HUBS.index(hub)) & (made.sensor % SLOTS != 0))
    assert rows_heard(heard(Encoder(ENROLMENT, "1").encode(sent))) == rows(sent)
    alarms = {Kind.SMOKE.code, Kind.PENDANT.code, Kind.FALL.code}
    assert alarms <= set(SLOT_KIND[sent.sensor % SLOTS].tolist())


def test_a_hub_says_all_that_its_dialect_can_carry_and_its_gateway_the_rest() -> None:
    for hub, home in zip(HUBS, range(1, 5), strict=True):
        own = [s for s in ENROLMENT.sensors if s.home == home and s.kind is not Kind.GATEWAY_STATUS]
        foreign = {s.address for s in own if s.dialect != hub}
        assert {s.dialect for s in own} <= {hub, NATIVE}
        medication = next(s for s in own if s.kind is Kind.MEDICATION)
        assert (medication.address in foreign) == (hub in (ZIGBEE, CHIRPSTACK))
        # No documented field of LoRaWAN devices tells of the mains.
        left = (hub in (ZIGBEE, CHIRPSTACK)) + (hub == CHIRPSTACK)
        assert len({s.kind for s in own if s.dialect == hub}) == 17 - left


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
    at = ZIGBEE_AT + slot(device, kind)
    [message] = Encoder(ENROLMENT, "1").encode(readings((at, AT_US, value)))
    gateway = ENROLMENT.gateways[HUBS.index(ZIGBEE)]
    assert message.topic == f"stillwell/v1/fenbridge/{gateway.id}/zigbee2mqtt/{device}"
    assert message.payload == payload + b'"last_seen":"2026-11-22T14:56:40.123Z"}'


def climate(first: int, *kinds: tuple[Kind, float]) -> list[tuple[int, int, float]]:
    return [(first + slot("living-room/climate", kind), AT_US, value) for kind, value in kinds]


def test_what_a_zigbee_device_reports_at_once_is_one_message() -> None:
    made = climate(ZIGBEE_AT, (Kind.TEMPERATURE, 19.5), (Kind.HUMIDITY, 52), (Kind.BATTERY, 80))
    [message] = Encoder(ENROLMENT, "1").encode(readings(*made))
    said = msgspec.json.decode(message.payload)
    assert (said["temperature"], said["humidity"], said["battery"]) == (19.5, 52, 80)


def test_a_lorawan_frame_is_an_up_event_with_its_values_in_object() -> None:
    made = climate(CHIRPSTACK_AT, (Kind.TEMPERATURE, 19.5), (Kind.BATTERY, 80), (Kind.SIGNAL, 58))
    [message] = Encoder(ENROLMENT, "1").encode(readings(*made))
    gateway = ENROLMENT.gateways[HUBS.index(CHIRPSTACK)]
    eui = ENROLMENT.sensors[made[0][0]].address
    assert len(eui) == 16
    assert eui == eui.lower()
    assert int(eui, 16) >> 56 == 2
    top, event = message.topic.split("/application/")
    assert top == f"stillwell/v1/fenbridge/{gateway.id}/chirpstack"
    assert event.partition("/")[2] == f"device/{eui}/event/up"
    assert msgspec.json.decode(message.payload) == {
        "deviceInfo": {"devEui": eui},
        "time": "2026-11-22T14:56:40.123+00:00",
        "fPort": 85,
        "object": {"temperature": 19.5, "battery": 80},
        "rxInfo": [{"rssi": -71}],
    }


def test_a_lorawan_charge_alone_is_a_status_event() -> None:
    [message] = Encoder(ENROLMENT, "1").encode(
        readings(*climate(CHIRPSTACK_AT, (Kind.BATTERY, 80)))
    )
    assert message.topic.endswith("/event/status")
    said = msgspec.json.decode(message.payload)
    assert (said["batteryLevel"], said["externalPowerSource"]) == (80, False)


def test_a_senml_device_names_itself_and_its_time_once() -> None:
    first, later = climate(SENML_AT, (Kind.TEMPERATURE, 19.5), (Kind.SIGNAL, 58))
    door = (SENML_AT + slot("hall/front-door", Kind.CONTACT), AT_US, 1.0)
    later = (later[0], later[1] + 1_500_000, later[2])
    sent = Encoder(ENROLMENT, "1").encode(readings(first, door, later))
    names = [ENROLMENT.sensors[row[0]].address for row in (door, first)]
    assert [msgspec.json.decode(message.payload) for message in sent] == [
        [{"bn": f"{names[0]}/", "bt": AT_US / 1e6, "n": "contact", "vb": True}],
        [
            {"bn": f"{names[1]}/", "bt": AT_US / 1e6, "n": "temperature", "u": "Cel", "v": 19.5},
            {"n": "signal", "u": "dBm", "v": -71, "t": 1.5},
        ],
    ]
    assert names[0].startswith("urn:dev:mac:02")


def test_no_topic_has_a_space() -> None:
    made = Fleet(SCENARIO, NOW_US).between(NOW_US - DAY_MS * 250, NOW_US)
    sent = Encoder(ENROLMENT, "1").encode(made)
    assert {message.topic.split("/")[4] for message in sent} == set(OF_HUBS)
    assert not any(" " in message.topic for message in sent)


def test_a_slice_is_sent_by_gateway_and_then_in_the_order_of_sending() -> None:
    made = Fleet(SCENARIO, NOW_US).between(NOW_US - DAY_MS * 250, NOW_US)
    sent = [(m.gateway, m.time_us) for m in Encoder(ENROLMENT, "1").encode(made)]
    assert sent == sorted(sent)
    assert np.unique([gateway for gateway, _ in sent]).tolist() == [0, 1, 2, 3]
