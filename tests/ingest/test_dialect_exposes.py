"""What 1,182 Zigbee devices declare, against what is decoded."""

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from config.kinds import Kind
from ingest.dialects.zigbee_fields import FIELDS
from tests.ingest.decoding import hear
from tests.shared_data import require_shared_data

DEVICES = 1182
ABOUT = ("contact", "occupancy", "water_leak", "smoke", "carbon_monoxide", "sos")

LEFT_OUT = {
    "contact_last_changed": "a time",
    "contact_mode": "a setting",
    "occupancy_2": "a second detector beside occupancy",
    "occupancy_alarm_1": "one bit of the lamp's own occupancy",
    "occupancy_alarm_2": "one bit of the lamp's own occupancy",
    "occupancy_distance": "metres",
    "occupancy_level": "a raw level beside occupancy",
    "occupancy_sensitivity": "a setting",
    "occupancy_timeout": "a setting",
    "mmwave_area1_occupancy": "part of occupancy",
    "mmwave_area2_occupancy": "part of occupancy",
    "mmwave_area3_occupancy": "part of occupancy",
    "mmwave_area4_occupancy": "part of occupancy",
    "water_leak_alarm_control": "mutes the buzzer",
    "water_leak_buzzer": "a setting",
    "water_leak_buzzer_alarm_mode": "a setting",
    "smoke_alarm_silenced": "a state of the buzzer",
    "smoke_battery": "a second battery figure",
    "smoke_concentration": "a raw level beside smoke",
    "smoke_density": "a raw level beside smoke",
    "smoke_density_dbm": "a raw level beside smoke",
    "smoke_level": "a raw level beside smoke",
    "smoke_unit": "a setting",
    "force_smoke_alarm": "a command",
    "carbon_monoxide_value": "ppm beside carbon_monoxide",
    "quick_sos_enabled": "a setting",
    **{f"enable_occupancy_zone_{n}": "a setting" for n in range(1, 8)},
}


class Exposed(NamedTuple):
    model: str
    description: str
    name: str
    declared: dict[str, Any]


def _walk(device: dict[str, Any], exposes: Sequence[dict[str, Any]]) -> Iterator[Exposed]:
    for each in exposes:
        if each.get("property"):
            yield Exposed(device["model"], device["description"], each["property"], each)
        yield from _walk(device, each.get("features", ()))


@pytest.fixture(scope="module")
def exposed() -> Sequence[Exposed]:
    path = require_shared_data() / "payloads" / "zigbee_exposes.json.gz"
    devices = json.loads(gzip.decompress(path.read_bytes()))
    assert len(devices) == DEVICES
    return [each for device in devices for each in _walk(device, device["exposes"])]


def test_every_property_about_a_person_or_an_alarm_is_decoded_or_left_out_by_name(
    exposed: Sequence[Exposed],
) -> None:
    named = {e.name for e in exposed if any(word in e.name for word in ABOUT)}
    assert {*ABOUT} <= named & set(FIELDS)
    assert named - set(FIELDS) - set(LEFT_OUT) == set()
    assert not set(LEFT_OUT) & set(FIELDS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("contact", Kind.CONTACT),
        ("occupancy", Kind.MOTION),
        ("presence", Kind.MOTION),
        ("water_leak", Kind.FLOOD),
        ("smoke", Kind.SMOKE),
        ("carbon_monoxide", Kind.CARBON_MONOXIDE),
        ("sos", Kind.PENDANT),
    ],
)
def test_the_value_that_a_device_declares_as_on_is_1_and_off_is_0(
    name: str, kind: Kind, exposed: Sequence[Exposed]
) -> None:
    declared = [e for e in exposed if e.name == name and e.declared["type"] == "binary"]
    assert declared
    for e in declared:
        for end, value in (("value_on", 1.0), ("value_off", 0.0)):
            said = {name: e.declared[end]}
            heard = hear("zigbee2mqtt", "hall", said, kind, model=e.model)
            assert heard.values == {kind: value}, e.model


def test_every_action_that_calls_for_help_is_heard(exposed: Sequence[Exposed]) -> None:
    words = ("emerg", "panic", "sos", "help", "fall")
    actions = {
        (e.model, action)
        for e in exposed
        if e.name == "action"
        for action in e.declared.get("values") or ()
        if any(word in action for word in words)
    }
    assert len(actions) >= 25
    deaf = []
    for model, action in sorted(actions):
        heard = hear("zigbee2mqtt", "fob", {"action": action}, Kind.PENDANT, Kind.FALL, model=model)
        if 1.0 not in heard.values.values():
            deaf.append((model, action))
    assert deaf == [("DWZTCGQ11LM", "fall"), ("MFKZQ01LM", "fall")]


def test_every_decoded_property_is_one_that_some_device_declares(
    exposed: Sequence[Exposed],
) -> None:
    # Not exposed as properties: added by Zigbee2MQTT itself, by an older version, or declared
    # by devices that came later (FDS315, an OWON fall radar; BSIR-EZ, a Bosch siren).
    elsewhere = {"linkquality", "illuminance_lux", "status", "ac_status"}
    assert set(FIELDS) - {e.name for e in exposed} <= elsewhere
