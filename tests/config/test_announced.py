"""What is kept of announcements: never a name that may be a person's, never without bound."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, func, select

from config import announcement_rows, registry
from config.announced import (
    MOST_DEVICES,
    MOST_GONE,
    AnnouncedDevice,
    Announcement,
    Seen,
    Source,
    follow,
    kept_name,
    named,
)
from config.gateway_tables import announced_devices
from config.homes import Sensor
from config.kinds import Kind
from tests.announced import ieee
from tests.databases import new_database
from tests.make import enrolment

pytestmark = pytest.mark.usefixtures("each_database")
MINUTE_US = 60_000_000
MOTION = (Kind.MOTION, Kind.BATTERY)


def told(
    numbers: Sequence[int], at_us: int = 1, source: Source = Source.BRIDGE, gateway: int = 1
) -> Announcement:
    devices = tuple(AnnouncedDevice(ieee(n), f"motion-{n}", "M", "L", MOTION) for n in numbers)
    return Announcement(gateway, source, at_us, devices)


@pytest.mark.parametrize(
    "name",
    [
        "hall-motion", "living room/climate", "Kitchen_Smoke 2", "bedroom/bed", "front-door",
        "room12", "cegin/motion", ieee(1), ieee(1).upper().replace("X", "x"),
    ],
)  # fmt: skip
def test_a_name_of_rooms_and_things_is_kept(name: str) -> None:
    assert kept_name(name, ieee(1)) == name


@pytest.mark.parametrize(
    "name",
    [
        "Mary's bedroom", "mary-bedroom", "doris", "<b>hall</b>", "hall 1941", "hall; door",
        "hall+", "hall/#", "12", "", " ", "hall\x00motion", "hall\nmotion", "hall " * 60, ieee(2),
        "07700 900123", "élan",
    ],
)  # fmt: skip
def test_any_other_name_is_dropped(name: str) -> None:
    assert kept_name(name, ieee(1)) == ""


def test_a_name_that_is_enrolled_or_of_a_kit_is_known_already() -> None:
    assert kept_name("mary-bedroom", ieee(1), {"mary-bedroom"}) == "mary-bedroom"
    said = Announcement(1, Source.BRIDGE, 1, (AnnouncedDevice(ieee(1), "mary"),))
    assert [one.name for one in named(said, ()).devices] == [""]
    assert [one.name for one in named(said, {"mary"}).devices] == ["mary"]


def test_what_a_list_lacks_is_gone_and_what_comes_back_is_there_since_the_first_time() -> None:
    first, _ = follow([], told([1, 2]))
    second, _ = follow(first, told([2, 3], 2))
    assert {one.device.ieee: (one.first_us, one.gone_us) for one in second} == {
        ieee(1): (1, 2),
        ieee(2): (1, None),
        ieee(3): (2, None),
    }
    third, _ = follow(second, told([1], 3))
    assert [(one.first_us, one.gone_us) for one in third] == [(1, None), (1, 3), (2, 3)]


def test_discovery_adds_and_takes_back_quantity_by_quantity() -> None:
    def said(*kinds: Kind, at_us: int) -> Announcement:
        found = AnnouncedDevice(ieee(1), "hall", "M", "L", kinds)
        return Announcement(1, Source.DISCOVERY, at_us, (found,))

    def back(*kinds: Kind, at_us: int) -> Announcement:
        return Announcement(1, Source.DISCOVERY, at_us, (), ((ieee(1), kinds),))

    seen, _ = follow([], said(Kind.BATTERY, at_us=1))
    seen, _ = follow(seen, said(Kind.MOTION, at_us=2))
    assert seen[0].device.kinds == MOTION
    seen, _ = follow(seen, back(Kind.BATTERY, at_us=3))
    assert (seen[0].device.kinds, seen[0].gone_us) == ((Kind.MOTION,), None)
    seen, _ = follow(seen, back(Kind.MOTION, at_us=4))
    assert (seen[0].device.kinds, seen[0].gone_us) == ((Kind.MOTION,), 4)
    seen, _ = follow(seen, said(Kind.SMOKE, at_us=5))
    assert seen == [Seen(AnnouncedDevice(ieee(1), "hall", "M", "L", (Kind.SMOKE,)), 1)]
    assert follow(seen, back(Kind.SMOKE, at_us=6))[0][0].gone_us == 6


def test_a_hostile_gateway_fills_no_disk() -> None:
    seen: list[Seen] = []
    for turn in range(4):
        some = range(turn * 1_000, (turn + 1) * 1_000)
        seen, left_out = follow(seen, told(list(some), turn + 1))
        assert left_out == 0
    assert len(seen) == 1_000 + MOST_GONE
    seen, left_out = [], 0
    for start in range(0, MOST_DEVICES + 500, 500):
        said = told(list(range(start, start + 500)), 1, Source.DISCOVERY)
        seen, left_out = follow(seen, said)
    assert (len(seen), left_out) == (MOST_DEVICES, 500)


def enrolled() -> Engine:
    database = new_database()
    with database.begin() as connection:
        registry.enrol(connection, enrolment(2), now_us=1)
    return database


def test_the_newest_announcement_is_kept_with_its_age() -> None:
    database = enrolled()
    with database.begin() as connection:
        assert announcement_rows.read(connection, 1).at_us is None
        assert announcement_rows.keep(connection, told([1, 2], MINUTE_US))
        assert announcement_rows.keep(connection, told([2], 2 * MINUTE_US))
        assert announcement_rows.keep(connection, told([2], 3 * MINUTE_US))
    with database.connect() as connection:
        known = announcement_rows.read(connection, 1)
        assert (known.first_us, known.at_us) == (MINUTE_US, 3 * MINUTE_US)
        assert [one.gone_us for one in known.devices] == [2 * MINUTE_US, None]
        assert announcement_rows.read(connection, 2).devices == []


def test_a_hub_without_devices_is_told_from_one_that_said_nothing() -> None:
    database = enrolled()
    with database.begin() as connection:
        announcement_rows.keep(connection, told([], 5))
        known = announcement_rows.read(connection, 1)
    assert (known.at_us, known.devices) == (5, [])


def test_a_gateway_that_was_erased_meanwhile_leaves_nothing() -> None:
    database = enrolled()
    with database.begin() as connection:
        assert not announcement_rows.keep(connection, told([1], gateway=99))
        assert connection.scalar(select(func.count()).select_from(announced_devices)) == 0


def test_the_bridge_counts_where_discovery_says_otherwise() -> None:
    database = enrolled()
    odd = AnnouncedDevice(ieee(1), "", "", "", (Kind.SMOKE,))
    with database.begin() as connection:
        announcement_rows.keep(connection, Announcement(1, Source.DISCOVERY, 1, (odd,)))
        announcement_rows.keep(connection, told([1], 2))
        (known,) = announcement_rows.read(connection, 1).devices
    assert known.device.kinds == MOTION


def test_a_device_of_another_home_is_known_by_its_name_there_or_by_its_address() -> None:
    database = enrolled()
    with database.begin() as connection:
        by_name = told([1, 2])
        announcement_rows.keep(connection, by_name)
        sensors = [
            Sensor(0, "sens-motion", 1, 1, "zigbee2mqtt", "motion-1", Kind.MOTION, "hall"),
            Sensor(0, "sens-address", 1, 1, "zigbee2mqtt", ieee(3).upper(), Kind.MOTION, "hall"),
        ]
        registry.add_sensors(connection, sensors)
        wanted = [ieee(n) for n in range(1, 2_000)]
        found = announcement_rows.elsewhere(connection, 2, 2, wanted)
        assert found == {ieee(1), ieee(3)}
        assert announcement_rows.elsewhere(connection, 1, 1, wanted) == frozenset()
