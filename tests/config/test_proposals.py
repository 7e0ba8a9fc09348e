"""What an announcement proposes: what can be accepted, as what, and why the rest cannot."""

import pytest

from config.announced import AnnouncedDevice, Seen
from config.homes import Sensor
from config.kinds import Kind
from config.proposals import WHY, Choice, Proposal, State, Use, propose, sensors_of
from tests.announced import ieee

DOOR = (Kind.CONTACT, Kind.BATTERY)
CLIMATE = (Kind.TEMPERATURE, Kind.HUMIDITY, Kind.BATTERY, Kind.SIGNAL)


def seen(name: str, *kinds: Kind, number: int = 1, first_us: int = 1, gone: bool = False) -> Seen:
    device = AnnouncedDevice(ieee(number), name, "M-1", "Larkspur", kinds)
    return Seen(device, first_us, 9 if gone else None)


def enrolled(address: str, kind: Kind, room: str = "hall", gateway: int = 7) -> Sensor:
    return Sensor(1, "sens-000001", 3, gateway, "zigbee2mqtt", address, kind, room)


def proposed(
    *devices: Seen,
    sensors: tuple[Sensor, ...] = (),
    purposes: frozenset[Kind] | None = None,
    elsewhere: frozenset[str] = frozenset(),
) -> list[Proposal]:
    return propose(7, devices, sensors, first_us=1, elsewhere=elsewhere, purposes=purposes)


def only(*devices: Seen, **more: object) -> Proposal:
    (one,) = proposed(*devices, **more)  # type: ignore[arg-type]  # as above
    return one


def made(proposal: Proposal, room: str = "hall", use: str = "sensor") -> list[tuple[Kind, bool]]:
    sensors, wrong = sensors_of(proposal, Choice(ieee(1), room, use), 3)
    assert not wrong
    for sensor in sensors:
        assert (sensor.home, sensor.gateway, sensor.dialect) == (3, 7, "zigbee2mqtt")
        assert (sensor.room, sensor.model) == (room, "M-1")
    return [(sensor.kind, sensor.is_exit) for sensor in sensors]


def refused(proposal: Proposal, room: str = "hall", use: str = "sensor") -> str:
    sensors, wrong = sensors_of(proposal, Choice(ieee(1), room, use), 3)
    assert not sensors
    return wrong


def test_a_new_device_is_accepted_with_all_that_it_tells() -> None:
    one = only(seen("living-room/climate", *CLIMATE))
    assert (one.state, one.kinds, one.room) == (State.NEW, CLIMATE, "living-room")
    assert made(one) == [(kind, False) for kind in CLIMATE]


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("sensor", [(Kind.CONTACT, False), (Kind.BATTERY, False)]),
        ("exit", [(Kind.CONTACT, True), (Kind.BATTERY, False)]),
        ("bed", [(Kind.BATTERY, False), (Kind.BED, False)]),
        ("chair", [(Kind.BATTERY, False), (Kind.CHAIR, False)]),
    ],
)
def test_a_contact_may_be_a_door_a_way_out_a_bed_or_a_chair(
    use: str, expected: list[tuple[Kind, bool]]
) -> None:
    one = only(seen("front-door", *DOOR))
    assert one.uses == tuple(Use)
    assert made(one, use=use) == expected


def test_movement_is_no_way_out() -> None:
    one = only(seen("hall", Kind.MOTION))
    assert "expected one of sensor, bed, chair" in refused(one, use="exit")
    assert "expected one of sensor" in refused(only(seen("hall", Kind.SMOKE)), use="bed")


def test_what_the_consent_names_no_purpose_for_is_left_out() -> None:
    purposes = frozenset({Kind.TEMPERATURE, Kind.BED})
    one = only(seen("hall", *CLIMATE), purposes=purposes)
    assert one.kinds == (Kind.TEMPERATURE, Kind.BATTERY, Kind.SIGNAL)
    assert one.left_out == (Kind.HUMIDITY,)
    light = only(seen("hall", Kind.ILLUMINANCE, Kind.BATTERY), purposes=purposes)
    assert light.state is State.UNCOVERED
    assert "record that purpose first" in refused(light)
    pad = only(seen("bed", *DOOR, Kind.TEMPERATURE), purposes=purposes)
    assert pad.uses == (Use.AS_SAID, Use.BED)
    assert Kind.CONTACT not in dict(made(pad))
    assert made(pad, use="bed")[-1] == (Kind.BED, False)
    alone = only(seen("bed", *DOOR), purposes=purposes)
    assert (alone.state, alone.uses) == (State.NEW, (Use.BED,))
    assert "expected one of bed" in refused(alone)


@pytest.mark.parametrize(
    ("one", "state"),
    [
        (only(seen("", Kind.MOTION)), State.UNNAMED),
        (only(seen("lamp", Kind.SIGNAL)), State.UNREADABLE),
        (only(seen("lamp")), State.UNREADABLE),
        (only(seen("hall", Kind.MOTION, gone=True)), State.GONE),
        (only(seen("hall", Kind.MOTION), elsewhere=frozenset({ieee(1)})), State.ELSEWHERE),
        (only(seen("hall", Kind.MOTION), sensors=(enrolled("hall", Kind.MOTION),)), State.ENROLLED),
    ],
)
def test_what_cannot_be_accepted_says_why(one: Proposal, state: State) -> None:
    assert (one.state, one.may_be_accepted) == (state, False)
    assert refused(one) == WHY[state]


def test_a_device_of_another_home_needs_two_people() -> None:
    one = only(seen("hall", Kind.MOTION), elsewhere=frozenset({ieee(1)}))
    assert "by two people" in refused(one)


def test_more_of_an_enrolled_device_can_be_accepted_where_it_is() -> None:
    own = (enrolled("hall", Kind.MOTION),)
    one = only(seen("hall", Kind.MOTION, Kind.BATTERY, Kind.SIGNAL), sensors=own)
    assert (one.state, one.kinds, one.rooms) == (
        State.PARTLY,
        (Kind.BATTERY, Kind.SIGNAL),
        ("hall",),
    )
    sensors, wrong = sensors_of(one, Choice(ieee(1)), 3)
    assert not wrong
    assert [(s.kind, s.room) for s in sensors] == [
        (Kind.BATTERY, "hall"),
        (Kind.SIGNAL, "hall"),
    ]


def test_a_bed_is_not_proposed_again_as_a_door() -> None:
    one = only(seen("bed", *DOOR), sensors=(enrolled("bed", Kind.BED),))
    assert (one.state, one.kinds) == (State.PARTLY, (Kind.BATTERY,))


def test_a_sensor_of_another_dialect_of_that_name_is_another_one() -> None:
    other = Sensor(1, "sens-000001", 3, 7, "native", "hall", Kind.MOTION, "hall")
    assert only(seen("hall", Kind.MOTION), sensors=(other,)).state is State.NEW


def test_a_sensor_of_another_hub_of_that_name_is_another_one() -> None:
    other = enrolled("hall", Kind.MOTION, gateway=8)
    assert only(seen("hall", Kind.MOTION), sensors=(other,)).state is State.NEW


def test_a_room_is_needed_but_for_what_is_worn() -> None:
    assert "say where it is" in refused(only(seen("hall", Kind.MOTION)), room="")
    assert made(only(seen("pendant", Kind.PENDANT)), room="") == [(Kind.PENDANT, False)]
    for odd in ("x" * 41, "a\nb", "=cmd()"):
        assert "expected a word" in refused(only(seen("hall", Kind.MOTION)), room=odd)


def test_what_comes_later_is_told_and_what_can_be_accepted_comes_first() -> None:
    found = proposed(
        seen("a", gone=True, number=1),
        seen("lamp", number=2),
        seen("hall", Kind.MOTION, number=3, first_us=5),
    )
    assert [one.state for one in found] == [State.NEW, State.UNREADABLE, State.GONE]
    assert [one.is_late for one in found] == [True, False, False]


def test_the_room_that_a_name_suggests_is_written_as_the_home_writes_it() -> None:
    own = (enrolled("x", Kind.SMOKE, room="living room"),)
    found = proposed(seen("living-room/chair", Kind.CONTACT), sensors=own)
    assert found[0].room == "living room"
    assert only(seen("back-door", Kind.CONTACT)).room == ""
