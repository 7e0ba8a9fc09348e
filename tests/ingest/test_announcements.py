"""What a hub announces is read whole or refused, holds no reading, and leaves no name behind."""

import gzip
import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from config.announced import AnnouncedDevice, Announcement, Source
from config.homes import FIRST_BOX, Gateway, HomeState, Sensor
from config.kinds import Kind
from config.sensor_table import SensorTable, build_sensor_table
from ingest.message import Message, Reason
from tests.announced import (
    BATTERY,
    CONTACT,
    MOTION,
    SMOKE,
    TEMPERATURE,
    device,
    discovered,
    ieee,
    listed,
)
from tests.ingest.corpus import GATEWAY, PLACE, PREFIX, RECEIVED_US, table_of
from tests.ingest.decoding import Heard, listen, message, retained
from tests.make import home
from tests.shared_data import require_shared_data

TABLE = table_of([("zigbee2mqtt", "hall", (Kind.MOTION,), "")])
DISCOVERED = "homeassistant/binary_sensor/" + ieee(3) + "/occupancy/config"


def hear(payload: bytes, rest: str = "bridge/devices", table: SensorTable = TABLE) -> Heard:
    return listen([message("zigbee2mqtt", rest, payload)], table)


def only(heard: Heard) -> Announcement:
    assert not heard.reasons
    (said,) = heard.decoded.announced
    return said


def kinds_of(*exposes: dict[str, Any], **more: object) -> Sequence[Kind]:
    (found,) = only(hear(listed(device(1, "x", exposes, **more)))).devices
    return found.kinds


def test_a_list_of_devices_is_announced_and_is_no_reading() -> None:
    heard = hear(listed(device(1, "hall"), device(2, exposes=[CONTACT, BATTERY])))
    said = only(heard)
    assert (said.gateway, said.source, said.at_us) == (1, Source.BRIDGE, RECEIVED_US)
    assert said.devices == (
        AnnouncedDevice(ieee(1), "hall", "M-1", "Larkspur Sensors", (Kind.MOTION, Kind.BATTERY)),
        AnnouncedDevice(ieee(2), ieee(2), "M-2", "Larkspur Sensors", (Kind.CONTACT, Kind.BATTERY)),
    )
    assert not heard.rows
    assert not heard.decoded.quiet


def test_a_retained_list_is_heard_as_well() -> None:
    said = retained(message("zigbee2mqtt", "bridge/devices", listed(device(1, "hall"))))
    assert len(only(listen([said], TABLE)).devices) == 1


def test_a_hub_without_devices_says_so() -> None:
    assert only(hear(listed())).devices == ()
    assert only(hear(b"[]")).devices == ()


def test_an_address_in_capitals_is_the_same_device() -> None:
    said = listed(device(1, "hall", ieee_address="0X00158D0000000001"))
    assert [one.ieee for one in only(hear(said)).devices] == [ieee(1)]


def test_what_an_action_may_be_decides_what_a_button_is_for() -> None:
    button = {"type": "enum", "property": "action", "values": ["single", "double"]}
    pendant = {"type": "enum", "property": "action", "values": ["single", "emergency", "fall"]}
    assert kinds_of(button) == ()
    assert kinds_of(pendant) == (Kind.PENDANT, Kind.FALL)
    cube = {"model": "MFKZQ01LM", "vendor": "Larkspur", "exposes": [pendant]}
    assert kinds_of(definition=cube) == (Kind.PENDANT,)  # what falls there is the cube


def test_what_is_grouped_is_published_and_what_is_composed_is_not() -> None:
    light = {"type": "light", "features": [{"type": "numeric", "property": "power"}]}
    made_up = {"type": "composite", "property": "colour", "features": [TEMPERATURE]}
    setting = {"type": "numeric", "property": "temperature", "access": 2}
    assert kinds_of(light, made_up, setting) == (Kind.POWER,)


def test_an_unknown_model_is_announced_without_kinds() -> None:
    said = listed(device(1, "hall", definition=None, model_id="odd", manufacturer="Odd & Sons"))
    (found,) = only(hear(said)).devices
    assert (found.model, found.vendor, found.kinds) == ("odd", "Odd & Sons", ())


def test_what_is_disabled_in_the_hub_is_not_announced() -> None:
    assert only(hear(listed(device(1, disabled=True), device(2)))).devices[0].ieee == ieee(2)


def test_a_model_that_cannot_be_printed_or_is_endless_is_cut() -> None:
    odd: dict[str, object] = {"model": "a\x00\u202eb" + "c" * 500, "vendor": None, "exposes": []}
    (found,) = only(hear(listed(device(1, definition=odd)))).devices
    assert found.model == "ab" + "c" * 78


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"nonsense", Reason.NOT_JSON),
        (b"\xff\xfe", Reason.NOT_JSON),
        (b"[", Reason.NOT_JSON),
        (b"{}", Reason.WRONG_SHAPE),
        (b"[1]", Reason.WRONG_SHAPE),
        (b'[{"friendly_name":"Mary Quant"}]', Reason.WRONG_SHAPE),
        (b'[{"ieee_address":"0x12","friendly_name":"hall"}]', Reason.WRONG_SHAPE),
        (listed(device(1, "hall"), device(1, "door")), Reason.WRONG_SHAPE),
        (listed(device(1), device(2, ieee_address=ieee(1).upper())), Reason.WRONG_SHAPE),
        (listed(device(1, "hall"), device(2, "hall")), Reason.WRONG_SHAPE),
        (b"[" * 100_000, Reason.WRONG_SHAPE),
        (
            b'[{"ieee_address":"0x0000000000000001","definition":{"exposes":'
            + b'[{"features":' * 20_000
            + b"[]"
            + b"}]" * 20_000
            + b"}}]",
            Reason.WRONG_SHAPE,
        ),
        (
            json.dumps([{"ieee_address": f"0x{n:016x}"} for n in range(5_001)]).encode(),
            Reason.OVERSIZE,
        ),
        (b"[" + b" " * 1_000_000 + b"]", Reason.OVERSIZE),
    ],
)
def test_a_malformed_list_is_refused_whole_and_none_of_it_is_kept(
    payload: bytes, reason: Reason
) -> None:
    heard = hear(payload)
    (refused,) = heard.decoded.rejects
    assert (refused.reason, refused.first_bytes) == (reason, b"")
    assert "expected" in refused.detail
    assert not heard.decoded.announced


def test_ten_megabytes_are_refused_unread() -> None:
    said = message("zigbee2mqtt", "bridge/devices", b'[{"friendly_name":"Mary Quant"')
    heard = listen([msgspec.structs.replace(said, is_oversize=True)], TABLE)
    (refused,) = heard.decoded.rejects
    assert (refused.reason, refused.first_bytes) == (Reason.OVERSIZE, b"")


def of(state: HomeState = HomeState.ACTIVE, *, is_shared: bool = False) -> SensorTable:
    hub = Gateway(1, GATEWAY, "fenbridge", None if is_shared else 1)
    sensor = Sensor(1, "sens-000001", 1, 1, "zigbee2mqtt", "hall", Kind.MOTION)
    return build_sensor_table([home(1, state=state)], [hub], [sensor])


@pytest.mark.parametrize("state", [HomeState.AWAITING_CONSENT, HomeState.ENDED])
def test_without_consent_nothing_is_kept_of_a_home_s_devices(state: HomeState) -> None:
    heard = hear(listed(device(1, "hall")), table=of(state))
    (refused,) = heard.decoded.rejects
    assert (refused.reason, refused.first_bytes) == (Reason.NO_CONSENT, b"")
    assert not heard.decoded.announced


@pytest.mark.parametrize("state", [HomeState.ACTIVE, HomeState.PAUSED, HomeState.TEST])
def test_a_home_that_is_watched_or_paused_may_announce(state: HomeState) -> None:
    assert only(hear(listed(device(1, "hall")), table=of(state))).devices


def test_a_hub_of_several_homes_announces_nothing_that_is_kept() -> None:
    heard = hear(listed(device(1, "hall")), table=of(is_shared=True))
    assert not heard.decoded.announced
    assert not heard.reasons


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        (b"stillwell/v1/fenbridge/gate-999999/zigbee2mqtt/", Reason.UNKNOWN_GATEWAY),
        (b"stillwell/v1/elsewhere/gate-000001/zigbee2mqtt/", Reason.WRONG_PLACE),
    ],
)
def test_nobody_announces_for_a_gateway_that_is_not_enrolled_there(
    topic: bytes, reason: Reason
) -> None:
    for rest in ("bridge/devices", DISCOVERED):
        payload = listed(device(1, "Mary"))
        if rest == DISCOVERED:
            _, payload = discovered(3, PREFIX, "Mary", "occupancy")
        said = Message(topic + rest.encode(), payload, RECEIVED_US, 1, 1)
        for each in (said, retained(said)):
            heard = listen([each], TABLE)
            (refused,) = heard.decoded.rejects
            assert (refused.reason, refused.first_bytes) == (reason, b"")
            assert not heard.decoded.announced


def test_discovery_announces_one_quantity_of_a_device() -> None:
    rest, payload = discovered(3, PREFIX, "hall/motion", "occupancy")
    said = only(hear(payload, rest))
    assert said.source is Source.DISCOVERY
    assert said.devices == (
        AnnouncedDevice(ieee(3), "hall/motion", "M-3", "Larkspur Sensors", (Kind.MOTION,)),
    )
    rest, payload = discovered(3, PREFIX, "hall/motion", "battery", "sensor")
    assert only(hear(payload, rest)).devices[0].kinds == (Kind.BATTERY,)


def test_discovery_may_be_abbreviated_and_may_tell_of_a_device_at_once() -> None:
    said = {
        "~": f"{PREFIX}/zigbee2mqtt",
        "dev": {"ids": f"zigbee2mqtt_{ieee(4)}", "mf": "Larkspur Sensors", "mdl": "M-4"},
        "stat_t": "~/hall",
        "cmps": {
            "a": {"p": "binary_sensor", "val_tpl": "{{ value_json['smoke'] }}"},
            "b": {"p": "sensor", "val_tpl": "{{ value_json.battery }}"},
            "c": {"p": "switch", "val_tpl": "{{ value_json.power }}"},
            "d": 5,
        },
    }
    heard = hear(json.dumps(said).encode(), f"homeassistant/device/{ieee(4)}/config")
    told = heard.decoded.announced
    assert {kind for one in told for kind in one.devices[0].kinds} == {Kind.SMOKE, Kind.BATTERY}
    assert {one.devices[0].name for one in told} == {"hall"}


def test_discovery_of_a_trigger_says_what_a_button_is_for() -> None:
    def trigger(payload: str) -> Heard:
        said = {
            "automation_type": "trigger",
            "type": "action",
            "payload": payload,
            "topic": f"{PREFIX}/zigbee2mqtt/pendant/action",
            "device": {"identifiers": [f"zigbee2mqtt_{ieee(5)}"], "model": "M-5"},
        }
        topic = f"homeassistant/device_automation/{ieee(5)}/action_{payload}/config"
        return hear(json.dumps(said).encode(), topic)

    (found,) = only(trigger("emergency")).devices
    assert (found.name, found.kinds) == ("pendant", (Kind.PENDANT,))
    assert trigger("single").decoded.quiet == 1


def test_an_empty_message_takes_a_quantity_or_a_device_back() -> None:
    said = only(hear(b"", DISCOVERED))
    assert said.gone == ((ieee(3), (Kind.MOTION,)),)
    assert only(hear(b"", f"homeassistant/device/{ieee(3)}/config")).gone[0][1] == tuple(Kind)
    assert hear(b"", "homeassistant/binary_sensor/hub/state/config").decoded.quiet == 1


def test_discovery_that_names_another_gateway_is_refused() -> None:
    rest, payload = discovered(3, "stillwell/v1/fenbridge/gate-000002", "hall", "occupancy")
    heard = hear(payload, rest)
    assert heard.reasons == [Reason.WRONG_SHAPE]
    assert not heard.decoded.announced


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"nonsense", Reason.NOT_JSON),
        (b"[]", Reason.WRONG_SHAPE),
        (b'{"a":' * 50_000, Reason.NOT_JSON),
        (b'"' + b"x" * 1_000_001 + b'"', Reason.OVERSIZE),
    ],
)
def test_malformed_discovery_is_refused_without_a_trace_of_it(
    payload: bytes, reason: Reason
) -> None:
    (refused,) = hear(payload, DISCOVERED).decoded.rejects
    assert (refused.reason, refused.first_bytes) == (reason, b"")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"state_topic": 5, "device": 3},
        {"state_topic": f"{PREFIX}/zigbee2mqtt/hall", "device": {"identifiers": [None, 4]}},
        {"state_topic": f"{PREFIX}/zigbee2mqtt/bridge/state", "value_template": "value_json.smoke"},
        {"state_topic": "\ud800", "device": {"identifiers": [f"zigbee2mqtt_{ieee(1)}"]}},
        {"cmps": [1], "components": {"x": {}}},
    ],
)
def test_discovery_of_what_is_no_device_of_the_hub_is_passed_over(said: object) -> None:
    payload = json.dumps(said).encode()
    for rest in (DISCOVERED, f"homeassistant/device/{ieee(1)}/config"):
        heard = hear(payload, rest)
        assert not heard.reasons
        assert not heard.decoded.announced


def test_an_announcement_does_not_cost_the_readings_beside_it() -> None:
    said = [
        message("zigbee2mqtt", "hall", {"occupancy": True}),
        message("zigbee2mqtt", "bridge/devices", b"nonsense"),
        message("zigbee2mqtt", "bridge/devices", listed(device(1, "x", [SMOKE, MOTION]))),
        message("zigbee2mqtt", "hall", {"occupancy": False}),
    ]
    heard = listen(said, TABLE)
    assert [value for _, value, _ in heard.rows] == [1.0, 0.0]
    assert len(heard.decoded.announced) == 1
    assert heard.reasons == [Reason.NOT_JSON]


def test_every_device_that_zigbee2mqtt_knows_can_be_announced() -> None:
    packed = (require_shared_data() / "payloads" / "zigbee_exposes.json.gz").read_bytes()
    known = json.loads(gzip.decompress(packed))
    read = 0
    for start in range(0, len(known), 200):
        some = known[start : start + 200]
        heard = hear(listed(*(device(n, exposes=one["exposes"]) for n, one in enumerate(some, 1))))
        read += sum(bool(one.kinds) for one in only(heard).devices)
    assert read > 900


def test_what_a_box_announces_that_was_replaced_is_not_taken_for_the_new_ones() -> None:
    """What is paired with the old one is heard until the overlap is over, and proposed no more."""
    sensors = [Sensor(0, "sens-000000", 1, 1, "status", "", Kind.GATEWAY_STATUS)]
    new = Gateway(1, "gate-new-00001", PLACE, 1, box=FIRST_BOX + 1, old_boxes=((GATEWAY, 1),))
    table = build_sensor_table([home(1, place=PLACE)], [new], sensors)
    said = listed(device(1, "hall"))
    old = hear(said, table=table)
    assert (old.decoded.announced, old.reasons) == ((), [])
    topic = f"stillwell/v1/{PLACE}/gate-new-00001/zigbee2mqtt/bridge/devices"
    (serving,) = listen([Message(topic.encode(), said, RECEIVED_US)], table).decoded.announced
    assert serving.box == "gate-new-00001"
